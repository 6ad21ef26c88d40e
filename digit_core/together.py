"""Reading in steps, so that the networks can be asked about several pictures at once.

A reading is a generator: it yields the question that every reading begins with and is sent the answer. Small pictures
are read so many times faster in a batch than one by one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from digit_core.errors import DigitError
from digit_core.judgement import Ask, Judgement
from digit_core.page.segmentation import Shape
from digit_core.types import Reading

# What `read_together` holds at a time: so many of what the command line calls small files, one of a larger picture.
MOST_TOGETHER = 8  # pictures: with 4 a file takes 5 % more time, and with 16 as much, but each worker 10 MB more
MOST_SHAPES_TOGETHER = 64
MOST_PIXELS_TOGETHER = 2_000_000

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a reading in steps asks the networks.

    Attributes:
        shapes: that are to be judged.
        pixels: that the reading holds meanwhile.
    """

    shapes: Sequence[Shape] = ()
    pixels: int = 0


Steps = Generator[Question, Sequence[Judgement], Result]


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """A reading that waits for the answer to its question, or one that has come to its end without any."""

    steps: Steps[Reading]
    question: Question = Question()
    outcome: Reading | DigitError | None = None


def _begin(steps: Steps[Reading]) -> _Begun:
    try:
        return _Begun(steps, next(steps))
    except StopIteration as end:
        return _Begun(steps, outcome=end.value)
    except DigitError as error:
        return _Begun(steps, outcome=error)


def _finish_together(begun: Sequence[_Begun], ask: Ask) -> Iterator[Reading | DigitError]:
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
    begun: list[_Begun] = []
    for steps in readings:
        begun.append(_begin(steps))
        if (
            len(begun) == MOST_TOGETHER
            or sum(len(one.question.shapes) for one in begun) >= MOST_SHAPES_TOGETHER
            or sum(one.question.pixels for one in begun) >= MOST_PIXELS_TOGETHER
        ):
            yield from _finish_together(begun, ask)
            begun = []
    yield from _finish_together(begun, ask)
