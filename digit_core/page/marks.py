"""What people leave around digits and what is none: underlines, rings and boxes by hand, punched holes.

Each is told by its form and by where it stands to the rest; alone on a picture it stays, for it may be what was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import cv2
import numpy as np

from digit_core.page.frame import stroke_width
from digit_core.types import Box

HOLE_ROUND = 0.85  # short by long side of a punched hole's box ...
HOLE_CUT = 0.35  # ... or this where the picture's edge cuts it ...
HOLE_FILLED = (0.93, 1.12)  # ... that fills its box as an ellipse does; a bold zero is longer, and a dot ...
HOLE_HEIGHT = 0.2  # ... narrower than this share of the usual height ...
HOLE_STROKES = 2.4  # ... or not so many stroke widths across
HOLE_REACH = 2.0  # usual heights: with a digit so near on both sides it is a decimal point or a colon
RING_CONTENT = 0.35  # of a ring's height: a digit in it is no lower, dots are ...
RING_NUMBER = 0.18  # ... unless there are two or more of this share ...
RING_TALL = 3.0  # ... and so many stroke widths; a single one is ...
RING_ASPECT = 0.3  # ... no straight stroke, narrower by its length, as a zero's slash is ...
RING_STROKES = 1.5  # ... or no more stroke widths across
RING_TOUCHED = 0.1  # of its ink that lies in the boxes of what is in it, at most
RING_BAND = 2.0  # stroke widths along a ring's convex hull that are the ring ...
RING_DIGIT = 0.7  # ... and not a digit that touches it, of the usual height in it
RING_SECTORS = 36  # directions from its middle, ...
RING_CLOSED = 0.85  # ... of which it is seen in so many
LINE_FLAT = 0.3  # height by width of an underline
LINE_LENGTH = 1.0  # heights of what stands on it: a one's foot is shorter ...
LINE_ALONE = 1.5  # ... and a two's base than this, where nothing else stands on it
LINE_CROSSED = 0.5  # heights of what stands on it: a stroke through its level so near makes it a four's, or a minus
LINE_BAR = 1.5  # heights of what is below it and nearer than what is above: if shorter, it is that digit's bar
LINE_GAP = (-0.25, 0.6)  # heights of what stands on it, from there down to the line
REST_GAP = 0.2  # the same: so far below is no digit's base, but what is left of a line whose rest was taken for printed
ON_LINE = 0.6  # of its width: what stands so far over a line stands on it
LOW = 0.5  # of the tallest: lower pieces tell nothing of the usual height


def marks(labels: np.ndarray, boxes: Mapping[int, Box], stroke: float) -> np.ndarray | None:
    """Find the ink of marks around other ink.

    Args:
        labels: (height, width) int, which piece each pixel belongs to.
        boxes: the pieces' bounding boxes by label; other labels are no pieces.
        stroke: the ink's mean stroke width in pixels.

    Returns:
        (height, width) bool, None where there are none. A digit of usual height that a ring touches is none of it.
    """
    if len(boxes) < 2:
        return None
    marked = np.zeros(labels.shape, bool)
    rest = dict(boxes)
    for label in _holes(labels, rest):
        _area(marked, rest.pop(label))[:] |= _mask(labels, label, boxes[label])
    for label, line in _rings(labels, rest, max(stroke, 1.0)):
        _area(marked, rest.pop(label))[:] |= line
    for label in _underlines(rest, max(stroke, 1.0)):
        _area(marked, rest.pop(label))[:] |= _mask(labels, label, boxes[label])
    return marked if len(rest) < len(boxes) else None


def _holes(labels: np.ndarray, boxes: Mapping[int, Box]) -> list[int]:
    """Filled discs about as high as digits that stand clear of them."""
    discs = []
    for label, box in boxes.items():
        long, short = max(box.width, box.height), min(box.width, box.height)
        cut = box.left <= 1 or box.top <= 1 or box.right >= labels.shape[1] - 1 or box.bottom >= labels.shape[0] - 1
        if short < (HOLE_CUT if cut else HOLE_ROUND) * long:
            continue
        filled = int(_mask(labels, label, box).sum()) / (np.pi / 4 * box.width * box.height)
        if HOLE_FILLED[0] <= filled <= HOLE_FILLED[1]:
            discs.append(label)
    others = {label: box for label, box in boxes.items() if label not in discs}
    if not discs or not others:
        return []
    usual = _usual_height(others.values())
    pen = float(np.median([stroke_width(_mask(labels, label, box)) for label, box in others.items()]))
    least = max(HOLE_HEIGHT * usual, HOLE_STROKES * pen)
    tall = np.array([[b.left, b.top, b.right, b.bottom] for b in others.values() if b.height >= LOW * usual])
    return [n for n in discs if boxes[n].width >= least and _stands_clear(boxes[n], tall, usual)]


def _stands_clear(hole: Box, tall: np.ndarray, usual: float) -> bool:
    """Tell a hole from a dot, which is close to a digit, over one or between two.

    Args:
        hole: its bounding box.
        tall: (n, 4) left, top, right and bottom of what may be digits.
        usual: their height.
    """
    left, right = hole.left - tall[:, 2], tall[:, 0] - hole.right
    above, below = hole.top - tall[:, 3], tall[:, 1] - hole.bottom
    across, along = np.maximum(left, right), np.maximum(above, below)
    if (np.maximum(across, along) < hole.width).any() or ((across < 0) & (below >= 0) & (below < usual)).any():
        return False
    level = (along < 0) & (across < HOLE_REACH * usual)
    return not ((level & (left >= 0)).any() and (level & (right >= 0)).any())


def _rings(labels: np.ndarray, boxes: Mapping[int, Box], stroke: float) -> list[tuple[int, np.ndarray]]:
    """Closed lines around a digit or a number: labels, and which pixels of their boxes are the line's."""
    names = list(boxes)
    sides = np.array([[box.left, box.top, box.right, box.bottom] for box in boxes.values()])
    rings = []
    for label, (left, top, right, bottom) in zip(names, sides, strict=True):
        within = (sides[:, :2] > (left, top)).all(axis=1) & (sides[:, 2:] < (right, bottom)).all(axis=1)
        content = sides[within]
        height = content[:, 3] - content[:, 1]
        tall = height >= RING_CONTENT * (bottom - top)
        low = height >= max(RING_NUMBER * (bottom - top), RING_TALL * stroke)
        if np.count_nonzero(low) > 1:
            tall |= low
        inside = np.flatnonzero(within)[tall]
        if not inside.size or (inside.size == 1 and _is_line(labels, names[inside[0]], boxes, stroke)):
            continue
        mask = _mask(labels, label, boxes[label])
        areas = content - (left, top, left, top)
        if sum(np.count_nonzero(mask[a[1] : a[3], a[0] : a[2]]) for a in areas) > RING_TOUCHED * mask.sum():
            continue
        rows, columns = np.nonzero(mask)
        middle = (areas[:, :2].min(axis=0) + areas[:, 2:].max(axis=0)) / 2
        angles = np.arctan2((rows - middle[1]) / (bottom - top), (columns - middle[0]) / (right - left))
        seen = np.unique(np.floor((angles / (2 * np.pi) + 0.5) * RING_SECTORS).astype(int) % RING_SECTORS).size
        if seen >= RING_CLOSED * RING_SECTORS:
            rings.append((label, _outline(mask, float(np.median(height[tall])))))
    return rings


def _is_line(labels: np.ndarray, label: int, boxes: Mapping[int, Box], stroke: float) -> bool:
    """Tell a straight stroke, upright or slanted."""
    sides = cv2.minAreaRect(cv2.findNonZero(_mask(labels, label, boxes[label]).astype(np.uint8)))[1]
    return min(sides) < max(RING_ASPECT * max(sides), RING_STROKES * stroke)


def _outline(mask: np.ndarray, height: float) -> np.ndarray:
    """What of a ring's (height, width) mask runs along its convex hull; the rest, if high enough, is a digit's."""
    hull = cv2.convexHull(cv2.findNonZero(mask.astype(np.uint8)))
    filled = cv2.fillConvexPoly(np.zeros(mask.shape, np.uint8), hull, 1)
    depth = cv2.distanceTransform(np.pad(filled, 1), cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    within = (mask & (depth > RING_BAND * stroke_width(mask))).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(within, connectivity=8)
    digits = [label for label in range(1, count) if stats[label, cv2.CC_STAT_HEIGHT] >= RING_DIGIT * height]
    return mask & ~np.isin(labels, digits)


def _underlines(boxes: Mapping[int, Box], stroke: float) -> list[int]:
    """Flat lines below a digit or a number, longer or farther away than any digit's own."""
    flat = {label for label, box in boxes.items() if box.height <= max(LINE_FLAT * box.width, stroke)}
    others = np.array([[b.left, b.top, b.right, b.bottom] for label, b in boxes.items() if label not in flat])
    return [label for label in flat if _is_underline(boxes[label], others)] if len(others) else []


def _is_underline(line: Box, others: np.ndarray) -> bool:
    """Tell a flat piece below a digit or a number that is no part of one.

    Args:
        line: its bounding box.
        others: (n, 4) left, top, right and bottom of what is not flat.
    """
    left, top, right, bottom = others.T
    width, height = right - left, bottom - top
    over = np.minimum(right, line.right) - np.maximum(left, line.left)
    middle = line.top + line.height / 2
    gap = (middle - bottom) / height
    near = (over > 0) & (gap >= LINE_GAP[0]) & (gap <= LINE_GAP[1]) & (height > 2 * line.height)
    if not near.any():
        return False
    below = (over > 0) & (top > middle) & (line.width < LINE_BAR * height)
    if below.any() and (top[below] - middle).min() < (middle - bottom[near]).min():
        return False
    standing = near & (over >= ON_LINE * width)
    usual = float(np.median(height[standing if standing.any() else near]))
    crossed = ((top < line.top) & (bottom > line.bottom) & (-over <= LINE_CROSSED * usual) & ~near).any()
    if standing.sum() > 1 and line.width >= LINE_LENGTH * usual:
        return True
    is_long = standing.any() and line.width >= LINE_ALONE * usual
    is_rest = len(others) > 1 and (gap[near] >= REST_GAP).any()
    return bool((is_long or is_rest) and not crossed)


def _area(picture: np.ndarray, box: Box) -> np.ndarray:
    return picture[box.top : box.bottom, box.left : box.right]


def _mask(labels: np.ndarray, label: int, box: Box) -> np.ndarray:
    return np.asarray(_area(labels, box) == label)


def _usual_height(boxes: Iterable[Box]) -> float:
    heights = np.array([box.height for box in boxes], np.float64)
    return float(np.median(heights[heights >= LOW * heights.max()]))
