"""Greek letters as lines, for what is no digit: no public data set has their pen strokes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from training.data.strokes import Drawing

# Knots of each stroke of a letter, x to the right, y down, in a box of about 1.
FILE = Path(__file__).with_name("greek.json")
LETTERS: dict[str, list[list[list[float]]]] = json.loads(FILE.read_text(encoding="utf-8"))
SCATTER = 0.035  # of the box: standard deviation of a knot's place


def write_letter(rng: np.random.Generator) -> Drawing:
    """Write one of the letters, its knots scattered and its lines smoothed; the label is its name."""
    names = list(LETTERS)
    name = names[int(rng.integers(0, len(names)))]
    lines = []
    for points in LETTERS[name]:
        knots = np.array(points, np.float32) + rng.normal(0, SCATTER, (len(points), 2))
        lines.append(_smooth(knots))
    return Drawing(tuple(lines), name, "")


def _smooth(knots: np.ndarray) -> np.ndarray:
    """Round the corners of a line of (n, 2) points (Chaikin 1974)."""
    for _ in range(3):
        quarter, three = 0.75 * knots[:-1] + 0.25 * knots[1:], 0.25 * knots[:-1] + 0.75 * knots[1:]
        inner = np.stack([quarter, three], axis=1).reshape(-1, 2)
        knots = np.concatenate([knots[:1], inner, knots[-1:]])
    return knots.astype(np.float32)
