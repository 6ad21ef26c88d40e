"""Pen strokes: what one person wrote, as lines; how hands vary them; how they are drawn onto a canvas like the page's.

The canvas is the page's own: white paper, black anti-aliased round brush. Frames for training and measuring are made
from it by `digit_core.page`, the preprocessing that serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from digit_core.page.decode import WHITE
from digit_core.pen import CANVAS_SIDE, DIGIT_HEIGHT, PEN_WIDTH, WIDE_CANVAS, draw_line

Placement = Literal["fill", "off"]
FILL_SHARE = (0.55, 0.78)  # of the canvas: longest side of a digit drawn at natural size, near the middle
OFF_SHARE = (0.30, 0.42)  # of the canvas: longest side of a digit drawn small
OFF_DISTANCE = 0.15  # of the canvas: how far away from its middle a small digit is at least
NARROWEST = 0.35  # width by height: flatter digits of a number are written smaller, not as high as their neighbours


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One character as a pen wrote it.

    Attributes:
        strokes: one (points, 2) float32 array for each time the pen was down; x to the right, y down, any unit.
        label: the character, "0" to "9" or another.
        writer: who wrote it, unique over all sources, as "source/number".
    """

    strokes: tuple[np.ndarray, ...]
    label: str
    writer: str

    @property
    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        """The bounding box's top left and bottom right corner, each (x, y)."""
        points = np.concatenate(self.strokes)
        return points.min(axis=0), points.max(axis=0)

    def transform(self, matrix: np.ndarray, offset: np.ndarray) -> Drawing:
        """Return the drawing with every point p replaced by `matrix @ p + offset`."""
        strokes = tuple((stroke @ matrix.T + offset).astype(np.float32) for stroke in self.strokes)
        return replace(self, strokes=strokes)

    def scale_to(self, height: float, narrowest: float) -> float:
        """Return how many times as large it has to become to be `height` high; no character is much wider than high.

        Args:
            height: in the unit of its coordinates.
            narrowest: width by height; what is wider than high counts as high as this share of its width.
        """
        low, high = self.extent
        width, own_height = (high - low).tolist()
        return height / max(own_height, narrowest * width, 1e-6)

    def resize(self, side: float) -> Drawing:
        """Return the drawing scaled to `side` on its longest side, its box centred on the origin."""
        low, high = self.extent
        scale = side / max(float((high - low).max()), 1e-6)
        return self.transform(np.eye(2) * scale, -(low + high) / 2 * scale)


def draw(drawings: Sequence[Drawing], brush: float, size: tuple[int, int] = (CANVAS_SIDE, CANVAS_SIDE)) -> np.ndarray:
    """Draw strokes as the page does: black anti-aliased round brush on white paper.

    Args:
        drawings: with coordinates in canvas pixels.
        brush: width of the pen in pixels, at least 1.
        size: the canvas' width and height in pixels.

    Returns:
        (height, width) uint8, white paper.
    """
    width, height = size
    canvas = np.full((height, width), WHITE, np.uint8)
    for drawing in drawings:
        for stroke in drawing.strokes:
            draw_line(canvas, stroke, brush, 0)
    return canvas


def place(drawing: Drawing, placement: Placement, rng: np.random.Generator) -> Drawing:
    """Put a drawing onto the square canvas: "fill" (natural size, near the middle) or "off" (small, aside)."""
    side = rng.uniform(*(FILL_SHARE if placement == "fill" else OFF_SHARE)) * CANVAS_SIDE
    drawing = drawing.resize(side)
    middle = CANVAS_SIDE / 2
    if placement == "fill":
        return drawing.transform(np.eye(2), middle + rng.uniform(-0.04, 0.04, 2) * CANVAS_SIDE)
    _, half = drawing.extent
    room = np.maximum(middle - half - 16, 0)  # the brush's own half width stays on the canvas
    while True:
        offset = rng.uniform(-room, room)
        if np.hypot(*offset) >= OFF_DISTANCE * CANVAS_SIDE:
            return drawing.transform(np.eye(2), middle + offset)


def vary(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """Write the same character a little differently: slant, turn, proportions, and a hand that wavers."""
    low, high = drawing.extent
    unit = max(float((high - low).max()), 1e-6)
    turn, slant = rng.normal(0, 0.10), rng.normal(0, 0.15)
    stretch = np.exp(rng.normal(0, 0.10, 2))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ np.array([[1.0, slant], [0.0, 1.0]]) @ np.diag(stretch)
    varied = drawing.transform(matrix, np.zeros(2))
    waver = unit * rng.uniform(0.0, 0.018)
    return replace(varied, strokes=tuple(_waver(stroke, waver, rng) for stroke in varied.strokes))


def _waver(stroke: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Add a smooth random displacement of standard deviation `amount` along a stroke."""
    if len(stroke) < 4 or amount == 0.0:
        return stroke
    knots = rng.normal(0, amount, (max(4, len(stroke) // 8), 2))
    along = np.linspace(0, len(knots) - 1, len(stroke))
    wave = np.stack([np.interp(along, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], axis=1)
    return (stroke + wave).astype(np.float32)


def write_number(digits: Sequence[Drawing], touching: bool, rng: np.random.Generator) -> list[Drawing]:
    """Write digits side by side on the wide canvas, on a line that slants about half the time.

    Args:
        digits: by one writer, left to right.
        touching: strokes come so near that the ink of about half the neighbours joins; else 20 to 40 pixels part it.
        rng: the source of chance.
    """
    width, height = WIDE_CANVAS
    size = rng.uniform(60, DIGIT_HEIGHT)  # pixels
    slope = rng.uniform(-0.12, 0.12) if touching or rng.random() < 0.5 else 0.0
    written, right = [], 0.0
    for digit in digits:
        low, high = digit.extent
        scale = digit.scale_to(size * rng.uniform(0.9, 1.1), NARROWEST)
        shape = digit.transform(np.eye(2) * scale, -(low + high) / 2 * scale)
        gap = rng.uniform(0, 12) if touching else rng.uniform(20, 40) + PEN_WIDTH
        shape = shape.transform(np.eye(2), np.array([right + gap - shape.extent[0][0], 0.0]))
        right = float(shape.extent[1][0])
        written.append(shape)
    fit = min(1.0, (width - 40) / right)
    left = rng.uniform(20, max(21.0, width - 20 - right * fit))
    return [
        shape.transform(np.eye(2) * fit, np.array([left, height / 2 + slope * (shape.extent[0][0] - right / 2) * fit]))
        for shape in written
    ]
