"""Digit, unsure, or no digit: the one place where that is decided, and why.

How likely a shape is a digit is learned from composed pages and drawings (`python -m training.verdict`): from what the
networks say of it, and from what stands beside it. Among letters a shape that looks like a one is likelier a stroke of
them; among digits a doubtful one is likelier a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digit_core.models.ensemble import sigmoid
from digit_core.models.manifest import Calibration
from digit_core.types import Reason, Verdict, Vote

CLEAR = 0.9  # digitness times confidence: a shape that is so clearly one digit is neither joined, cut nor regrouped
DOUBTED_BELOW = 0.75  # the chance of a digit below which a shape is "unsure": two in a hundred drawn digits are

# Log-odds that a shape is a digit, for each unit of what is known of it.
DIGIT_WEIGHTS = {
    "bias": -1.5,
    "digitness": 0.36,  # for the log-odds of its digitness above those of the threshold that is calibrated for the vote
    "doubt": -0.39,  # for the logarithm of what its confidence lacks of certainty
    "one": -0.8,  # if it is read as a one, as any stroke may be
    "alone": 0.6,  # if nothing stands beside it; more than fitted: fewer than one in 200 lone digits are to be refused
    "clear": 0.83,  # for the share of clear digits among the others, times log2 of one more than there are
    "one_among_refused": -0.97,  # if it is read as a one: the same for those whose digitness is below that threshold
    "height": -1.85,  # for how far its height is from the clear digits', as the logarithm of their ratio
}
LEAST_DOUBT = 0.01  # what confidence lacks of certainty counts for no less
MAX_LOG_ODDS = 9.2  # of a digitness: its last digits say nothing


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the verdict on one shape rests on.

    Attributes:
        digitness: in [0, 1], how much the shape looks like a digit at all.
        confidence: in [0, 1], the probability of the digit that it is read as.
        is_one: whether it is read as a one, which any straight stroke may be.
        is_part: whether it was cut out of a shape in which digits touch; such a part is never refused.
        height: of its box, in any unit that all shapes of the picture share.
    """

    digitness: float
    confidence: float
    is_one: bool = False
    is_part: bool = False
    height: float = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the chances of shapes are compared with.

    Attributes:
        digitness: the digitness that was calibrated for the vote; fewer than one in 200 digits fall below it.
        threshold: the confidence below which an answer is "unsure"; at 0 none is.
    """

    digitness: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one shape, and the reason where it is "unsure"."""

    verdict: Verdict
    reason: Reason | None = None


def limits_for(calibration: Calibration, vote: Vote, threshold: float) -> Limits:
    """Return the limits that were calibrated for a vote, with the visitor's own confidence threshold."""
    return Limits(calibration.digitness_threshold(vote.mean, vote.share_of_deep), threshold)


def decide(shapes: Sequence[Evidence], limits: Limits) -> tuple[Decision, ...]:
    """Decide about all shapes of a picture together: what stands beside a shape makes it more or less a digit."""
    if not shapes:
        return ()
    weights = np.array(list(DIGIT_WEIGHTS.values()))
    chances = sigmoid(features(shapes, limits.digitness) @ weights)
    alone = np.concatenate([features([shape], limits.digitness) for shape in shapes])
    return tuple(
        _decide_one(shape, float(chance), float(if_alone), limits)
        for shape, chance, if_alone in zip(shapes, chances, sigmoid(alone @ weights), strict=True)
    )


def features(shapes: Sequence[Evidence], digitness_threshold: float) -> np.ndarray:
    """Return what tells digits from what is none, (n, k) in the order of `DIGIT_WEIGHTS`, of one picture's n shapes."""
    digitness, confidence, heights = (
        np.array([getattr(shape, name) for shape in shapes], float) for name in ("digitness", "confidence", "height")
    )
    is_one, is_part = (np.array([getattr(shape, name) for shape in shapes], bool) for name in ("is_one", "is_part"))
    is_clear = digitness * confidence >= CLEAR
    is_refused = (digitness < digitness_threshold) & ~is_part
    others = len(shapes) - 1
    scale = np.log2(1 + others) / max(1, others)
    usual = np.median(heights[is_clear] if is_clear.any() else heights)
    by_name = {
        "bias": np.ones(len(shapes)),
        "digitness": _log_odds(digitness) - _log_odds(np.array(digitness_threshold)),
        "doubt": np.log(1 - confidence + LEAST_DOUBT),
        "one": is_one,
        "alone": np.full(len(shapes), others == 0),
        "clear": (is_clear.sum() - is_clear) * scale,
        "one_among_refused": is_one * (is_refused.sum() - is_refused) * scale,
        "height": np.abs(np.log(np.maximum(heights, 1) / max(usual, 1))),
    }
    return np.stack([by_name[name] for name in DIGIT_WEIGHTS], axis=1)


def _log_odds(chance: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.clip(np.log(chance) - np.log1p(-chance), -MAX_LOG_ODDS, MAX_LOG_ODDS)


def _decide_one(shape: Evidence, chance: float, if_alone: float, limits: Limits) -> Decision:
    """Decide about one shape, which is a digit with some chance, and with another one if nothing stood beside it."""
    if chance < 0.5 and not shape.is_part:
        return Decision("not_a_digit")
    doubted_below = min(limits.threshold, DOUBTED_BELOW)
    is_doubted, is_ambiguous = chance < doubted_below, shape.confidence < limits.threshold
    if not is_doubted and not is_ambiguous:
        return Decision("digit")
    if is_ambiguous and (not is_doubted or shape.confidence <= shape.digitness):
        return Decision("unsure", "confidence")
    return Decision("unsure", "company" if if_alone >= doubted_below else "digitness")
