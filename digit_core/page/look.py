"""The finder's answer for a picture: where handwriting is, at the scale at which it parts characters best.

The finder is a network that knows no digits (see `models.architectures.build_finder`). It tells characters about
`CHARACTER_HEIGHT` pixels high apart, so the picture is first looked at small, which tells how high its characters are,
and then once more at the scale that brings them there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from digit_core.effort import PICTURE
from digit_core.models.geometry import (
    CHARACTER_HEIGHT,
    FINDER_MULTIPLE,
    FINDER_STRIDE,
    LOGIT_MAPS,
    OFFSET_MAPS,
    OFFSET_UNIT,
    SCALE_MAP,
)
from digit_core.page.pyramid import Pyramid

Finder = Callable[[np.ndarray], np.ndarray]  # (1, height, width, 3) float32 in [0, 1] -> (1, height / 2, width / 2, 6)


@dataclass(frozen=True, slots=True)
class LookConfig:
    """At which scale the finder looks at a picture.

    Attributes:
        first_side: a picture's longest side when it is looked at for the first time, in pixels.
        second_side: the same where nothing was seen on so small a picture.
        max_first_zoom: how many times a small picture is enlarged at most at first.
        max_zoom: how many times it is enlarged at most in the end.
        sure_ink: the chance of ink, and of no mark, from which a pixel belongs to a character.
        min_ink: the least ink, in pixels of the finder's answer: less is dust.
        near_enough: how near in scale a second look shows nothing new, as a difference of logarithms.
        max_looks: how often the finder looks at most while the scale is searched, besides the look at `second_side`.
    """

    first_side: int = 256
    second_side: int = 960
    max_first_zoom: float = 2.0
    max_zoom: float = 8.0
    sure_ink: float = 0.45
    min_ink: int = 8
    near_enough: float = 0.3
    max_looks: int = 3


CONFIG = LookConfig()

TILE, TILE_MARGIN = 512, 64  # pixels: larger looks are taken in parts that overlap, which bounds the memory
BORDER = 16  # pixels: the picture's own border is repeated around it at least so often


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the finder answered at one scale.

    Attributes:
        picture: (height, width, 3) uint8, what it looked at.
        scale: pixels of `picture` for one of the source.
        ink: (height / 2, width / 2) float32, sides rounded up, in [0, 1]: how likely a pixel is ink of a character.
        marks: the same of other handwriting: dashes, points, rings, underlines.
        centre_heat: the same of a character's centre.
        offsets: (height / 2, width / 2, 2) float32: x and y to the centre of the pixel's character, in pixels of these.
        heights: (height / 2, width / 2) float32: how high that character is, in pixels of `picture`.
    """

    picture: np.ndarray
    scale: float
    ink: np.ndarray
    marks: np.ndarray
    centre_heat: np.ndarray
    offsets: np.ndarray
    heights: np.ndarray

    @property
    def usual_height(self) -> float:
        """The height of the characters that most of the ink belongs to, in pixels of `picture`; 0 without ink."""
        sure = self.ink > CONFIG.sure_ink
        return float(np.median(self.heights[sure])) if int(sure.sum()) >= CONFIG.min_ink else 0.0

    @property
    def has_marks(self) -> bool:
        """Whether handwriting that is no character was seen."""
        return int((self.marks > CONFIG.sure_ink).sum()) >= CONFIG.min_ink


def search(picture: Pyramid, finder: Finder, most: int = PICTURE.pixels) -> Look:
    """Look at a picture at the scale that suits its characters.

    Args:
        picture: in which to look.
        finder: the network.
        most: pixels of a look.
    """
    longest = max(picture.size)
    seen = look(picture, min(CONFIG.max_first_zoom, CONFIG.first_side / longest), finder)
    if not seen.usual_height and longest > CONFIG.first_side:
        seen = look(picture, clamp_scale(picture, min(1.0, CONFIG.second_side / longest), most), finder)
    for _ in range(CONFIG.max_looks - 1):
        height = seen.usual_height
        if not height:
            break
        scale = clamp_scale(picture, seen.scale * CHARACTER_HEIGHT / height, most)
        if is_near(scale, seen.scale):
            break
        nearer = look(picture, scale, finder)
        if not nearer.usual_height:  # fine lines that are gone on so small a picture
            break
        seen = nearer
    return seen


def clamp_scale(picture: Pyramid, scale: float, most: int = PICTURE.pixels) -> float:
    """Return the scale nearest to the one wished for at which a look is neither too large nor too small."""
    height, width = picture.size
    largest = min(CONFIG.max_zoom, float(np.sqrt(most / (height * width))))
    return float(np.clip(scale, min(largest, FINDER_MULTIPLE / max(height, width)), largest))


def is_near(scale: float, other: float) -> bool:
    """Whether a look at one scale shows nothing new after a look at the other."""
    return bool(abs(np.log(scale / other)) < CONFIG.near_enough)


def look(picture: Pyramid, scale: float, finder: Finder) -> Look:
    """Look at a picture at one scale.

    Args:
        picture: at which to look.
        scale: how large the picture is made.
        finder: the network.
    """
    height, width = (max(FINDER_STRIDE, round(side * scale)) for side in picture.size)
    pixels = picture.resize(height, width)
    down, right = (-(side + 2 * BORDER) % FINDER_MULTIPLE for side in (height, width))
    padded = cv2.copyMakeBorder(pixels, BORDER, BORDER + down, BORDER, BORDER + right, cv2.BORDER_REPLICATE)
    maps = _in_tiles(padded, finder)
    start = BORDER // FINDER_STRIDE
    maps = maps[start : start + -(-height // FINDER_STRIDE), start : start + -(-width // FINDER_STRIDE)]
    ink, marks, centre_heat = np.moveaxis(1 / (1 + np.exp(-maps[..., LOGIT_MAPS])), -1, 0)
    return Look(
        pixels,
        scale,
        ink * (1 - marks),  # what is both may be a mark that only looks like a character, as rings and dashes do
        marks,
        centre_heat,
        maps[..., OFFSET_MAPS] * (OFFSET_UNIT / FINDER_STRIDE),
        CHARACTER_HEIGHT * np.exp2(np.clip(maps[..., SCALE_MAP], -4, 5)),
    )


def _in_tiles(padded: np.ndarray, finder: Finder) -> np.ndarray:
    """Ask the finder about a picture, part by part where it is large."""
    height, width = padded.shape[:2]
    if height * width <= (TILE + 2 * TILE_MARGIN) ** 2:
        return np.asarray(finder(_as_input(padded))[0])
    answer: np.ndarray | None = None
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            y0, x0 = max(0, top - TILE_MARGIN), max(0, left - TILE_MARGIN)
            y1, x1 = min(height, top + TILE + TILE_MARGIN), min(width, left + TILE + TILE_MARGIN)
            part = np.asarray(finder(_as_input(padded[y0:y1, x0:x1]))[0])
            if answer is None:
                answer = np.empty((height // FINDER_STRIDE, width // FINDER_STRIDE, part.shape[-1]), np.float32)
            rows, columns = (
                slice(start // FINDER_STRIDE, min(start + TILE, side) // FINDER_STRIDE)
                for start, side in ((top, height), (left, width))
            )
            answer[rows, columns] = part[
                (top - y0) // FINDER_STRIDE : (top - y0) // FINDER_STRIDE + rows.stop - rows.start,
                (left - x0) // FINDER_STRIDE : (left - x0) // FINDER_STRIDE + columns.stop - columns.start,
            ]
    assert answer is not None
    return answer


def _as_input(pixels: np.ndarray) -> np.ndarray:
    return pixels[None].astype(np.float32) / 255
