"""Frames as other hands might have written them: affine and elastic distortion, stroke width, ink density."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import cv2
import numpy as np

from digit_core.page.frame import FRAME_SIZE


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
    "deep": Distortion(turn=0.15, slant=0.17, stretch=0.11, shift=2.0, elastic=0.7, stroke=0.45),
}
PATCHES = 7  # Dry spots are drawn on a grid of so many points a side, which makes them about four pixels wide.
ELASTIC_KNOTS = 6  # The displacement field is drawn on this many points a side and smoothed between them.
TOGETHER = 512  # Frames that OpenCV sees as one picture, whose height it limits.
BORDER = 1  # Empty rows above and below each frame in that picture, so that nothing crosses over to the next.
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
    parts = range(0, len(frames), TOGETHER)
    distorted = [_distort(frames[i : i + TOGETHER], how, rng) for i in parts]
    return np.concatenate(distorted) if distorted else np.zeros(frames.shape, np.float32)


def _distort(frames: np.ndarray, how: Distortion, rng: np.random.Generator) -> np.ndarray:
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

    images = _change_strokes(frames.astype(np.float32) / 255.0, bolder)
    images = _resample(images, _invert_maps(turn, slant, stretch), shift, _enlarge(knots, cv2.INTER_CUBIC), strength)
    for i in np.flatnonzero(blur):
        images[i] = cv2.GaussianBlur(images[i], (0, 0), blur[i])
    images[is_patchy] *= 1 - _enlarge(patches[is_patchy], cv2.INTER_LINEAR)
    return np.clip(images * _each(np.maximum(density, 0.7)), 0.0, 1.0)


def _invert_maps(turn: np.ndarray, slant: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """Return the (n, 2, 2) maps from a distorted frame's pixels back to the frame's, both from its middle."""
    one, none, cos, sin = np.ones(len(turn)), np.zeros(len(turn)), np.cos(turn), np.sin(turn)
    unstretch = np.array([[1 / stretch[:, 0], none], [none, 1 / stretch[:, 1]]])
    unslant, unturn = np.array([[one, -slant], [none, one]]), np.array([[cos, sin], [-sin, cos]])
    return np.einsum("ijn,jkn,kln->nil", unstretch, unslant, unturn)


def _resample(
    images: np.ndarray, inverses: np.ndarray, shift: np.ndarray, field: np.ndarray, strength: np.ndarray
) -> np.ndarray:
    """Take each pixel from where it was: shifted back, through `inverses` and the (n, 2, 28, 28) smooth field."""
    x, y = _COLUMNS - _MIDDLE - _each(shift[:, 0]), _ROWS - _MIDDLE - _each(shift[:, 1])
    source_x, source_y = (
        _each(inverses[:, axis, 0]) * x + _each(inverses[:, axis, 1]) * y + _MIDDLE + field[:, axis] * _each(strength)
        for axis in (0, 1)
    )
    first_row = BORDER + (FRAME_SIZE + 2 * BORDER) * np.arange(len(images))
    source_y = np.clip(source_y, -BORDER, FRAME_SIZE - 1 + BORDER) + _each(first_row)
    map_x, map_y = (source.reshape(-1, FRAME_SIZE).astype(np.float32) for source in (source_x, source_y))
    return cv2.remap(_stack(images), map_x, map_y, cv2.INTER_LINEAR).reshape(images.shape)


def _change_strokes(images: np.ndarray, bolder: np.ndarray) -> np.ndarray:
    """Blend each frame with its grey dilation (bolder > 0) or erosion (bolder < 0) by |bolder|."""
    stacked = _stack(images)
    dilated, eroded = (_unstack(change(stacked, _CROSS)) for change in (cv2.dilate, cv2.erode))
    amount = _each(0.6 * np.abs(bolder))  # all of it would close loops or erase thin strokes
    return (1 - amount) * images + amount * np.where(_each(bolder) > 0, dilated, eroded)


def _enlarge(grids: np.ndarray, interpolation: int) -> np.ndarray:
    """Resize (..., k, k) grids to (..., 28, 28), as OpenCV does, by one matrix that it makes of the unit vectors."""
    side = grids.shape[-1]
    weights = cv2.resize(np.eye(side, dtype=np.float32), (side, FRAME_SIZE), interpolation=interpolation)
    return weights @ grids @ weights.T


def _stack(images: np.ndarray) -> np.ndarray:
    return np.pad(images, ((0, 0), (BORDER, BORDER), (0, 0))).reshape(-1, FRAME_SIZE)


def _unstack(picture: np.ndarray) -> np.ndarray:
    return picture.reshape(-1, FRAME_SIZE + 2 * BORDER, FRAME_SIZE)[:, BORDER:-BORDER]


def _each(values: np.ndarray) -> np.ndarray:
    """Shape one float for each frame so that it goes with all of the frame's pixels."""
    return values.astype(np.float32)[:, None, None]
