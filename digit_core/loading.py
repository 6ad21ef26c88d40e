"""load_recognizer(): the weights that the manifest vouches for, from the Hub or bundled, checked before they answer.

The manifest is the lock. Where it names a repo and a revision, that revision's weights are looked for in the Hub's
cache, then on the Hub itself; whatever goes wrong there within `PULL_SECONDS`, the bundled copy answers instead. A
file is read only after its sha256 was compared with the manifest's, and then only its weights: the architecture comes
from `digit_core.networks`, since loading a whole saved model would run what the file says (CVE-2025-1550 and others).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from huggingface_hub import HfApi, constants, hf_hub_download, try_to_load_from_cache

from digit_core.errors import WeightsError
from digit_core.hub import hub_sentence, within
from digit_core.models.ensemble import Ensemble, KerasClassifier, check_probe, filled_network
from digit_core.models.finder import KerasFinder, check_finder, filled_finder
from digit_core.models.manifest import MODELS_DIR, NETWORKS, Manifest, NetworkEntry, read_manifest
from digit_core.recognizer import Recognizer
from digit_core.types import Model, Network

Sound = TypeVar("Sound")  # a network whose weights were checked

WEIGHTS_NAME = "model.keras"
SOURCE_VARIABLE = "DIGIT_MODEL_SOURCE"  # "hub" or "bundled"; without it the Hub, once the manifest names repos
PROBE_SECONDS = 5.0  # a Hub that does not answer one small question within this time is not asked for more
PULL_SECONDS = 12.0  # for both repos together, whatever the Hub does: a page is up within 20 seconds of its start

constants.HF_HUB_DISABLE_XET = True  # plain HTTP is what the tests know, and enough for two megabytes

BUNDLED = "are bundled with this app"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of asking the Hub for one network's weights.

    Attributes:
        path: the file, its sha256 compared; None when it could not be had.
        trouble: why not, as the middle of a sentence.
    """

    path: Path | None = None
    trouble: str = ""


def load_recognizer(models_dir: Path = MODELS_DIR) -> Recognizer:
    """Load all networks and warm them up.

    Args:
        models_dir: the folder of `manifest.json`, `compact/`, `deep/` and `finder/`.

    Returns:
        A recognizer whose weights have the manifest's sha256 and answer its probe frames. Its `origin` says where
        they come from and, where that is not the Hub though the manifest names repos, why.

    Raises:
        WeightsError: the manifest is missing or damaged, `DIGIT_MODEL_SOURCE` has an unknown value, or a network has
            no sound copy, neither on the Hub nor bundled; the sentence names both.
    """
    manifest = read_manifest(models_dir / "manifest.json")
    source = _chosen_source()
    pulled = {} if source == "bundled" else pull(manifest)
    origins: dict[str, str] = {}

    def first_sound(name: Network | Model, load: Callable[[Path, NetworkEntry], Sound]) -> Sound:
        network, origin = _first_sound(
            load, manifest.networks[name], pulled.get(name), models_dir / name / WEIGHTS_NAME
        )
        if name not in pulled and source:
            origin += f", as {SOURCE_VARIABLE}=bundled asks" if source == "bundled" else "; the manifest names no repo"
        origins[name] = origin
        return network

    members = {name: first_sound(name, partial(sound_network, name)) for name in NETWORKS}
    for name, member in members.items():
        member.temperature = manifest.networks[name].temperature
    compact, deep = origins.values()
    sentence = (
        f"The weights {compact}." if compact == deep else f"The weights of compact {compact}; those of deep {deep}."
    )
    finder = first_sound("finder", sound_finder) if "finder" in manifest.networks else None
    ensemble = Ensemble(members["compact"], members["deep"], manifest.calibration, manifest.vote)
    return Recognizer(ensemble, manifest, sentence, finder)


def pull(manifest: Manifest) -> Mapping[str, Pulled]:
    """Ask the Hub for every network whose repo the manifest names, all at once, for `PULL_SECONDS` at most."""
    named = {name: entry for name, entry in manifest.networks.items() if entry.repo}
    outcomes = within(PULL_SECONDS, *(partial(fetch, entry) for entry in named.values()))
    return {
        name: Pulled(outcome)
        if isinstance(outcome, Path)
        else Pulled(trouble=hub_sentence(outcome, entry.repo or "", entry.revision))
        for (name, entry), outcome in zip(named.items(), outcomes, strict=True)
    }


def fetch(entry: NetworkEntry) -> Path:
    """Bring one network's weights from the Hub, or from its cache without asking it.

    Returns:
        A file with the entry's sha256.

    Raises:
        WeightsError: the manifest pins no revision, or what came is not what it vouches for.
        Exception: whatever else the Hub, its client or the disk does wrong.
    """
    repo, revision = entry.repo, entry.revision
    if not repo or not revision or not re.fullmatch("[0-9a-f]{40}", revision):
        raise WeightsError(f"the manifest pins no revision of {repo}")
    cached = try_to_load_from_cache(repo, WEIGHTS_NAME, revision=revision)
    if isinstance(cached, str) and sha256_of(Path(cached)) == entry.sha256:
        return Path(cached)
    endpoint, token = os.environ.get("HF_ENDPOINT"), os.environ.get("HF_TOKEN") or False
    HfApi(endpoint, token).model_info(repo, revision=revision, timeout=PROBE_SECONDS)
    again = isinstance(cached, str)  # a damaged file in the cache would be taken for good
    path = Path(
        hf_hub_download(repo, WEIGHTS_NAME, revision=revision, endpoint=endpoint, token=token, force_download=again)
    )
    if sha256_of(path) != entry.sha256:
        raise WeightsError(f"what {entry.repo} delivered is not what the manifest vouches for")
    return path


def sound_network(name: Model, weights: Path, entry: NetworkEntry) -> KerasClassifier:
    """Build a network from code and fill it with a file's weights, checked before and after.

    Raises:
        WeightsError: the file is missing, not the one vouched for, unreadable, or answers the probe frames wrongly.
    """
    check_bytes(name, weights, entry)
    network = filled_network(name, weights)
    check_probe(name, network, entry.probe)
    return network


def sound_finder(weights: Path, entry: NetworkEntry) -> KerasFinder:
    """Build the finder from code and fill it with a file's weights, checked before and after.

    Raises:
        WeightsError: the file is missing, not the one vouched for, unreadable, or answers the probe picture wrongly.
    """
    check_bytes("finder", weights, entry)
    finder = filled_finder(weights)
    check_finder(finder, entry.probe)
    return finder


def check_bytes(name: Network | Model, weights: Path, entry: NetworkEntry) -> None:
    """Compare a weights file with the manifest's sha256.

    Raises:
        WeightsError: it is missing or another file.
    """
    try:
        digest = sha256_of(weights)
    except OSError as error:
        raise WeightsError(f"The weights of {name} are missing: {weights} could not be read.") from error
    if digest != entry.sha256:
        raise WeightsError(f"The weights of {name} in {weights} are not the ones that manifest.json vouches for.")


def sha256_of(path: Path) -> str:
    """Return a file's sha256, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _first_sound(
    load: Callable[[Path, NetworkEntry], Sound], entry: NetworkEntry, pulled: Pulled | None, bundled: Path
) -> tuple[Sound, str]:
    """Return the first sound copy of a network and what to say of its origin, after "The weights"."""
    trouble = pulled.trouble if pulled else ""
    if pulled and pulled.path:
        try:
            network = load(pulled.path, entry)
            return network, f"come from {entry.repo} on the Hub at revision {entry.revision}"
        except WeightsError as error:
            trouble = f"those from {entry.repo} failed ({str(error).rstrip('.')})"
    try:
        network = load(bundled, entry)
    except WeightsError as error:
        if trouble:
            raise WeightsError(f"{error} The Hub cannot help: {trouble}.") from error
        raise
    return network, f"{BUNDLED}, because {trouble}" if trouble else BUNDLED


def _chosen_source() -> str:
    source = os.environ.get(SOURCE_VARIABLE, "")
    if source not in ("", "hub", "bundled"):
        raise WeightsError(f"{SOURCE_VARIABLE} must be hub or bundled, not {source!r}.")
    return source
