"""What the networks say of one shape, and when that is a clear digit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from digit_core.effort import Effort
from digit_core.errors import EmptyDrawingError
from digit_core.models.ensemble import TINY
from digit_core.models.verdict import CLEAR, Decision, Evidence, Limits, decide
from digit_core.page.segmentation import Shape
from digit_core.types import Box, DigitReading, Prediction, Reading, Vote

MAX_UNCLEAR = 40  # shapes; where more are no clear digit the picture holds no numbers, and to look closer takes seconds


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """A shape, the frame that the networks saw of it, and what they said: (10,) arrays and the digitness.

    Attributes:
        is_part: it was cut out of a shape in which digits touch, see `touching`, or is one of the digits that the
            caller knows of; it is "unsure" where another shape would be refused.
    """

    shape: Shape
    frame: np.ndarray
    probabilities: np.ndarray
    votes: Mapping[str, np.ndarray]
    digitness: float
    is_part: bool = False

    @property
    def confidence(self) -> float:
        """The answer's probability among the ten."""
        return float(self.probabilities.max())

    @property
    def clarity(self) -> float:
        """How much it is one digit, and a clear one: digitness times confidence, in [0, 1]."""
        return self.digitness * self.confidence

    @property
    def is_clear(self) -> bool:
        """Whether it is one digit beyond doubt."""
        return self.clarity >= CLEAR

    @property
    def answer(self) -> str:
        """The likeliest of the ten."""
        return str(self.probabilities.argmax())

    @property
    def is_one(self) -> bool:
        """Whether it is read as a one."""
        return self.answer == "1"

    @property
    def evidence(self) -> Evidence:
        """What its verdict rests on."""
        return Evidence(self.digitness, self.confidence, self.is_one, self.is_part, self.shape.box.height)

    def reading(self, place: Place, decision: Decision) -> DigitReading:
        """Return it with its verdict, the box where `place` says that its shape stands."""
        return DigitReading(
            box=place(self.shape),
            frame=self.frame,
            prediction=Prediction(tuple(self.probabilities.tolist())),
            votes={name: Prediction(tuple(vote.tolist())) for name, vote in self.votes.items()},
            digitness=self.digitness,
            verdict=decision.verdict,
            reason=decision.reason,
        )


Ask = Callable[[Sequence[Shape]], Sequence[Judgement]]  # asks the networks about shapes, all at once
Place = Callable[[Shape], Box]  # tells where a shape of the ink stands on the picture that was handed over


def count_unclear(judgements: Iterable[Judgement]) -> int:
    """Return how many are no clear digit."""
    return sum(not one.is_clear for one in judgements)


def may_look_closer(judgements: Sequence[Judgement], effort: Effort) -> bool:
    """Tell whether neither the shapes nor those in doubt are too many to be looked at more closely."""
    return len(judgements) <= effort.shapes and count_unclear(judgements) <= MAX_UNCLEAR


def mean_log_clarity(judgements: Iterable[Judgement]) -> float:
    """Return the mean logarithm of judgements' clarity, minus infinity where there is none."""
    clarities = [np.log(max(one.clarity, TINY)) for one in judgements]
    return float(np.mean(clarities)) if clarities else -np.inf


def to_reading(rows: Sequence[Sequence[Judgement]], place: Place, limits: Limits, vote: Vote) -> Reading:
    """Decide about all shapes of a picture together, and return their reading.

    Args:
        rows: the shapes in reading order.
        place: where a shape stands on the picture.
        limits: where one verdict ends and the next begins.
        vote: whose judgements these are.

    Raises:
        EmptyDrawingError: there is no shape.
    """
    if not any(rows):
        raise EmptyDrawingError()
    decisions = iter(decide([one.evidence for row in rows for one in row], limits))
    return Reading(tuple(tuple(one.reading(place, next(decisions)) for one in row) for row in rows), vote)


def scale_box(box: Box, scale: float) -> Box:
    """Return a box in pixels of a picture `scale` times as large, at least one wide and high."""
    width, height = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    return Box(round(box.left * scale), round(box.top * scale), width, height)
