"""What stands on a composed page: characters of one hand, marks made by hand, and what is printed.

Everything is lines in pixels of the page, x to the right and y down; nothing is drawn yet (see `compose`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.random import Generator

from digit_core.page.look import BODY
from training.data.habits import with_habit
from training.data.strokes import Drawing, vary

Scene = Literal["single", "number", "rows", "table", "dense", "squares", "form", "sum", "mixed", "none"]
SCENES: tuple[Scene, ...] = get_args(Scene)
SCENE_SHARES = (0.16, 0.21, 0.15, 0.1, 0.03, 0.06, 0.11, 0.04, 0.04, 0.1)

BODY_SPREAD = 0.42  # of the logarithm of a page's usual character height around BODY
HEIGHTS = (12.0, 150.0)  # pixels: usual heights on a page
NARROWEST = 0.42  # width by height: what is wider than high counts with this share of its width
PENS = (0.014, 0.2)  # of the usual height: from a fine pen on a large number to a marker
FINEST = 0.45  # pixels: finer pens are hardly seen
BOLDEST = 0.33  # of the height: the same of one bold digit or number alone
PASSED_OVER = frozenset("+-=.,:;()[]*$%'\"!_~^<>&#@")  # marks that people write beside numbers
TAIL_DIGITS = frozenset("1479")
TAILS = (1.2, 2.6)  # how much longer the lower part of a digit with a tail is


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """One writer's drawings.

    Attributes:
        digits: at least ten.
        others: letters and symbols, which may be by another writer.
    """

    digits: Sequence[Drawing]
    others: Sequence[Drawing]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line that is drawn: (n, 2) points and its width in pixels."""

    points: np.ndarray
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class Character:
    """A character that is to be found: its lines, and the label."""

    lines: tuple[Line, ...]
    label: str

    @property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """Top left and bottom right of the pen's path."""
        points = np.concatenate([line.points for line in self.lines])
        return points.min(axis=0), points.max(axis=0)


@dataclass(slots=True, eq=False)
class Layout:
    """What stands on a page of `side` pixels, the usual height of its characters, and the pen's width.

    Attributes:
        rows: characters from left to right, rows from top to bottom.
        marks: lines made by hand that belong to no character.
        printed: printed lines and dots.
        words: printed text as (left, top, height, text).
    """

    side: int
    scene: Scene
    height: float
    pen: float
    rows: list[list[Character]] = field(default_factory=list)
    marks: list[Line] = field(default_factory=list)
    printed: list[Line] = field(default_factory=list)
    words: list[tuple[float, float, float, str]] = field(default_factory=list)

    @property
    def characters(self) -> list[Character]:
        """All characters in reading order."""
        return [character for row in self.rows for character in row]


def lay_out(hand: Hand, side: int, rng: Generator, scene: Scene | None = None) -> Layout:
    """Put characters of one hand and what surrounds them on a square page.

    Args:
        hand: whose digits, letters and symbols are written.
        side: of the page in pixels.
        rng: the source of chance.
        scene: what kind of page; None draws one by `SCENE_SHARES`.
    """
    scene = scene or SCENES[int(rng.choice(len(SCENES), p=SCENE_SHARES))]
    height = float(np.clip(BODY * np.exp(rng.normal(0, BODY_SPREAD)), *HEIGHTS))
    if scene == "dense":
        height = float(np.exp(rng.uniform(np.log(12), np.log(28))))
    if scene in ("single", "number") and rng.random() < 0.2:  # far too near: the first look at a picture meets these
        height = rng.uniform(0.3, 0.9) * side
    boldest = BOLDEST if scene in ("single", "number") else PENS[1]
    pen = max(FINEST, height * float(np.exp(rng.uniform(np.log(PENS[0]), np.log(boldest)))))
    page = Layout(side, scene, height, pen)
    writer = _Writer(hand, page, rng)
    _SCENES[scene](page, writer, rng)
    if rng.random() < 0.38:
        _surround_by_hand(page, rng)
    if rng.random() < (0.6 if scene == "none" else 0.07):
        _scribble(page, rng)
    if scene not in ("table", "squares", "form") and rng.random() < 0.42:
        _print_paper(page, rng)
    if scene in ("form", "none") or rng.random() < 0.12:
        _print_words(page, rng)
    if rng.random() < 0.3:
        _turn(page, rng)
    return page


class _Writer:
    """Writes characters the way one person does on one page: slant, size, tails, habits, space."""

    def __init__(self, hand: Hand, page: Layout, rng: Generator) -> None:
        self.hand, self._page, self._rng = hand, page, rng
        self.slant = rng.normal(0, 0.12)
        self.jitter = rng.uniform(0, 0.12)
        self.spread = rng.uniform(0.03, 0.3) if rng.random() < 0.85 else rng.uniform(0.3, 0.5)
        self.has_tails = rng.random() < 0.3
        self.has_small_zeros = rng.random() < 0.12
        self.letters = rng.uniform(0.1, 0.6) if rng.random() < 0.2 else 0.0
        self.punctuation = rng.uniform(0.05, 0.3) if rng.random() < 0.35 else 0.0
        self.tightness = float(rng.choice([-0.14, -0.05, 0.1, 0.35], p=[0.15, 0.25, 0.35, 0.25]))
        self.repeated = rng.choice(list("0123456789"), 2) if rng.random() < 0.15 else ()

    def choose(self, letters: bool = True) -> Drawing:
        """Pick a character, a digit unless this page has letters."""
        rng = self._rng
        if letters and self.hand.others and rng.random() < self.letters:
            other = self.hand.others[int(rng.integers(len(self.hand.others)))]
            if other.label not in PASSED_OVER:
                return other
        digits = [one for one in self.hand.digits if one.label in self.repeated] or self.hand.digits
        digit = digits[int(rng.integers(len(digits)))]
        if rng.random() < 0.12:
            digit = with_habit(digit, rng)
        return vary(digit, rng) if rng.random() < 0.3 else digit

    def height_of(self, drawing: Drawing) -> float:
        """How high this character becomes, in pixels."""
        height = self._page.height * float(np.exp(np.clip(self._rng.normal(0, self.spread), -1.1, 0.8)))
        if self.has_small_zeros and drawing.label == "0":
            height = self._page.height * self._rng.uniform(0.25, 0.5)
        return height

    def write(self, drawing: Drawing, left: float, foot: float, height: float, clear: bool = False) -> Character:
        """Write a character with its left end and its foot where they are asked for."""
        rng = self._rng
        low, high = drawing.extent
        extent = high - low
        scale = height / max(float(extent[1]), NARROWEST * float(extent[0]), 1e-3)
        stretch = rng.uniform(0.85, 1.15)
        tail = drawing.label in TAIL_DIGITS and self.has_tails and not clear and rng.random() < 0.5
        longer = rng.uniform(*TAILS)
        placed = []
        for stroke in drawing.strokes:
            x, y = (stroke[:, 0] - low[0]) * scale * stretch, (stroke[:, 1] - high[1]) * scale
            if tail:
                waist = -0.45 * height
                y = np.where(y > waist, waist + (y - waist) * longer, y)
            placed.append(np.stack([x - self.slant * y, y], axis=1))
        first = min(float(stroke[:, 0].min()) for stroke in placed)
        shift = np.array([left - first, foot + rng.normal(0, self.jitter) * self._page.height])
        width = self._page.pen * rng.uniform(0.85, 1.15)
        return Character(tuple(Line(stroke + shift, width) for stroke in placed), drawing.label)

    def gap(self) -> float:
        """The space before the next character, in pixels; negative where they overlap."""
        page = self._page
        wanted = float(self._rng.normal(self.tightness, 0.1))
        return page.height * float(np.clip(wanted, -0.2, 1.5)) + page.pen

    def mark(self, x: float, foot: float) -> float:
        """Write punctuation at x and return its right end."""
        rng, page = self._rng, self._page
        marks = [other for other in self.hand.others if other.label in PASSED_OVER]
        if marks and rng.random() < 0.35:
            other = marks[rng.integers(len(marks))]
            size = {"-": 0.1, "_": 0.1, "=": 0.3, ".": 0.06, ",": 0.22, "'": 0.2, '"': 0.2, ":": 0.5, ";": 0.6}
            character = self.write(other, x, foot, page.height * size.get(other.label, rng.uniform(0.5, 1.1)))
            page.marks.extend(character.lines)
            return float(character.corners[1][0])
        lines = _punctuation(x, foot, page.height, rng)
        page.marks.extend(Line(points, page.pen) for points in lines)
        return max(float(points[:, 0].max()) for points in lines)

    def row(self, left: float, foot: float, count: int, end: float, slope: float = 0.0) -> list[Character]:
        """Write some characters side by side, and punctuation between them now and then."""
        rng, row, x = self._rng, list[Character](), left
        for i in range(count):
            if x > end:
                break
            drawing = self.choose()
            character = self.write(drawing, x, foot + slope * (x - left), self.height_of(drawing))
            row.append(character)
            right = float(character.corners[1][0])
            if self.punctuation and rng.random() < self.punctuation:
                right = self.mark(right + self.gap(), foot + slope * (right - left))
            x = right + self.gap() if i + 1 < count else right
        return row


def _punctuation(x: float, foot: float, height: float, rng: Generator) -> list[np.ndarray]:
    """A point, comma, colon, dash, plus, equals, times, or bracket of simple lines."""
    kind = rng.choice(["point", "comma", "dash", "plus", "equals", "times", "bracket", "colon", "divide"])
    size = height * rng.uniform(0.3, 0.75)
    middle = foot - height * rng.uniform(0.35, 0.6)
    tilt = rng.normal(0, 0.08) * size
    if kind == "point":
        return [np.array([[x, foot], [x + 0.6, foot + 0.4]])]
    if kind == "colon":
        return [np.array([[x, foot], [x + 0.5, foot]]), np.array([[x, middle], [x + 0.5, middle]])]
    if kind == "comma":
        drop = height * rng.uniform(0.12, 0.3)
        return [np.array([[x + 0.3 * drop, foot], [x + 0.35 * drop, foot + 0.4 * drop], [x - 0.2 * drop, foot + drop]])]
    dash = np.array([[x, middle + tilt], [x + size, middle - tilt]])
    if kind == "dash":
        return [dash]
    if kind == "equals":
        return [dash, dash + [0, size * rng.uniform(0.25, 0.5)]]
    if kind == "plus":
        return [dash, np.array([[x + size / 2, middle - size / 2], [x + size / 2 + tilt, middle + size / 2]])]
    if kind == "divide":
        dots = [np.array([[x + size / 2, middle + s], [x + size / 2 + 0.5, middle + s]]) for s in (-size / 3, size / 3)]
        return [dash, *dots]
    if kind == "times":
        half = size * 0.4
        return [
            np.array([[x, middle - half], [x + 2 * half, middle + half]]),
            np.array([[x + 2 * half, middle - half], [x, middle + half]]),
        ]
    angle = np.linspace(-0.9, 0.9, 12)
    bulge = rng.choice([-1.0, 1.0]) * height * 0.35
    return [np.stack([x + abs(bulge) + bulge * (np.cos(angle) - 0.6), middle + 0.75 * height * np.sin(angle)], axis=1)]


def _single(page: Layout, writer: _Writer, rng: Generator) -> None:
    is_letter = rng.random() < 0.2
    drawing = writer.choose(letters=False)
    ones = [digit for digit in writer.hand.digits if digit.label == "1"]
    if ones and rng.random() < 0.15:  # what may be a rule, too
        drawing = ones[int(rng.integers(len(ones)))]
    if is_letter and writer.hand.others:
        drawing = writer.hand.others[int(rng.integers(len(writer.hand.others)))]
    height = page.height
    low, high = drawing.extent
    width = float(high[0] - low[0]) * height / max(float(high[1] - low[1]), NARROWEST * float(high[0] - low[0]), 1e-3)
    room = np.maximum(page.side - np.array([width, height]), 0)
    left, top = rng.uniform(0.1, 0.9, 2) * room if rng.random() < 0.7 else 0.5 * room
    character = writer.write(drawing, left, top + height, height)
    if is_letter and drawing.label in PASSED_OVER:
        page.marks.extend(character.lines)
    else:
        page.rows.append([character])


def _number(page: Layout, writer: _Writer, rng: Generator) -> None:
    """One number alone, as people cut it out of a page or write it large."""
    writer.letters = 0.0
    count = int(rng.integers(2, 8))
    slope = rng.uniform(-0.27, 0.27) if rng.random() < 0.4 else rng.normal(0, 0.03)
    row = writer.row(0.0, 0.0, count, np.inf, slope)
    _place(page, row, rng)
    if rng.random() < 0.15:
        foot = max(float(c.corners[1][1]) for c in row)
        writer.mark(float(row[-1].corners[1][0]) + writer.gap(), foot)
    page.rows.append(row)


def _place(page: Layout, row: list[Character], rng: Generator) -> None:
    """Move a row, and the marks beside it, to where it fits the page; it is shrunk if it does not."""
    points = np.concatenate([line.points for character in row for line in character.lines])
    low, high = points.min(axis=0), points.max(axis=0)
    fit = min(1.0, 0.96 * page.side / float((high - low).max()))
    page.height, page.pen = page.height * fit, page.pen * fit
    shift = rng.uniform(0.1, 0.9, 2) * (page.side - (high - low) * fit) - low * fit
    row[:] = [_move(character, fit, shift) for character in row]
    page.marks[:] = [Line(line.points * fit + shift, line.width * fit) for line in page.marks]


def _move(character: Character, scale: float, shift: np.ndarray) -> Character:
    lines = tuple(Line(line.points * scale + shift, line.width * scale) for line in character.lines)
    return Character(lines, character.label)


def _rows(page: Layout, writer: _Writer, rng: Generator) -> None:
    side, height = page.side, page.height
    pitch = height * rng.uniform(1.15, 2.6)
    rows = 99 if rng.random() < 0.6 else int(rng.integers(1, 4))
    foot = height * rng.uniform(0.2, 1.6)
    if rows < 9:
        foot = rng.uniform(0, max(1.0, side - rows * pitch)) + 0.6 * height
    slope = rng.normal(0, 0.03)
    margin = rng.uniform(-0.2, 0.5) * height
    for _ in range(rows):
        if foot > side + 0.3 * height:
            break
        x = margin + (rng.uniform(0, 1) * height if rng.random() < 0.5 else 0.0)
        end = side if rng.random() < 0.75 else rng.uniform(0.3, 1) * side
        row: list[Character] = []
        while x < end:
            group = writer.row(x, foot + slope * x, int(rng.integers(1, 9)), end, slope)
            row += group
            x = float(group[-1].corners[1][0]) + height * rng.uniform(0.5, 3.5) if group else side
        if row:
            page.rows.append(row)
        foot += pitch * rng.uniform(0.9, 1.25)


def _dense(page: Layout, writer: _Writer, rng: Generator) -> None:
    writer.punctuation = 0.0
    _rows(page, writer, rng)


def _line_width(page: Layout, rng: Generator) -> float:
    """The width of a printed line in pixels: a hairline, or as bold as the pen now and then."""
    return max(0.5, page.height / BODY * float(np.exp(rng.uniform(np.log(0.5), np.log(3.6)))))


def _grid(page: Layout, rng: Generator, cell: tuple[float, float], count: tuple[int, int]) -> np.ndarray:
    """Print a grid of cells and return the top left corner of its first cell."""
    side = page.side
    size = np.array(cell) * np.array(count)
    origin = rng.uniform(-0.1, 1.0, 2) * np.maximum(side - size, 0) + np.minimum(0, side - size) * rng.uniform(0, 1, 2)
    if rng.random() < 0.94:
        width = _line_width(page, rng)
        over = rng.uniform(0, 0.3) * cell[1] if rng.random() < 0.3 else 0.0
        for i in range(count[0] + 1):
            x = origin[0] + i * cell[0]
            page.printed.append(Line(np.array([[x, origin[1] - over], [x, origin[1] + size[1] + over]]), width))
        for i in range(count[1] + 1):
            y = origin[1] + i * cell[1]
            page.printed.append(Line(np.array([[origin[0] - over, y], [origin[0] + size[0] + over, y]]), width))
    return np.asarray(origin)


def _table(page: Layout, writer: _Writer, rng: Generator) -> None:
    """A mark sheet: a few digits in each cell, thin rules between the cells."""
    writer.punctuation *= 0.3
    height, side = page.height, page.side
    cell = height * rng.uniform(1.3, 4.5), height * rng.uniform(1.15, 2.4)
    whole = rng.random() < 0.6
    count = [int(side / c) + 2 if whole else int(rng.integers(1, 9)) for c in cell]
    origin = _grid(page, rng, cell, (count[0], count[1]))
    most = max(1, min(4, int(cell[0] / (0.75 * height))))
    empty = rng.uniform(0.0, 0.2) if rng.random() < 0.5 else rng.uniform(0.3, 0.9)  # share of the cells
    columns = rng.random(count[0]) > (empty if rng.random() < 0.5 else 0.0)  # some have no number in any cell
    for i in range(count[1]):
        row: list[Character] = []
        for j in range(count[0]):
            left, foot = origin[0] + j * cell[0], origin[1] + (i + 0.5) * cell[1] + height / 2
            if (
                not columns[j]
                or rng.random() < min(empty, 0.6)
                or left > side
                or foot - height > side
                or left < -cell[0]
            ):
                continue
            group = writer.row(0.0, foot, int(rng.integers(1, most + 1)), np.inf)
            right = float(group[-1].corners[1][0])
            shift = left + max(0.0, cell[0] - right) * rng.uniform(0.15, 0.85)
            row += [_move(character, 1.0, np.array([shift, 0.0])) for character in group]
        if row:
            page.rows.append(row)


def _squares(page: Layout, writer: _Writer, rng: Generator) -> None:
    """A number square or squared paper with one digit in each cell, some of them empty."""
    writer.letters, writer.punctuation = 0.0, 0.0
    height, side = page.height, page.side
    cell = height * rng.uniform(1.05, 1.9)
    count = int(rng.choice([3, 4, 6, 9, int(side / cell) + 2]))
    origin = _grid(page, rng, (cell, cell), (count, count))
    if count == 9:
        for i in (0, 3, 6, 9):
            for a, b in (((i, 0), (i, 9)), ((0, i), (9, i))):
                page.printed.append(Line(origin + np.array([a, b]) * cell, rng.uniform(1.5, 3.0)))
    filled = rng.uniform(0.2, 0.95)
    for i in range(count):
        row = []
        for j in range(count):
            if rng.random() < filled:
                drawing = writer.choose()
                tall = min(writer.height_of(drawing), 1.05 * cell)
                middle = origin + (np.array([j, i]) + 0.5) * cell
                character = writer.write(drawing, middle[0], middle[1] + tall / 2, tall, clear=True)
                low, high = character.corners
                row.append(_move(character, 1.0, np.array([middle[0] - (low[0] + high[0]) / 2, 0.0])))
        if row:
            page.rows.append(row)


def _form(page: Layout, writer: _Writer, rng: Generator) -> None:
    """Fields of a form: a box or a line for a number, a box for each digit, or half-high dividers (a comb)."""
    side, height = page.side, page.height
    top = rng.uniform(0.3, 1.5) * height
    while top < side:
        count = int(rng.integers(1, 9))
        left = rng.uniform(0, 0.5) * side
        width = _line_width(page, rng)
        pitch = height * rng.uniform(1.0, 1.5)
        foot = top + height * rng.uniform(1.05, 1.25)
        cells = 0
        kind = rng.choice(["comb", "boxes", "box", "line"])
        if kind in ("comb", "boxes"):
            row = []
            for i in range(count):
                drawing = writer.choose(letters=False)
                tall = min(writer.height_of(drawing), 1.15 * height)
                start = left + i * pitch + rng.uniform(-0.05, 0.35) * pitch
                row.append(writer.write(drawing, start, foot, tall, clear=True))
            cells = count + int(rng.choice([0, 1, 2, 3], p=[0.55, 0.15, 0.15, 0.15]))  # the last ones stay empty
            right = left + cells * pitch
        else:
            row = writer.row(left + rng.uniform(0.1, 0.8) * height, foot, count, side)
            right = (float(row[-1].corners[1][0]) if row else left) + rng.uniform(0.1, 2.0) * height
        bottom = foot + height * rng.uniform(-0.06, 0.3)
        lines = [[[left, bottom], [right, bottom]]]
        if kind != "line":
            lines += [[[left, top], [left, bottom]], [[right, top], [right, bottom]]]
        if kind in ("boxes", "box"):
            lines.append([[left, top], [right, top]])
        if kind in ("comb", "boxes"):
            start = top if kind == "boxes" else foot - height * rng.uniform(0.2, 0.6)
            lines += [[[left + i * pitch, start], [left + i * pitch, bottom]] for i in range(1, cells)]
        page.printed.extend(Line(np.array(line), width) for line in lines)
        if row:
            page.rows.append(row)
        top = bottom + height * rng.uniform(0.2, 1.6)


def _sum(page: Layout, writer: _Writer, rng: Generator) -> None:
    """A sum in writing: numbers below one another, set right, a plus sign and a line."""
    writer.letters = 0.0
    height, right, foot = page.height, page.side * rng.uniform(0.5, 0.95), page.height * rng.uniform(1.1, 2.0)
    rows = int(rng.integers(2, 5))
    pitch = height * rng.uniform(1.2, 1.8)
    for i in range(rows):
        row = writer.row(0.0, foot, int(rng.integers(1, 6)), np.inf)
        shift = right - float(row[-1].corners[1][0])
        row = [_move(character, 1.0, np.array([shift, 0.0])) for character in row]
        page.rows.append(row)
        left = float(row[0].corners[0][0])
        if i == rows - 2:
            writer.mark(left - 1.2 * height, foot)
            line = np.array([[left - 1.3 * height, foot + 0.3 * height], [right + 0.2 * height, foot + 0.28 * height]])
            page.marks.append(Line(line, page.pen))
        foot += pitch * (1.2 if i == rows - 2 else 1.0)


def _mixed_sizes(page: Layout, writer: _Writer, rng: Generator) -> None:
    """Characters of very different sizes, here and there."""
    usual = page.height
    taken: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(int(rng.integers(3, 14))):
        page.height = usual * float(np.exp(rng.uniform(-0.6, 0.6)))
        row = writer.row(0.0, 0.0, int(rng.integers(1, 4)), np.inf)
        points = np.concatenate([line.points for character in row for line in character.lines])
        low, high = points.min(axis=0) - page.pen, points.max(axis=0) + page.pen
        shift = rng.uniform(0, 1, 2) * (page.side - (high - low)) - low
        box = low + shift - 2, high + shift + 2
        if all((box[1] < other[0]).any() or (other[1] < box[0]).any() for other in taken):
            taken.append(box)
            page.rows.append([_move(character, 1.0, shift) for character in row])
    page.height = usual


def _none(page: Layout, writer: _Writer, rng: Generator) -> None:
    """No character: marks alone, printed things, or nothing."""
    if rng.random() < 0.3:
        _print_things(page, rng)
    if rng.random() < 0.4:
        for _ in range(int(rng.integers(1, 12))):
            writer.mark(rng.uniform(0, 0.9) * page.side, rng.uniform(0.1, 1) * page.side)


_SCENES: dict[Scene, Callable[[Layout, _Writer, Generator], None]] = {
    "single": _single,
    "number": _number,
    "rows": _rows,
    "table": _table,
    "dense": _dense,
    "squares": _squares,
    "form": _form,
    "sum": _sum,
    "mixed": _mixed_sizes,
    "none": _none,
}


def _surround_by_hand(page: Layout, rng: Generator) -> None:
    """Underline, ring or box some rows or parts of them, with the pen that wrote them."""
    along = np.linspace(0, 1, 24)
    for row in page.rows:
        if rng.random() > 0.4:
            continue
        first = int(rng.integers(len(row)))
        part = row[first : first + int(rng.choice([1, 1, 2, 3, 5]))] if rng.random() < 0.5 else row
        corners = np.array([character.corners for character in part])
        (x0, y0), (x1, y1) = corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)
        size = page.height
        kind = rng.choice(["underline", "ring", "box", "strike"], p=[0.4, 0.4, 0.15, 0.05])
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


def _scribble(page: Layout, rng: Generator) -> None:
    """Scribbles, arrows and long strokes where no character stands."""
    for _ in range(int(rng.integers(1, 5))):
        path = _zigzag(page, rng) if rng.random() < 0.25 else _stray(page, rng)
        if len(path) > 1 and not _touches(page, path):
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


def _touches(page: Layout, points: np.ndarray) -> bool:
    """Whether a path's box overlaps that of any character."""
    low, high = points.min(axis=0) - page.pen, points.max(axis=0) + page.pen
    return any(
        (low < b[1] + page.pen).all() and (b[0] - page.pen < high).all() for b in (c.corners for c in page.characters)
    )


def _print_paper(page: Layout, rng: Generator) -> None:
    """Rules, squares, a margin, dots, or a box around each row."""
    side, height = page.side, page.height
    width = _line_width(page, rng)
    kind = rng.choice(["ruled", "squared", "margin", "box", "table", "dotted"], p=[0.35, 0.25, 0.1, 0.1, 0.1, 0.1])
    step = height * rng.uniform(0.5, 2.4) if kind != "squared" else max(7.0, height * rng.uniform(0.25, 1.3))
    levels = np.arange(-0.3 * side + rng.uniform(0, step), 1.3 * side, step)
    lines: list[list[list[float]]] = []
    if kind in ("ruled", "squared", "margin"):
        lines += [[[-side, y], [2 * side, y]] for y in levels]
    if kind == "squared":
        shift = rng.uniform(0, step)
        lines += [[[x + shift, -side], [x + shift, 2 * side]] for x in levels]
    if kind == "margin":
        x = rng.uniform(0, 1) * side
        lines.append([[x, -side], [x, 2 * side]])
        if rng.random() < 0.3:
            lines.append([[x + 4, -side], [x + 4, 2 * side]])
    if kind == "table":
        lines += [[[-5, y], [side + 5, y]] for y in levels[:: int(rng.integers(1, 3))]]
        lines += [[[x, 0], [x, side]] for x in np.cumsum(height * rng.uniform(1.2, 6, 12))]
    if kind == "box":
        for row in page.rows:
            corners = np.array([character.corners for character in row])
            low = corners[:, 0].min(axis=0) - rng.uniform(-0.03, 0.5, 2) * height
            high = corners[:, 1].max(axis=0) + rng.uniform(-0.03, 0.5, 2) * height
            (x0, y0), (x1, y1) = low.tolist(), high.tolist()
            lines += [[[x0, y0], [x1, y0]], [[x1, y0], [x1, y1]], [[x1, y1], [x0, y1]], [[x0, y1], [x0, y0]]]
    if kind == "dotted":
        step = max(6.0, step)
        lines += [[[x, y], [x + 0.3, y]] for y in levels[:60] for x in np.arange(0, side, step)]
    page.printed.extend(Line(np.array(line, float), width) for line in lines)


def _print_things(page: Layout, rng: Generator) -> None:
    """Blocks as of a code for machines, bars, blots and outlines: printed, large, and no character."""
    side = page.side
    if rng.random() < 0.4:
        cell, count = rng.uniform(3, 20), int(rng.integers(6, 30))
        origin = rng.uniform(0, 0.5, 2) * side
        for i, j in np.argwhere(rng.random((count, count)) < 0.5):
            start = origin + np.array([j, i]) * cell
            page.printed.append(Line(np.stack([start, start + [cell, 0]]), cell))
        return
    for _ in range(int(rng.integers(1, 9))):
        middle, reach = rng.uniform(0, 1, 2) * side, rng.uniform(0.02, 0.4) * side
        angle = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(2, 24))))
        radius = reach * (1 + rng.uniform(-0.5, 0.5, len(angle)))[:, None]
        outline = middle + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        width = float(np.exp(rng.uniform(np.log(1.0), np.log(0.15 * side))))
        page.printed.append(Line(np.concatenate([outline, outline[:1]]), width))


def _print_words(page: Layout, rng: Generator) -> None:
    """Printed words beside what is written."""
    letters = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIKLMNOPRSTUVW .:,")
    digits = list("0123456789-./")
    for _ in range(int(rng.integers(1, 7))):
        tall = max(6.0, page.height * rng.uniform(0.25, 0.8 if page.rows else 3.0))
        text = "".join(rng.choice(letters, int(rng.integers(3, 16))))
        if rng.random() < 0.15:
            text += " " + "".join(rng.choice(digits, int(rng.integers(2, 9))))
        left, top = rng.uniform(-0.1, 0.9, 2) * page.side
        box = np.array([[left, top], [left + 0.62 * tall * len(text), top + 1.3 * tall]])
        if not _touches(page, box):
            page.words.append((left, top, tall, text))


def _turn(page: Layout, rng: Generator) -> None:
    """Turn everything as a phone that is not held straight does; lines and rules may come to stand upright."""
    angle = np.radians(rng.normal(0, 5) if rng.random() < 0.8 else rng.uniform(-16, 16))
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.full(2, page.side / 2)

    def turn(line: Line) -> Line:
        return Line((line.points - middle) @ matrix.T + middle, line.width)

    page.rows[:] = [[Character(tuple(map(turn, c.lines)), c.label) for c in row] for row in page.rows]
    page.marks[:] = [turn(line) for line in page.marks]
    if page.scene in ("none", "single", "number") and rng.random() < 0.3:  # a sheet that was turned by a quarter
        matrix = np.array([[0.0, -1.0], [1.0, 0.0]]) @ matrix
    page.printed[:] = [turn(line) for line in page.printed]
