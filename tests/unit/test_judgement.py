"""What is made of judgements: marks are passed over and make no rows, what is left over is no digit."""

import numpy as np
import pytest

from digit_core.models.verdict import Limits
from digit_core.page.segmentation import Shape
from digit_core.reading.judgement import Judgement, mean_log_clarity, to_reading
from digit_core.reading.plain import Plain
from digit_core.types import Box, Vote

LIMITS = Limits(digitness=0.4, threshold=0.8)


def judge(left, top=0, height=40, digit=7, digitness=1.0, mark=0.0, **more):
    shape = Shape(Box(left, top, 20, height), np.ones((height, 20), np.float32))
    probabilities = np.full(10, 0.001)
    probabilities[digit] = 0.991
    return Judgement(shape, np.zeros((28, 28), np.float32), probabilities, {}, digitness, mark=mark, **more)


def mark(left, top=0, height=40):
    return judge(left, top, height, digitness=0.01, mark=0.9)


def read(rows, place=lambda shape: shape.box, **more):
    return to_reading(rows, place, LIMITS, Vote(), **more)


def test_the_bars_of_an_equals_sign_part_no_row():
    parted = [(judge(0), mark(30, 5, 6)), (mark(30, 25, 6), judge(60, digit=5))]

    reading = read(parted)

    assert (reading.text, reading.passed_over) == ("75", True)


def test_rows_follow_the_level_picture_not_the_slanting_one():
    rows = [(judge(0), mark(30), judge(60)), (judge(0, 60, digit=5), mark(30, 60), judge(60, 60, digit=5))]

    reading = read(rows, lambda shape: Box(shape.box.left, shape.box.left + shape.box.top, 20, 40))

    assert reading.text == "77\n55"


def test_rows_that_the_caller_knows_of_stay():
    parted = [(judge(0), mark(30, 5, 6)), (mark(30, 25, 6), judge(60, digit=5))]

    assert read(parted, know_layout=True).text == "7\n5"


def test_marks_alone_are_passed_over_by_nobody():
    reading = read([(mark(0), mark(30))])

    assert (reading.text, reading.passed_over) == ("??", False)


def test_what_is_left_over_is_no_digit_however_clear_it_is_and_keeps_its_digitness():
    reading = read([(judge(0), judge(30, is_left_over=True))])

    assert reading.text == "7?"
    assert reading.digits[1].digitness == 1.0


def test_a_shape_that_is_left_over_makes_a_reading_less_clear_and_a_mark_does_not():
    digits = [judge(0), judge(30)]

    assert mean_log_clarity([*digits, judge(60, is_left_over=True)]) < mean_log_clarity(digits) - 1
    left_over = judge(60, digitness=0.01, mark=0.9, is_left_over=True)
    assert mean_log_clarity([*digits, left_over]) == pytest.approx(mean_log_clarity(digits))


@pytest.mark.parametrize(
    ("row", "is_clear"),
    [
        ((judge(0), mark(30), judge(60)), True),
        ((judge(0), judge(30, digitness=0.01), judge(60)), False),
        ((judge(0), judge(30, digitness=0.6, mark=0.5)), False),
        ((judge(0), judge(30, digitness=0.01, mark=0.9, is_part=True)), False),
        ((mark(0), mark(30)), False),
    ],
)
def test_a_drawing_of_clear_digits_and_marks_leaves_nothing_to_ask(row, is_clear):
    assert Plain((row,), (row,), 100).is_clear == is_clear
