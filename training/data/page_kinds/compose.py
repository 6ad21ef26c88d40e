"""Pages as people photograph them, composed by code.

Pen strokes on ruled and squared paper, in form boxes and tables, underlined or ringed, with a pencil, a marker or
chalk, photographed in uneven light. Each page knows what stands on it and where.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from digit_core.pen import draw_line
from digit_core.types import Box
from training.data.page_kinds.camera import photograph, punch, put_on_desk
from training.data.page_kinds.kinds import KINDS, Kind
from training.data.samples import ROW_MARK, group_by_writer
from training.data.strokes import NARROWEST, Drawing

SQUARE = 5.0  # millimetres, squared school paper
PRINTED = (0.12, 0.35)  # millimetres, the width of a printed line


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A photographed page and the truth about it.

    Attributes:
        picture: (height, width, 3) uint8, RGB.
        text: the digits, rows joined by "/".
        boxes: where each digit's ink stands, in pixels, in reading order.
    """

    picture: np.ndarray
    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Rows of digits, printed lines and what is drawn by hand, in millimetres; printed lines are (2, 2) points."""

    rows: list[list[Drawing]]
    lines: list[np.ndarray]
    dotted: bool = False
    by_hand: tuple[np.ndarray, ...] = ()


def compose(rows: Sequence[Sequence[Drawing]], kind: Kind, rng: Generator) -> Page:
    """Write rows of digits on a page of a kind and photograph it.

    Args:
        rows: digits from left to right, rows from top to bottom; coordinates in any unit.
        kind: an entry of `KINDS` or one's own.
        rng: the source of chance.
    """
    laid = _lay_out(rows, kind, rng)
    points = np.concatenate([stroke for row in laid.rows for digit in row for stroke in digit.strokes])
    framed = laid.lines if kind.lines in ("baseline", "box", "comb", "table") else []
    everything = np.concatenate([points, *framed, *laid.by_hand])
    around = rng.uniform(*kind.around, (2, 2))
    low, high = everything.min(axis=0) - around[0], everything.max(axis=0) + around[1]
    scale = rng.integers(kind.side[0], kind.side[1] + 1) / float((high - low).max())
    width, height = (max(32, round(side)) for side in (high - low) * scale)
    angle = np.radians(rng.uniform(-kind.turn, kind.turn))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    middle = np.array([width, height]) / 2 - turn @ (low + high) / 2
    desk: np.ndarray | None = None
    if kind.desk:
        beside, desk = put_on_desk(width, height, kind.desk, rng)
        middle = middle + beside
        height, width = desk.shape
    digits = [digit.transform(turn, middle) for row in laid.rows for digit in row]
    pen = max(1.0, rng.uniform(*kind.pen) * scale)
    around_digits = [stroke @ turn.T + middle for stroke in laid.by_hand]
    ink = _draw([stroke for digit in digits for stroke in digit.strokes] + around_digits, pen, (height, width))
    far = [_shorten(line, kind, high - low) @ turn.T + middle for line in laid.lines]
    thickness = max(1.0, rng.uniform(*PRINTED) * scale)
    lines = _draw(_dots(far, 4 * thickness) if laid.dotted else far, thickness, (height, width))
    boxes = tuple(_box_of(digit, pen, (height, width)) for digit in digits)
    text = ROW_MARK.join("".join(digit.label for digit in row) for row in rows)
    if kind.holes:
        desk = punch(width, height, scale, rng)
    return Page(photograph(ink, lines, kind, rng, desk), text, boxes)


def pages(digits: Sequence[Drawing], kind: str, count: int, seed: int) -> Iterator[Page]:
    """Compose pages of one kind, each by one writer.

    Args:
        digits: drawings of several writers.
        kind: a key of `KINDS`.
        count: how many pages.
        seed: the same seed gives the same pages.
    """
    by_writer = group_by_writer(digits)
    people = sorted(by_writer)
    for i in range(count):
        rng = np.random.default_rng([seed, zlib.crc32(kind.encode()), i])
        own = by_writer[people[rng.integers(0, len(people))]]
        rows = [
            [own[k] for k in rng.integers(0, len(own), rng.integers(1, KINDS[kind].most[1] + 1))]
            for _ in range(rng.integers(1, KINDS[kind].most[0] + 1))
        ]
        yield compose(rows, KINDS[kind], rng)


def _lay_out(rows: Sequence[Sequence[Drawing]], kind: Kind, rng: Generator) -> _Layout:
    """Put digits side by side and rows below one another, with the lines they are written on or in."""
    size = rng.uniform(4.0, 8.0)  # millimetres, a digit's height
    gap = rng.uniform(-0.12, 0.05) if kind.touching else rng.uniform(0.25, 0.6)
    pitch = size * (rng.uniform(1.5, 2.2) if kind.lines != "comb" else 1.7)
    cell = size * rng.uniform(1.1, 1.4)
    column = size * rng.uniform(1.0, 1.3)
    slope = 0.0 if kind.lines in ("comb", "table", "box") else rng.uniform(-0.04, 0.04)
    laid, lines = [], []
    for i, row in enumerate(rows):
        written: list[Drawing] = []
        right = 0.0
        for j, digit in enumerate(row):
            low, high = digit.extent
            unit = digit.scale_to(size * rng.uniform(0.85, 1.1), NARROWEST)
            foot = np.array([(low[0] + high[0]) / 2, high[1]])
            shape = digit.transform(np.eye(2) * unit, -foot * unit)  # stands on the origin
            half = float(high[0] - low[0]) * unit / 2
            middle = (j + 0.5) * column if kind.lines == "comb" else right + gap * size + half
            right = middle + half
            lift = rng.uniform(-0.06, 0.08) * size
            written.append(shape.transform(np.eye(2), np.array([middle, i * pitch - lift + slope * middle])))
        laid.append(written)
        lines += _form_lines(kind.lines, i * pitch, size, cell, column, right, len(row), rng)
    if kind.lines == "table":
        lines = _table_lines(len(rows), pitch, size, max(d.extent[1][0] for row in laid for d in row), rng)
    elif kind.lines in ("ruled", "squared", "margin", "dotted"):
        lines = _paper_lines(kind.lines, pitch, rng)
    by_hand = {"underline": _underline, "ring": _ring}.get(kind.by_hand)
    return _Layout(laid, lines, kind.lines == "dotted", by_hand(laid[-1], rng) if by_hand else ())


def _underline(row: Sequence[Drawing], rng: Generator) -> tuple[np.ndarray, ...]:
    """One line or two below a row, neither straight nor level, in millimetres."""
    low, high, size = _extent(row)
    lines = []
    for i in range(int(rng.integers(1, 3))):
        left, right = low[0] - rng.uniform(0, 0.4) * size, high[0] + rng.uniform(0, 0.4) * size
        across = np.linspace(0, 1, 24)
        level = high[1] + (rng.uniform(0.15, 0.3) + 0.25 * i + rng.uniform(-0.1, 0.1) * across) * size
        wave = rng.uniform(0, 0.05) * size * np.sin(2 * np.pi * (rng.uniform(0.5, 2) * across + rng.random()))
        lines.append(np.stack([left + across * (right - left), level + wave], axis=1))
    return tuple(lines)


def _ring(row: Sequence[Drawing], rng: Generator) -> tuple[np.ndarray, ...]:
    """A ring around a row, which need not close, in millimetres."""
    low, high, size = _extent(row)
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.08), 60) + rng.uniform(0, 2 * np.pi)
    axes = (high - low) / 2 * rng.uniform(1.1, 1.3) + rng.uniform(0.3, 0.5) * size
    drift = 1 + rng.uniform(-0.04, 0.04) * (angle - angle[0])
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) * axes * drift[:, None]
    return ((low + high) / 2 + circle,)


def _extent(row: Sequence[Drawing]) -> tuple[np.ndarray, np.ndarray, float]:
    """The corners of a row, and the usual height of its digits."""
    corners = np.array([digit.extent for digit in row])
    return corners[:, 0].min(axis=0), corners[:, 1].max(axis=0), float(np.median(corners[:, 1, 1] - corners[:, 0, 1]))


def _form_lines(
    lines: str, foot: float, size: float, cell: float, column: float, right: float, count: int, rng: Generator
) -> list[np.ndarray]:
    """The lines that belong to one row of a form: one below it, a box around it, or a box for each digit."""
    left, end = -rng.uniform(0.2, 1.0) * size, right + rng.uniform(0.3, 2.0) * size
    if lines == "baseline":
        return [np.array([[left, foot + 0.05 * size], [end, foot + 0.05 * size]])]
    top, bottom = foot - 1.3 * size, foot + 0.25 * size
    if lines == "box":
        return _frame(left, top, end, bottom)
    if lines == "comb":
        end = column * (count + int(rng.integers(0, 3)))
        edges = np.arange(0, end + 0.1, column)
        middle = (2 * foot - size) / 2
        top, bottom = middle - cell / 2 - 0.1 * size, middle + cell / 2 + 0.1 * size
        return [*_frame(0, top, end, bottom), *(np.array([[x, top], [x, bottom]]) for x in edges[1:-1])]
    return []


def _table_lines(rows: int, pitch: float, size: float, right: float, rng: Generator) -> list[np.ndarray]:
    """A table of one cell before the numbers, one around them and one behind; an empty row below."""
    left = -rng.uniform(0.3, 0.8) * size
    columns = [left - rng.uniform(1, 3) * size, left, right + rng.uniform(0.3, 1) * size, right + 3 * size]
    edges = [i * pitch + 0.3 * size for i in range(-1, rows + 1)]
    across = [np.array([[columns[0], y], [columns[-1], y]]) for y in edges]
    return across + [np.array([[x, edges[0]], [x, edges[-1]]]) for x in columns]


def _frame(left: float, top: float, right: float, bottom: float) -> list[np.ndarray]:
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
    return [corners[i : i + 2] for i in range(4)]


def _paper_lines(lines: str, pitch: float, rng: Generator) -> list[np.ndarray]:
    """The lines a sheet is printed with, from edge to edge."""
    reach = 400.0
    step = SQUARE if lines == "squared" else pitch
    phase = rng.uniform(0, step) if lines == "squared" or rng.random() < 0.3 else rng.uniform(0, 0.1) * step
    offsets = np.arange(-reach, reach, step) + phase
    across = [np.array([[-reach, y], [reach, y]]) for y in offsets]
    if lines == "squared":
        return across + [np.array([[x, -reach], [x, reach]]) for x in offsets + rng.uniform(0, step)]
    edge = -rng.uniform(1, 4)
    return [*across, np.array([[edge, -reach], [edge, reach]])] if lines == "margin" else across


def _shorten(line: np.ndarray, kind: Kind, size: np.ndarray) -> np.ndarray:
    """Cut an endless line down to somewhat more than the page, so that drawing and dots stay cheap."""
    if kind.lines in ("ruled", "squared", "margin", "dotted"):
        return np.clip(line, -2 * float(size.max()), 2 * float(size.max()))
    return line


def _dots(lines: Sequence[np.ndarray], step: float) -> list[np.ndarray]:
    """Cut lines into dots `step` pixels apart."""
    dots = []
    for start, end in lines:
        count = max(2, int(np.hypot(*(end - start)) / step))
        dots += [np.stack([p, p + 0.1]) for p in start + np.linspace(0, 1, count)[:, None] * (end - start)]
    return dots


def _draw(strokes: Sequence[np.ndarray], width: float, shape: tuple[int, int]) -> np.ndarray:
    """Draw strokes with a round pen; return (height, width) float32 coverage in [0, 1]."""
    canvas = np.zeros(shape, np.uint8)
    for stroke in strokes:
        draw_line(canvas, stroke, width, 255)
    return canvas.astype(np.float32) / 255


def _box_of(digit: Drawing, pen: float, shape: tuple[int, int]) -> Box:
    low, high = digit.extent
    limits = np.array([shape[1], shape[0]])
    start = np.clip(np.floor(low - pen / 2), 0, limits - 1).astype(int)
    stop = np.clip(np.ceil(high + pen / 2), start + 1, limits).astype(int)
    return Box(int(start[0]), int(start[1]), int(stop[0] - start[0]), int(stop[1] - start[1]))
