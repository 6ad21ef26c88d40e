"""Signs beside numbers are passed over; alone they are no digit, and letters are not passed over."""

import numpy as np
import pytest
from PIL import Image

from digit_core.page.trace import Trace
from tests.support.drawings import DIGITS, arc, draw_strokes

# Each as strokes in a box of 1.
SIGNS = {
    "plus": [[(0.1, 0.5), (0.9, 0.5)], [(0.5, 0.1), (0.5, 0.9)]],
    "minus": [[(0.1, 0.5), (0.9, 0.5)]],
    "times": [[(0.15, 0.2), (0.85, 0.85)], [(0.85, 0.2), (0.15, 0.85)]],
    "divided by": [[(0.1, 0.5), (0.9, 0.5)], [(0.5, 0.2), (0.5, 0.22)], [(0.5, 0.78), (0.5, 0.8)]],
    "equals": [[(0.1, 0.38), (0.9, 0.38)], [(0.1, 0.65), (0.9, 0.65)]],
    "dollar": [
        [(0.8, 0.2), (0.5, 0.08), (0.22, 0.25), (0.5, 0.47), (0.78, 0.68), (0.5, 0.9), (0.18, 0.78)],
        [(0.5, -0.05), (0.5, 1.05)],
    ],
    "euro": [arc(0.6, 0.5, 0.7, 0.9, -50, -310), [(0.05, 0.42), (0.7, 0.42)], [(0.05, 0.6), (0.65, 0.6)]],
}
LETTERS = {
    "K": [[(0.2, 0.0), (0.2, 1.0)], [(0.8, 0.0), (0.2, 0.5), (0.8, 1.0)]],
    "W": [[(0.0, 0.0), (0.25, 1.0), (0.5, 0.3), (0.75, 1.0), (1.0, 0.0)]],
    "Y": [[(0.1, 0.0), (0.5, 0.5), (0.9, 0.0)], [(0.5, 0.5), (0.5, 1.0)]],
}
SIZES = {"plus": 0.6, "minus": 0.55, "times": 0.5, "divided by": 0.6, "equals": 0.6}  # of a digit's


def write(*characters, side=110, brush=12):
    """Write digits, signs and letters side by side in one row, on a grey picture."""
    picture = Image.new("L", (round(len(characters) * side * 1.25) + 80, 280), 255)
    shapes = {str(digit): strokes for digit, strokes in DIGITS.items()} | SIGNS | LETTERS
    for i, name in enumerate(characters):
        size = side * SIZES.get(name, 1.0)
        left, top = 40 + i * side * 1.25 + (side - size) / 2, 85 + (side - size) / 2
        placed = [[(left + x * size, top + y * size) for x, y in stroke] for stroke in shapes[name]]
        picture = draw_strokes(picture, *placed, brush=brush)
    return picture


def take_photo(picture):
    """The same on grey paper with grain, ink not quite black."""
    pixels = np.asarray(picture, np.float32) * 0.55 + 80
    return np.clip(pixels + np.random.default_rng(3).normal(0, 4, pixels.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_between_digits_is_passed_over(recognizer, sign):
    reading = recognizer.read(write("2", "3", sign, "5"))

    assert (reading.text, reading.passed_over) == ("235", True)


@pytest.mark.parametrize("sign", SIGNS)
def test_so_is_one_on_a_photo(recognizer, sign):
    assert recognizer.read(take_photo(write("2", "3", sign, "5"))).text == "235"


def test_a_whole_sum_is_read_in_one_row(recognizer):
    reading = recognizer.read(write("2", "plus", "3", "equals", "5"))

    assert (reading.text, reading.passed_over) == ("235", True)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_alone_is_no_digit(recognizer, sign):
    reading = recognizer.read(write(sign))

    assert {digit.verdict for digit in reading.digits} == {"not_a_digit"}


@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_between_digits_is_not_passed_over(recognizer, letter):
    reading = recognizer.read(write("2", "3", letter, "5"))

    assert (reading.text, reading.passed_over) == ("23?5", False)


def test_the_likeliest_texts_hold_no_sign_either(recognizer):
    reading = recognizer.read(write("2", "3", "plus", "5"), alternatives=3)

    assert reading.text == "235"
    assert reading.alternatives
    assert all(other.text.isdigit() for other in reading.alternatives)


def test_of_a_known_number_of_digits_none_is_a_sign(recognizer):
    assert recognizer.read(write("2", "3", "plus", "5"), digits=3).text == "235"


def test_frames_of_marks_stand_apart_from_those_of_the_answer(recognizer):
    trace = Trace()

    reading = recognizer.read(write("2", "plus", "3"), trace=trace)

    frames, marks = (trace.pictures[f"plain {name}"] for name in ("frames", "marks"))
    assert frames.shape[1] == len(reading.digits) * marks.shape[1]
    assert not any(np.array_equal(marks, part) for part in np.hsplit(frames, len(reading.digits)))
