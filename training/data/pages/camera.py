"""What a camera or a scanner makes of a page: slanted view, crop, blur, few pixels, noise, JPEG, no greys."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from training.data.imaging import compress, to_eight_bits
from training.data.pages.paper import Layers


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photo and its truth, see `compose.Page`."""

    picture: np.ndarray
    owners: np.ndarray
    ink: np.ndarray
    marks: np.ndarray


def photograph(layers: Layers, pen: float, rng: Generator) -> Photo:
    """Photograph a page.

    Args:
        layers: a page on paper, its picture in [0, 1].
        pen: the pen's width in pixels.
        rng: the source of chance.
    """
    side = len(layers.ink)
    assert layers.picture is not None
    picture, owners, ink, marks = layers.picture, layers.owners, layers.ink, layers.marks
    if rng.random() < 0.25:
        corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
        moved = (corners + rng.normal(0, 0.04, (4, 2)) * side).astype(np.float32)
        view = cv2.getPerspectiveTransform(corners, moved)
        size = (side, side)
        picture = cv2.warpPerspective(picture, view, size, borderMode=cv2.BORDER_REPLICATE)
        owners = cv2.warpPerspective(owners, view, size, flags=cv2.INTER_NEAREST)
        ink, marks = (cv2.warpPerspective(cover, view, size) for cover in (ink, marks))
    if rng.random() < 0.25:
        picture, owners, ink, marks = _cut_tightly(picture, owners, ink, marks, rng)
    blur = rng.uniform(0.2, 1.0) if rng.random() < 0.8 else rng.uniform(1, 1 + 0.3 * min(pen, 8))
    picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if rng.random() < 0.05:  # a hand that moved
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        picture = cv2.filter2D(picture, -1, kernel if rng.random() < 0.5 else kernel.T)
    coarse = 1.0
    if rng.random() < 0.22:  # few pixels, enlarged
        coarse = rng.uniform(1.2, 3.5)
        few = max(16, round(side / coarse))
        picture = cv2.resize(picture, (few, few), interpolation=cv2.INTER_AREA)
    noise = float(np.exp(rng.uniform(np.log(0.001), np.log(0.05))))
    picture = picture + rng.normal(0, noise, (*picture.shape[:2], 1)).astype(np.float32)
    if rng.random() < 0.15:
        picture = np.repeat(picture.mean(axis=-1, keepdims=True), 3, axis=-1)
    if rng.random() < 0.1:  # too much light
        picture = picture * rng.uniform(1.05, 1.4)
    pixels = to_eight_bits(picture)
    if rng.random() < 0.6:
        pixels = compress(pixels, int(rng.integers(25, 96)))
    if coarse > 1.0:
        pixels = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.05:  # a black-and-white scan
        grey = pixels.mean(axis=-1)
        level = float(np.median(grey))
        dark_ink = level > 127
        edge = level * rng.uniform(0.6, 0.85) if dark_ink else level + (255 - level) * rng.uniform(0.15, 0.4)
        pixels = np.repeat(np.where(grey > edge, 255, 0).astype(np.uint8)[..., None], 3, axis=-1)
    return Photo(np.asarray(pixels, np.uint8), owners, ink, marks)


def _cut_tightly(
    picture: np.ndarray, owners: np.ndarray, ink: np.ndarray, marks: np.ndarray, rng: Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Keep a part around some ink and repeat its border outwards, as the finder sees a picture cut out tightly."""
    side = len(ink)
    inside = np.argwhere(ink > 127)
    if len(inside) < 20:
        return picture, owners, ink, marks
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    margin = rng.uniform(-0.02, 0.12, 4) * max(bottom - top, right - left)
    least = max(8, 0.1 * side)
    y0, y1 = int(np.clip(top - margin[0], 0, side - least)), int(np.clip(bottom + margin[1], least, side))
    x0, x1 = int(np.clip(left - margin[2], 0, side - least)), int(np.clip(right + margin[3], least, side))
    if y1 - y0 < 8 or x1 - x0 < 8:
        return picture, owners, ink, marks
    around = (y0, side - y1, x0, side - x1)
    part = picture[y0:y1, x0:x1]
    framed = cv2.copyMakeBorder(part, *around, cv2.BORDER_REPLICATE)
    rest = [
        cv2.copyMakeBorder(np.ascontiguousarray(layer[y0:y1, x0:x1]), *around, cv2.BORDER_CONSTANT, value=0)
        for layer in (owners, ink, marks)
    ]
    return framed, rest[0], rest[1], rest[2]
