"""A page and its truth: draw a layout's characters one by one, put them on paper, photograph it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from training.data.pages.camera import photograph
from training.data.pages.layout import Character, Hand, Layout, Line, Scene
from training.data.pages.paper import Layers, put_on_paper
from training.data.pages.scenes import lay_out

THINNEST = 0.9  # pixels: finer lines are drawn so wide, and paler
FINENESS = 2  # lines are drawn so many times as large and averaged
SUBPIXEL_BITS = 3
OWN_INK = 70  # of 255: a pixel covered so much belongs to the character
MIN_PIXELS = 3  # of a character that is on the page at all
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A composed page and the truth about it.

    Attributes:
        picture: (side, side, 3) uint8, RGB.
        owners: (side, side) int16: n is ink of the n-th character in `labels`, counted from 1; 0 is everything else.
        ink: (side, side) uint8, how much of each pixel the ink of characters covers, as far as it shows.
        marks: the same of what is written by hand and is no character.
        labels: of the characters, in the order of their numbers.
    """

    picture: np.ndarray
    owners: np.ndarray
    ink: np.ndarray
    marks: np.ndarray
    labels: tuple[str, ...]

    @property
    def side(self) -> int:
        """The page's width and height in pixels."""
        return len(self.picture)


def compose(hand: Hand, side: int, rng: Generator, scene: Scene | None = None, fonts: Sequence[Path] = ()) -> Page:
    """Compose one page.

    Args:
        hand: who writes.
        side: of the page in pixels.
        rng: the source of chance.
        scene: what kind of page, see `layout.SCENES`; None draws one.
        fonts: TrueType files for printed words; without any there are none.
    """
    layout = lay_out(hand, side, rng, scene)
    owners = np.zeros((side, side), np.int16)
    large = np.zeros((side * FINENESS, side * FINENESS), np.uint8)
    labels: list[str] = []
    for character in layout.characters:
        if _draw_character(character, layout.hollow, large, owners, len(labels) + 1):
            labels.append(character.label)
    ink = _shrink(large, side)
    marks = _shrink(_draw_lines(layout.marks, side), side)
    printed = _shrink(_print(layout, _draw_lines(layout.printed, side), fonts, rng), side)
    tiles = np.zeros((side, side), bool)
    for left, top, right, bottom in layout.tiles:
        tiles[max(0, round(top)) : max(0, round(bottom)), max(0, round(left)) : max(0, round(right))] = True
    layers = Layers(ink, marks, printed, owners, tiles)
    on_paper = put_on_paper(layers, layout.pen, min(1.0, layout.pen / THINNEST), rng)
    photo = photograph(on_paper, layout.pen, rng)
    return Page(photo.picture, photo.owners, photo.ink, photo.marks, tuple(labels))


@functools.cache
def find_fonts() -> tuple[Path, ...]:
    """List the TrueType fonts of this machine, sorted by name; every third is kept for validation."""
    found = {path.name: path for folder in FONT_FOLDERS for path in Path(folder).rglob("*.ttf")}
    return tuple(found[name] for name in sorted(found))


def _draw_character(character: Character, hollow: float, large: np.ndarray, owners: np.ndarray, number: int) -> bool:
    """Draw one character onto the page and note which pixels are its own; False where it lies off the page."""
    side = len(owners)
    low, high = character.corners
    half = max(THINNEST, *(line.width for line in character.lines)) / 2 + 1
    x0, y0 = np.floor(np.maximum(low - half, 0)).astype(int)
    x1, y1 = np.ceil(np.minimum(high + half, side)).astype(int)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return False
    region = np.zeros(((y1 - y0) * FINENESS, (x1 - x0) * FINENESS), np.uint8)
    for line in character.lines:
        draw_line(region, (line.points - [x0, y0]) * FINENESS, max(THINNEST, line.width) * FINENESS)
    if hollow:
        inside = np.zeros_like(region)
        for line in character.lines:
            draw_line(inside, (line.points - [x0, y0]) * FINENESS, hollow * line.width * FINENESS)
        region = np.minimum(region, 255 - inside)
    cover = cv2.resize(region, (int(x1 - x0), int(y1 - y0)), interpolation=cv2.INTER_AREA)
    own = cover > OWN_INK
    if int(own.sum()) < MIN_PIXELS:
        return False
    part = large[y0 * FINENESS : y1 * FINENESS, x0 * FINENESS : x1 * FINENESS]
    np.maximum(part, region, out=part)
    owners[y0:y1, x0:x1][own] = number
    return True


def draw_line(picture: np.ndarray, points: np.ndarray, width: float) -> None:
    """Draw one anti-aliased line of a round pen, 255 on what is there; coordinates may leave the picture."""
    near = np.clip(points, -(2**14), 2**14)
    fixed = np.round(near * 2**SUBPIXEL_BITS).astype(np.int32)
    if len(fixed) == 1:
        fixed = np.repeat(fixed, 2, axis=0)
    cv2.polylines(picture, [fixed.reshape(-1, 1, 2)], False, 255, max(1, round(width)), cv2.LINE_AA, SUBPIXEL_BITS)
    if width > 2 * FINENESS:
        for end in (fixed[0], fixed[-1]):
            radius = round(width / 2 * 2**SUBPIXEL_BITS)
            cv2.circle(picture, (int(end[0]), int(end[1])), radius, 255, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _draw_lines(lines: Sequence[Line], side: int) -> np.ndarray:
    """Draw lines on an empty page, `FINENESS` times as large."""
    picture = np.zeros((side * FINENESS, side * FINENESS), np.uint8)
    for line in lines:
        draw_line(picture, line.points * FINENESS, max(THINNEST, line.width) * FINENESS)
    return picture


def _print(layout: Layout, large: np.ndarray, fonts: Sequence[Path], rng: Generator) -> np.ndarray:
    """Add printed words."""
    if not layout.words or not fonts:
        return large
    picture = Image.fromarray(large)
    pen = ImageDraw.Draw(picture)
    font_file = fonts[int(rng.integers(len(fonts)))]
    for left, top, height, text in layout.words:
        font = ImageFont.truetype(str(font_file), max(6, round(height * FINENESS)))
        pen.text((left * FINENESS, top * FINENESS), text, fill=255, font=font)
    return np.array(picture)


def _shrink(large: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
