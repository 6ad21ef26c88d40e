"""An image pyramid: a picture and halves of it, from which it is made smaller in little time."""

from __future__ import annotations

import cv2
import numpy as np


class Pyramid:
    """A picture that is looked at in several sizes; each half is made once, when it is first of use.

    Attributes:
        rgb: (height, width, 3) uint8, the picture at its own size.
    """

    def __init__(self, rgb: np.ndarray) -> None:
        self.rgb = rgb
        self._levels = [rgb]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]

    def resize(self, height: int, width: int) -> np.ndarray:
        """Return the picture in another size, not to be written to.

        A smaller one is averaged from the smallest half that is at least twice as large: from a nearer one, lines that
        lie close to each other run together.
        """
        if (height, width) == self.size:
            return self.rgb
        if height > self.size[0] or width > self.size[1]:
            return np.asarray(cv2.resize(self.rgb, (width, height), interpolation=cv2.INTER_CUBIC))
        times = min(self.size[0] / height, self.size[1] / width)
        level = max(0, int(np.log2(times)) - 1)
        return np.asarray(cv2.resize(self._level(level), (width, height), interpolation=cv2.INTER_AREA))

    def _level(self, level: int) -> np.ndarray:
        """Return the picture halved so many times; odd sides are rounded up."""
        while len(self._levels) <= level:
            above = self._levels[-1]
            half = -(-above.shape[1] // 2), -(-above.shape[0] // 2)
            self._levels.append(np.asarray(cv2.resize(above, half, interpolation=cv2.INTER_AREA)))
        return self._levels[level]
