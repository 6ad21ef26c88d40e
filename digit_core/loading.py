"""load_recognizer(): the weights that the manifest vouches for, from the Hub or bundled, checked before they answer.

The manifest is the lock. Where it names a repo and a revision, that revision's weights are looked for in the Hub's
cache, then on the Hub itself; whatever goes wrong there within `PULL_SECONDS`, the bundled copy answers instead. A
file is read only after its sha256 was compared with the manifest's, and then only its weights: the architecture comes
from `digit_core.models.architectures`, since loading a whole saved model would run what the file says (CVE-2025-1550
and others). What answers is the same network as an ONNX file, vouched for in the same way and much quicker to load;
where that is missing or unsound, Keras answers.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from digit_core.errors import WeightsError
from digit_core.hub import hub_sentence, run_with_deadline, use_plain_http
from digit_core.models.ensemble import Ensemble, NetworkClassifier, check_probe
from digit_core.models.finder import NetworkFinder, check_finder
from digit_core.models.manifest import MANIFEST_NAME, MODELS_DIR, NETWORKS, Manifest, NetworkEntry, read_manifest
from digit_core.models.runtime import KerasRuntime, OnnxRuntime, Runtime, load_runtime_weights
from digit_core.recognizer import Recognizer
from digit_core.types import Model, Network

WEIGHTS_NAME = "model.keras"
ONNX_NAME = "model.onnx"  # the same weights, as they answer in the app
SOURCE_VARIABLE = "DIGIT_MODEL_SOURCE"  # "hub" or "bundled"; without it the Hub, once the manifest names repos
PROBE_SECONDS = 5.0  # a Hub that does not answer one small question within this time is not asked for more
PULL_SECONDS = 12.0  # for all repos together, whatever the Hub does: a page is up within 20 seconds of its start

BUNDLED = "are bundled with this app"


@dataclass(frozen=True, slots=True)
class Download:
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
        WeightsError: the manifest is missing, damaged or lacks a network that votes, `DIGIT_MODEL_SOURCE` has an
            unknown value, or a network has no sound copy, neither on the Hub nor bundled; the sentence names both.
    """
    manifest = read_manifest(models_dir / MANIFEST_NAME)
    source = _chosen_source()
    pulled = {} if source == "bundled" else pull(manifest)
    runtimes: dict[str, Runtime] = {}
    origins: dict[str, str] = {}
    for name in get_args(Network):
        if name not in manifest.networks:
            continue  # a manifest may know no finder
        entry = manifest.networks[name]
        bundled = models_dir / name / WEIGHTS_NAME
        runtimes[name], origins[name] = _load_first_valid(name, entry, pulled.get(name), bundled)
        if name not in pulled and source:
            reason = f", as {SOURCE_VARIABLE}=bundled asks" if source == "bundled" else "; the manifest names no repo"
            origins[name] += reason
    sentence = _sentence_of(origins)
    slow = [n for n, r in runtimes.items() if isinstance(r, KerasRuntime) and manifest.networks[n].onnx_sha256]
    if slow:
        sentence += f" TensorFlow answers for {', '.join(slow)}, as no sound {ONNX_NAME} was found."
    return join_networks(runtimes, manifest, sentence)


def _sentence_of(origins: Mapping[str, str]) -> str:
    """Say where the networks' weights come from, each for itself unless all come from the same place."""
    if len(set(origins.values())) == 1:
        return f"The weights {next(iter(origins.values()))}."
    first, *others = (f"of {name} {origin}" for name, origin in origins.items())
    return f"The weights {'; those '.join([first, *others])}."


def join_networks(runtimes: Mapping[str, Runtime], manifest: Manifest, origin: str) -> Recognizer:
    """Join networks to a recognizer.

    Args:
        runtimes: what answers for "compact", "deep" and, where there is one, "finder".
        manifest: vouches for them.
        origin: see `Recognizer`.
    """
    compact, deep = (NetworkClassifier(runtimes[name], manifest.networks[name].temperature) for name in NETWORKS)
    finder = NetworkFinder(runtimes["finder"]) if "finder" in runtimes else None
    return Recognizer(Ensemble(compact, deep, manifest.calibration), manifest, origin, finder)


def pull(manifest: Manifest) -> Mapping[str, Download]:
    """Ask the Hub for every network whose repo the manifest names, all at once, for `PULL_SECONDS` at most."""
    named = {name: entry for name, entry in manifest.networks.items() if entry.repo}
    outcomes = run_with_deadline(PULL_SECONDS, *(partial(fetch, entry) for entry in named.values()))
    return {
        name: Download(outcome)
        if isinstance(outcome, Path)
        else Download(trouble=hub_sentence(outcome, entry.repo or "", entry.revision))
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
    # Imported only here: a start without the Hub is a third quicker.
    from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache

    use_plain_http()
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
    if entry.onnx_sha256:
        with suppress(Exception):  # it lies beside the bundled weights as well, and without it Keras answers
            hf_hub_download(repo, ONNX_NAME, revision=revision, endpoint=endpoint, token=token)
    return path


def load_runtime(
    name: Network | Model, weights: Path, entry: NetworkEntry, conversions: Sequence[Path] = ()
) -> Runtime:
    """Return what answers for a network: ONNX Runtime, or else Keras, checked before and after.

    Args:
        name: which architecture.
        weights: the `.keras` file; its bytes are checked in any case, as Keras may be asked for them later.
        entry: what the manifest says of it.
        conversions: where its ONNX file may lie besides next to the weights; the first valid one is taken.

    Raises:
        WeightsError: see `load_keras_runtime`.
    """
    check_bytes(name, weights, entry.sha256)
    if entry.onnx_sha256:
        for file in (weights.with_name(ONNX_NAME), *conversions):
            with suppress(WeightsError):
                return load_onnx_runtime(name, file, weights, entry)
    return load_keras_runtime(name, weights, entry)


def load_onnx_runtime(name: Network | Model, file: Path, weights: Path, entry: NetworkEntry) -> OnnxRuntime:
    """Return what answers from a network's ONNX file, checked before and after; Keras reads `weights` when asked.

    Raises:
        WeightsError: the file is missing, not the one vouched for, unreadable, or answers the probe wrongly.
    """
    check_bytes(name, file, entry.onnx_sha256)
    runtime = OnnxRuntime(file, lambda: load_keras_runtime(name, weights, entry).network())
    _check_answers(name, runtime, entry)
    return runtime


def load_keras_runtime(name: Network | Model, weights: Path, entry: NetworkEntry) -> KerasRuntime:
    """Build a network from code and fill it with a file's weights, checked before and after.

    Raises:
        WeightsError: the file is missing, not the one vouched for, unreadable, or answers the probe wrongly.
    """
    check_bytes(name, weights, entry.sha256)
    runtime = load_runtime_weights(name, weights)
    _check_answers(name, runtime, entry)
    return runtime


def _check_answers(name: Network | Model, runtime: Runtime, entry: NetworkEntry) -> None:
    if name == "finder":
        check_finder(NetworkFinder(runtime), entry.probe)
    else:
        check_probe(name, NetworkClassifier(runtime), entry.probe)


def check_bytes(name: str, file: Path, sha256: str | None) -> None:
    """Compare a file of weights with the manifest's sha256.

    Raises:
        WeightsError: it is missing or another file.
    """
    try:
        digest = sha256_of(file)
    except OSError as error:
        raise WeightsError(f"The weights of {name} are missing: {file} could not be read.") from error
    if digest != sha256:
        raise WeightsError(f"The weights of {name} in {file} are not the ones that manifest.json vouches for.")


def sha256_of(path: Path) -> str:
    """Return a file's sha256, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _load_first_valid(
    name: Network | Model, entry: NetworkEntry, pulled: Download | None, bundled: Path
) -> tuple[Runtime, str]:
    """Return what answers from the first valid copy of a network, and where that is from, after "The weights"."""
    trouble = pulled.trouble if pulled else ""
    if pulled and pulled.path:
        try:
            runtime = load_runtime(name, pulled.path, entry, [bundled.with_name(ONNX_NAME)])
            return runtime, f"come from {entry.repo} on the Hub at revision {entry.revision}"
        except WeightsError as error:
            trouble = f"those from {entry.repo} failed ({str(error).rstrip('.')})"
    try:
        runtime = load_runtime(name, bundled, entry)
    except WeightsError as error:
        if trouble:
            raise WeightsError(f"{error} The Hub cannot help: {trouble}.") from error
        raise
    return runtime, f"{BUNDLED}, because {trouble}" if trouble else BUNDLED


def _chosen_source() -> str:
    source = os.environ.get(SOURCE_VARIABLE, "")
    if source not in ("", "hub", "bundled"):
        raise WeightsError(f"{SOURCE_VARIABLE} must be hub or bundled, not {source!r}.")
    return source
