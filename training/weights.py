"""The networks of finished runs, found again by their files."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np

from digit_core.errors import WeightsError
from digit_core.models.architectures import WIDER
from digit_core.models.ensemble import KerasClassifier, filled_network
from digit_core.models.finder import KerasFinder, probe_answers
from digit_core.models.manifest import NETWORKS, Manifest, NetworkEntry

WEIGHTS_NAMES = ("best.keras", "model.keras")  # a run's, and a shipped network's


def weights_of(run: Path) -> Path:
    """Return the weights in a run's folder or in one of `models/`; a file stands for itself."""
    return next((run / name for name in WEIGHTS_NAMES if (run / name).is_file()), run)


def read_network(run: Path) -> tuple[str, str, KerasClassifier]:
    """Load a run's best network: its folder, or the weights file itself, which names its architecture.

    Returns:
        The run's name; the network's, "compact" or "deep", or "deep-x1.1" where it is wider; and the network.

    Raises:
        WeightsError: there is no such file, or it is neither of the two architectures.
    """
    file = weights_of(run)
    try:
        with zipfile.ZipFile(file) as archive:
            named = json.loads(archive.read("config.json"))["config"]["name"]
        plain, _, width = named.partition(WIDER)
        model = next(name for name in NETWORKS if name == plain)
        wider = float(width or 1)
    except (OSError, KeyError, TypeError, ValueError, StopIteration, zipfile.BadZipFile) as error:
        raise WeightsError(f"{run} holds no {' or '.join(WEIGHTS_NAMES)} of {' or '.join(NETWORKS)}.") from error
    return (run.name if run.is_dir() else run.parent.name), named, filled_network(model, file, wider)


def vouch_for(file: Path, parameters: int, answers: np.ndarray, earlier: NetworkEntry | None) -> NetworkEntry:
    """Describe a weights file for the manifest; a pushed repo stays named while the bytes are the ones pushed.

    Args:
        file: the weights.
        parameters: how many numbers they are.
        answers: what they answer when they are probed, (n, m).
        earlier: the network's entry in the manifest as it is, None where there is none.
    """
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    same = earlier is not None and earlier.sha256 == digest
    return NetworkEntry(
        sha256=digest,
        bytes=len(content),
        parameters=parameters,
        probe=tuple(tuple(round(float(value), 4) for value in row) for row in answers),
        repo=earlier.repo if earlier and same else None,
        revision=earlier.revision if earlier and same else None,
    )


def finder_entry(models_dir: Path, finder: KerasFinder, earlier: Manifest | None) -> NetworkEntry:
    """Describe the finder's weights in `models_dir` for the manifest."""
    return vouch_for(
        models_dir / "finder" / "model.keras",
        finder.network.count_params(),
        probe_answers(finder),
        earlier.networks.get("finder") if earlier else None,
    )
