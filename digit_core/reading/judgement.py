"""What the networks say of one shape, and when that is a clear digit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from digit_core.effort import Effort
from digit_core.errors import EmptyDrawingError
from digit_core.models.ensemble import MIN_PROBABILITY
from digit_core.models.verdict import CLEAR, Decision, Evidence, Limits, decide, is_mark
from digit_core.page.rows import group_into_rows
from digit_core.page.segmentation import Shape
from digit_core.types import NOT_A_DIGIT_MARK, Box, DigitReading, Prediction, Reading, Vote

MAX_UNCLEAR = 40  # shapes; where more are no clear digit the picture holds no numbers, and to look closer takes seconds


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """A shape, the frame that the networks saw of it, and what they said: (10,) arrays and two chances.

    Attributes:
        is_part: it was cut out of a shape in which digits touch, see `touching`, or is one of the digits that the
            caller knows of; it is "unsure" where another shape would be refused.
        mark: how likely it is a mark that is passed over beside digits, in [0, 1].
        is_left_over: the number of digits that the caller knows of leaves no room for it; it is refused, or a mark.
    """

    shape: Shape
    frame: np.ndarray
    probabilities: np.ndarray
    votes: Mapping[str, np.ndarray]
    digitness: float
    is_part: bool = False
    mark: float = 0.0
    is_left_over: bool = False

    @property
    def confidence(self) -> float:
        """The answer's probability among the ten."""
        return float(self.probabilities.max())

    @property
    def clarity(self) -> float:
        """How much it is one digit, and a clear one: digitness times confidence, in [0, 1]; 0 of what is left over."""
        return 0.0 if self.is_left_over else self.digitness * self.confidence

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
    def is_mark(self) -> bool:
        """Whether it is likelier a mark, which is passed over beside digits, than a digit."""
        return is_mark(self.evidence)

    @property
    def other_label(self) -> str:
        """What it reads if it is no digit, in a `Chain`."""
        return MARK_LABEL if self.is_mark else NOT_A_DIGIT_MARK

    @property
    def evidence(self) -> Evidence:
        """What its verdict rests on."""
        return Evidence(
            self.digitness,
            self.confidence,
            self.is_one,
            self.is_part,
            self.shape.box.height,
            self.mark,
            self.is_left_over,
        )

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


MARK_LABEL = "·"  # in a chain's text, where a mark stands that is passed over beside digits

Ask = Callable[[Sequence[Shape]], Sequence[Judgement]]  # asks the networks about shapes, all at once
Place = Callable[[Shape], Box]  # tells where a shape of the ink stands on the picture that was handed over


def count_unclear(judgements: Iterable[Judgement]) -> int:
    """Return how many are no clear digit."""
    return sum(not one.is_clear for one in judgements)


def may_look_closer(judgements: Sequence[Judgement], effort: Effort) -> bool:
    """Tell whether neither the shapes nor those in doubt are too many to be looked at more closely."""
    return len(judgements) <= effort.shapes and count_unclear(judgements) <= MAX_UNCLEAR


def mean_log_clarity(judgements: Iterable[Judgement]) -> float:
    """Return the mean logarithm of judgements' clarity, minus infinity where there is none.

    Marks that are left over do not count.
    """
    clarities = [
        np.log(max(one.clarity, MIN_PROBABILITY)) for one in judgements if not (one.is_left_over and one.is_mark)
    ]
    return float(np.mean(clarities)) if clarities else -np.inf


def to_reading(
    rows: Sequence[Sequence[Judgement]], place: Place, limits: Limits, vote: Vote, know_layout: bool = False
) -> Reading:
    """Decide about all shapes of a picture together, and return their reading.

    Args:
        rows: the shapes in reading order.
        place: where a shape stands on the picture.
        limits: where one verdict ends and the next begins.
        vote: whose judgements these are.
        know_layout: the caller knows how many digits or rows there are, so the rows stay as they are.

    Raises:
        EmptyDrawingError: there is no shape.
    """
    if not any(rows):
        raise EmptyDrawingError()
    decisions = decide([one.evidence for one in chain(*rows)], limits)
    following = iter(decisions)
    kept = [[(one, decision) for one in row if (decision := next(following))] for row in rows]
    is_passed_over = None in decisions
    if is_passed_over and len(rows) > 1 and not know_layout:  # a sign's two bars may have parted a row
        flat = list(chain(*kept))
        kept = [[flat[i] for i in row] for row in group_into_rows([one.shape.box for one, _ in flat])]
    read = tuple(tuple(one.reading(place, decision) for one, decision in row) for row in kept if row)
    return Reading(read, vote, is_passed_over)


def scale_box(box: Box, scale: float) -> Box:
    """Return a box in pixels of a picture `scale` times as large, at least one wide and high."""
    width, height = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    return Box(round(box.left * scale), round(box.top * scale), width, height)
