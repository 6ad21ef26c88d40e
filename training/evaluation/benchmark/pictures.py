"""The pictures that the benchmark reads: sevens, drawn and photographed."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from digit_core.pen import WIDE_CANVAS
from training.data import strokes
from training.data.strokes import Drawing


def draw_seven() -> np.ndarray:
    """A seven on the sketchpad's canvas, (280, 280)."""
    return strokes.draw([_strokes_of_seven()], 20)


def draw_number() -> np.ndarray:
    """Five sevens in a row."""
    row = [_strokes_of_seven().transform(np.eye(2) * 0.4, np.array([130.0 * i, 80.0])) for i in range(5)]
    return strokes.draw(row, 12, WIDE_CANVAS)


def draw_digits(count: int) -> np.ndarray:
    """So many sevens in rows of ten."""
    columns, rows = min(count, 10), -(-count // 10)
    drawn = [
        _strokes_of_seven().transform(np.eye(2) * 0.4, np.array([20.0 + 130 * (i % 10), 20.0 + 130 * (i // 10)]))
        for i in range(count)
    ]
    return strokes.draw(drawn, 12, (40 + 130 * columns, 40 + 130 * rows))


def take_photo(canvas: np.ndarray, size: tuple[int, int]) -> bytes:
    """A drawing on grainy paper in uneven light, as a phone would hand it over; `size` is width and height."""
    width, height = size
    paper = np.asarray(Image.fromarray(canvas).resize((height, height)), np.float32) * 0.55 + 90
    pixels = np.full((height, width), paper[0, 0], np.float32)
    pixels[:, (width - height) // 2 : (width + height) // 2] = paper
    pixels *= np.linspace(0.75, 1.0, width, dtype=np.float32)
    pixels += np.random.default_rng(0).normal(0, 3, pixels.shape).astype(np.float32)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert("RGB").save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def decode(content: bytes) -> None:
    Image.open(io.BytesIO(content)).load()


def _strokes_of_seven() -> Drawing:
    return Drawing((np.array([[60, 60], [210, 60], [130, 230]], np.float32),), "7", "")
