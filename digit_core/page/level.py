"""Rows that climb or fall: how steeply they do, and the picture turned so that they lie level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from digit_core.page.segmentation import CONFIG as SEGMENTATION
from digit_core.page.segmentation import Shape
from digit_core.types import Box


@dataclass(frozen=True, slots=True)
class LevelConfig:
    """Which pictures are turned.

    Attributes:
        min_slope: the least slope of rows with which a picture is turned, in degrees.
        max_slope: the steepest line between neighbours in one row, in degrees: steeper ones stand above one another.
    """

    min_slope: float = 6.0
    max_slope: float = 50.0


CONFIG = LevelConfig()


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A turn of a picture about its middle, onto one that holds all of it.

    Attributes:
        before: height and width of the picture, in pixels.
        after: the same of the turned one.
        matrix: (2, 3) float64, from places on the picture to those on the turned one.
    """

    before: tuple[int, int]
    after: tuple[int, int]
    matrix: np.ndarray

    @classmethod
    def by(cls, degrees: float, size: tuple[int, int]) -> Turn:
        """Make the turn that lets rows which fall by so many degrees lie level; `size` is height and width."""
        height, width = size
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        cosine, sine = np.abs(matrix[0, :2])
        after = round(height * cosine + width * sine), round(height * sine + width * cosine)
        matrix[:, 2] += (after[1] - width) / 2, (after[0] - height) / 2
        return cls(size, after, matrix)

    def picture(self, rgb: np.ndarray) -> np.ndarray:
        """Turn the picture, (height, width, 3) uint8; what lies beyond it gets the usual colour of its border."""
        border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
        beyond = tuple(np.median(border, axis=0).tolist())
        return np.asarray(cv2.warpAffine(rgb, self.matrix, self.after[::-1], flags=cv2.INTER_CUBIC, borderValue=beyond))

    def undo(self, turned: np.ndarray, scale: float) -> np.ndarray:
        """Turn back what was made of the turned picture, in `scale` times its size: (height, width) or with colours."""
        matrix = self.matrix.copy()
        matrix[:, 2] *= scale
        size = round(self.before[1] * scale), round(self.before[0] * scale)
        return np.asarray(cv2.warpAffine(turned, matrix, size, flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR))

    def box_before(self, shape: Shape, scale: float) -> Box:
        """Return where a shape on the turned picture, in `scale` times its size, stood before, in as many pixels."""
        rows, columns = np.nonzero(shape.ink > SEGMENTATION.faint_ink)
        places = np.stack([columns + 0.5 + shape.box.left, rows + 0.5 + shape.box.top]) / scale
        back = cv2.invertAffineTransform(self.matrix)
        x, y = scale * (back[:, :2] @ places + back[:, 2:])
        left, top = int(x.min()), int(y.min())
        return Box(left, top, int(x.max()) + 1 - left, int(y.max()) + 1 - top)


def slope_of(boxes: Sequence[Box]) -> float:
    """Return by how many degrees rows fall to the right: the median line from each box to the nearest one.

    0 where no box stands beside its nearest one.
    """
    if len(boxes) < 2:
        return 0.0
    middles = np.array([(box.left + box.width / 2, box.top + box.height / 2) for box in boxes])
    away = middles[None] - middles[:, None]
    distances = np.hypot(away[..., 0], away[..., 1])
    np.fill_diagonal(distances, np.inf)
    right, down = away[np.arange(len(boxes)), distances.argmin(axis=1)].T
    slopes = np.degrees(np.arctan2(np.where(right < 0, -down, down), np.abs(right)))
    beside = slopes[np.abs(slopes) <= CONFIG.max_slope]
    return float(np.median(beside)) if len(beside) else 0.0
