"""What the finder is to answer for a page, at half the page's size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import find_objects

from digit_core.models.geometry import (
    CENTRE_MAP,
    CHARACTER_HEIGHT,
    FINDER_MAPS,
    FINDER_STRIDE,
    INK_MAP,
    MARKS_MAP,
    OFFSET_MAPS,
    OFFSET_UNIT,
    SCALE_MAP,
)
from training.data.pages.compose import Page
from training.data.pages.layout import NARROWEST

FULL_INK = 0.63  # of a pixel's area: covered so much it is ink altogether
CENTRE_WIDTH = 0.07  # of a character's longer side: standard deviation of the bump at its centre
MIN_PIXELS = 4  # of a character that is looked for
WEIGHTS_MAP = len(FINDER_MAPS)  # where the weights stand: after the finder's own maps


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """The answer wished for, each (height, width) at half the page's size, float32.

    Attributes:
        ink: how much of a pixel characters cover, in [0, 1].
        marks: the same of other handwriting.
        centre_heat: bumps of height 1 at the centre of each character's box.
        offsets: (height, width, 2), x and y from a pixel of ink to its character's centre, in `OFFSET_UNIT`.
        scales: the logarithm to base 2 of the character's height by `CHARACTER_HEIGHT`, where there is ink.
        weights: of offsets and scales: 0 off the ink, more on small characters.
    """

    ink: np.ndarray
    marks: np.ndarray
    centre_heat: np.ndarray
    offsets: np.ndarray
    scales: np.ndarray
    weights: np.ndarray

    def to_array(self) -> np.ndarray:
        """All seven maps as (height, width, 7) float16: `FINDER_MAPS`, then the weights."""
        maps = np.empty((*self.ink.shape, WEIGHTS_MAP + 1), np.float16)
        maps[..., INK_MAP], maps[..., MARKS_MAP], maps[..., CENTRE_MAP] = self.ink, self.marks, self.centre_heat
        maps[..., OFFSET_MAPS], maps[..., SCALE_MAP], maps[..., WEIGHTS_MAP] = self.offsets, self.scales, self.weights
        return maps


def targets_of(page: Page) -> Targets:
    """Work out the answer wished for."""
    side = page.side
    half = side // FINDER_STRIDE
    offsets = np.zeros((side, side, 2), np.float32)
    scales, weights = np.zeros((side, side), np.float32), np.zeros((side, side), np.float32)
    centre_heat = np.zeros((half, half), np.float32)
    for number, box in enumerate(find_objects(page.owners), 1):
        if box is None:
            continue
        own = page.owners[box] == number
        if int(own.sum()) < MIN_PIXELS:
            continue
        rows, columns = np.nonzero(own)
        top, bottom, left, right = box[0].start, box[0].stop, box[1].start, box[1].stop
        x, y = (left + right) / 2, (top + bottom) / 2
        offsets[rows + top, columns + left] = np.stack([x - columns - left, y - rows - top], axis=1) / OFFSET_UNIT
        height = max(bottom - top, NARROWEST * (right - left))
        longest = max(bottom - top, right - left)
        scales[rows + top, columns + left] = np.log2(max(height, 2.0) / CHARACTER_HEIGHT)
        weights[rows + top, columns + left] = OFFSET_UNIT / max(longest, 8.0)
        width = max(1.0, CENTRE_WIDTH * longest / FINDER_STRIDE)
        _add_bump(centre_heat, x / FINDER_STRIDE - 0.5, y / FINDER_STRIDE - 0.5, width)
    sampled = slice(FINDER_STRIDE // 2, None, FINDER_STRIDE)
    return Targets(
        _shrink(page.ink, half),
        _shrink(page.marks, half),
        centre_heat,
        offsets[sampled, sampled],
        scales[sampled, sampled],
        weights[sampled, sampled],
    )


def _shrink(cover: np.ndarray, half: int) -> np.ndarray:
    share = cv2.resize(cover, (half, half), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.minimum(share / FULL_INK, 1.0)


def _add_bump(centre_heat: np.ndarray, x: float, y: float, width: float) -> None:
    """Raise a map to a bump of height 1 at (x, y)."""
    reach = int(3 * width) + 1
    x0, x1 = max(0, int(x) - reach), min(centre_heat.shape[1], int(x) + reach + 2)
    y0, y1 = max(0, int(y) - reach), min(centre_heat.shape[0], int(y) + reach + 2)
    if x1 <= x0 or y1 <= y0:
        return
    across = np.exp(-((np.arange(x0, x1) - x) ** 2) / (2 * width**2))
    down = np.exp(-((np.arange(y0, y1) - y) ** 2) / (2 * width**2))
    part = centre_heat[y0:y1, x0:x1]
    np.maximum(part, np.outer(down, across).astype(np.float32), out=part)
