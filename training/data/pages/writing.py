"""Characters and marks as one hand writes them on one page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from training.data.habits import with_habit
from training.data.pages.layout import NARROWEST, PASSED_OVER, Character, Hand, Layout, Line
from training.data.strokes import Drawing, vary

TAIL_DIGITS = frozenset("1479")  # They end in a stroke that some people draw far down.
SIGNS = ("plus", "times", "dash", "divide", "equals")  # of sums
OTHER_SIGNS = ("point", "comma", "colon", "bracket", "slash", "plus", "dash")
TAILS = (1.2, 2.6)  # how much longer the lower part of a digit with a tail is


class Writer:
    """Writes characters the way one person does on one page: slant, size, tails, habits, space."""

    def __init__(self, hand: Hand, page: Layout, rng: Generator) -> None:
        self.hand, self._page, self._rng = hand, page, rng
        self.slant = rng.normal(0, 0.12 if rng.random() < 0.9 else 0.35)
        self.jitter = rng.uniform(0, 0.12)
        self.spread = rng.uniform(0.03, 0.3) if rng.random() < 0.85 else rng.uniform(0.3, 0.5)
        self.has_tails = rng.random() < 0.3
        self.has_small_zeros = rng.random() < 0.12
        self.letters = rng.uniform(0.1, 0.6) if rng.random() < 0.2 else 0.0
        self.punctuation = rng.uniform(0.05, 0.3) if rng.random() < 0.35 else 0.0
        self.has_spaces = rng.random() < 0.5  # beside signs
        self.tightness = float(rng.choice([-0.14, -0.05, 0.1, 0.35], p=[0.15, 0.25, 0.35, 0.25]))
        self.repeated = rng.choice(list("0123456789"), 2) if rng.random() < 0.2 else ()

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
        scale = drawing.scale_to(height, NARROWEST)
        stretch = rng.uniform(0.85, 1.15)
        tail = drawing.label in TAIL_DIGITS and self.has_tails and not clear and rng.random() < 0.5
        longer = rng.uniform(*TAILS)
        slant = self.slant
        if drawing.label == "1" and rng.random() < 0.15:  # people let single ones lean, backwards too
            slant += rng.normal(0, 0.25)
        placed = []
        for stroke in drawing.strokes:
            x, y = (stroke[:, 0] - low[0]) * scale * stretch, (stroke[:, 1] - high[1]) * scale
            if tail:
                waist = -0.45 * height
                y = np.where(y > waist, waist + (y - waist) * longer, y)
            placed.append(np.stack([x - slant * y, y], axis=1))
        first = min(float(stroke[:, 0].min()) for stroke in placed)
        shift = np.array([left - first, foot + rng.normal(0, self.jitter) * self._page.height])
        width = self._page.pen * rng.uniform(0.85, 1.15)
        return Character(tuple(Line(stroke + shift, width) for stroke in placed), drawing.label)

    def gap(self) -> float:
        """The space before the next character, in pixels; negative where they overlap."""
        page = self._page
        wanted = float(self._rng.normal(self.tightness, 0.1))
        return page.height * float(np.clip(wanted, -0.2, 1.5)) + page.pen

    def space(self) -> float:
        """The space beside a sign, in pixels."""
        return self.gap() + (self._page.height * self._rng.uniform(0.1, 0.9) if self.has_spaces else 0.0)

    def mark(self, x: float, foot: float, signs: Sequence[str] = SIGNS + OTHER_SIGNS) -> float:
        """Write one of some signs, or another mark that this hand has drawn, at x and return its right end."""
        rng, page = self._rng, self._page
        marks = [other for other in self.hand.others if other.label in PASSED_OVER]
        if marks and rng.random() < 0.35:
            other = marks[rng.integers(len(marks))]
            size = {"-": 0.1, "_": 0.1, "=": 0.3, ".": 0.06, ",": 0.22, "'": 0.2, '"': 0.2, ":": 0.5, ";": 0.6}
            character = self.write(other, x, foot, page.height * size.get(other.label, rng.uniform(0.5, 1.1)))
            page.marks.extend(character.lines)
            return float(character.corners[1][0])
        return self.sign(str(rng.choice(signs)), x, foot)

    def sign(self, kind: str, x: float, foot: float) -> float:
        """Write one of `SIGNS` or `OTHER_SIGNS` with simple lines at x and return its right end."""
        lines = _draw_sign(kind, x, foot, self._page.height, self._rng)
        self._page.marks.extend(Line(points, self._page.pen) for points in lines)
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
            space = self.gap()
            if self.punctuation and rng.random() < self.punctuation:
                space = self.space()
                right = self.mark(right + space, foot + slope * (right - left))
            x = right + space if i + 1 < count else right
        return row


def _draw_sign(kind: str, x: float, foot: float, height: float, rng: Generator) -> list[np.ndarray]:
    """Draw one of `SIGNS` or `OTHER_SIGNS` with simple lines."""
    size = height * rng.uniform(0.3, 0.75)
    middle = foot - height * rng.uniform(0.35, 0.6)
    tilt = rng.normal(0, 0.08) * size
    if kind == "point":
        return [np.array([[x, foot], [x + 0.6, foot + 0.4]])]
    if kind == "colon":
        return [np.array([[x, foot], [x + 0.5, foot]]), np.array([[x, middle], [x + 0.5, middle]])]
    if kind == "slash":  # taller than digits, or nobody could tell it from a one
        tall = height * rng.uniform(1.1, 1.6)
        low = foot + rng.uniform(0, 0.4) * (tall - height)
        return [np.array([[x, low], [x + rng.uniform(0.25, 0.6) * tall, low - tall]])]
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
