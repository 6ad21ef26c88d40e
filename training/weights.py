"""The networks of finished runs, found again by their files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from digit_core.errors import WeightsError
from digit_core.models.architectures import WIDER
from digit_core.models.ensemble import KerasClassifier, filled_network
from digit_core.models.manifest import NETWORKS

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
