"""Which pieces are one digit and which shapes are several, by what the networks say of blocks of ink."""

from dataclasses import replace

import numpy as np
import pytest

from digit_core.effort import DRAWING, PICTURE
from digit_core.page.seams import slices
from digit_core.page.segmentation import Shape
from digit_core.reading import touching
from digit_core.reading.judgement import Judgement
from digit_core.reading.touching import (
    NUMBER_WEIGHTS,
    cut,
    cut_in_company,
    cut_into_digits,
    doubt_cuts,
    join_pieces,
    number_features,
    regroup,
)
from digit_core.types import Box

FRAME = np.zeros((28, 28), np.float32)
SEVEN = 7


def judge(shape, confidence, digitness=1.0, one=False):
    """A shape that is read as a seven, or as a one, with so much confidence."""
    probabilities = np.full(10, (1 - confidence) / 9)
    probabilities[1 if one else SEVEN] = confidence
    return Judgement(shape, FRAME, probabilities, {}, digitness)


def block(left, width, top=0, height=100):
    return Shape(Box(left, top, width, height), np.ones((height, width), np.float32))


def pair(width, bar=4, second=100):
    """Two upright strokes, 100 and `second` pixels high, that a bar at their foot joins."""
    ink = np.zeros((100, width), np.float32)
    ink[:, :8] = ink[100 - second :, -8:] = ink[100 - bar :] = 1
    return Shape(Box(0, 0, width, 100), ink)


def answers(confidence, digitness=1.0):
    """What the networks say of every shape that they are asked about."""
    return lambda shapes: [judge(shape, confidence, digitness) for shape in shapes]


@pytest.mark.parametrize(
    ("width", "gap", "count"),
    [
        (40, 18, 1),
        (40, 22, 2),  # more than a fifth of their height apart
        (50, 5, 1),
        (58, 5, 2),  # together wider than they are high
    ],
)
def test_neighbours_are_joined_where_they_are_near_and_together_no_wider_than_a_digit(width, gap, count):
    row = judge(block(0, width), 0.6), judge(block(width + gap, width), 0.6)

    assert len(join_pieces(row, answers(0.99))) == count


@pytest.mark.parametrize(("clarity", "odds"), [(0.99, 99), (0.9999, 1000), (1.0, 1000)])
def test_a_part_of_a_number_counts_for_at_most_a_thousand_to_one(clarity, odds):
    features = number_features(block(0, 40), (judge(block(0, 40), clarity),))

    assert features["weakest"] == features["mean"] == pytest.approx(np.log(odds), abs=0.01)


@pytest.mark.parametrize(("weaker", "count"), [(0.7, 1), (0.92, 2)])
def test_clear_digits_are_not_joined(weaker, count):
    row = judge(block(0, 40), weaker), judge(block(45, 40), 0.95)

    assert len(join_pieces(row, answers(0.99))) == count


@pytest.mark.parametrize(("pieces", "count"), [(38, 19), (42, 42)])
def test_where_far_too_much_is_doubtful_nothing_is_looked_at_closer(pieces, count):
    row = tuple(judge(block(200 * (i // 2) + 45 * (i % 2), 40), 0.6) for i in range(pieces))

    [kept] = regroup([row], answers(0.99), PICTURE)

    assert len(kept) == count


@pytest.mark.parametrize(("pieces", "count"), [(20, 10), (24, 24)])
def test_a_drawing_of_very_many_shapes_is_not_looked_at_closer(pieces, count):
    row = tuple(judge(block(200 * (i // 2) + 45 * (i % 2), 40), 0.6) for i in range(pieces))

    [kept] = regroup([row], answers(0.99), DRAWING)

    assert len(kept) == count


@pytest.mark.parametrize(
    ("effort", "shapes", "are_cut"),
    [(DRAWING, 10, True), (DRAWING, 11, False), (PICTURE, 40, True), (PICTURE, 51, False)],
)
def test_shapes_are_cut_only_where_there_are_few_enough_to_look_at_a_dozen_parts_of_each(
    monkeypatch, effort, shapes, are_cut
):
    monkeypatch.setattr("digit_core.reading.touching.NUMBER_WEIGHTS", dict.fromkeys(NUMBER_WEIGHTS, 0.0))
    row = tuple(judge(replace(pair(60), box=Box(500 * i, 0, 60, 100)), 0.5, digitness=0.1) for i in range(shapes))

    [kept] = regroup([row], answers(0.9), effort)

    assert len(kept) == (2 * shapes if are_cut else shapes)


@pytest.mark.parametrize(
    ("beside", "count"),
    [
        (judge(block(300, 40), 0.99), 3),
        (judge(block(300, 40), 0.5), 2),  # no clear digit: what is found may be anything
        (judge(block(300, 8), 0.99, one=True), 2),  # and a one may be any stroke
    ],
    ids=["clear", "doubtful", "one"],
)
def test_what_the_finder_found_is_cut_beside_a_clear_digit_alone(beside, count):
    [row] = cut_in_company([(judge(pair(170), 0.3), beside)], answers(0.99), PICTURE)

    assert len(row) == count


@pytest.mark.parametrize(("width", "is_looked_at"), [(32, False), (38, True)])
def test_a_narrow_shape_is_not_looked_at_for_two_digits(width, is_looked_at):
    asked = []

    cut(judge(pair(width), 0.5), lambda shapes: asked.append(1) or answers(0.1)(shapes))

    assert bool(asked) == is_looked_at


@pytest.mark.parametrize(("width", "is_cut"), [(150, False), (170, True)])
def test_a_shape_wider_than_any_digit_is_cut_however_likely_it_is_one(width, is_cut):
    assert bool(cut(judge(pair(width), 0.5), answers(0.6))) == is_cut


@pytest.mark.parametrize(("confidence", "is_cut"), [(0.3, True), (0.42, False)])
def test_two_clear_parts_are_likelier_than_a_shape_that_is_read_with_a_third_of_confidence(confidence, is_cut):
    assert bool(cut(judge(pair(150), confidence), answers(0.99))) == is_cut


@pytest.mark.parametrize(("bar", "confidence", "is_cut"), [(4, 0.335, True), (30, 0.33, False)])
def test_a_cut_is_the_less_likely_the_more_ink_it_crosses(bar, confidence, is_cut):
    assert bool(cut(judge(pair(150, bar), confidence), answers(0.99))) == is_cut


@pytest.mark.parametrize(("height", "is_cut"), [(45, False), (55, True)])
def test_a_part_is_at_least_half_as_high_as_its_shape(height, is_cut):
    assert bool(cut(judge(pair(150, second=height), 0.1), answers(0.99))) == is_cut


@pytest.mark.parametrize(("confidence", "is_cut"), [(0.15, False), (0.25, True)])
def test_parts_that_are_hardly_digits_at_all_are_none(confidence, is_cut):
    assert bool(cut(judge(pair(170), 0.5), answers(confidence, digitness=0.1))) == is_cut


@pytest.fixture
def wide_is_likely(monkeypatch):
    """A number is the likelier the wider its parts: at -2.4 for parts half as wide as high."""
    weights = dict.fromkeys(NUMBER_WEIGHTS, 0.0) | {"bias": -4.6, "width": 4.4}
    monkeypatch.setattr("digit_core.reading.touching.NUMBER_WEIGHTS", weights)


@pytest.mark.usefixtures("wide_is_likely")
@pytest.mark.parametrize(("width", "count"), [(95, 1), (105, 2)])
def test_parts_of_a_shape_are_a_number_where_that_is_likely_enough(width, count):
    [row] = regroup([(judge(pair(width), 0.5, digitness=0.1),)], answers(0.5), PICTURE)

    assert len(row) == count


@pytest.mark.usefixtures("wide_is_likely")
@pytest.mark.parametrize(("width", "count"), [(45, 1), (60, 2)])
def test_beside_a_clear_digit_a_less_likely_shape_is_a_number(width, count):
    [row] = regroup([(judge(pair(width), 0.5, digitness=0.1), judge(block(300, 40), 0.99))], answers(0.5), PICTURE)

    assert len(row) == 1 + count


@pytest.mark.parametrize(
    ("whole", "digitness", "rows"), [(0.45, 1.0, 2), (0.55, 1.0, 1), (0.45, 0.45, 1), (0.45, 0.55, 2)]
)
def test_a_shape_that_is_no_digit_is_two_rows_where_each_of_them_is_one(whole, digitness, rows):
    stacked = np.zeros((100, 40), np.float32)
    stacked[:45] = stacked[55:] = 1
    shape = Shape(Box(0, 0, 40, 100), stacked)

    def ask(shapes):
        halves = [1.0 if one.box.top == 0 else digitness for one in shapes]
        return [judge(one, 1.0 if one.box.height < 60 else 0.1, half) for one, half in zip(shapes, halves, strict=True)]

    assert len(regroup([(judge(shape, whole),)], ask, PICTURE)) == rows


def cut_block(left, width, confidence=0.99, one=False):
    """A clear digit whose ink hangs together with its neighbour's."""
    return judge(replace(block(left, width), is_cut=True), confidence, one=one)


@pytest.mark.parametrize(("ones", "is_likely"), [(True, False), (False, True)])  # a letter's strokes are ones
def test_clear_digits_whose_ink_hangs_together_are_a_number_where_that_is_likely(ones, is_likely):
    [row] = doubt_cuts([(cut_block(0, 30, one=ones), cut_block(30, 30, one=ones))])

    assert all(one.is_part for one in row)
    assert row[0].digitness == row[1].digitness
    assert (row[0].digitness > 0.5) == is_likely


@pytest.mark.parametrize(
    "row",
    [
        (judge(block(0, 20), 0.99), judge(block(40, 20), 0.99)),  # apart
        (cut_block(0, 20), cut_block(20, 20, confidence=0.5)),  # one is no clear digit
        (cut_block(0, 20),),
    ],
)
def test_other_digits_keep_what_was_said_of_them(row):
    assert doubt_cuts([row]) == (row,)


def test_parts_that_leave_the_right_end_over_make_no_number(monkeypatch):
    shape = pair(120)
    parts = slices(shape)
    assert len(cut(judge(shape, 0.1, 0.1), answers(0.99))) > 1

    monkeypatch.setattr(touching, "slices", lambda *_: [part for part in parts if not part.is_last])

    assert cut(judge(shape, 0.1, 0.1), answers(0.99)) == ()
    assert cut_into_digits([(judge(shape, 0.1, 0.1),)], 2, answers(0.99), PICTURE) is None
