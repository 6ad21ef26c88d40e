"""What every composer of photos makes pictures with: smooth noise, the edge of a shadow, eight bits, JPEG.

Which of it happens to a picture, how often and how much is each composer's own.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator


def smooth_noise(shape: tuple[int, int], knots: int | tuple[int, int], rng: Generator) -> np.ndarray:
    """Return smooth noise in about [0, 1], (height, width) float32.

    Args:
        shape: height and width in pixels.
        knots: how many random spots it passes through, down and across; one number is both.
        rng: the source of chance.
    """
    return enlarge(rng.random((knots, knots) if isinstance(knots, int) else knots, np.float32), shape)


def enlarge(spots: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Spread a few values, (rows, columns) float32, smoothly over a picture of (height, width)."""
    return np.asarray(cv2.resize(spots, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC))


def draw_edge(x: np.ndarray, y: np.ndarray, reach: float, rng: Generator) -> np.ndarray:
    """Lay a straight edge across a picture, at any angle, and return how far from it each pixel is, (height, width).

    Args:
        x: across the picture from -0.5 to 0.5.
        y: down the picture, likewise.
        reach: how far from the middle the edge may pass, in the same unit.
        rng: the source of chance.

    Returns:
        Distances in that unit, below 0 on one side of the edge.
    """
    angle, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-reach, reach)
    return np.asarray(np.cos(angle) * x + np.sin(angle) * y - edge)


def shade(depth: float, distances: np.ndarray) -> np.ndarray:
    """Return what share of the light a shadow leaves.

    Args:
        depth: the share that it takes, far inside.
        distances: from its edge, in units of how soft that is; below 0 outside.
    """
    return np.asarray(1 - depth / (1 + np.exp(-distances)))


def to_eight_bits(picture: np.ndarray) -> np.ndarray:
    """Round a picture in about [0, 1] to uint8."""
    return np.clip(np.round(picture * 255), 0, 255).astype(np.uint8)


def compress(pixels: np.ndarray, quality: int) -> np.ndarray:
    """Return what JPEG of a quality in [0, 100] leaves of a uint8 picture: (height, width) grey, or RGB."""
    to_save = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)  # as OpenCV writes and reads
    packed = cv2.imencode(".jpg", to_save, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE if pixels.ndim == 2 else cv2.IMREAD_COLOR_RGB))
