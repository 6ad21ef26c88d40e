"""Reading order: which boxes stand in one row."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

from digit_core.types import Box

SAME_ROW = 0.35  # of the shorter box's height: neighbours that share so much stand in one row


def group_into_rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Group boxes into rows: each joins the row whose nearest box to the left shares most of its height.

    Returns:
        The boxes' numbers, rows from top to bottom, each from left to right.
    """
    rows: list[list[int]] = []
    for number in sorted(range(len(boxes)), key=lambda i: boxes[i].left):
        lasts = [boxes[row[-1]] for row in rows]
        box = boxes[number]
        shares = [(_shared_height(last, box), -gap(last, box), i) for i, last in enumerate(lasts)]
        share, _, best = max(shares, default=(0.0, 0.0, -1))
        if share >= SAME_ROW:
            rows[best].append(number)
        else:
            rows.append([number])
    rows = _join_steps(rows, boxes)
    return sorted(rows, key=lambda row: statistics.median(boxes[i].top + boxes[i].height / 2 for i in row))


def _join_steps(rows: list[list[int]], boxes: Sequence[Box]) -> list[list[int]]:
    """Make one row of rows whose boxes, taken together from left to right, never stand above one another.

    So lie digits that go up and down by steps; where there are two lines, something stands above something.
    """
    joined: list[list[int]] = []
    for row in sorted(rows, key=lambda row: boxes[row[0]].left):
        for i, other in enumerate(joined):
            both = sorted([*other, *row], key=lambda number: boxes[number].left)
            if all(_is_beside(boxes[a], boxes[b]) for a, b in itertools.pairwise(both)):
                joined[i] = both
                break
        else:
            joined.append(row)
    return joined


def _is_beside(left: Box, right: Box) -> bool:
    """Whether the second box begins after the first ends and shares some of its height."""
    return right.left >= left.right and _shared_height(left, right) > 0


def _shared_height(a: Box, b: Box) -> float:
    return (min(a.bottom, b.bottom) - max(a.top, b.top)) / min(a.height, b.height)


def gap(a: Box, b: Box) -> float:
    """Return the distance between two boxes, 0 where they touch or overlap."""
    across = max(0, max(a.left, b.left) - min(a.right, b.right))
    down = max(0, max(a.top, b.top) - min(a.bottom, b.bottom))
    return math.hypot(across, down)
