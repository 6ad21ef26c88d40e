"""Reading without the finder: what stands out from the paper is written, and ink that hangs together is one shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from digit_core.errors import EmptyDrawingError, TooManyDigitsError
from digit_core.page.ink import to_ink
from digit_core.page.segmentation import find_digits, whole_picture
from digit_core.page.trace import Trace
from digit_core.reading import touching
from digit_core.reading.judgement import count_unclear
from digit_core.reading.task import Task
from digit_core.reading.together import Question, ReadingSteps, finish
from digit_core.reading.touching import JudgedRow


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """What was read the plain way.

    Attributes:
        shapes: as they hang together.
        rows: the same, joined and cut.
        width: of the ink in pixels.
    """

    shapes: tuple[JudgedRow, ...]
    rows: tuple[JudgedRow, ...]
    width: int

    @property
    def count(self) -> int:
        """How many shapes were read."""
        return sum(map(len, self.rows))

    @property
    def is_clear(self) -> bool:
        """Whether nothing is left to ask: every shape is a clear digit of one piece, or a mark beside one."""
        judgements = list(chain(*self.rows))
        are_settled = all(
            one.is_mark or (one.is_clear and one.shape.pieces == 1 and not one.is_part) for one in judgements
        )
        return are_settled and any(one.is_clear for one in judgements)


def read_shapes(grey: np.ndarray, is_one: bool, task: Task, paper: int | None = None) -> ReadingSteps[Plain]:
    """Read what stands out from the paper, whatever it is: each piece of ink that hangs together is a shape.

    Args:
        grey: (height, width) uint8.
        is_one: all of it is one shape.
        task: what is asked.
        paper: as `to_ink` takes it.

    Raises:
        EmptyDrawingError: nothing does.
        TooManyDigitsError: see `find_digits`.
    """
    ink = to_ink(grey, paper)
    task.trace.keep("plain ink", ink)
    shapes = ((whole_picture(ink),),) if is_one else find_digits(ink)
    task.trace.keep_shapes("plain shapes", chain(*shapes), ink.shape)
    width = ink.shape[1]
    del ink  # the memory serves the next picture's, whose answer is waited for together with this one's
    judged = iter((yield Question([shape for row in shapes for shape in row])))
    whole = tuple(tuple(next(judged) for _ in row) for row in shapes)
    return Plain(whole, whole if is_one else touching.regroup(whole, task.ask, task.effort), width)


def read_clear_parts(grey: np.ndarray, task: Task) -> Plain | None:
    """Read a picture as small as one digit as the several that it may hold; None unless all of them are clear."""
    trial = Trace(keeps=task.trace.keeps)
    try:
        parts = finish(read_shapes(grey, False, replace(task, trace=trial)), task.ask)
    except (EmptyDrawingError, TooManyDigitsError):
        return None
    if parts.count == 1 or count_unclear(chain(*parts.rows)):
        return None
    task.trace.pictures.update(trial.pictures)  # only now: what was tried in vain is no stage of the answer
    return parts
