"""Characters as lines that no public data set has many pen strokes of: Greek letters, and signs beside numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from training.data.strokes import Drawing

Strokes = list[list[list[float]]]  # knots of each stroke, x to the right, y down, in a box of about 1


def _read(name: str) -> dict[str, Strokes]:
    table: dict[str, Strokes] = json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return table


GREEK = _read("greek.json")
SIGNS = _read("signs.json")  # of sums, of currencies, and others that people write beside numbers
OF_SUMS = ("plus", "minus", "times", "divide", "equals")  # how the names of the signs of sums begin
SHARE_OF_SUMS = 0.5  # of the signs: at least so many
SCATTER = 0.035  # of the box: standard deviation of a knot's place


def write_letter(rng: np.random.Generator) -> Drawing:
    """Write one of the Greek letters; the label is its name."""
    return _write(GREEK, rng)


def write_sign(rng: np.random.Generator) -> Drawing:
    """Write one of the signs, most often one of a sum; the label is its name."""
    in_sums = {name: lines for name, lines in SIGNS.items() if name.startswith(OF_SUMS)}
    return _write(in_sums if rng.random() < SHARE_OF_SUMS else SIGNS, rng)


def _write(table: dict[str, Strokes], rng: np.random.Generator) -> Drawing:
    """Write one of a table's characters, its knots scattered and its lines smoothed."""
    names = list(table)
    name = names[int(rng.integers(0, len(names)))]
    lines = []
    for points in table[name]:
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
