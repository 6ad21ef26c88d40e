"""What a pen did, and the paper it leaves: the strokes that a page tells of, and drawing them as the page does."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import cv2
import numpy as np

from digit_core.errors import StrokesError
from digit_core.page.decode import WHITE
from digit_core.types import Box

CANVAS_SIDE = 280  # pixels of the page's paper: ten for each of MNIST's 28, so that strokes stay soft when made small
WIDE_CANVAS = (700, CANVAS_SIDE)  # width and height of the wide paper, with room for a number of some five digits
CANVASES = ((CANVAS_SIDE, CANVAS_SIDE), WIDE_CANVAS)  # width and height of what a page may send

# Strokes of one drawing: a number has about ten, hatching has more.
MAX_STROKES = 300
# Points of all strokes of a drawing together; the page sends none that are closer to each other than about a pixel.
MAX_POINTS = 5_000
# Pixels of the widest stroke that is accepted; no brush of the page is as wide.
WIDEST = 100
# Pixels from the paper's corner within which a pen that has left the paper is still followed.
FARTHEST = 4_000

# Pixels of the pen that training writes numbers with.
PEN_WIDTH = 12
# Pixels of the tallest digit in those numbers. The tallest of some strokes is drawn as high as this.
DIGIT_HEIGHT = 110
# Pixels of a sheet's longest side, about 20 rows of digits; strokes that need more are drawn smaller.
LONGEST_SIDE = 3_000
# Strokes of one sheet: the 200 digits that a picture may hold have about 300.
MAX_SHEET_STROKES = 1_000
# Points of all strokes of a sheet together: 250 for each of 200 digits.
MAX_SHEET_POINTS = 50_000
# The largest coordinate, in whatever unit the strokes have: a metre in nanometres.
FARTHEST_UNIT = 1e9
# Strokes whose width and height, in their own unit, are below this have no size.
MIN_EXTENT = 1e-9

SUBPIXEL_BITS = 4  # OpenCV draws with coordinates in sixteenths of a pixel

NO_STROKES = "Send strokes as lists of points: [[[x, y], [x, y], ...], ...], each with its x, its y and perhaps a time."


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One line of a pen or an eraser.

    Attributes:
        points: (n, 2) float32, x to the right and y down, in pixels of the paper; at least one.
        width: of the round brush, in pixels.
        erases: whether it takes ink away.
    """

    points: np.ndarray
    width: float
    erases: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Strokes of any unit, drawn as training drew them.

    Attributes:
        picture: (height, width) uint8, white paper.
        scale: pixels of the picture for one unit of the strokes.
        corner: (x, y) of the picture's top left corner in the strokes' unit.
    """

    picture: np.ndarray
    scale: float
    corner: tuple[float, float]

    def to_unit(self, box: Box) -> Box:
        """Convert a box on the picture to the strokes' unit."""
        left, top = (edge / self.scale + start for edge, start in zip((box.left, box.top), self.corner, strict=True))
        return Box(left, top, box.width / self.scale, box.height / self.scale)


def draw_sheet(strokes: Any, size: tuple[float, float] | None = None, brush: float | None = None) -> Sheet:
    """Draw strokes of any unit as large as training wrote numbers, and with its pen.

    Args:
        strokes: for each time that the pen was down its points [x, y] or [x, y, time], x to the right and y down. The
            times are not looked at.
        size: the paper's width and height, its top left corner at (0, 0), in the strokes' unit; what lies beyond is
            cut off. None lays paper around all strokes.
        brush: the pen's width in the strokes' unit, drawn no wider than a digit is high; None is the pen that
            training wrote with.

    Raises:
        StrokesError: these are no strokes, or too many.
    """
    lines = _lines(strokes)
    points = np.concatenate(lines)
    corner, extent = points.min(axis=0), np.ptp(points, axis=0)
    tallest = max(float(np.ptp(line[:, 1])) for line in lines)
    if size is not None:
        corner, extent = np.zeros(2), np.array([_positive(size[0], "width"), _positive(size[1], "height")])
    longest = float(extent.max())
    has_size = longest > MIN_EXTENT
    scale = min(DIGIT_HEIGHT / max(tallest, MIN_EXTENT), LONGEST_SIDE / longest) if has_size else 1.0
    pen = PEN_WIDTH if brush is None else min(_positive(brush, "brush") * scale, DIGIT_HEIGHT)
    margin = 0.0 if size is not None else (DIGIT_HEIGHT + pen) / 2
    corner = corner - margin / scale
    width, height = (max(1, round(side)) for side in extent * scale + 2 * margin)
    paper = np.full((height, width), WHITE, np.uint8)
    for line in lines:
        draw_line(paper, np.clip((line - corner) * scale, -LONGEST_SIDE, 2 * LONGEST_SIDE), pen, 0)
    return Sheet(paper, scale, (float(corner[0]), float(corner[1])))


def strokes_from(drawn: Any, papers: Sequence[tuple[int, int]]) -> tuple[tuple[Stroke, ...], tuple[int, int]]:
    """Check and convert what a page says of a drawing.

    Args:
        drawn: {"size": [width, height], "strokes": [{"width", "erases", "points": [[x, y], ...]}, ...]}.
        papers: the sizes that a paper may have, in pixels.

    Raises:
        StrokesError: no pen of the page drew this.
    """
    try:
        size, lines = tuple(drawn["size"]), list(drawn["strokes"])
        if len(lines) > MAX_STROKES:
            raise StrokesError(f"The drawing has {len(lines)} strokes, and at most {MAX_STROKES} are looked into.")
        count = sum(len(line["points"]) for line in lines)
        if count > MAX_POINTS:
            raise StrokesError(f"The drawing has {count:,} points, and at most {MAX_POINTS:,} are looked into.")
        if size not in papers:
            raise StrokesError("The paper must have one of the sizes that the page offers.")
        return tuple(_stroke(line) for line in lines), (int(size[0]), int(size[1]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, StrokesError):
            raise
        raise StrokesError("A drawing needs a size, and strokes with a width and points.") from error


def draw_strokes(strokes: Sequence[Stroke], size: tuple[int, int]) -> np.ndarray:
    """Draw strokes as the page does: black anti-aliased round brush on white paper, the eraser white.

    Args:
        strokes: in pixels of the paper, in the order in which they were drawn.
        size: the paper's width and height in pixels.

    Returns:
        (height, width) uint8, white paper.
    """
    width, height = size
    paper = np.full((height, width), WHITE, np.uint8)
    for stroke in strokes:
        draw_line(paper, stroke.points, stroke.width, WHITE if stroke.erases else 0)
    return paper


def draw_line(paper: np.ndarray, points: np.ndarray, width: float, colour: int) -> None:
    """Draw one anti-aliased line of a round brush.

    Args:
        paper: (height, width) uint8; it is drawn on.
        points: (n, 2) float, x to the right and y down, in pixels of the paper; one alone is a dot.
        width: of the brush in pixels, at least 1.
        colour: 0 to 255.
    """
    line = points if len(points) > 1 else np.concatenate([points, points + 0.01])
    fixed = np.round(line * 2**SUBPIXEL_BITS).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(paper, [fixed], False, colour, max(1, round(width)), cv2.LINE_AA, SUBPIXEL_BITS)


def _lines(strokes: Any) -> list[np.ndarray]:
    """Check and convert strokes of any unit: (n, 2) float64 each, at least one point in all."""
    try:
        lines = [[tuple(point) for point in stroke] for stroke in strokes if len(stroke) > 0]
    except TypeError as error:
        raise StrokesError(NO_STROKES) from error
    if not lines:
        raise StrokesError(NO_STROKES)
    if len(lines) > MAX_SHEET_STROKES:
        raise StrokesError(f"There are {len(lines):,} strokes, and at most {MAX_SHEET_STROKES:,} are read.")
    points = [point for line in lines for point in line]
    if len(points) > MAX_SHEET_POINTS:
        raise StrokesError(f"The strokes have {len(points):,} points, and at most {MAX_SHEET_POINTS:,} are read.")
    if not all(len(point) in (2, 3) and all(map(_is_number, point[:2])) for point in points):
        raise StrokesError(NO_STROKES)
    if not all(abs(number) <= FARTHEST_UNIT for point in points for number in point[:2]):  # nor is NaN
        raise StrokesError(f"Each x and y must lie between -{FARTHEST_UNIT:,.0f} and {FARTHEST_UNIT:,.0f}.")
    return [np.array([point[:2] for point in line], np.float64) for line in lines]


def _positive(number: Any, name: str) -> float:
    """Check the size of something on a sheet."""
    if not _is_number(number) or not 0 < number <= FARTHEST_UNIT:
        raise StrokesError(f"The {name} must be a number above 0, not {reprlib.repr(number)}.")
    return float(number)


def _is_number(number: Any) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool)


def _stroke(line: Mapping[str, Any]) -> Stroke:
    """Check and convert one stroke of a page."""
    width, points, erases = line["width"], line["points"], line.get("erases", False)
    numbers = [width, *(number for point in points for number in point)]
    if not all(map(_is_number, numbers)):
        raise StrokesError("The widths and points of strokes must be numbers.")
    if not points or any(len(point) != 2 for point in points):
        raise StrokesError("Each stroke needs at least one point, and each point two numbers.")
    placed = np.asarray(points, np.float32)
    if not np.isfinite([width]).all() or not np.isfinite(placed).all() or np.abs(placed).max() > FARTHEST:
        raise StrokesError("The points of a stroke must lie on the paper or near it.")
    if not 1 <= width <= WIDEST:
        raise StrokesError(f"A brush is 1 to {WIDEST} pixels wide, not {width}.")
    return Stroke(placed, float(width), erases is True)
