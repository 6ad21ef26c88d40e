"""What the vote needs is fitted on validation writers: temperatures, the default vote, and its thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from digit_core.models.ensemble import NetworkClassifier, pool_digits, pool_logistic, sharpen, softmax
from digit_core.models.manifest import NETWORKS, Calibration, MeanCalibration
from digit_core.types import DIGIT_LOGITS, DIGITNESS, MEANS, Mean, Vote
from training.data.frame_kinds import NO_DIGITS
from training.data.frames import FrameSet
from training.evaluation.measure import LEAST_LIKELY, negative_log_likelihood

WEIGHTS = tuple(round(0.1 * step, 1) for step in range(11))  # Temperatures are fitted at these shares of deep.
BATCH = 512  # Frames that a network answers at a time, which bounds the memory.
LOG_TEMPERATURES = (-np.log(4.0), np.log(4.0))  # Bounds that no fitted temperature of these networks came near.
REFUSED_DIGITS = 0.004  # This share of all validation digits may fall below the digitness threshold.
MAX_REFUSED = 0.01  # Of no single set may more than this share fall below it.
UNSURE_DIGITS = 0.02  # This share of the validation digits may be "unsure" for their confidence.
MAX_CONFIDENCE_THRESHOLD = 0.8  # A person would find it odd to read "unsure" beside more than 80 %.


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Both networks' logits (n, 12) about a set of frames."""

    compact: np.ndarray
    deep: np.ndarray
    labels: np.ndarray


def calibrate(
    members: dict[str, NetworkClassifier], validation: dict[str, FrameSet]
) -> tuple[Calibration, Vote, float]:
    """Fit temperatures, vote and thresholds on validation frames.

    Sets `temperature` of both members. Temperatures minimise the likelihood loss averaged over MNIST and the drawn
    sets alike, so that the many drawings do not outweigh scans.

    Returns:
        The calibration, the vote of both networks with the lowest likelihood loss, and the confidence threshold.
    """
    sets = [ask_networks(members, measured) for name, measured in validation.items() if name not in NO_DIGITS]
    for name, member in members.items():
        member.temperature = best_temperature([(_logits(s, name)[:, :DIGIT_LOGITS], s.labels) for s in sets])
    votes = [(mean, weight) for mean in MEANS for weight in WEIGHTS]
    temperatures: dict[tuple[Mean, float], float] = {}
    refused: dict[tuple[Mean, float], float] = {}
    losses: dict[tuple[Mean, float], float] = {}
    confidence: dict[tuple[Mean, float], np.ndarray] = {}
    digitness: dict[tuple[Mean, float], np.ndarray] = {}
    for mean, weight in votes:
        key = mean, weight
        pooled = [(np.log(np.maximum(_pool(members, s, mean, weight), LEAST_LIKELY)), s.labels) for s in sets]
        temperatures[key] = 1.0 if weight in (0.0, 1.0) else best_temperature(pooled)
        losses[key] = _loss(pooled, temperatures[key])
        confidence[key] = np.concatenate([sharpen(np.exp(p), temperatures[key]).max(axis=1) for p, _ in pooled])
        by_set = [pool_logistic(s.compact[:, DIGITNESS], s.deep[:, DIGITNESS], mean, weight) for s in sets]
        digitness[key] = np.concatenate(by_set)
        usual = float(np.quantile(digitness[key], REFUSED_DIGITS))
        refused[key] = min(usual, *(float(np.quantile(d, MAX_REFUSED)) for d in by_set))
    best = min((key for key in losses if 0.0 < key[1] < 1.0), key=lambda key: losses[key])
    threshold = round(min(MAX_CONFIDENCE_THRESHOLD, float(np.quantile(confidence[best], UNSURE_DIGITS))), 2)
    fitted = {
        mean: MeanCalibration(*(tuple(some[mean, w] for w in WEIGHTS) for some in (temperatures, refused)))
        for mean in MEANS
    }
    calibration = Calibration(WEIGHTS, fitted["arithmetic"], fitted["geometric"])
    return calibration, Vote("ensemble", *best), threshold


def ask_networks(members: dict[str, NetworkClassifier], measured: FrameSet) -> Opinions:
    logits = {name: logits_of(member, measured.frames) for name, member in members.items()}
    return Opinions(logits["compact"], logits["deep"], measured.labels.astype(np.int64))


def logits_of(network: NetworkClassifier, frames: np.ndarray) -> np.ndarray:
    """Return a network's logits, (n, 12), about (n, 28, 28) uint8 frames, however many."""
    parts = (frames[i : i + BATCH].astype(np.float32) / 255 for i in range(0, len(frames), BATCH))
    return np.concatenate([network.logits(part) for part in parts])


def best_temperature(sets: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Find the temperature between 1/4 and 4 with the lowest loss, which has one valley (Guo et al. 2017)."""
    found = minimize_scalar(lambda log: _loss(sets, float(np.exp(log))), bounds=LOG_TEMPERATURES, method="bounded")
    return round(float(np.exp(found.x)), 4)


def _loss(sets: list[tuple[np.ndarray, np.ndarray]], temperature: float) -> float:
    """Negative log-likelihood of logits over a temperature: MNIST, the first set, weighs as much as all drawn ones."""
    losses = [negative_log_likelihood(softmax(logits / temperature), labels) for logits, labels in sets]
    return losses[0] if len(losses) == 1 else 0.5 * losses[0] + 0.5 * float(np.mean(losses[1:]))


def _logits(opinions: Opinions, name: str) -> np.ndarray:
    return opinions.compact if name == "compact" else opinions.deep


def _pool(members: dict[str, NetworkClassifier], opinions: Opinions, mean: Mean, weight: float) -> np.ndarray:
    votes = {name: softmax(_logits(opinions, name)[:, :DIGIT_LOGITS] / members[name].temperature) for name in NETWORKS}
    return pool_digits(votes["compact"], votes["deep"], mean, weight)
