"""Drawings with one fault each, as pictures of numbers have them: what is found on them decides, not what is read."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from digit_core.page.decode import WHITE
from digit_core.page.frame import FRAME_SIZE
from digit_core.pen import CANVAS_SIDE, WIDE_CANVAS
from training.data.habits import looped_four
from training.data.pages.layout import NARROWEST
from training.data.pages.writing import TAIL_DIGITS
from training.data.samples import Sample
from training.data.strokes import Drawing, draw, place, vary

PENS = (8, 12, 16, 20)  # pixels
HEIGHTS = (110.0, 170.0)  # pixels of a digit
FOOT = 210.0  # pixels from the canvas' top to where digits stand


@dataclass(frozen=True, slots=True, eq=False)
class _Hand:
    """Digits of all validation writers by their label, and chance."""

    digits: Mapping[str, Sequence[Drawing]]
    rng: Generator

    def number(self, least: int, most: int) -> str:
        """Draw a number of so many digits."""
        return "".join(self.rng.choice(list(self.digits), int(self.rng.integers(least, most + 1))))

    def write(self, label: str, left: float, height: float, foot: float = FOOT) -> Drawing:
        """Write one digit with its left end and its foot where they are asked for."""
        some = self.digits[label]
        digit = some[int(self.rng.integers(len(some)))]
        low, high = digit.extent
        scale = digit.scale_to(height, NARROWEST)
        return digit.transform(np.eye(2) * scale, np.array([left - low[0] * scale, foot - high[1] * scale]))

    def row(self, number: str, height: float, zero_height: float = 1.0) -> list[Drawing]:
        """Write a number, its zeros as high as a share of its other digits."""
        written, left = [], self.rng.uniform(30, 60)
        for label in number:
            tall = height * self.rng.uniform(0.9, 1.1) * (zero_height if label == "0" else 1.0)
            written.append(self.write(label, left, tall))
            left = float(written[-1].extent[1][0]) + self.rng.uniform(0.2, 0.4) * height
        return written

    def pen(self) -> int:
        """Take a pen."""
        return int(self.rng.choice(PENS))


Fault = Callable[[_Hand], tuple[str, np.ndarray]]


def _canvas(drawings: Sequence[Drawing], pen: float) -> np.ndarray:
    """Draw on a canvas as wide as it takes."""
    right = max(float(drawing.extent[1][0]) for drawing in drawings)
    return draw(drawings, pen, (max(CANVAS_SIDE, round(right) + 40), CANVAS_SIDE))


def _fold(picture: np.ndarray, width: int, rng: Generator) -> np.ndarray:
    """Let a hairline on which no ink holds run across."""
    rows = np.flatnonzero((picture < WHITE).any(axis=1))
    level, rise = rng.uniform(0.7 * rows[0] + 0.3 * rows[-1], 0.3 * rows[0] + 0.7 * rows[-1]), rng.normal(0, 0.07)
    right = picture.shape[1]
    start, end = (0, round(level - rise * right / 2)), (right, round(level + rise * right / 2))
    return np.asarray(cv2.line(picture.copy(), start, end, WHITE, width))


def _folded_digit(hand: _Hand) -> tuple[str, np.ndarray]:
    number = hand.number(1, 1)
    picture = _canvas(hand.row(number, hand.rng.uniform(*HEIGHTS)), hand.pen())
    return number, _fold(picture, int(hand.rng.integers(2, 5)), hand.rng)


def _folded_number(hand: _Hand) -> tuple[str, np.ndarray]:
    number = hand.number(2, 4)
    picture = _canvas(hand.row(number, hand.rng.uniform(*HEIGHTS)), hand.pen())
    return number, _fold(picture, int(hand.rng.integers(2, 9)), hand.rng)


def _small_zeros(hand: _Hand) -> tuple[str, np.ndarray]:
    number = str(hand.rng.integers(1, 10)) + "0" * int(hand.rng.integers(1, 3))
    drawings = hand.row(number, hand.rng.uniform(*HEIGHTS), hand.rng.uniform(0.25, 0.42))
    return number, _canvas(drawings, min(hand.pen(), PENS[1]))


def _slanted_ones(hand: _Hand) -> tuple[str, np.ndarray]:
    height, apart, slant = hand.rng.uniform(*HEIGHTS), hand.rng.uniform(45, 90), hand.rng.uniform(-0.6, 0.6)
    stems = [
        Drawing((np.array([[left + slant * height, FOOT - height], [left, FOOT]], np.float32),), "1", "")
        for left in (130.0, 130.0 + apart)
    ]
    return "11", _canvas(stems, hand.pen())


def _looped_four(hand: _Hand) -> tuple[str, np.ndarray]:
    four = vary(Drawing((looped_four(hand.rng),), "4", ""), hand.rng)
    return "4", draw([place(four, "fill", hand.rng)], hand.pen())


def _long_dash(hand: _Hand) -> tuple[str, np.ndarray]:
    length, rise = hand.rng.uniform(150, 560), hand.rng.normal(0, 0.06)
    line = np.array([[60, 140], [60 + length, 140 + rise * length]], np.float32)
    return "", draw([Drawing((line,), "-", "")], hand.pen(), WIDE_CANVAS)


def _outlined_digit(hand: _Hand) -> tuple[str, np.ndarray]:
    """A digit with a white outline on a ground of some colour, as a sticker or a picture editor gives."""
    number, pen, rng = hand.number(1, 1), hand.pen() + 6, hand.rng
    digit = [hand.write(number, 70.0, rng.uniform(130, 180), 235.0)]
    ink, halo = (
        (WHITE - draw(digit, width).astype(np.float32))[..., None] / WHITE
        for width in (pen, pen + rng.choice([8, 12, 18]))
    )
    on_ground = rng.integers(30, 225, 3) * (1 - halo) + WHITE * halo
    return number, np.asarray(on_ground * (1 - ink) + rng.integers(0, 120, 3) * ink, np.uint8)


def _long_tails(hand: _Hand) -> tuple[str, np.ndarray]:
    number, height = hand.number(2, 4), 95.0
    waist = 160.0 - 0.4 * height

    def stretch(drawing: Drawing) -> Drawing:
        if drawing.label not in TAIL_DIGITS:
            return drawing
        longer = [np.where(s[:, 1] > waist, waist + (s[:, 1] - waist) * 2.6, s[:, 1]) for s in drawing.strokes]
        both = zip(drawing.strokes, longer, strict=True)
        return Drawing(tuple(np.stack([s[:, 0], y], axis=1).astype(np.float32) for s, y in both), drawing.label, "")

    lifted = [drawing.transform(np.eye(2), np.array([0.0, 160.0 - FOOT])) for drawing in hand.row(number, height)]
    return number, _canvas([stretch(drawing) for drawing in lifted], PENS[0])


def _dash_beside(hand: _Hand) -> tuple[str, np.ndarray]:
    number, rng = hand.number(1, 3), hand.rng
    row = [digit.transform(np.eye(2), np.array([90.0, 0.0])) for digit in hand.row(number, 120.0)]
    level, length = FOOT - 60.0 + rng.normal(0, 6), rng.uniform(30, 60)
    right = float(row[-1].extent[1][0])
    left = 60.0 - length if rng.random() < 0.5 else right + rng.uniform(30, 50)
    dash = np.array([[left, level], [left + length, level + rng.normal(0, 3)]], np.float32)
    return number, _canvas([*row, Drawing((dash,), "-", "")], PENS[0])


def _comma(hand: _Hand) -> tuple[str, np.ndarray]:
    number, rng = hand.number(2, 2), hand.rng
    first = hand.write(number[0], 50.0, 110.0)
    point = float(first.extent[1][0]) + rng.uniform(25, 40)
    comma = np.array([[point, FOOT], [point - rng.choice([0, 8]), FOOT + rng.choice([2, 24])]], np.float32)
    second = hand.write(number[1], point + rng.uniform(25, 40), 110.0)
    return number, _canvas([first, Drawing((comma,), ",", ""), second], PENS[0])


def _tiles(hand: _Hand) -> tuple[str, np.ndarray]:
    """Digits light on dark, each on a square of its own, as a figure about MNIST shows them side by side."""
    number, rng = hand.number(2, 5), hand.rng
    size, gap = int(rng.integers(90, 120)), int(rng.integers(6, 40))
    top = (CANVAS_SIDE - size) // 2
    canvas = np.full((WIDE_CANVAS[1], WIDE_CANVAS[0]), WHITE, np.uint8)
    for i, label in enumerate(number):
        digit = hand.write(label, 0.0, 0.7 * size)
        shift = size / 2 - (digit.extent[0] + digit.extent[1]) / 2
        tile = WHITE - draw([digit.transform(np.eye(2), shift)], size // 10, (size, size))
        if rng.random() < 0.5:  # as coarse as MNIST
            coarse = cv2.resize(tile, (FRAME_SIZE, FRAME_SIZE), interpolation=cv2.INTER_AREA)
            tile = np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_NEAREST), np.uint8)
        left = 20 + i * (size + gap)
        canvas[top : top + size, left : left + size] = tile
    return number, canvas


FAULTS: dict[str, Fault] = {
    "folded digit": _folded_digit,
    "folded number": _folded_number,
    "small zeros": _small_zeros,
    "slanted ones": _slanted_ones,
    "looped four": _looped_four,
    "long dash": _long_dash,
    "outlined": _outlined_digit,
    "long tails": _long_tails,
    "dash beside": _dash_beside,
    "comma": _comma,
    "tiles": _tiles,
}


def draw_with_fault(digits: Sequence[Drawing], fault: str, count: int, seed: int) -> Iterator[Sample]:
    """Draw pictures with a fault.

    Args:
        digits: of writers that nothing was trained on.
        fault: a key of `FAULTS`.
        count: pictures.
        seed: the same one gives the same pictures.
    """
    by_label = {label: [digit for digit in digits if digit.label == label] for label in "0123456789"}
    hand = _Hand(by_label, np.random.default_rng([seed, zlib.crc32(fault.encode())]))
    for number in range(count):
        truth, picture = FAULTS[fault](hand)
        yield Sample(picture, truth, f"#{number}", fault)
