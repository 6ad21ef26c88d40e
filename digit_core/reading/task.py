"""What is asked of one picture, checked, and what it is read with."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass

from digit_core.effort import Effort
from digit_core.errors import VoteError
from digit_core.models.verdict import Limits
from digit_core.page.segmentation import MAX_SHAPES
from digit_core.page.trace import Trace
from digit_core.reading.groupings import Constraints
from digit_core.reading.judgement import Ask
from digit_core.types import MAX_ALTERNATIVES, Vote


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is asked of one picture (see `Recognizer.read`), and who judges, watches and bounds the work."""

    vote: Vote
    limits: Limits
    constraints: Constraints
    ask: Ask
    trace: Trace
    effort: Effort


def check_constraints(digits: int | None, rows: int | None, alternatives: int) -> Constraints:
    """Return what a caller knows and wants.

    Raises:
        VoteError: it makes no sense.
    """
    if digits is not None and (type(digits) is not int or not 1 <= digits <= MAX_SHAPES):
        raise VoteError(f"The number of digits must be between 1 and {MAX_SHAPES}, not {reprlib.repr(digits)}.")
    if rows is not None and (type(rows) is not int or rows != 1):
        raise VoteError(f"Of rows only 1 can be told, not {reprlib.repr(rows)}.")
    if type(alternatives) is not int or not 0 <= alternatives <= MAX_ALTERNATIVES:
        raise VoteError(
            f"Between 0 and {MAX_ALTERNATIVES} alternatives can be asked for, not {reprlib.repr(alternatives)}."
        )
    return Constraints(digits, rows, alternatives)
