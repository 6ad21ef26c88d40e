"""The networks of finished runs, found again by their files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import keras
import numpy as np

from digit_core.errors import WeightsError
from digit_core.loading import ONNX_NAME, WEIGHTS_NAME, sha256_of
from digit_core.models.architectures import WIDER
from digit_core.models.ensemble import NetworkClassifier, load_network_weights
from digit_core.models.finder import NetworkFinder, probe_answers
from digit_core.models.manifest import NETWORKS, Manifest, NetworkEntry
from training.convert import convert

WEIGHTS_NAMES = ("best.keras", "model.keras")  # a run's, and a shipped network's


def weights_of(run: Path) -> Path:
    """Return the weights in a run's folder or in one of `models/`; a file stands for itself."""
    return next((run / name for name in WEIGHTS_NAMES if (run / name).is_file()), run)


def read_network(run: Path) -> tuple[str, str, NetworkClassifier]:
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
    return (run.name if run.is_dir() else run.parent.name), named, load_network_weights(model, file, wider)


def vouch_for(file: Path, network: keras.Model, answers: np.ndarray, earlier: NetworkEntry | None) -> NetworkEntry:
    """Write weights as ONNX, and describe both files for the manifest.

    A repo that they were pushed to stays named while they are the same.

    Args:
        file: the weights.
        network: filled with them.
        answers: what they answer when they are probed, (n, m).
        earlier: the network's entry in the manifest as it is, None where there is none.
    """
    convert(network, file.with_name(ONNX_NAME))
    digest, onnx_digest = sha256_of(file), sha256_of(file.with_name(ONNX_NAME))
    same = earlier is not None and (earlier.sha256, earlier.onnx_sha256) == (digest, onnx_digest)
    return NetworkEntry(
        sha256=digest,
        bytes=file.stat().st_size,
        parameters=network.count_params(),
        probe=tuple(tuple(round(float(value), 4) for value in row) for row in answers),
        repo=earlier.repo if earlier and same else None,
        revision=earlier.revision if earlier and same else None,
        private=bool(earlier and same and earlier.private),
        onnx_sha256=onnx_digest,
    )


def finder_entry(models_dir: Path, finder: NetworkFinder, earlier: Manifest | None) -> NetworkEntry:
    """Describe the finder's weights in `models_dir` for the manifest."""
    return vouch_for(
        models_dir / "finder" / WEIGHTS_NAME,
        finder.network,
        probe_answers(finder),
        earlier.networks.get("finder") if earlier else None,
    )
