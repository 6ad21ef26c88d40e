"""Marks that the pen leaves beside characters: underlines, rings, boxes, waves and scribbles."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from training.data.pages.layout import Layout, Line
from training.data.pages.printing import touches


def surround(page: Layout, rng: Generator) -> None:
    """Underline, ring or box some rows or parts of them, or draw a wave after them, with the pen that wrote them."""
    along = np.linspace(0, 1, 24)
    for row in page.rows:
        if rng.random() > 0.4:
            continue
        first = int(rng.integers(len(row)))
        part = row[first : first + int(rng.choice([1, 1, 2, 3, 5]))] if rng.random() < 0.5 else row
        corners = np.array([character.corners for character in part])
        (x0, y0), (x1, y1) = corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)
        size = page.height
        kind = rng.choice(["underline", "ring", "box", "wave"], p=[0.4, 0.4, 0.15, 0.05])
        if kind == "underline":
            level = y1 + rng.uniform(-0.04, 0.35) * size
            wave = size * (rng.normal(0, 0.03) * np.sin(6 * along + rng.uniform(0, 6)) + rng.normal(0, 0.05) * along)
            for i in range(int(rng.integers(1, 3))):
                x = x0 - 0.2 * size + along * (x1 - x0 + 0.4 * size)
                page.marks.append(Line(np.stack([x, level + wave + 0.2 * i * size], axis=1), page.pen))
        elif kind == "ring":
            angle = np.linspace(0, 2 * np.pi * rng.uniform(0.93, 1.1), 50) + rng.uniform(0, 6)
            axes = np.array([(x1 - x0) * rng.uniform(0.52, 0.7), (y1 - y0) * rng.uniform(0.52, 0.65)])
            axes += rng.uniform(0.08, 0.7) * size
            drift = 1 + rng.uniform(-0.05, 0.05) * (angle - angle[0])
            circle = drift[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
            ring = np.array([x0 + x1, y0 + y1]) / 2 + axes * circle
            page.marks.append(Line(ring, page.pen))
        elif kind == "box":
            a, b = rng.uniform(0.05, 0.45, 2) * size
            corners_of_box = [[x0 - a, y0 - b], [x1 + a, y0 - b], [x1 + a, y1 + b], [x0 - a, y1 + b], [x0 - a, y0 - b]]
            page.marks.append(Line(np.array(corners_of_box) + rng.normal(0, 0.03 * size, (5, 2)), page.pen))
        else:
            x = x1 + (0.4 + along) * size
            page.marks.append(Line(np.stack([x, (y0 + y1) / 2 + 0.3 * size * np.sin(3 * along)], axis=1), page.pen))


def scribble(page: Layout, rng: Generator) -> None:
    """Scribble, or draw long strokes, where no character stands."""
    for _ in range(int(rng.integers(1, 5))):
        path = _zigzag(page, rng) if rng.random() < 0.25 else _stray(page, rng)
        if len(path) > 1 and not touches(page, path):
            page.marks.append(Line(path, page.pen * rng.uniform(0.7, 1.6)))


def _stray(page: Layout, rng: Generator) -> np.ndarray:
    """A path (n, 2) that goes here and there."""
    steps = rng.normal(0, 0.35 * page.height + 5, (int(rng.integers(3, 30)), 2))
    path = rng.uniform(0, page.side, 2) + np.cumsum(steps, axis=0) * (0.3 if rng.random() < 0.5 else 1.0)
    return np.stack([np.convolve(path[:, i], [0.25, 0.5, 0.25], "same") for i in (0, 1)], axis=1)[1:-1]


def _zigzag(page: Layout, rng: Generator) -> np.ndarray:
    """A path (n, 2) to and fro, in corners or in waves, along a line or around a middle that it leaves."""
    turns = int(rng.integers(3, 14))
    fine = 1 if rng.random() < 0.5 else 8  # corners, waves
    along = np.linspace(0, turns, turns * fine + 1)
    height = page.height * float(np.exp(rng.uniform(-1.2, 1.2)))
    if rng.random() < 0.25:
        radius = height * along / turns
        path = np.stack([radius * np.cos(np.pi * along), radius * np.sin(np.pi * along)], axis=1)
    else:
        aside = height / 2 * (-np.cos(np.pi * along)) * (1 + rng.normal(0, 0.08, len(along)))
        path = np.stack([along * height * rng.uniform(0.12, 0.8), aside], axis=1)
    angle = rng.normal(0, 0.4)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(path @ turn.T + rng.uniform(0, 0.9, 2) * page.side)
