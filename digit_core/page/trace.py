"""What every stage made of a picture, for whoever asks which one lost a digit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from colorsys import hsv_to_rgb
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from digit_core.errors import OutputError
from digit_core.files import write_whole
from digit_core.page.level import Turn
from digit_core.page.look import Look
from digit_core.page.segmentation import Shape
from digit_core.page.shapes import InkParts
from digit_core.types import Reading

HUE_STEP = 0.618  # of the circle of hues: so far apart are those of one shape and the next (the golden ratio)


class Trace:
    """Keeps a picture of every stage.

    Attributes:
        keeps: whether it does; else nothing is kept.
        pictures: (height, width) or (height, width, 3) uint8, by the stage's name, in the order of the stages.
    """

    def __init__(self, keeps: bool = True) -> None:
        self.keeps = keeps
        self.pictures: dict[str, np.ndarray] = {}

    @property
    def ink(self) -> np.ndarray:
        """The ink that was answered from, (height, width) float32 in [0, 1], rounded to 256 levels as it was kept.

        Raises:
            KeyError: nothing was answered while this was kept.
        """
        way = "finder" if "finder frames" in self.pictures else "plain"
        return np.float32(1 / 255) * self.pictures[f"{way} ink"]

    def keep(self, stage: str, picture: np.ndarray) -> None:
        """Keep a stage's picture: uint8, or float in [0, 1]."""
        if self.keeps:
            is_share = picture.dtype != np.uint8
            self.pictures[stage] = np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8) if is_share else picture

    def keep_shapes(self, stage: str, shapes: Iterable[Shape], size: tuple[int, int]) -> None:
        """Keep shapes on a picture of a size, (height, width), each in a colour of its own."""
        if not self.keeps:
            return
        picture = np.zeros((*size, 3), np.float32)
        for number, shape in enumerate(shapes, 1):
            box = shape.box
            area = picture[box.top : box.bottom, box.left : box.right]
            np.maximum(area, shape.ink[..., None] * _colour_of(number), out=area)
        self.keep(stage, picture.astype(np.uint8))

    def keep_look(self, seen: Look) -> None:
        """Keep what the finder looked at and what it saw."""
        self.keep("look", seen.picture)
        for name, chances in (("handwriting", seen.ink), ("passed over", seen.marks), ("centres", seen.centre_heat)):
            self.keep(name, chances)

    def keep_page(self, page: InkParts, turn: Turn | None) -> None:
        """Keep the ink, as it stood before a turn, and whose it is."""
        if not self.keeps:
            return
        self.keep("finder ink", page.ink if turn is None else turn.undo(page.ink, page.scale))
        colours = np.zeros((int(page.parts.max(initial=0)) + 1, 3), np.uint8)  # of each part, as its shape's
        for number, group in enumerate(page.groups, 1):
            colours[list(group)] = _colour_of(number)
        self.keep("finder shapes", colours[page.parts])

    def keep_frames(self, way: Literal["plain", "finder"], frames: Sequence[np.ndarray], reading: Reading) -> None:
        """Keep the frames of what was answered, side by side, enlarged, and which of the two ways they come from.

        Those that the reading passes over, as marks beside digits, are a picture of their own.
        """
        if not self.keeps:
            return
        read = [digit.frame for digit in reading.digits]
        marks = [frame for frame in frames if all(frame is not one for one in read)]
        for name, some in (("frames", read), ("marks", marks)):
            if some:
                enlarged = cv2.resize(np.hstack(some), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
                self.keep(f"{way} {name}", enlarged)

    def write(self, folder: Path) -> None:
        """Write the pictures as PNG files, numbered in the order of the stages, to a folder that is made if need be.

        Raises:
            OutputError: the disk does not take them.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number, (stage, picture) in enumerate(self.pictures.items(), 1):
                colours = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
                write_whole(folder / f"{number} {stage}.png", cv2.imencode(".png", colours)[1].tobytes())
        except OSError as error:
            raise OutputError(f"The steps could not be written to {folder}: {error.strerror}.") from error


def _colour_of(number: int) -> np.ndarray:
    """Return red, green and blue for a shape, (3,) uint8, unlike its neighbours' and never black."""
    return np.array([round(255 * share) for share in hsv_to_rgb(number * HUE_STEP % 1, 0.7, 1.0)], np.uint8)
