"""A shape in which digits may touch -> the parts it may be cut into, by seams from top to bottom through little ink.

There are more parts than digits, and who reads them chooses (over-segmentation, LeCun et al. 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from digit_core.effort import PICTURE
from digit_core.errors import EmptyDrawingError
from digit_core.page.frame import stroke_width
from digit_core.page.segmentation import CONFIG as SEGMENTATION
from digit_core.page.segmentation import Shape, whole_picture
from digit_core.types import Box


@dataclass(frozen=True, slots=True)
class SeamsConfig:
    """Where a shape may be cut.

    Attributes:
        seam_turn: what a step aside costs a cut, in pixels of ink: nearly straight cuts part neighbours best.
        min_seam_distance: the least distance of neighbouring cuts, in shape heights.
        max_stroke_height: how high a single stroke is at most, however it is turned, in stroke widths; numbers begin at
            2.6.
        max_crossing: the most ink that a cut may cross, in stroke widths: where two upright strokes are one, it runs
            along them.
        min_slice_width: the least width of a digit that is cut out, in shape heights.
        max_slice_width: its greatest width, in shape heights.
    """

    seam_turn: float = 2.5
    min_seam_distance: float = 0.09
    max_stroke_height: float = 2.2
    max_crossing: float = 9.0
    min_slice_width: float = 0.11
    max_slice_width: float = 1.25


CONFIG = SeamsConfig()

SEAM_ROWS = 64  # pixels: a shape's height while cuts are looked for
MAX_CUTS = 40  # for one shape; the cheapest are kept


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A part of a shape between two cuts.

    Attributes:
        start: the cut on its left, 0 is the shape's left edge.
        stop: the cut on its right, the last is the shape's right edge.
        crossed: ink that the cut on its right goes through, in stroke widths.
        shape: its ink, boxed.
        is_last: whether it ends at the shape's right edge.
    """

    start: int
    stop: int
    crossed: float
    shape: Shape
    is_last: bool


def slices(shape: Shape, most: int = PICTURE.slices) -> list[Slice]:
    """Cut a shape from top to bottom wherever little ink is in the way, and return every part that may be a digit.

    A cut is the cheapest path from the top to the bottom through a given place (dynamic programming, as in seam
    carving, Avidan & Shamir 2007), so it bends around ink where it can. Where there would be more parts than `most`,
    the cuts that cross the most ink are left out.

    Returns:
        The parts between any two cuts, the whole shape not among them; none where no cut was found, or where the shape
        is a single stroke, as a dash is.
    """
    seams = _seams(shape.ink)
    edges = [np.full(shape.box.height, 0), *(path for path, _ in seams), np.full(shape.box.height, shape.box.width)]
    crossed = [0.0, *(ink for _, ink in seams), 0.0]
    columns = np.arange(shape.box.width)
    paths = np.stack(edges)
    widths = np.median(paths[None] - paths[:, None], axis=-1) / shape.box.height
    may_be_digits = np.triu((CONFIG.min_slice_width <= widths) & (widths <= CONFIG.max_slice_width), 1)
    may_be_digits[0, -1] = False
    parts = []
    for start, stop in np.argwhere(_without_dearest(may_be_digits, crossed, most)).tolist():
        left, right = int(edges[start].min()), int(edges[stop].max())
        inside = (columns[left:right] >= edges[start][:, None]) & (columns[left:right] < edges[stop][:, None])
        try:
            part = whole_picture(np.where(inside, shape.ink[:, left:right], np.float32(0.0)))
        except EmptyDrawingError:
            continue
        corner = shape.box.left + left + part.box.left, shape.box.top + part.box.top
        box = Box(*corner, part.box.width, part.box.height)
        cut_out = Shape(box, part.ink, is_cut=True)
        parts.append(Slice(start, stop, crossed[stop], cut_out, is_last=stop == len(edges) - 1))
    return parts


def _without_dearest(may_be_digits: np.ndarray, crossed: Sequence[float], most: int) -> np.ndarray:
    """Leave out the cuts that cross the most ink until no more than `most` parts are left.

    Args:
        may_be_digits: (n, n) bool, whether the part between two cuts may be a digit.
        crossed: how much ink each of the n cuts crosses; the shape's edges, first and last, stay.
        most: parts.
    """
    left = may_be_digits.copy()
    for dearest in sorted(range(1, len(crossed) - 1), key=crossed.__getitem__, reverse=True):
        if int(left.sum()) <= most:
            break
        left[dearest], left[:, dearest] = False, False
    return left


def _seams(ink: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Return cuts from left to right: (height,) the column in each row, and how many stroke widths it crosses.

    A single stroke, which is hardly higher than the pen was wide, seen along its longer side, has none.
    """
    height, width = ink.shape
    scale = SEAM_ROWS / height
    small = cv2.resize(ink, (max(3, round(width * scale)), SEAM_ROWS), interpolation=cv2.INTER_AREA)
    stroke = max(1.0, stroke_width(small))
    points = cv2.findNonZero((small > SEGMENTATION.firm_ink).view(np.uint8))
    if points is not None and min(cv2.minAreaRect(points)[1]) + 1 <= CONFIG.max_stroke_height * stroke:
        return []
    down, came_down = _find_cheapest(small)
    up, came_up = _find_cheapest(small[::-1])
    middle = SEAM_ROWS // 2
    through = down[middle] + up[SEAM_ROWS - 1 - middle] - small[middle]
    distance = CONFIG.min_seam_distance * SEAM_ROWS
    chosen: list[int] = []
    for column in np.argsort(through + 1e-3 * np.abs(np.arange(small.shape[1]) - small.shape[1] / 2) / small.shape[1]):
        if through[column] > CONFIG.max_crossing * stroke or len(chosen) == MAX_CUTS:
            break
        inside = 2 <= column < small.shape[1] - 2
        if inside and all(abs(int(column) - other) >= distance for other in chosen):
            chosen.append(int(column))
    rows = (np.arange(height) + 0.5) * scale - 0.5
    seams = []
    for column in sorted(chosen):
        above = _follow(came_down[: middle + 1], column)
        below = _follow(came_up[: SEAM_ROWS - middle], column)
        path = np.concatenate([above[::-1], below[1:]])
        across = np.round((np.interp(rows, np.arange(SEAM_ROWS), path) + 0.5) / scale).astype(np.int64)
        seams.append((across, float(through[column]) / stroke))
    return seams


def _find_cheapest(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the cheapest path from the first row to each pixel costs, and the step aside that led to it."""
    cost, steps = np.empty_like(ink), np.zeros(ink.shape, np.int64)
    cost[0] = ink[0]
    for row in range(1, len(ink)):
        above = np.pad(cost[row - 1], 1, constant_values=np.inf)
        options = np.stack([above[1:-1], above[:-2] + CONFIG.seam_turn, above[2:] + CONFIG.seam_turn])
        best = options.argmin(axis=0)
        steps[row] = np.array([0, -1, 1])[best]
        cost[row] = ink[row] + options[best, np.arange(ink.shape[1])]
    return cost, steps


def _follow(steps: np.ndarray, column: int) -> np.ndarray:
    """Walk back from a column in the last row; return the columns from the last row to the first."""
    path = [column]
    for row in range(len(steps) - 1, 0, -1):
        column += int(steps[row, column])
        path.append(column)
    return np.array(path)
