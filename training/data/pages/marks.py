"""Marks that the pen leaves beside characters: underlines, rings, boxes, waves, scribbles and small drawings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from training.data.pages.layout import Character, Layout, Line
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
            axes = np.array([(x1 - x0) * rng.uniform(0.52, 0.7), (y1 - y0) * rng.uniform(0.52, 0.65)])
            axes += rng.uniform(0.08, 0.7) * size
            page.marks.append(Line(_ring(np.array([x0 + x1, y0 + y1]) / 2, axes, rng), page.pen))
        elif kind == "box":
            a, b = rng.uniform(0.05, 0.45, 2) * size
            corners_of_box = [[x0 - a, y0 - b], [x1 + a, y0 - b], [x1 + a, y1 + b], [x0 - a, y1 + b], [x0 - a, y0 - b]]
            page.marks.append(Line(np.array(corners_of_box) + rng.normal(0, 0.03 * size, (5, 2)), page.pen))
        else:
            x = x1 + (0.4 + along) * size
            page.marks.append(Line(np.stack([x, (y0 + y1) / 2 + 0.3 * size * np.sin(3 * along)], axis=1), page.pen))


def ring_each(page: Layout, row: Sequence[Character], rng: Generator) -> None:
    """Draw a ring of about the same size around each character of a row."""
    corners = np.array([character.corners for character in row])
    size = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
    usual = rng.uniform(0.55, 0.85) * float(np.median(size)) + 1.5 * page.pen
    for (low, high), diagonal in zip(corners, size, strict=True):
        reach = max(usual, 0.5 * float(diagonal) + 1.5 * page.pen)
        page.marks.append(Line(_ring((low + high) / 2, reach * rng.uniform(0.9, 1.15, 2), rng), page.pen))


def _ring(middle: np.ndarray, axes: np.ndarray, rng: Generator) -> np.ndarray:
    """A path (50, 2) around a middle, closed or nearly so."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.93, 1.1), 50) + rng.uniform(0, 6)
    drift = 1 + rng.uniform(-0.05, 0.05) * (angle - angle[0])
    return np.asarray(middle + axes * drift[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def scribble(page: Layout, rng: Generator) -> None:
    """Scribble, draw something small or a long stroke, where no character stands."""
    for _ in range(int(rng.integers(1, 5))):
        draw = _DRAWINGS[int(rng.choice(len(_DRAWINGS), p=_DRAWING_SHARES))]
        paths = [path for path in draw(page, rng) if len(path) > 1]
        width = page.pen * rng.uniform(0.7, 1.6)
        if not any(touches(page, path) for path in paths):
            page.marks.extend(Line(path, width) for path in paths)


def _stray(page: Layout, rng: Generator) -> list[np.ndarray]:
    """A path that goes here and there."""
    steps = rng.normal(0, 0.35 * page.height + 5, (int(rng.integers(3, 30)), 2))
    path = rng.uniform(0, page.side, 2) + np.cumsum(steps, axis=0) * (0.3 if rng.random() < 0.5 else 1.0)
    return [np.stack([np.convolve(path[:, i], [0.25, 0.5, 0.25], "same") for i in (0, 1)], axis=1)[1:-1]]


def _zigzag(page: Layout, rng: Generator) -> list[np.ndarray]:
    """A path to and fro along a line, in corners or in waves."""
    turns = int(rng.integers(3, 14))
    fine = 1 if rng.random() < 0.5 else 8  # corners, waves
    along = np.linspace(0, turns, turns * fine + 1)
    height = 2 * _reach(page, rng)
    aside = height / 2 * (-np.cos(np.pi * along)) * (1 + rng.normal(0, 0.08, len(along)))
    return [_somewhere(np.stack([along * height * rng.uniform(0.12, 0.8), aside], axis=1), page, rng)]


def _spiral(page: Layout, rng: Generator) -> list[np.ndarray]:
    """A path around a middle that it leaves by and by."""
    turns = rng.uniform(1.5, 6)
    along = np.linspace(rng.uniform(0, 0.3), 1, int(24 * turns))
    angle = rng.choice([-1.0, 1.0]) * 2 * np.pi * turns * along
    circle = np.stack([np.cos(angle), rng.uniform(0.7, 1) * np.sin(angle)], axis=1)
    return [_somewhere(_reach(page, rng) * along[:, None] * circle, page, rng)]


def _tangle(page: Layout, rng: Generator) -> list[np.ndarray]:
    """A path that crosses itself again and again (a Lissajous figure, not quite regular)."""
    along = np.linspace(0, 2 * np.pi, 160)
    across, down = rng.permutation(np.arange(1, 6))[:2] * rng.uniform(0.9, 1.1, 2)
    path = np.stack([np.sin(across * along + rng.uniform(0, 6)), np.sin(down * along + rng.uniform(0, 6))], axis=1)
    wander = np.cumsum(rng.normal(0, 0.02, path.shape), axis=0)
    return [_somewhere(_reach(page, rng) * (path + wander), page, rng)]


def _signature(page: Layout, rng: Generator) -> list[np.ndarray]:
    """Loops side by side, higher and lower, as fast handwriting has them, underlined in some."""
    loops = int(rng.integers(3, 12))
    along = np.linspace(0, loops, 14 * loops)
    height = _reach(page, rng) * np.interp(along, np.arange(loops + 1), rng.uniform(0.25, 1, loops + 1))
    angle = 2 * np.pi * along
    wide = float(height.mean())
    x = wide * (along * rng.uniform(0.7, 1.6) + rng.uniform(0.2, 0.7) * np.sin(angle))
    y = height * -np.cos(angle + rng.uniform(-0.5, 0.5))
    paths = [np.stack([x, y], axis=1)]
    if rng.random() < 0.4:
        low, high = float(x.min()), float(x.max())
        paths.append(np.array([[low, 1.2 * wide], [high, (1.2 + rng.normal(0, 0.2)) * wide]]))
    return list(np.split(_somewhere(np.concatenate(paths), page, rng), [len(paths[0])]))


def _flower(page: Layout, rng: Generator) -> list[np.ndarray]:
    """A circle with strokes or circles around it, as people draw the sun or a flower."""
    reach, count = 0.5 * _reach(page, rng), int(rng.integers(4, 13))
    turn = np.linspace(0, 2 * np.pi, 30)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    outward = np.stack([np.cos(angles := np.linspace(0, 2 * np.pi, count, endpoint=False)), np.sin(angles)], axis=1)
    paths = [reach * circle * rng.uniform(0.9, 1.1, 2)]
    if rng.random() < 0.5:
        ends = reach * rng.uniform(1.1, 2.2, (count, 2))
        paths += [np.outer(np.sort(ends[i]), outward[i]) for i in range(count)]
    else:
        paths += [reach * (1.6 * place + rng.uniform(0.4, 0.8) * circle) for place in outward]
    split = np.cumsum([len(path) for path in paths])[:-1]
    return list(np.split(_somewhere(np.concatenate(paths), page, rng), split))


def _reach(page: Layout, rng: Generator) -> float:
    """How far a drawing goes from its middle, in pixels: it may fill a page without characters."""
    if page.scene == "none" and rng.random() < 0.5:
        return float(rng.uniform(0.06, 0.45)) * page.side
    return page.height * float(np.exp(rng.uniform(-1.5, 0.7)))


def _somewhere(path: np.ndarray, page: Layout, rng: Generator) -> np.ndarray:
    """Turn a path (n, 2) a little and move it to where it lies on the page, or most of it."""
    angle = rng.normal(0, 0.4)
    path = path @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).T
    low, high = path.min(axis=0), path.max(axis=0)
    return np.asarray(path - low + rng.uniform(-0.1, 1, 2) * np.maximum(page.side - (high - low), 0))


_DRAWINGS: tuple[Callable[[Layout, Generator], list[np.ndarray]], ...] = (
    _stray,
    _zigzag,
    _spiral,
    _tangle,
    _signature,
    _flower,
)
_DRAWING_SHARES = (0.42, 0.18, 0.1, 0.1, 0.12, 0.08)
