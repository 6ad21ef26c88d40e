"""Frames as other hands might have written them: affine and elastic distortion, stroke width, ink density."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import cv2
import numpy as np

from digit_core.imaging import FRAME_SIZE


@dataclass(frozen=True, slots=True)
class Distortion:
    """How strongly frames are distorted; each figure is a standard deviation or a bound.

    Attributes:
        turn: rotation, radians (standard deviation).
        slant: horizontal shear (standard deviation).
        stretch: log of the scale of each axis (standard deviation).
        shift: pixels, at most this far each way.
        elastic: pixels, standard deviation of the smooth displacement field (Simard et al. 2003).
        stroke: share of frames whose stroke is made bolder or finer.
        blur: share of frames that are out of focus.
        patchy: share of frames whose ink is uneven, as a dry pen leaves it.
    """

    turn: float = 0.12
    slant: float = 0.14
    stretch: float = 0.09
    shift: float = 2.0
    elastic: float = 0.5
    stroke: float = 0.35
    blur: float = 0.15
    patchy: float = 0.15

    def gentle(self) -> Distortion:
        """Return half of every strength."""
        return Distortion(*(strength / 2 for strength in astuple(self)))


# The two networks learn from differently distorted frames, one reason why they err differently.
DISTORTIONS = {
    "compact": Distortion(),
    "deep": Distortion(turn=0.13, slant=0.15, stretch=0.10, shift=2.0, elastic=0.6, stroke=0.40),
}
PATCHES = 7  # a side: dry spots are about four pixels wide
ELASTIC_KNOTS = 6  # the displacement field is drawn on this many points a side and smoothed between them
_ROWS, _COLUMNS = np.mgrid[0:FRAME_SIZE, 0:FRAME_SIZE].astype(np.float32)
_MIDDLE = (FRAME_SIZE - 1) / 2
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def distort(frames: np.ndarray, how: Distortion, rng: np.random.Generator) -> np.ndarray:
    """Distort each frame by itself.

    Args:
        frames: (n, 28, 28) uint8, ink is bright.
        how: the strengths.
        rng: the source of chance.

    Returns:
        (n, 28, 28) float32 in [0, 1].
    """
    count = len(frames)
    turn, slant = rng.normal(0, how.turn, count), rng.normal(0, how.slant, count)
    stretch = np.exp(rng.normal(0, how.stretch, (count, 2)))
    shift = rng.uniform(-how.shift, how.shift, (count, 2))
    knots = rng.normal(0, 1, (count, 2, ELASTIC_KNOTS, ELASTIC_KNOTS)).astype(np.float32)
    strength = how.elastic * rng.uniform(0, 1.4, count)
    bolder = rng.uniform(-1, 1, count) * (rng.random(count) < how.stroke)
    density = np.exp(rng.normal(0, 0.15, count))
    blur = rng.uniform(0.4, 0.9, count) * (rng.random(count) < how.blur)
    patches = rng.uniform(0, 0.8, (count, PATCHES, PATCHES)).astype(np.float32)
    is_patchy = rng.random(count) < how.patchy
    distorted = np.empty(frames.shape, np.float32)
    for i, frame in enumerate(frames):
        image = _with_stroke(frame.astype(np.float32) / 255.0, float(bolder[i]))
        cos, sin = np.cos(turn[i]), np.sin(turn[i])
        inverse = np.diag(1 / stretch[i]) @ np.array([[1, -slant[i]], [0, 1]]) @ np.array([[cos, sin], [-sin, cos]])
        x, y = _COLUMNS - _MIDDLE - shift[i, 0], _ROWS - _MIDDLE - shift[i, 1]
        field_x = cv2.resize(knots[i, 0], (FRAME_SIZE, FRAME_SIZE), interpolation=cv2.INTER_CUBIC) * strength[i]
        field_y = cv2.resize(knots[i, 1], (FRAME_SIZE, FRAME_SIZE), interpolation=cv2.INTER_CUBIC) * strength[i]
        source_x = (inverse[0, 0] * x + inverse[0, 1] * y + _MIDDLE + field_x).astype(np.float32)
        source_y = (inverse[1, 0] * x + inverse[1, 1] * y + _MIDDLE + field_y).astype(np.float32)
        image = cv2.remap(image, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        if blur[i]:
            image = cv2.GaussianBlur(image, (0, 0), blur[i])
        if is_patchy[i]:
            image = image * (1 - cv2.resize(patches[i], (FRAME_SIZE, FRAME_SIZE), interpolation=cv2.INTER_LINEAR))
        distorted[i] = np.clip(image * max(float(density[i]), 0.7), 0.0, 1.0)
    return distorted


def _with_stroke(image: np.ndarray, bolder: float) -> np.ndarray:
    """Blend a frame with its grey dilation (bolder > 0) or erosion (bolder < 0) by |bolder|."""
    if bolder == 0.0:
        return image
    other = cv2.dilate(image, _CROSS) if bolder > 0 else cv2.erode(image, _CROSS)
    amount = 0.6 * abs(bolder)  # all of it would close loops or erase thin strokes
    return (1 - amount) * image + amount * other
