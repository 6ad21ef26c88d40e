"""What a pen did, and the paper it leaves: the strokes that a page tells of, and drawing them as the page does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import cv2
import numpy as np

from digit_core.errors import StrokesError

MOST_STROKES = 300  # a number takes some ten; hatching takes more
MOST_POINTS = 5_000  # of all strokes together; the page leaves out what lies closer than a pixel or so
WIDEST = 100  # pixels: no brush of the page is as wide
FARTHEST = 4_000  # pixels from the paper's corner: a pen that has left the paper is still followed

SUBPIXEL_BITS = 4  # OpenCV draws with coordinates in sixteenths of a pixel
WHITE = 255


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
        if len(lines) > MOST_STROKES:
            raise StrokesError(f"The drawing has {len(lines)} strokes, and at most {MOST_STROKES} are looked into.")
        count = sum(len(line["points"]) for line in lines)
        if count > MOST_POINTS:
            raise StrokesError(f"The drawing has {count:,} points, and at most {MOST_POINTS:,} are looked into.")
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


def _stroke(line: Mapping[str, Any]) -> Stroke:
    """Check and convert one stroke of a page."""
    width, points, erases = line["width"], line["points"], line.get("erases", False)
    numbers = [width, *(number for point in points for number in point)]
    if not all(isinstance(number, Real) and not isinstance(number, bool) for number in numbers):
        raise StrokesError("The widths and points of strokes must be numbers.")
    if not points or any(len(point) != 2 for point in points):
        raise StrokesError("Each stroke needs at least one point, and each point two numbers.")
    placed = np.asarray(points, np.float32)
    if not np.isfinite([width]).all() or not np.isfinite(placed).all() or np.abs(placed).max() > FARTHEST:
        raise StrokesError("The points of a stroke must lie on the paper or near it.")
    if not 1 <= width <= WIDEST:
        raise StrokesError(f"A brush is 1 to {WIDEST} pixels wide, not {width}.")
    return Stroke(placed, float(width), erases is True)
