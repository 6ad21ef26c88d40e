"""Reading order: which boxes stand in one row."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from digit_core.types import Box

SAME_ROW = 0.35  # of the lower box's height: neighbours that share so much height stand in one row


def in_rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Part boxes into rows: each joins the row whose nearest box to the left shares most of its height.

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
    return sorted(rows, key=lambda row: statistics.median(boxes[i].top + boxes[i].height / 2 for i in row))


def _shared_height(a: Box, b: Box) -> float:
    return (min(a.bottom, b.bottom) - max(a.top, b.top)) / min(a.height, b.height)


def gap(a: Box, b: Box) -> float:
    """Return the distance between two boxes, 0 where they touch or overlap."""
    across = max(0, max(a.left, b.left) - min(a.right, b.right))
    down = max(0, max(a.top, b.top) - min(a.bottom, b.bottom))
    return math.hypot(across, down)
