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
from digit_core.page.segmentation import Shape
from digit_core.reading.judgement import Ask, Judgement
from digit_core.types import Reading

# What `read_together` holds at a time: so many of what the command line calls small files, one of a larger picture.
MAX_TOGETHER = 32  # pictures: with 8 a file takes 10 % more time, and each process 10 MB less
MAX_SHAPES_TOGETHER = 64  # shapes: the networks are asked as soon as so many wait for an answer
MAX_PIXELS_TOGETHER = 2_500_000  # pixels of the decoded pictures, which bounds the memory that they take

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A reading's first step: its picture is decoded, and so many pixels are held. It is sent nothing."""

    pixels: int


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A step that asks the networks about shapes. It is sent what they say, in the shapes' order."""

    shapes: Sequence[Shape]


ReadingSteps = Generator[Decoded | Question, Sequence[Judgement], Result]


@dataclass(frozen=True, slots=True, eq=False)
class _Pending:
    """A reading after the step that it took last, or one that has come to its end."""

    steps: ReadingSteps[Reading]
    step: Decoded | Question | None = None
    outcome: Reading | DigitError | None = None

    @property
    def pixels(self) -> int:
        """How many it holds."""
        return self.step.pixels if isinstance(self.step, Decoded) else 0

    @property
    def shapes(self) -> Sequence[Shape]:
        """What it asks the networks about."""
        return self.step.shapes if isinstance(self.step, Question) else ()

    def advance(self) -> _Pending:
        """Take the step after the picture was decoded."""
        return self if self.outcome else _step(self.steps, lambda: self.steps.send(()))


def _step(steps: ReadingSteps[Reading], step: Callable[[], Decoded | Question]) -> _Pending:
    try:
        return _Pending(steps, step())
    except StopIteration as end:
        return _Pending(steps, outcome=end.value)
    except DigitError as error:
        return _Pending(steps, outcome=error)


def _finish_together(begun: Sequence[_Pending], ask: Ask) -> Iterator[Reading | DigitError]:
    """Ask the questions of readings in one batch, and take each of them to its end."""
    judged = iter(ask([shape for one in begun for shape in one.shapes]))
    for one in begun:
        try:
            yield one.outcome or finish(one.steps, ask, [next(judged) for _ in one.shapes])
        except DigitError as error:
            yield error


def finish(steps: ReadingSteps[Result], ask: Ask, judgements: Sequence[Judgement] | None = None) -> Result:
    """Take a reading to its end; `judgements` answer the question that it has asked already, None where it has not."""
    try:
        step = next(steps) if judgements is None else steps.send(judgements)
        while True:
            step = steps.send(ask(step.shapes) if isinstance(step, Question) else ())
    except StopIteration as end:
        outcome: Result = end.value
        return outcome


def read_together(readings: Iterable[ReadingSteps[Reading]], ask: Ask) -> Iterator[Reading | DigitError]:
    """Take readings to their ends, some at a time; yield what each returns or raises, in their order."""
    for decoded in _decode_some(readings):
        begun: list[_Pending] = []
        shapes = 0
        for one in decoded:
            begun.append(one.advance())
            shapes += len(begun[-1].shapes)
            if shapes >= MAX_SHAPES_TOGETHER:
                yield from _finish_together(begun, ask)
                begun, shapes = [], 0
        yield from _finish_together(begun, ask)


def _decode_some(readings: Iterable[ReadingSteps[Reading]]) -> Iterator[list[_Pending]]:
    """Take readings to where their pictures are decoded; yield as many as are held at a time."""
    decoded: list[_Pending] = []
    pixels = 0
    for steps in readings:
        decoded.append(_step(steps, partial(next, steps)))
        pixels += decoded[-1].pixels
        if len(decoded) == MAX_TOGETHER or pixels >= MAX_PIXELS_TOGETHER:
            yield decoded
            decoded, pixels = [], 0
    yield decoded
