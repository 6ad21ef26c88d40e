"""From frames to probabilities: single networks, and the two that vote.

The ensemble asks both networks through their runtimes (see `digit_core.models.runtime`) and pools in numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digit_core.errors import WeightsError
from digit_core.models.manifest import NETWORKS, Calibration
from digit_core.models.runtime import Runtime, load_runtime_weights
from digit_core.page.frame import FRAME_SIZE
from digit_core.types import DIGIT_LOGITS, DIGITNESS, LOGITS, MARK, Mean, Model, Vote

if TYPE_CHECKING:
    import keras

MIN_PROBABILITY = 1e-12  # smaller ones count as this, so that their logarithms stay finite
PROBE_TOLERANCE = 0.05  # logits; processors round differently, wrong weights are off by whole units


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """What was voted about n frames.

    Attributes:
        probabilities: (n, 10) the vote's answer, calibrated.
        votes: each network's own calibrated (n, 10), by name.
        digitness: (n,) in [0, 1], pooled.
        marks: (n,) in [0, 1], likewise: how likely each is a mark to be passed over beside digits.
    """

    probabilities: np.ndarray
    votes: Mapping[str, np.ndarray]
    digitness: np.ndarray
    marks: np.ndarray


class NetworkClassifier:
    """One network, as a runtime answers for it, with its temperature."""

    def __init__(self, runtime: Runtime, temperature: float = 1.0) -> None:
        self.runtime = runtime
        self.temperature = temperature

    @property
    def network(self) -> keras.Model:
        """The network in Keras, for whoever needs its layers or gradients; the first time it may load TensorFlow."""
        return self.runtime.network()

    def logits(self, frames: np.ndarray) -> np.ndarray:
        """Map frames (n, 28, 28) to logits (n, 12), see `digit_core.models.architectures`."""
        return self.runtime.run(_as_batch(frames))


class Ensemble:
    """The two networks and their weighted vote."""

    def __init__(self, compact: NetworkClassifier, deep: NetworkClassifier, calibration: Calibration) -> None:
        """Join two networks.

        Args:
            compact: the smaller one.
            deep: the larger one.
            calibration: temperatures and thresholds of their pool.
        """
        self.members: Mapping[str, NetworkClassifier] = {"compact": compact, "deep": deep}
        self.calibration = calibration
        for count in (1, 2, 8):  # let the kernels pick their plans before somebody waits
            self._ask(np.zeros((count, FRAME_SIZE, FRAME_SIZE), np.float32))

    def poll(self, frames: np.ndarray, vote: Vote) -> Ballot:
        """Let both networks vote about frames (n, 28, 28) in [0, 1]."""
        return self.pool(*self._ask(frames), vote)

    def pool(self, compact: np.ndarray, deep: np.ndarray, vote: Vote) -> Ballot:
        """Pool two networks' logits (n, 12): digitness first, then the ten digits given that there is one."""
        temperatures = [[[self.members[name].temperature]] for name in NETWORKS]
        votes = dict(zip(NETWORKS, softmax(np.stack([compact, deep])[..., :DIGIT_LOGITS] / temperatures), strict=True))
        weight = vote.share_of_deep
        pooled = pool_digits(votes["compact"], votes["deep"], vote.mean, weight)
        temperature = self.calibration.temperature(vote.mean, weight)
        digitness, marks = (pool_logistic(compact[:, i], deep[:, i], vote.mean, weight) for i in (DIGITNESS, MARK))
        return Ballot(sharpen(pooled, temperature), votes, digitness, marks)

    def _ask(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        batch = _as_batch(frames)
        return self.members["compact"].runtime.run(batch), self.members["deep"].runtime.run(batch)


def pool_digits(compact: np.ndarray, deep: np.ndarray, mean: Mean, weight: float) -> np.ndarray:
    """Pool two (n, 10) probabilities; `weight` is the share of deep, so 0 is compact exactly and 1 deep exactly."""
    if weight in (0.0, 1.0):
        return deep if weight else compact
    if mean == "arithmetic":
        return (1 - weight) * compact + weight * deep
    return softmax(
        (1 - weight) * np.log(np.maximum(compact, MIN_PROBABILITY)) + weight * np.log(np.maximum(deep, MIN_PROBABILITY))
    )


def pool_logistic(compact: np.ndarray, deep: np.ndarray, mean: Mean, weight: float) -> np.ndarray:
    """Pool two networks' logits (n,) of a yes or no to one number in [0, 1] each, by the same mean as the digits."""
    if mean == "arithmetic":
        return (1 - weight) * sigmoid(compact) + weight * sigmoid(deep)
    return sigmoid((1 - weight) * compact + weight * deep)


def sharpen(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Divide the logarithms of (n, 10) probabilities by a temperature and normalise again; 1 changes nothing."""
    if temperature == 1.0:
        return probabilities
    return softmax(np.log(np.maximum(probabilities, MIN_PROBABILITY)) / temperature)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis, in float64 so that ten probabilities sum to 1."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logistic function, in float64."""
    return 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -60.0, 60.0)))


def load_network_weights(name: Model, weights: Path, width: float = 1.0) -> NetworkClassifier:
    """Return a classifier of Keras with a `.keras` file's weights, see `runtime.load_runtime_weights`.

    Raises:
        WeightsError: the file does not fit the architecture or is damaged.
    """
    return NetworkClassifier(load_runtime_weights(name, weights, width))


def probe_frames() -> np.ndarray:
    """Return (4, 28, 28) float32 frames made by formula: a ring, a bar, a cross and nothing."""
    rows, columns = np.mgrid[0:FRAME_SIZE, 0:FRAME_SIZE] - (FRAME_SIZE - 1) / 2
    ring = np.abs(np.hypot(rows * 0.8, columns * 1.1) - 7.0)
    bar = np.hypot(columns + 0.2 * rows, np.maximum(np.abs(rows) - 9.0, 0.0))
    across = np.abs(rows - 2) + np.maximum(np.abs(columns) - 8, 0)
    down = np.abs(columns) + np.maximum(np.abs(rows) - 8, 0)
    cross = np.minimum(across, down)
    distances = np.stack([ring, bar, cross, np.full_like(ring, 9.0)])
    return np.clip(2.0 - distances, 0.0, 1.0).astype(np.float32)


def check_probe(name: str, classifier: NetworkClassifier, expected: tuple[tuple[float, ...], ...]) -> None:
    """Compare a network's answers to the probe frames with stored ones.

    Raises:
        WeightsError: they differ, so these are not the weights that were measured.
    """
    stored = np.asarray(expected, np.float32)
    answered = classifier.logits(probe_frames())
    if stored.shape != (len(answered), LOGITS) or not np.allclose(answered, stored, rtol=0.01, atol=PROBE_TOLERANCE):
        raise WeightsError(f"The weights of {name} do not answer the probe frames as they did when they were measured.")


def _as_batch(frames: np.ndarray) -> np.ndarray:
    if frames.ndim != 3 or frames.shape[1:] != (FRAME_SIZE, FRAME_SIZE):
        raise ValueError(f"expected frames of shape (n, {FRAME_SIZE}, {FRAME_SIZE}), got {frames.shape}")
    return frames[..., None]
