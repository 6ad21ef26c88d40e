"""Which grouping of what the finder found reads best: by what the networks say of each, and what each costs."""

import numpy as np
import pytest

from digit_core.reading import groupings
from digit_core.reading.alternatives import Candidate, Chain
from digit_core.reading.groupings import Constraints, FinderReading, find_and_read
from digit_core.reading.judgement import MARK_LABEL, Judgement

WIDTH, HEIGHT, BORDER = 256, 128, 16  # so large a picture is looked at as it is, with a border
UNIT = 16  # pixels of the finder's answer in which it tells offsets
APART = (60, 40, 12, 40), (90, 40, 12, 40)  # two bars as high as characters are learned, near one another
TOGETHER = (60, 40, 14, 40), (74, 40, 14, 40)  # the same, side by side


def picture_of_boxes(boxes):
    rgb = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for left, top, width, height in boxes:
        rgb[top : top + height, left : left + width] = 0
    return rgb


def finder_of(boxes):
    """A finder that takes each box for a character 40 pixels high."""

    def find(pictures):
        height, width = (side // 2 for side in pictures.shape[1:3])
        maps = np.full((height, width, 6), -10, np.float32)
        maps[..., 3:] = 0
        for box in boxes:
            left, top = (box[0] + BORDER) // 2, (box[1] + BORDER) // 2
            wide, high = box[2] // 2, box[3] // 2
            rows, columns = np.mgrid[top : top + high, left : left + wide]
            middle = left + wide // 2, top + high // 2
            maps[rows, columns, 0] = 10
            maps[middle[1], middle[0], 2] = 10
            maps[rows, columns, 3], maps[rows, columns, 4] = (middle[0] - columns) / UNIT, (middle[1] - rows) / UNIT
        return maps[None]

    return find


def read(boxes, say):
    """How wide the shapes are that a picture of boxes is read as; `say` tells confidence and digitness by the width."""

    def ask(shapes):
        judgements = []
        for shape in shapes:
            confidence, digitness = say(shape.box.width)
            probabilities = np.full(10, (1 - confidence) / 9)
            probabilities[7] = confidence
            judgements.append(Judgement(shape, np.zeros((28, 28), np.float32), probabilities, {}, digitness))
        return judgements

    [row] = find_and_read(picture_of_boxes(boxes), finder_of(boxes), ask, Constraints()).rows
    return [round(one.shape.box.width) for one in row]


def test_the_texts_that_were_weighed_begin_with_the_likeliest():
    found = [Chain(-0.1, (Candidate(0, 1, -0.1, "4", None),)), Chain(-2.0, (Candidate(0, 1, -2.0, "9", None),))]

    four, nine = FinderReading(None, None, (tuple(found),)).likeliest(2)

    assert (four.text, nine.text) == ("4", "9")
    assert four.probability + nine.probability == pytest.approx(1)
    assert four.probability / nine.probability == pytest.approx(np.exp(1.9))


def test_texts_of_several_rows_are_as_many_as_are_asked_for():
    rows = [
        [Chain(-i, (Candidate(0, 1, -i, label, None),)) for i, label in enumerate(labels)] for labels in ("49", "17")
    ]

    found = FinderReading(None, None, tuple(map(tuple, rows)))

    assert [other.text for other in found.likeliest(9)] == ["4\n1", "4\n7", "9\n1", "9\n7"]


def test_texts_leave_marks_out_beside_digits_alone():
    rows = [
        [Chain(-i, (Candidate(0, 1, -i, label, None),)) for i, label in enumerate(labels)]
        for labels in ([MARK_LABEL], ["4", MARK_LABEL])
    ]

    found = FinderReading(None, None, tuple(map(tuple, rows)))

    assert [other.text for other in found.likeliest(9)] == ["4", "?\n?"]


def test_texts_that_differ_in_marks_alone_are_one():
    labels = ("4", MARK_LABEL, "7"), ("4", "7")
    chains = [Chain(-0.5, tuple(Candidate(0, 1, 0, label, None) for label in some)) for some in labels]

    [text] = FinderReading(None, None, (tuple(chains),)).likeliest(9)

    assert (text.text, text.probability) == ("47", pytest.approx(1))


def test_the_other_texts_are_made_from_the_three_likeliest_readings_of_a_shape():
    likely = np.full(10, 0.001)
    likely[[4, 9, 1, 7]] = 0.6, 0.2, 0.1, 0.08

    def ask(shapes):
        return [Judgement(shape, np.zeros((28, 28), np.float32), likely, {}, 1.0) for shape in shapes]

    box = (60, 40, 12, 40)
    found = find_and_read(picture_of_boxes([box]), finder_of([box]), ask, Constraints(alternatives=9))

    assert [other.text for other in found.likeliest(4)] == ["4", "9", "1", "?"]


# What two ways cost is written behind the likelihood of the second from which it would be as good as the first.


@pytest.mark.parametrize(("both", "count"), [(0.36, 2), (0.42, 1)])  # 0.8² e^-0.5 = 0.39: a character less
def test_one_character_is_likelier_than_two(both, count):
    row = read(APART, lambda width: (0.8, 1.0) if width < 30 else (both, 1.0))

    assert len(row) == count


@pytest.mark.parametrize(("both", "count"), [(0.19, 2), (0.23, 1)])  # 0.8² e^-1.1 = 0.21: nor two cuts of the finder's
def test_ink_that_hangs_together_is_likelier_one_character(both, count):
    row = read(TOGETHER, lambda width: (0.8, 1.0) if width < 20 else (both, 1.0))

    assert len(row) == count


@pytest.mark.parametrize(("two", "count"), [(0.5, 3), (0.68, 2)])  # 0.88² e^-0.3 = 0.57: one cut, not two
def test_a_character_that_ends_within_ink_is_less_likely_where_the_finder_does_not_say_so(two, count):
    three = *TOGETHER, (88, 40, 14, 40)

    row = read(three, lambda width: (0.88, 1.0) if width < 20 else (two, 1.0) if width < 34 else (0.11, 0.7))

    assert len(row) == count


@pytest.mark.parametrize(("each", "count"), [(0.58, 1), (0.65, 2)])  # sqrt(e^-1) = 0.61: as much as one that is none
def test_what_is_no_digit_is_less_likely_than_digits(each, count):
    row = read(APART, lambda width: (each, 1.0) if width < 30 else (1.0, 0.0))

    assert len(row) == count


@pytest.fixture
def level(monkeypatch):
    """Take every row for level: the finder that stands in answers the same about a turned picture."""
    monkeypatch.setattr(groupings, "slope_of", lambda boxes: 0.0)


def read_ones(boxes, answer, whole=0.99):
    """How high the shapes of each row are; halves are clear ones, what is higher is `answer` with some confidence."""

    def ask(shapes):
        judgements = []
        for shape in shapes:
            is_half = shape.box.height < 60
            probabilities = np.full(10, 0.001)
            probabilities[1 if is_half else answer] = 0.99 if is_half else whole
            judgements.append(Judgement(shape, np.zeros((28, 28), np.float32), probabilities, {}, 1.0))
        return judgements

    rows = find_and_read(picture_of_boxes(boxes), finder_of(boxes), ask, Constraints()).rows
    return [[round(one.shape.box.height / 40) for one in row] for row in rows]


HALVES = (60, 20, 14, 40), (60, 60, 14, 40)  # of one stroke, one above the other
BESIDE = (100, 40, 14, 40)


@pytest.mark.usefixtures("level")
def test_halves_of_a_one_that_is_higher_than_its_neighbours_come_together():
    assert read_ones([*HALVES, BESIDE], answer=1) == [[2, 1]]


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize(("answer", "whole"), [(8, 0.99), (1, 0.6)])
def test_ones_above_one_another_stay_apart_where_both_together_are_no_clear_one(answer, whole):
    assert sum(map(len, read_ones([*HALVES, BESIDE], answer, whole))) == 3


@pytest.mark.usefixtures("level")
def test_ones_above_one_another_stay_apart_where_their_ink_does():
    upper, lower = HALVES
    apart = (lower[0], lower[1] + 6, *lower[2:])

    assert sum(map(len, read_ones([upper, apart, BESIDE], answer=1))) == 3
