"""Digit, unsure, no digit, or a mark to pass over: the one place where that is decided, and why.

How likely a shape is a digit is learned from composed pages and drawings (`python -m training.verdict`): from what the
networks say of it, and from what stands beside it. Among letters a shape that looks like a one is likelier a stroke of
them; among digits a doubtful one is likelier a digit.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digit_core.models.ensemble import MIN_PROBABILITY
from digit_core.models.manifest import Calibration
from digit_core.types import Reason, Verdict, Vote

CLEAR = 0.9  # digitness times confidence: a shape that is so clearly one digit is neither joined, cut nor regrouped
LIKE_A_MARK = 0.3  # the least chance of a mark: 88 % of signs reach it, of letters but t and x 2 %; see EXPERIMENTS, I
DOUBTED_BELOW = 0.75  # a shape is "unsure" below this chance of a digit: 2 % of drawn digits are

# Log-odds that a shape is a digit, for each unit of what is known of it.
DIGIT_WEIGHTS = {
    "bias": -1.5,
    "digitness": 0.36,  # for the log-odds of its digitness above those of the threshold that is calibrated for the vote
    "doubt": -0.39,  # for the logarithm of 1 - confidence
    "one": -0.8,  # if it is read as a one, as any stroke may be
    "alone": 0.6,  # if nothing stands beside it; more than fitted: fewer than one in 200 lone digits are to be refused
    "clear": 0.83,  # for the share of clear digits among the others, times log2 of one more than there are
    "one_among_refused": -0.97,  # if it is read as a one: the same for those whose digitness is below that threshold
    "height": -1.85,  # for how far its height is from the clear digits', as the logarithm of their ratio
}
ALONE = {"alone": 1.0, "clear": 0.0, "one_among_refused": 0.0, "height": 0.0}  # of a shape beside which nothing stands
LEAST_DOUBT = 0.01  # is added to 1 - confidence, so that its logarithm stays finite


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the verdict on one shape rests on.

    Attributes:
        digitness: in [0, 1], how much the shape looks like a digit at all.
        confidence: in [0, 1], the probability of the digit that it is read as.
        is_one: whether it is read as a one, which any straight stroke may be.
        is_part: whether it was cut out of a shape in which digits touch; such a part is never refused.
        height: of its box, in any unit that all shapes of the picture share.
        mark: in [0, 1], how likely it is a mark that is passed over beside digits.
        is_left_over: whether the caller knows of so few digits that it is none.
    """

    digitness: float
    confidence: float
    is_one: bool = False
    is_part: bool = False
    height: float = 1.0
    mark: float = 0.0
    is_left_over: bool = False


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


def decide(shapes: Sequence[Evidence], limits: Limits) -> tuple[Decision | None, ...]:
    """Decide about all shapes of a picture together: what stands beside a shape makes it more or less a digit.

    Returns:
        A decision for each shape; None for a mark that is passed over, as all are where anything else is a digit.
    """
    if not shapes:
        return ()
    known_of_each = digit_features(shapes, limits.digitness)
    decisions = [_decide_one(shape, known, limits) for shape, known in zip(shapes, known_of_each, strict=True)]
    are_marks = [is_mark(shape) for shape in shapes]
    if all(mark or one.verdict == "not_a_digit" for one, mark in zip(decisions, are_marks, strict=True)):
        return tuple(decisions)
    return tuple(None if mark else one for one, mark in zip(decisions, are_marks, strict=True))


def decide_alone(shape: Evidence, limits: Limits) -> Decision:
    """Decide about a shape beside which nothing stands."""
    return _decide_one(shape, digit_features([shape], limits.digitness)[0], limits)


def is_mark(shape: Evidence) -> bool:
    """Tell whether a shape is likelier a mark than a digit, and no part of a number."""
    digitness = 0.0 if shape.is_left_over else shape.digitness
    return shape.mark >= LIKE_A_MARK and shape.mark > digitness and not shape.is_part


def digit_features(shapes: Sequence[Evidence], digitness_threshold: float) -> list[dict[str, float]]:
    """Return what tells digits from what is none, by the names of `DIGIT_WEIGHTS`, of one picture's shapes."""
    are_clear = [shape.digitness * shape.confidence >= CLEAR and not shape.is_left_over for shape in shapes]
    are_refused = [
        not is_mark(shape) and not shape.is_part and (shape.is_left_over or shape.digitness < digitness_threshold)
        for shape in shapes
    ]
    clear, refused, others = sum(are_clear), sum(are_refused), len(shapes) - 1
    usual = statistics.median(
        shape.height for shape, is_clear in zip(shapes, are_clear, strict=True) if is_clear or not clear
    )
    scale = math.log2(1 + others) / max(1, others)
    return [
        {
            "bias": 1.0,
            "digitness": _log_odds(shape.digitness) - _log_odds(digitness_threshold),
            "doubt": math.log(1 - shape.confidence + LEAST_DOUBT),
            "one": float(shape.is_one),
            "alone": float(others == 0),
            "clear": (clear - is_clear) * scale,
            "one_among_refused": shape.is_one * (refused - is_refused) * scale,
            "height": abs(math.log(shape.height / usual)),
        }
        for shape, is_clear, is_refused in zip(shapes, are_clear, are_refused, strict=True)
    ]


def chance_of(known: Mapping[str, float]) -> float:
    """Return the chance that a shape is a digit, by its `digit_features`."""
    return 1 / (1 + math.exp(-sum(weight * known[name] for name, weight in DIGIT_WEIGHTS.items())))


def _log_odds(chance: float) -> float:
    chance = min(max(chance, MIN_PROBABILITY), 1 - MIN_PROBABILITY)
    return math.log(chance / (1 - chance))


def _decide_one(shape: Evidence, known: Mapping[str, float], limits: Limits) -> Decision:
    chance = chance_of(known)
    if shape.is_left_over or (chance < 0.5 and not shape.is_part):
        return Decision("not_a_digit")
    doubted_below = min(limits.threshold, DOUBTED_BELOW)  # who accepts less confident answers accepts doubtful ones
    is_doubted, is_ambiguous = chance < doubted_below, shape.confidence < limits.threshold
    if not is_doubted and not is_ambiguous:
        return Decision("digit")
    if is_ambiguous and (not is_doubted or shape.confidence <= shape.digitness):
        return Decision("unsure", "confidence")
    chance_alone = chance_of({**known, **ALONE})
    return Decision("unsure", "company" if chance_alone >= doubted_below else "digitness")
