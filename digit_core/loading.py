"""load_recognizer(): the weights that the manifest vouches for, checked before they answer."""

from __future__ import annotations

import hashlib
from pathlib import Path

from digit_core.errors import WeightsError
from digit_core.manifest import MODELS_DIR, NETWORKS, NetworkEntry, read_manifest
from digit_core.recognizer import Recognizer

WEIGHTS_NAME = "model.keras"


def load_recognizer(models_dir: Path = MODELS_DIR) -> Recognizer:
    """Load both networks and warm them up.

    Args:
        models_dir: the folder of `manifest.json`, `compact/` and `deep/`.

    Returns:
        A recognizer whose weights have the manifest's sha256 and answer its probe frames.

    Raises:
        WeightsError: the manifest or a network's weights are missing, damaged or not the ones vouched for.
    """
    from digit_core.classifiers import Ensemble, check_probe, filled_network  # keras loads only when asked for

    manifest = read_manifest(models_dir / "manifest.json")
    members = {}
    for name in NETWORKS:
        entry = manifest.networks[name]
        weights = models_dir / name / WEIGHTS_NAME
        check_bytes(name, weights, entry)
        members[name] = filled_network(name, weights)
        check_probe(name, members[name], entry.probe)
        members[name].temperature = entry.temperature
    ensemble = Ensemble(members["compact"], members["deep"], manifest.calibration, manifest.vote)
    return Recognizer(ensemble, manifest, origin="The weights bundled with this app answer.")


def check_bytes(name: str, weights: Path, entry: NetworkEntry) -> None:
    """Compare a weights file with the manifest's sha256.

    Raises:
        WeightsError: it is missing or another file.
    """
    try:
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f"The weights of {name} are missing: {weights} could not be read.") from error
    if digest != entry.sha256:
        raise WeightsError(f"The weights of {name} in {weights} are not the ones that manifest.json vouches for.")
