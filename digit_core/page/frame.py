"""Ink -> 28x28 frame: the last step of THE preprocessing, shared by page, API, command line, training and evaluation.

First `read_pixels` in `page.decode` decodes whatever a person hands over. Then the ink of each shape is found: on clean
paper by `to_ink` in `page.ink` and `page.segmentation`, on photos by the finder (`page.look`, `page.shapes`) and the
picture's own colours (`page.contrast`). In the end `to_mnist_frame` fits a shape's ink into a frame the way MNIST was
made (LeCun et al. 1998): longest side 20 pixels, area averaging, centre of mass in the middle of 28x28. Stroke width is
brought into MNIST's range before the digit shrinks, since thick strokes close loops and thin ones become grey ghosts.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from digit_core.errors import EmptyDrawingError

FRAME_SIZE = 28  # pixels, MNIST's frame
BODY_SIZE = 20  # pixels: MNIST fits the digit in 20x20, margin 4; its own frames are trained on as they are
INK_THRESHOLD = 0.15  # fainter than this is paper, when a digit's bounding box is drawn
MASK_THRESHOLD = 0.5  # where a stroke's edge lies between paper (0) and ink (1)
TIE = 0.49  # a centre halfway between two pixels, as of anything symmetrical, always goes to the same one
STROKE_SIDE = 120  # pixels: a digit's longest side while its stroke width is measured and changed
MIN_STROKE = 1.8  # pixels of a digit `BODY_SIZE` long: thinner pens are thickened to this
MAX_STROKE = 3.0  # pixels of a digit `BODY_SIZE` long: bolder brushes are thinned to this
MARGIN = 8  # pixels of the canvas around a digit: the thinnest stroke becomes wider by 6 on either side at most


def to_mnist_frame(ink: np.ndarray) -> np.ndarray:
    """Fit one digit into a frame the way MNIST was made.

    Args:
        ink: (height, width) float32 in [0, 1], ink is bright.

    Returns:
        (28, 28) float32 in [0, 1], its centre of mass in the middle.

    Raises:
        EmptyDrawingError: nothing is brighter than `INK_THRESHOLD`.
    """
    body = _with_mnist_stroke(crop_to_ink(ink))
    height, width = body.shape
    scale = BODY_SIZE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _centre_by_mass(np.clip(cv2.resize(body, size, interpolation=cv2.INTER_AREA), 0.0, 1.0))


def crop_to_ink(ink: np.ndarray) -> np.ndarray:
    """Cut (height, width) ink down to the bounding box of everything brighter than `INK_THRESHOLD`.

    Raises:
        EmptyDrawingError: there is no such pixel.
    """
    left, top, width, height = cv2.boundingRect((ink > INK_THRESHOLD).view(np.uint8))
    if width == 0:
        raise EmptyDrawingError()
    return ink[top : top + height, left : left + width]


def stroke_width(ink: np.ndarray) -> float:
    """Measure the mean stroke width of (height, width) ink, in its pixels; 0 where there is none.

    Across a stroke of width w the distance to the nearest edge averages w / 4.
    """
    mask = (ink > MASK_THRESHOLD).view(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    if width == 0:
        return 0.0
    framed = cv2.copyMakeBorder(mask[top : top + height, left : left + width], 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_5)
    return _mean_width(distance, framed)


def _with_mnist_stroke(body: np.ndarray) -> np.ndarray:
    """Scale a cropped digit to `STROKE_SIDE` and bring its stroke between `MIN_STROKE` and `MAX_STROKE`."""
    scale = STROKE_SIDE / max(body.shape)
    size = (max(1, round(body.shape[1] * scale)), max(1, round(body.shape[0] * scale)))
    body = cv2.resize(body, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    strongest = body.max()
    if strongest > 0:
        body = body / strongest  # thin lines lose contrast in shrinking
    mask = cv2.copyMakeBorder((body > MASK_THRESHOLD).view(np.uint8), *(MARGIN,) * 4, cv2.BORDER_CONSTANT)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    width = _mean_width(inside, mask)
    unit = STROKE_SIDE / BODY_SIZE
    change = min(max(width, MIN_STROKE * unit), MAX_STROKE * unit) - width
    if width == 0.0 or abs(change) < 0.5:
        return body
    if change > 0:  # the edge moves outwards: distances are taken outside it, and all that is inside stays ink
        inside = 1.0 - cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    changed = np.clip((inside - 0.5) + (change / 2 + 0.5), 0.0, 1.0)
    return crop_to_ink(changed) if changed.max() > INK_THRESHOLD else body


def _mean_width(distance: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean width of strokes from each of their pixels' distance to the nearest edge; 0 without strokes."""
    total = cv2.sumElems(distance)[0]  # beyond the strokes it is 0
    return 4.0 * (total / cv2.countNonZero(mask) - 0.5) if total else 0.0


def _centre_by_mass(body: np.ndarray) -> np.ndarray:
    """Paste a body of `BODY_SIZE` at most into a frame, centre of mass on the middle, by whole pixels as MNIST does."""
    height, width = body.shape
    rows, columns = body.sum(axis=1), body.sum(axis=0)
    total = float(rows.sum())
    row, column = float(rows @ np.arange(height)) / total, float(columns @ np.arange(width)) / total
    middle = (FRAME_SIZE - 1) / 2
    top = min(max(math.floor(middle - row + TIE), 0), FRAME_SIZE - height)
    left = min(max(math.floor(middle - column + TIE), 0), FRAME_SIZE - width)
    frame = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    frame[top : top + height, left : left + width] = body
    return frame
