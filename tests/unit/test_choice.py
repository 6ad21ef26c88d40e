"""Which of two readings stands: what tells them apart, and which way each of it points."""

from dataclasses import replace

import numpy as np
import pytest

from digit_core.page.segmentation import Shape
from digit_core.reading.choice import CHOICE_WEIGHTS, choice_features, prefers_finder
from digit_core.reading.judgement import Judgement
from digit_core.types import Box

SHAPE = Shape(Box(0, 0, 20, 28), np.ones((28, 20), np.float32))


def make_row(text, digitness=1.0, confidence=0.99):
    """Return one row of shapes that are read as `text`."""
    row = []
    for label in text:
        probabilities = np.full(10, (1 - confidence) / 9)
        probabilities[int(label)] = confidence
        row.append(Judgement(SHAPE, np.zeros((28, 28), np.float32), probabilities, {}, digitness))
    return (tuple(row),)


def test_features_are_what_one_reading_has_more_of_than_the_other():
    clear, doubtful = make_row("4078"), make_row("18", digitness=0.5)

    more = choice_features(doubtful, clear)

    assert list(more) == list(CHOICE_WEIGHTS)
    assert more["doubtful"] == -1.0
    assert more["mean"] == pytest.approx(np.log(2))
    assert more["weakest"] == pytest.approx(np.log(2))
    assert more["ones"] == -0.5


def test_the_bias_alone_is_left_of_two_readings_alike():
    assert choice_features(make_row("12"), make_row("12")) == dict.fromkeys(CHOICE_WEIGHTS, 0.0) | {"bias": 1.0}


def test_a_clear_number_is_preferred_to_a_doubtful_shape_and_not_the_other_way_round():
    number, blot = make_row("4078"), make_row("8", digitness=0.1)

    assert prefers_finder(blot, number)
    assert not prefers_finder(number, blot)


def test_a_number_cut_from_ink_that_hangs_together_is_preferred_less():
    blot, letter = make_row("8", digitness=0.1), make_row("11")
    cut = (tuple(replace(one, shape=replace(SHAPE, is_cut=True)) for one in letter[0]),)

    assert choice_features(blot, cut)["cut"] == 1.0
    assert not prefers_finder(blot, cut)


def test_a_reading_without_a_clear_digit_is_never_preferred():
    assert not prefers_finder(make_row("18", digitness=0.01), make_row("7", digitness=0.5))


def test_a_shape_that_is_worth_nothing_can_be_compared():
    assert all(np.isfinite(value) for value in choice_features(make_row("3", digitness=0.0), make_row("1")).values())
