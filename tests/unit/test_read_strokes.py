"""Strokes are read like pictures, in any unit, with boxes in that unit."""

import pytest

from digit_core import EmptyDrawingError, Vote
from digit_core.errors import StrokesError, VoteError
from tests.support.drawings import strokes_of


@pytest.mark.parametrize("unit", [1 / 280, 1, 26.46])
@pytest.mark.parametrize("text", ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "407"])
def test_digits_are_read_in_any_unit(recognizer, text, unit):
    strokes = [[(x * unit, y * unit) for x, y in line] for line in strokes_of(text, width=280 * len(text))]

    assert recognizer.read_strokes(strokes).text == text


def test_rows_are_read_from_top_to_bottom(recognizer):
    lower = [[(x, y + 300) for x, y in line] for line in strokes_of("35", 400, 280)]

    assert recognizer.read_strokes(strokes_of("12", 400, 280) + lower).text == "12\n35"


def test_the_boxes_have_the_strokes_unit(recognizer):
    unit = 1 / 280
    strokes = [[(x * unit, y * unit) for x, y in line] for line in strokes_of("25", 560, 280)]

    reading = recognizer.read_strokes(strokes)

    for digit, line in zip(reading.digits, strokes, strict=True):
        xs, ys = zip(*line, strict=True)
        assert digit.box.left < min(xs) < max(xs) < digit.box.right
        assert digit.box.top < min(ys) < max(ys) < digit.box.bottom
        assert digit.box.height == pytest.approx(max(ys) - min(ys), abs=0.15)


def test_paper_and_brush_may_be_given(recognizer):
    reading = recognizer.read_strokes(strokes_of("3"), size=(280, 280), brush=20)

    assert reading.text == "3"


def test_strokes_beyond_the_paper_are_nothing_to_read(recognizer):
    with pytest.raises(EmptyDrawingError):
        recognizer.read_strokes([[(500, 500), (500, 600)]], size=(280, 280))


def test_vote_threshold_and_single_are_those_of_read(recognizer):
    reading = recognizer.read_strokes(strokes_of("11"), vote=Vote("deep"), threshold=1, single=True)

    [digit] = reading.digits
    assert reading.vote.model == "deep"
    assert digit.prediction == digit.votes["deep"]
    assert digit.verdict != "digit"
    with pytest.raises(VoteError):
        recognizer.read_strokes(strokes_of("1"), threshold=float("nan"))


def test_what_are_no_strokes_is_refused_before_anything_is_read(recognizer):
    with pytest.raises(StrokesError):
        recognizer.read_strokes([["a", "b"]])
