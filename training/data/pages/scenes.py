"""Where characters stand on a page, scene by scene, and what surrounds them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from digit_core.models.geometry import CHARACTER_HEIGHT
from training.data.pages.layout import NARROWEST, PASSED_OVER, Character, Hand, Layout, Line, Scene
from training.data.pages.marks import scribble, surround
from training.data.pages.printing import (
    line_width,
    print_beside,
    print_paper,
    print_screen,
    print_things,
    print_words,
)
from training.data.pages.writing import SIGNS, Writer

SCENE_SHARES: dict[Scene, float] = {  # of all pages, 1 together
    "single": 0.15,
    "number": 0.17,
    "rows": 0.12,
    "table": 0.09,
    "dense": 0.03,
    "squares": 0.06,
    "form": 0.09,
    "sum": 0.1,
    "mixed": 0.03,
    "none": 0.12,
    "tiles": 0.04,
}
HEIGHT_SPREAD = 0.42  # of the logarithm of a page's usual character height around CHARACTER_HEIGHT
HEIGHTS = (12.0, 150.0)  # pixels: usual heights on a page
PENS = (0.014, 0.2)  # of the usual height: from a fine pen on a large number to a marker
FINEST = 0.45  # pixels: finer pens are hardly seen
HOLLOW_PEN = 5.0  # pixels: strokes as wide as this may be outlines alone
BOLDEST = 0.33  # of the height: the same of one bold digit or number alone


def lay_out(hand: Hand, side: int, rng: Generator, scene: Scene | None = None) -> Layout:
    """Put characters of one hand and what surrounds them on a square page.

    Args:
        hand: whose digits, letters and symbols are written.
        side: of the page in pixels.
        rng: the source of chance.
        scene: what kind of page; None draws one by `SCENE_SHARES`.
    """
    scene = scene or list(SCENE_SHARES)[int(rng.choice(len(SCENE_SHARES), p=list(SCENE_SHARES.values())))]
    height = float(np.clip(CHARACTER_HEIGHT * np.exp(rng.normal(0, HEIGHT_SPREAD)), *HEIGHTS))
    if scene == "dense":
        height = float(np.exp(rng.uniform(np.log(12), np.log(28))))
    if scene in ("single", "number") and rng.random() < 0.2:  # far too near: the first look at a picture meets these
        height = rng.uniform(0.3, 0.9) * side
    boldest = BOLDEST if scene in ("single", "number") else PENS[1]
    pen = max(FINEST, height * float(np.exp(rng.uniform(np.log(PENS[0]), np.log(boldest)))))
    page = Layout(side, scene, height, pen)
    writer = Writer(hand, page, rng)
    _SCENES[scene](page, writer, rng)
    if scene == "tiles":
        return page
    if page.pen >= HOLLOW_PEN and rng.random() < 0.08:
        page.hollow = rng.uniform(0.4, 0.75)
    if rng.random() < 0.38:
        surround(page, rng)
    if rng.random() < (0.6 if scene == "none" else 0.07):
        scribble(page, rng)
    if scene not in ("table", "squares", "form") and rng.random() < 0.42:
        print_paper(page, rng)
    if scene in ("form", "none") or rng.random() < 0.2:
        print_words(page, rng)
    if rng.random() < 0.1:
        print_beside(page, rng)
    if rng.random() < 0.1:
        print_screen(page, rng)
    if rng.random() < 0.3:
        _turn(page, rng)
    return page


def _single(page: Layout, writer: Writer, rng: Generator) -> None:
    """One digit, letter or sign, small or large, anywhere or in the middle."""
    if rng.random() < 0.08:
        writer.sign(str(rng.choice(SIGNS)), rng.uniform(0.1, 0.7) * page.side, rng.uniform(0.3, 0.9) * page.side)
        return
    is_letter = rng.random() < 0.2
    drawing = writer.choose(letters=False)
    ones = [digit for digit in writer.hand.digits if digit.label == "1"]
    if ones and rng.random() < 0.15:  # what may be a rule, too
        drawing = ones[int(rng.integers(len(ones)))]
    if is_letter and writer.hand.others:
        drawing = writer.hand.others[int(rng.integers(len(writer.hand.others)))]
    height = page.height
    low, high = drawing.extent
    width = float(high[0] - low[0]) * drawing.scale_to(height, NARROWEST)
    room = np.maximum(page.side - np.array([width, height]), 0)
    left, top = rng.uniform(0.1, 0.9, 2) * room if rng.random() < 0.7 else 0.5 * room
    character = writer.write(drawing, left, top + height, height)
    if is_letter and drawing.label in PASSED_OVER:
        page.marks.extend(character.lines)
    else:
        page.rows.append([character])


def _number(page: Layout, writer: Writer, rng: Generator) -> None:
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


def _rows(page: Layout, writer: Writer, rng: Generator) -> None:
    """Groups of characters in rows, on the whole page or in a few rows of it."""
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


def _dense(page: Layout, writer: Writer, rng: Generator) -> None:
    """A page full of small characters."""
    writer.punctuation = 0.0
    _rows(page, writer, rng)


def _grid(page: Layout, rng: Generator, cell: tuple[float, float], count: tuple[int, int]) -> np.ndarray:
    """Print a grid of cells and return the top left corner of its first cell."""
    side = page.side
    size = np.array(cell) * np.array(count)
    origin = rng.uniform(-0.1, 1.0, 2) * np.maximum(side - size, 0) + np.minimum(0, side - size) * rng.uniform(0, 1, 2)
    if rng.random() < 0.94:
        width = line_width(page, rng)
        over = rng.uniform(0, 0.3) * cell[1] if rng.random() < 0.3 else 0.0
        for i in range(count[0] + 1):
            x = origin[0] + i * cell[0]
            page.printed.append(Line(np.array([[x, origin[1] - over], [x, origin[1] + size[1] + over]]), width))
        for i in range(count[1] + 1):
            y = origin[1] + i * cell[1]
            page.printed.append(Line(np.array([[origin[0] - over, y], [origin[0] + size[0] + over, y]]), width))
    return np.asarray(origin)


def _table(page: Layout, writer: Writer, rng: Generator) -> None:
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


def _squares(page: Layout, writer: Writer, rng: Generator) -> None:
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


def _form(page: Layout, writer: Writer, rng: Generator) -> None:
    """Fields of a form: a box or a line for a number, a box for each digit, or half-high dividers (a comb)."""
    side, height = page.side, page.height
    top = rng.uniform(0.3, 1.5) * height
    while top < side:
        count = int(rng.integers(1, 9))
        left = rng.uniform(0, 0.5) * side
        width = line_width(page, rng)
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


def _sum(page: Layout, writer: Writer, rng: Generator) -> None:
    """A sum, in one line or in writing."""
    writer.letters = 0.0
    lay_out_sum = _equations if rng.random() < 0.6 else _sum_in_writing
    lay_out_sum(page, writer, rng)


def _sum_in_writing(page: Layout, writer: Writer, rng: Generator) -> None:
    """Numbers below one another, set right, a plus sign and a line."""
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


def _equations(page: Layout, writer: Writer, rng: Generator) -> None:
    """Numbers and signs side by side, as in 31 + 4 = 35."""
    wanted = min(page.height, page.side * rng.uniform(0.07, 0.2))
    page.height, page.pen = wanted, page.pen * wanted / page.height
    writer.has_spaces = rng.random() < 0.8
    foot = wanted + rng.uniform(0, 0.5) * page.side
    for _ in range(int(rng.integers(1, 4))):
        row: list[Character] = []
        x = rng.uniform(0, 0.15) * page.side
        numbers = int(rng.integers(2, 4))
        for i in range(numbers):
            row += writer.row(x, foot, int(rng.integers(1, 4)), np.inf)
            x = float(row[-1].corners[1][0]) + writer.space()
            if i < numbers - 1 or rng.random() < 0.4:
                x = writer.mark(x, foot, SIGNS) + writer.space()
        page.rows.append(row)
        foot += wanted * rng.uniform(1.3, 2.0)


def _mixed_sizes(page: Layout, writer: Writer, rng: Generator) -> None:
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


def _tiles(page: Layout, writer: Writer, rng: Generator) -> None:
    """Pictures of one digit each side by side, as a figure about a collection of them has, with captions in some."""
    writer.punctuation = 0.0
    height = page.height
    page.pen = height * rng.uniform(0.07, 0.18)
    cell = height * rng.uniform(1.15, 1.7)
    gap = np.array([rng.uniform(0.02, 0.5), rng.uniform(0.02, 0.5)]) * cell
    has_captions = rng.random() < 0.4
    gap[1] += 0.4 * cell if has_captions else 0.0
    count = [int(rng.integers(1, max(2, page.side / pitch) + 1)) for pitch in cell + gap]
    room = page.side - (cell + gap) * count
    origin = rng.uniform(0.0, 1.0, 2) * np.maximum(room, 0) + gap / 2
    empty = rng.uniform(0.0, 0.2)
    for i in range(count[1]):
        row = []
        for j in range(count[0]):
            left, top = origin + np.array([j, i]) * (cell + gap)
            page.tiles.append((left, top, left + cell, top + cell))
            if has_captions:
                text = f"{rng.choice(['', 'Label: ', 'y=', 'Predicted '])}{rng.integers(10)}"
                page.words.append((left, top - 0.3 * cell, 0.22 * cell, text))
            if rng.random() < empty:
                continue
            drawing = writer.choose()
            tall = min(writer.height_of(drawing), 0.95 * cell)
            character = writer.write(drawing, left, top, tall, clear=True)
            low, high = character.corners
            row.append(_move(character, 1.0, np.array([left, top]) + cell / 2 - (low + high) / 2))
        if row:
            page.rows.append(row)


def _none(page: Layout, writer: Writer, rng: Generator) -> None:
    """No character: marks alone, printed things, or nothing."""
    if rng.random() < 0.3:
        print_things(page, rng)
    if rng.random() < 0.4:
        for _ in range(int(rng.integers(1, 12))):
            writer.mark(rng.uniform(0, 0.9) * page.side, rng.uniform(0.1, 1) * page.side)
    elif rng.random() < 0.15:  # crosses or strokes in rows, as people count
        kind, step = str(rng.choice(["plus", "times", "dash"])), page.height * rng.uniform(0.8, 2.0)
        for foot in np.arange(step, page.side, step * rng.uniform(0.8, 1.4)):
            for left in np.arange(0.3 * step, rng.uniform(0.3, 1) * page.side, step):
                writer.sign(kind, float(left), float(foot))


_SCENES: dict[Scene, Callable[[Layout, Writer, Generator], None]] = {
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
    "tiles": _tiles,
}


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
