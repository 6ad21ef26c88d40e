"""Pages as people photograph them, composed by code.

Pen strokes on ruled and squared paper, in form boxes and tables, underlined or ringed, with a pencil, a marker or
chalk, photographed in uneven light. Each page knows what stands on it and where.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from digit_core.pen import draw_line
from digit_core.types import Box
from training.data.samples import ROW_MARK, group_by_writer
from training.data.strokes import Drawing

MAX_ROWS, MAX_DIGITS = 3, 6  # on a page and in a row
SQUARE = 5.0  # millimetres, squared school paper
PRINTED = (0.12, 0.35)  # millimetres, the width of a printed line
LIGHT_KNOTS = 4  # spots a side between which light changes smoothly
WORN_KNOTS = 5  # the same for ink
HOLE, HOLE_MARGIN = 5.5, 7.0  # millimetres: a punched hole's width, and from its middle to the sheet's edge


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of page comes about; ranges are (least, most).

    Attributes:
        lines: what is printed: "", "ruled", "squared", "margin", "dotted", "baseline", "box", "comb" or "table".
        pen: stroke width in millimetres.
        ink: share of the light that the ink swallows.
        printed: share of the light that printed lines swallow.
        side: the picture's longest side in pixels.
        around: paper around what is written, in millimetres.
        turn: degrees, at most, by which the camera is turned.
        shadow: a shadow with an edge falls on the page.
        coloured: coloured ink on coloured paper.
        dark: light ink on a dark board.
        desk: what share of the light comes back from a desk that the page lies on, and that shows on most sides.
        gleam: a lamp is mirrored by the page.
        holes: the page is punched on its left.
        by_hand: what is drawn around the last row: "", "underline" or "ring".
        touching: neighbours come so near that many touch.
        worn: share of the ink that is missing in places, at most, as a dry marker leaves it.
        most: rows, and digits in each.
    """

    lines: str = ""
    pen: tuple[float, float] = (0.4, 0.8)
    ink: tuple[float, float] = (0.55, 0.9)
    printed: tuple[float, float] = (0.12, 0.45)
    side: tuple[int, int] = (800, 2000)
    around: tuple[float, float] = (4, 25)
    turn: float = 1.0
    shadow: bool = False
    coloured: bool = False
    dark: bool = False
    desk: tuple[float, float] | None = None
    gleam: bool = False
    holes: bool = False
    by_hand: str = ""
    touching: bool = False
    worn: float = 0.0
    most: tuple[int, int] = (MAX_ROWS, MAX_DIGITS)


KINDS = {
    "plain": Kind(),
    "ruled": Kind("ruled"),
    "squared": Kind("squared", turn=0.3),
    "squared, turned": Kind("squared", turn=4.0),
    "squared, dark lines": Kind("squared", printed=(0.45, 0.75)),
    "squared, whole sheet": Kind("squared", side=(1600, 3000), around=(40, 90)),
    "margin": Kind("margin", turn=2.0),
    "dotted": Kind("dotted"),
    "form line": Kind("baseline", printed=(0.4, 0.85)),
    "form box": Kind("box", printed=(0.4, 0.85)),
    "comb boxes": Kind("comb", printed=(0.3, 0.85)),
    "table": Kind("table", printed=(0.4, 0.85)),
    "coloured": Kind(coloured=True),
    "shadow": Kind(shadow=True),
    "shadow, squared": Kind("squared", shadow=True),
    "pencil": Kind(ink=(0.14, 0.35)),
    "thin pen, 12 megapixels": Kind(pen=(0.2, 0.35), side=(4000, 4000), around=(10, 60)),
    "light on dark": Kind(dark=True),
    "marker": Kind(pen=(0.9, 1.5), side=(240, 700), around=(2, 8)),
    "marker, shadow": Kind(pen=(0.9, 1.5), side=(240, 700), around=(2, 8), shadow=True),
    "sheet on a desk": Kind(side=(800, 3000), around=(8, 40), desk=(0.05, 0.5)),
    "ruled sheet on a desk": Kind("ruled", side=(800, 3000), around=(8, 40), desk=(0.05, 0.5)),
    "sheet on a light desk": Kind(side=(800, 3000), around=(8, 40), desk=(0.5, 0.8)),
    "lamp's gleam": Kind(around=(10, 25), gleam=True),
    "punched": Kind("ruled", around=(14, 30), holes=True),
    "underlined": Kind(by_hand="underline"),
    "ringed": Kind(by_hand="ring"),
    "touching": Kind(touching=True),
    "very bold marker": Kind(pen=(1.0, 2.0), side=(100, 300), around=(1, 5), most=(1, 2)),
    "very bold marker, shadow": Kind(pen=(1.0, 2.0), side=(100, 300), around=(1, 5), shadow=True, most=(1, 2)),
    "worn ink": Kind(pen=(0.4, 1.2), side=(250, 800), around=(1, 8), worn=0.85, most=(1, 2)),
}


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
        beside, desk = _desk_around(width, height, kind.desk, rng)
        middle = middle + beside
        height, width = desk.shape
    digits = [digit.transform(turn, middle) for row in laid.rows for digit in row]
    pen = max(1.0, rng.uniform(*kind.pen) * scale)
    around_digits = [stroke @ turn.T + middle for stroke in laid.by_hand]
    ink = _draw([stroke for digit in digits for stroke in digit.strokes] + around_digits, pen, (height, width))
    far = [_shorten(line, laid, kind, high - low) @ turn.T + middle for line in laid.lines]
    thickness = max(1.0, rng.uniform(*PRINTED) * scale)
    lines = _draw(_dots(far, 4 * thickness) if laid.dotted else far, thickness, (height, width))
    boxes = tuple(_box_of(digit, pen, (height, width)) for digit in digits)
    text = ROW_MARK.join("".join(digit.label for digit in row) for row in rows)
    if kind.holes:
        desk = _punch(width, height, scale, rng)
    return Page(_photograph(ink, lines, kind, rng, desk), text, boxes)


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
            unit = size * rng.uniform(0.85, 1.1) / max(float(high[1] - low[1]), 0.35 * float((high - low).max()), 1e-6)
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


def _shorten(line: np.ndarray, laid: _Layout, kind: Kind, size: np.ndarray) -> np.ndarray:
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


def _punch(width: int, height: int, scale: float, rng: Generator) -> np.ndarray:
    """What share of the light comes back from a punched sheet, (height, width) float32 in [0, 1]; `scale` per mm."""
    sheet = np.ones((height, width), np.float32)
    dark, step = float(rng.uniform(0.05, 0.4)), rng.uniform(8.5, 80)
    for y in np.arange(rng.uniform(0, step), height / scale, step):
        middle = round(HOLE_MARGIN * scale), round(y * scale)
        cv2.circle(sheet, middle, round(HOLE / 2 * scale), dark, -1, cv2.LINE_AA)
    return sheet


def _desk_around(
    width: int, height: int, returned: tuple[float, float], rng: Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Put desk around a sheet of this size in pixels, none on some sides, where the sheet leaves the picture.

    Returns:
        Where the sheet's top left corner lies, (x, y), and what share of the light comes back, (height, width) float32
        in [0, 1]: a desk's share beside the sheet, all of it on the sheet.
    """
    beside = rng.uniform(0.03, 0.35, (2, 2)) * (rng.random((2, 2)) < 0.8) * [width, height]
    corner = beside[0]
    size = np.round(beside.sum(axis=0) + [width, height]).astype(int)
    grain = cv2.resize(rng.random((int(rng.integers(4, 200)), 3), np.float32), size, interpolation=cv2.INTER_CUBIC)
    desk = np.float32(rng.uniform(*returned)) * (1 + np.float32(rng.uniform(0, 0.3)) * (grain - 0.5))
    sheet = corner + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [width, height]
    sheet = sheet + rng.normal(0, 0.01, (4, 2)) * [width, height]  # no camera stands quite upright
    cv2.fillConvexPoly(desk, np.round(sheet).astype(np.int32), 1.0, cv2.LINE_AA)
    return corner, np.clip(desk, 0, 1)


def _photograph(
    ink: np.ndarray, lines: np.ndarray, kind: Kind, rng: Generator, desk: np.ndarray | None = None
) -> np.ndarray:
    """Light, grain, blur and JPEG over (height, width) coverage of ink and of printed lines; RGB uint8."""
    height, width = ink.shape
    spots = 1 - rng.uniform(0, 0.3) * rng.random((LIGHT_KNOTS, LIGHT_KNOTS), np.float32)
    light = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(rng.uniform(0.7, 0.98))
    if kind.shadow:
        angle, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-0.35, 0.35)
        rows = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
        columns = np.linspace(-0.5, 0.5, width, dtype=np.float32)
        distance_to_edge = np.cos(angle) * columns + np.sin(angle) * rows - edge
        light = light * (1 - rng.uniform(0.2, 0.5) / (1 + np.exp(-distance_to_edge / rng.uniform(0.003, 0.06))))
    paper, pen, print_ = (np.ones(3) for _ in range(3))
    if desk is not None:
        light, lines = light * desk, lines * (desk == 1.0)
    if kind.coloured:
        paper, pen = rng.uniform(0.65, 1.0, 3), rng.uniform(0.3, 1.0, 3)
        pen[rng.integers(0, 3)] = 1.0
    if kind.lines and rng.random() < 0.6:
        print_ = np.array([1.0, 0.7, 0.35])  # what blue lines swallow of red, green and blue
    swallowed = ink * np.float32(rng.uniform(*kind.ink))
    if kind.worn:
        spots = rng.random((WORN_KNOTS, WORN_KNOTS), np.float32)
        missing = np.clip(cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
        swallowed = swallowed * (1 - np.float32(rng.uniform(0, kind.worn)) * missing)
    printed = lines * np.float32(rng.uniform(*kind.printed))
    picture = np.stack(
        [light * paper[c] * (1 - printed * print_[c]) * (1 - swallowed * pen[c]) for c in range(3)], axis=-1
    ).astype(np.float32)
    if kind.gleam:
        picture = picture * np.float32(rng.uniform(0.6, 0.9)) + _gleam(width, height, rng)[..., None]
    if kind.dark:
        picture = (1 - picture) * np.float32(rng.uniform(0.6, 1.0))
    blurred: np.ndarray = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.0) * max(1.0, max(ink.shape) / 1600))
    grain = rng.normal(0, rng.uniform(0.003, 0.02), (height, width)).astype(np.float32)
    pixels = np.clip(np.round((blurred + grain[..., None]) * 255), 0, 255).astype(np.uint8)
    packed = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 95))])[1]
    return np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))[..., ::-1])


def _gleam(width: int, height: int, rng: Generator) -> np.ndarray:
    """The light of a lamp that paper mirrors: (height, width) float32, brightest at one place."""
    middle, reach = rng.uniform(0, 1, 2) * [width, height], rng.uniform(0.15, 0.3) * max(width, height)
    columns = np.exp(-((np.arange(width, dtype=np.float32) - middle[0]) ** 2) / (2 * reach**2))
    rows = np.exp(-((np.arange(height, dtype=np.float32) - middle[1]) ** 2) / (2 * reach**2))
    return np.asarray(rng.uniform(0.25, 0.6) * np.outer(rows, columns), np.float32)
