"""How a shape came from the picture into its frame, step by step, and what it would be if it stayed where it stands."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from functools import reduce

import cv2
import numpy as np
from PIL import Image

from digit_core.errors import ExplanationError
from digit_core.page.frame import FRAME_SIZE
from digit_core.types import Box, DigitReading, FrameSteps, Reading


def shape_at(reading: Reading, index: int) -> DigitReading:
    """Return one shape of a reading, counted from 0 in reading order.

    Raises:
        ExplanationError: there is no such shape.
    """
    count = len(reading.digits)
    if isinstance(index, bool) or index not in range(count):
        found = "1 shape was" if count == 1 else f"{count} shapes were"
        raise ExplanationError(
            f"{found} found, and counted from 0 there is none with the number {reprlib.repr(index)}."
        )
    return reading.digits[int(index)]


def steps_to(ink: np.ndarray, picture: Image.Image, shape: DigitReading) -> FrameSteps:
    """Retrace how a shape of an upright picture came from the ink that was read (`Trace.ink`) into its frame."""
    return FrameSteps(ink, _box_on(ink, picture, shape.box), shape.frame)


def frame_as_it_stands(ink: np.ndarray, shape: Box, shapes: Sequence[Box]) -> np.ndarray:
    """Shrink ink to a frame where it stands and as large as it is: what programs do that neither cut out nor centre.

    Of a single shape that is the whole picture. One of several comes without the others, and keeps around it as much
    paper as the picture has around all of them, in proportion to its height. Paper makes square what is not.

    Args:
        ink: (height, width) float32 in [0, 1], the whole picture's ink (see `FrameSteps`).
        shape: the place of the shape on `ink`, in its pixels.
        shapes: the places of all shapes on `ink`, this one among them.

    Returns:
        (28, 28) float32 in [0, 1].
    """
    if len(shapes) > 1:
        ink = _cut_out_with_margins(ink, shape, shapes)
    height, width = ink.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = np.pad(ink, ((top, side - height - top), (left, side - width - left)))
    shrinks = cv2.INTER_AREA if side > FRAME_SIZE else cv2.INTER_LINEAR
    return np.clip(cv2.resize(square, (FRAME_SIZE, FRAME_SIZE), interpolation=shrinks), 0.0, 1.0)


def boxes_on(ink: np.ndarray, picture: Image.Image, reading: Reading) -> tuple[Box, ...]:
    """Return where a reading's shapes stand on (height, width) ink, which may be smaller than the picture."""
    return tuple(_box_on(ink, picture, shape.box) for shape in reading.digits)


def _cut_out_with_margins(ink: np.ndarray, shape: Box, shapes: Sequence[Box]) -> np.ndarray:
    """Cut out a shape alone with the margins that all shapes together have on the picture, shrunk to its size."""
    all_shapes = reduce(Box.union, shapes)
    margins = ((all_shapes.top, ink.shape[0] - all_shapes.bottom), (all_shapes.left, ink.shape[1] - all_shapes.right))
    share = shape.height / all_shapes.height
    alone = ink[shape.top : shape.bottom, shape.left : shape.right]
    return np.pad(alone, [[max(0, round(share * margin)) for margin in pair] for pair in margins])


def _box_on(ink: np.ndarray, picture: Image.Image, box: Box) -> Box:
    scale = ink.shape[1] / picture.width
    left, top = min(round(box.left * scale), ink.shape[1] - 1), min(round(box.top * scale), ink.shape[0] - 1)
    return Box(left, top, max(1, round(box.width * scale)), max(1, round(box.height * scale)))
