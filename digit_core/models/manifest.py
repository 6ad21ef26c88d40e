"""models/manifest.json, typed: which weights are vouched for, how they vote and what they were measured to need.

One schema for its writer (`training.evaluate`, `training.push`) and its readers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from digit_core.errors import WeightsError
from digit_core.files import write_whole
from digit_core.types import MEANS, MODELS, Mean, Model, Vote

SCHEMA = 1  # of manifest.json: another number is another meaning of its fields, and is refused
PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED_DIR = PACKAGE / "shipped"  # where a wheel keeps the repository's `models/`
MODELS_DIR = SHIPPED_DIR if SHIPPED_DIR.is_dir() else PACKAGE.parent / "models"
MANIFEST_NAME, METRICS_NAME, HISTORY_NAME = "manifest.json", "metrics.json", "history.json"  # in such a folder
MANIFEST_FILE = MODELS_DIR / MANIFEST_NAME
NETWORKS: tuple[Model, ...] = tuple(model for model in MODELS if model != "ensemble")  # those that vote


@dataclass(frozen=True, slots=True)
class NetworkEntry:
    """One network's weights, as the manifest vouches for them.

    Attributes:
        sha256: of `model.keras`, hexadecimal; bundled and pushed copies are the same bytes.
        bytes: its size.
        parameters: all of the network's numbers.
        temperature: divides its ten logits, fitted on validation (Guo et al. 2017).
        probe: what the weights must answer: logits for `ensemble.probe_frames`, one tuple of twelve for each, or the
            finder's maps at places of its probe picture.
        repo: the Hub's model repo, None before the first push.
        revision: the pushed commit, 40 hexadecimal digits, None likewise.
        private: whether the repo was private when it was pushed; a Space's build fetches nothing from such a one.
        onnx_sha256: of the same network in `model.onnx`, which answers in the app; None where there is no such file.
    """

    sha256: str
    bytes: int
    parameters: int
    temperature: float = 1.0
    probe: tuple[tuple[float, ...], ...] = ()
    repo: str | None = None
    revision: str | None = None
    private: bool = False
    onnx_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class MeanCalibration:
    """What one mean needs at each weight of `Calibration.weights`.

    Attributes:
        temperatures: of the pooled logarithms, 1 at weights 0 and 1 (Rahaman & Thiery 2021: after pooling).
        digitness_thresholds: the pooled digitness that few digits fall short of, see `models.verdict`.
    """

    temperatures: tuple[float, ...]
    digitness_thresholds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperatures and thresholds on a grid of weights, each mean its own.

    Attributes:
        weights: shares of deep, rising from 0 to 1.
    """

    weights: tuple[float, ...]
    arithmetic: MeanCalibration
    geometric: MeanCalibration

    def temperature(self, mean: Mean, weight: float) -> float:
        """The pooled temperature at any weight, interpolated."""
        return float(np.interp(weight, self.weights, self._of(mean).temperatures))

    def digitness_threshold(self, mean: Mean, weight: float) -> float:
        """The digitness that few digits fall short of, at any weight, interpolated."""
        return float(np.interp(weight, self.weights, self._of(mean).digitness_thresholds))

    def _of(self, mean: Mean) -> MeanCalibration:
        return self.arithmetic if mean == "arithmetic" else self.geometric


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything the app must know of its weights before it trusts them.

    Attributes:
        networks: one entry for each of "compact" and "deep", and for "finder" where there is one.
        vote: what answers when nobody chooses, the winner on validation.
        confidence_threshold: below this an answer is "unsure".
        calibration: see `Calibration`.
        measured: the headline figures of `training.evaluate`, percent unless named otherwise.
        figures: by model, `digest_of_figures` of the `metrics.json` that was written with this manifest; empty where
            nobody wrote it down.
    """

    networks: dict[str, NetworkEntry]
    vote: Vote
    confidence_threshold: float
    calibration: Calibration
    measured: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)

    def public(self) -> dict[str, Any]:
        """Return what `/models` tells: everything but probe outputs and digests of figures, as JSON can hold it."""
        content = asdict(self)
        del content["figures"]
        for entry in content["networks"].values():
            del entry["probe"]
        return content


def read_manifest(path: Path = MANIFEST_FILE) -> Manifest:
    """Read and check the manifest.

    Raises:
        WeightsError: it is missing, damaged, of another schema or without one of `NETWORKS`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise WeightsError(f"{path} has schema {content['schema']}, this version reads schema {SCHEMA}.")
        calibration = content["calibration"]
        manifest = Manifest(
            networks={
                name: NetworkEntry(**entry | {"probe": tuple(map(tuple, entry["probe"]))})
                for name, entry in content["networks"].items()
            },
            vote=Vote(**content["vote"]),
            confidence_threshold=float(content["confidence_threshold"]),
            calibration=Calibration(
                weights=tuple(calibration["weights"]),
                **{mean: _read_mean(calibration[mean]) for mean in MEANS},
            ),
            measured=content["measured"],
            figures=dict(content.get("figures", {})),
        )
    except WeightsError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} is missing or damaged ({error}); the networks cannot be vouched for.") from error
    if missing := [name for name in NETWORKS if name not in manifest.networks]:
        raise WeightsError(f"{path} does not vouch for {' and '.join(missing)}, without which nothing is read.")
    return manifest


def _read_mean(content: dict[str, list[float]]) -> MeanCalibration:
    """Read what one mean needs; manifests of earlier versions say more, which nothing asks for any more."""
    return MeanCalibration(*(tuple(content[one.name]) for one in fields(MeanCalibration)))


def digest_of_figures(content: dict[str, Any]) -> str:
    """Return the SHA-256 of what a `metrics.json` says, however its lines are broken."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_manifest(manifest: Manifest, path: Path = MANIFEST_FILE) -> None:
    """Write the manifest, whole or not at all."""
    write_whole(path, json.dumps({"schema": SCHEMA} | asdict(manifest), indent=1) + "\n")
