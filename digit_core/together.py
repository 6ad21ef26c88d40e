"""Reading in steps, so that several small pictures are read together: each step of all before the next step of any.

A reading is a generator: it yields when its picture is decoded, then the question to the networks that every reading
begins with, and is sent the answer. A step that many pictures take one after the other finds its code and tables in the
processor's cache, and the networks answer about a batch in less time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from digit_core.errors import DigitError
from digit_core.judgement import Ask, Judgement
from digit_core.page.segmentation import Shape
from digit_core.types import Reading

# What `read_together` holds at a time: so many of what the command line calls small files, one of a larger picture.
MOST_TOGETHER = 32  # pictures: with 8 a file takes 10 % more time, and each process 10 MB less
MOST_SHAPES_TOGETHER = 64
MOST_PIXELS_TOGETHER = 2_500_000

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a reading in steps asks the networks.

    Attributes:
        shapes: that are to be judged; none where it only lets others take their step.
        pixels: that the reading holds meanwhile.
    """

    shapes: Sequence[Shape] = ()
    pixels: int = 0


Steps = Generator[Question, Sequence[Judgement], Result]


@dataclass(frozen=True, slots=True, eq=False)
class _Pending:
    """A reading that waits for the answer to its question, or one that has come to its end without any."""

    steps: Steps[Reading]
    question: Question = Question()
    outcome: Reading | DigitError | None = None

    def advance(self) -> _Pending:
        """Take the next step, with no answer to the question."""
        return self if self.outcome else _step(self.steps, lambda: self.steps.send(()))


def _step(steps: Steps[Reading], step: Callable[[], Question]) -> _Pending:
    try:
        return _Pending(steps, step())
    except StopIteration as end:
        return _Pending(steps, outcome=end.value)
    except DigitError as error:
        return _Pending(steps, outcome=error)


def _finish_together(begun: Sequence[_Pending], ask: Ask) -> Iterator[Reading | DigitError]:
    """Ask the questions of readings in one batch, and take each of them to its end."""
    judged = iter(ask([shape for one in begun for shape in one.question.shapes]))
    for one in begun:
        try:
            yield one.outcome or finish(one.steps, ask, [next(judged) for _ in one.question.shapes])
        except DigitError as error:
            yield error


def finish(steps: Steps[Result], ask: Ask, judgements: Sequence[Judgement] | None = None) -> Result:
    """Take a reading to its end; `judgements` answer the question that it has asked already, None where it has not."""
    try:
        question = next(steps) if judgements is None else steps.send(judgements)
        while True:
            question = steps.send(ask(question.shapes))
    except StopIteration as end:
        outcome: Result = end.value
        return outcome


def read_together(readings: Iterable[Steps[Reading]], ask: Ask) -> Iterator[Reading | DigitError]:
    """Take readings to their ends, some at a time; yield what each returns or raises, in their order."""
    for decoded in _decode_some(readings):
        begun: list[_Pending] = []
        for one in decoded:
            begun.append(one.advance())
            if sum(len(one.question.shapes) for one in begun) >= MOST_SHAPES_TOGETHER:
                yield from _finish_together(begun, ask)
                begun = []
        yield from _finish_together(begun, ask)


def _decode_some(readings: Iterable[Steps[Reading]]) -> Iterator[list[_Pending]]:
    """Take readings to where their pictures are decoded; yield as many as are held at a time."""
    decoded: list[_Pending] = []
    for steps in readings:
        decoded.append(_step(steps, partial(next, steps)))
        if len(decoded) == MOST_TOGETHER or sum(one.question.pixels for one in decoded) >= MOST_PIXELS_TOGETHER:
            yield decoded
            decoded = []
    yield decoded
