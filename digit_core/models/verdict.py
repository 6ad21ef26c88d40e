"""Digit, unsure, or no digit: the one place where that is decided, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digit_core.models.manifest import Calibration
from digit_core.types import Reason, Verdict, Vote


@dataclass(frozen=True, slots=True)
class VerdictConfig:
    """What stands beside a shape makes it more or less a digit.

    Attributes:
        min_crowd: the number of shapes from which no answer is certain where most of them are no digits.
        min_company: the number of clear digits from which, where they are three quarters of all shapes, the others are
            probably digits, too.
        company_odds: what each of those clear digits adds to the factor by which the odds of the others grow; what they
            lift over the limit is "unsure" instead of refused.
    """

    min_crowd: int = 4
    min_company: int = 3
    company_odds: float = 3.3


CONFIG = VerdictConfig()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the verdict on one shape rests on.

    Attributes:
        digitness: in [0, 1], how much the shape is a digit at all.
        confidence: in [0, 1], the probability of the digit that it is read as.
        is_one: whether it is read as a one, which any straight stroke may be.
        is_part: whether it was cut out of a shape in which digits touch; such a part is never refused.
    """

    digitness: float
    confidence: float
    is_one: bool = False
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Where one verdict ends and the next begins.

    Attributes:
        refused_below: the digitness below which a shape is no digit.
        doubted_below: the digitness below which whatever a shape is read as is "unsure"; never lower than the other.
        threshold: the confidence below which an answer is "unsure"; at 0 a shape is "unsure" for those beside it alone.
    """

    refused_below: float
    doubted_below: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one shape, and the reason where it is "unsure"."""

    verdict: Verdict
    reason: Reason | None = None


def limits_for(calibration: Calibration, vote: Vote, threshold: float) -> Limits:
    """Return the limits that were calibrated for a vote, with the visitor's own confidence threshold."""
    pool = vote.mean, vote.share_of_deep
    return Limits(calibration.digitness_threshold(*pool), calibration.doubt_threshold(*pool), threshold)


def decide(shapes: Sequence[Evidence], limits: Limits) -> tuple[Decision, ...]:
    """Decide about all shapes of a picture together: what stands beside a shape makes it more or less a digit."""
    refused_below, doubted_below = limits.refused_below, limits.doubted_below
    accepted = [shape for shape in shapes if shape.is_part or shape.digitness >= refused_below]
    refused = len(shapes) - len(accepted)
    # Among many shapes that are no digits, a shape that looks like one, above all like a 1, may belong to them.
    crowded = len(shapes) >= CONFIG.min_crowd and refused > len(accepted)
    in_doubt = crowded or (refused >= len(accepted) and all(shape.is_one for shape in accepted))

    company = sum(shape.digitness >= (doubted_below if shape.is_part else refused_below) for shape in accepted)
    if company >= max(CONFIG.min_company, 3 * refused):
        odds = CONFIG.company_odds * company
        refused_below, doubted_below = refused_below / (refused_below + odds * (1 - refused_below)), refused_below
    if limits.threshold == 0.0 and not in_doubt:
        doubted_below = 0.0  # who sets the threshold to 0 asks for answers
    final = Limits(refused_below, doubted_below, limits.threshold)
    return tuple(_decide_alone(shape, final, in_doubt) for shape in shapes)


def _decide_alone(shape: Evidence, limits: Limits, in_doubt: bool) -> Decision:
    """Decide about one shape by the final limits; where a picture is `in_doubt`, no shape of it is a certain digit."""
    if shape.digitness < limits.refused_below and not shape.is_part:
        return Decision("not_a_digit")
    shortfalls: dict[Reason, float] = {}
    if shape.digitness < limits.doubted_below:
        shortfalls["digitness"] = shape.digitness
    if shape.confidence < limits.threshold:
        shortfalls["confidence"] = shape.confidence
    if shortfalls:
        lowest: Reason = min(shortfalls, key=shortfalls.__getitem__)
        return Decision("unsure", lowest)
    return Decision("unsure", "company") if in_doubt else Decision("digit")
