"""Shapes are found whole, apart and in reading order."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digit_core.errors import EmptyDrawingError, TooManyDigitsError
from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.page.segmentation import (
    MAX_SHAPES,
    bounding_box,
    find_digits,
    split_into_pieces,
    split_into_rows,
    whole_picture,
)
from digit_core.types import Box
from tests.support.drawings import blocks, lines, picture_of
from tests.support.frames import likeness


def sheet(*rows, width=700, height=200, brush=14):
    """Rows of digits, one below the other."""
    paper = Image.new("L", (width, height * len(rows)), 255)
    for number, text in enumerate(rows):
        paper.paste(picture_of(text, width=width, height=height, brush=brush).convert("L"), (0, height * number))
    return paper


THREE_ONES = [(20, 50, 10, 100), (220, 50, 10, 100), (420, 50, 10, 100)]  # 100 pixels are the usual height


@pytest.mark.parametrize("digit", "0123456789")
@pytest.mark.parametrize("brush", [8, 20, 28])
def test_a_single_digit_is_one_shape(digit, brush):
    ink = to_ink(picture_of(digit, brush=brush))

    [[shape]] = find_digits(ink)

    assert float(shape.ink.sum()) == pytest.approx(float(ink.sum()), rel=0.04)


@pytest.mark.parametrize("text", ["17", "407", "90210", "1234567890"])
def test_a_row_is_read_from_left_to_right(text):
    [row] = find_digits(to_ink(picture_of(text, width=140 * len(text), height=220, brush=14)))

    assert len(row) == len(text)
    assert [shape.box.left for shape in row] == sorted(shape.box.left for shape in row)
    for shape, digit in zip(row, text, strict=True):
        assert likeness(to_mnist_frame(shape.ink), to_mnist_frame(to_ink(picture_of(digit, brush=28)))) > 0.7


def test_a_shape_is_split_where_rows_without_ink_run_through_it():
    [[shape]] = find_digits(to_ink(sheet("4", "7", width=200, height=160)))

    upper, lower = split_into_rows(shape)

    assert upper.box.bottom < lower.box.top
    assert upper.box.top == shape.box.top
    assert lower.box.bottom == shape.box.bottom
    assert upper.box.left >= shape.box.left
    assert likeness(to_mnist_frame(upper.ink), to_mnist_frame(to_ink(picture_of("4", brush=28)))) > 0.7
    assert likeness(to_mnist_frame(lower.ink), to_mnist_frame(to_ink(picture_of("7", brush=28)))) > 0.7


@pytest.mark.parametrize(
    "strokes",
    [
        [[(100, 40), (180, 80), (140, 160)], [(138, 215), (142, 215)]],  # a question mark's dot
        [[(80, 40), (200, 40)], [(90, 90), (190, 130), (90, 220)]],  # a bar above the rest
        [[(80, 40), (200, 220)]],
    ],
)
def test_a_digits_own_dots_and_bars_split_no_shape(strokes):
    shape = whole_picture(to_ink(lines(*strokes)))

    assert split_into_rows(shape) == (shape,)


def test_a_one_along_the_edge_stays():
    paper = sheet("7", width=300)
    ImageDraw.Draw(paper).line([(4, 40), (4, 160)], fill=0, width=10)

    [row] = find_digits(to_ink(paper))

    assert len(row) == 2


def test_two_rows_are_read_from_top_to_bottom():
    rows = find_digits(to_ink(sheet("407", "12", "8")))

    assert [len(row) for row in rows] == [3, 2, 1]
    assert rows[0][0].box.bottom < rows[1][0].box.top < rows[1][0].box.bottom < rows[2][0].box.top


def test_a_slanting_row_stays_one_row():
    slanting = sheet("4071").rotate(-8, fillcolor=255, expand=True)

    [row] = find_digits(to_ink(slanting))

    assert len(row) == 4


@pytest.mark.parametrize(
    "strokes",
    [
        [[(120, 60), (100, 150), (170, 150), (180, 210), (110, 220)], [(142, 55), (190, 50)]],  # a five and its bar
        [[(95, 60), (90, 115), (165, 115)], [(188, 60), (188, 220)]],  # an open four
        [[(90, 60), (190, 60), (170, 120)], [(160, 145), (140, 220)]],  # a seven, broken
        [[(100, 60), (180, 60), (140, 220)], [(85, 140), (118, 140)]],  # a seven and its bar
    ],
    ids=["five", "four", "broken seven", "barred seven"],
)
def test_a_digit_in_two_pieces_stays_one(strokes):
    [[shape]] = find_digits(to_ink(lines(*strokes)))

    points = np.array([point for stroke in strokes for point in stroke])
    assert shape.box.left <= points[:, 0].min()
    assert shape.box.right >= points[:, 0].max()
    assert shape.box.top <= points[:, 1].min()
    assert shape.box.bottom >= points[:, 1].max()


@pytest.mark.parametrize(
    ("piece", "is_joined"),
    [
        ((50, 90, 20, 20), True),  # 20 pixels from a one
        ((56, 90, 20, 20), False),  # 26
        ((40, 80, 20, 40), True),  # 40 pixels high
        ((40, 80, 20, 52), False),  # 52, as high as a small digit
    ],
)
def test_a_low_piece_beside_a_digit_belongs_to_it_where_it_is_near(piece, is_joined):
    [row] = find_digits(blocks(*THREE_ONES, piece))

    assert len(row) == (3 if is_joined else 4)


@pytest.mark.parametrize(
    ("lower", "is_joined"),
    [
        ((600, 136, 20, 50), True),  # 26 pixels below the upper piece
        ((600, 146, 20, 50), False),  # 36
        ((609, 120, 20, 50), True),  # 11 of 20 columns are below the upper piece
        ((612, 120, 20, 50), False),  # 8 of 20
    ],
)
def test_pieces_above_one_another_are_one_digit_where_they_share_columns_and_are_near(lower, is_joined):
    rows = find_digits(blocks(*THREE_ONES, (600, 50, 20, 60), lower))

    assert sum(map(len, rows)) == (4 if is_joined else 5)


@pytest.mark.parametrize(
    ("stroke", "length", "is_speck"),
    [
        (10, 10, True),  # a tenth of the highest
        (10, 14, False),
        (5, 7, True),  # hardly longer than a thin pen's stroke is wide
        (5, 10, False),
    ],
)
def test_a_speck_is_small_beside_the_digits_and_the_pen(stroke, length, is_speck):
    ones = [(left, top, stroke, height) for left, top, _, height in THREE_ONES]

    [row] = find_digits(blocks(*ones, (600, 90, min(stroke, length), length)))

    assert len(row) == (3 if is_speck else 4)


@pytest.mark.parametrize(("height", "count"), [(55, 2), (45, 1)])
def test_digits_above_one_another_are_about_as_high(height, count):
    shape = whole_picture(blocks((20, 20, 40, 100), (20, 140, 40, height)))

    assert len(split_into_rows(shape)) == count


@pytest.mark.parametrize(("bridge", "count"), [(0.35, 1), (0.25, 2)])
def test_faint_ink_joins_what_is_firm_and_paper_does_not(bridge, count):
    ink = blocks((20, 50, 10, 100), (80, 50, 10, 100))
    ink[100:110, 30:80] = bridge

    [row] = find_digits(ink)

    assert len(row) == count


def test_what_is_faint_all_over_is_no_shape():
    assert len(find_digits(blocks((20, 50, 10, 100), level=0.65))) == 1
    with pytest.raises(EmptyDrawingError):
        find_digits(blocks((20, 50, 10, 100), level=0.5))


@pytest.mark.parametrize("specks", [[(20, 20)], [(20, 20), (260, 30), (255, 250)]])
def test_specks_are_no_shapes(specks):
    picture = picture_of("3").convert("L")
    pen = ImageDraw.Draw(picture)
    for x, y in specks:
        pen.ellipse([x, y, x + 5, y + 5], fill=0)

    [[shape]] = find_digits(to_ink(picture))

    assert shape.box.left > 40
    assert shape.box.right < 240


def test_a_box_is_where_the_ink_is():
    [[shape]] = find_digits(to_ink(lines([(100, 60), (100, 200)], brush=20)))

    assert (shape.box.left, shape.box.top) == (pytest.approx(90, abs=2), pytest.approx(50, abs=2))
    assert (shape.box.right, shape.box.bottom) == (pytest.approx(110, abs=2), pytest.approx(210, abs=2))
    assert shape.ink.shape == (shape.box.height, shape.box.width)


def test_a_neighbours_ink_is_no_part_of_a_shape():
    long_and_short = lines([(60, 40), (140, 240)], [(150, 60), (150, 160)], size=(300, 280), brush=12)

    [row] = find_digits(to_ink(long_and_short))

    assert len(row) == 2
    whole = sum(float(shape.ink.sum()) for shape in row)
    assert whole == pytest.approx(float(to_ink(long_and_short).sum()), rel=0.02)


@pytest.mark.parametrize(
    ("boxes", "count"),
    [
        (((20, 20, 10, 100), (40, 20, 10, 100)), 2),
        (((20, 20, 10, 100), (40, 60, 10, 100)), 2),
        (((20, 20, 10, 100), (40, 80, 10, 100)), 1),  # half of it is below
        (((20, 20, 10, 100), (40, 20, 10, 40)), 1),  # a bar beside it
        (((20, 20, 10, 100), (20, 140, 10, 100)), 1),
        (((20, 20, 30, 100),), 1),
    ],
)
def test_pieces_side_by_side_are_split_from_left_to_right(boxes, count):
    parts = split_into_pieces(whole_picture(blocks(*boxes)))

    assert len(parts) == count
    assert [part.box.left for part in parts] == sorted(part.box.left for part in parts)


def test_the_whole_picture_can_be_taken_as_one_shape():
    shape = whole_picture(to_ink(picture_of("11")))

    assert shape.box.width > 100
    assert shape.ink.shape == (shape.box.height, shape.box.width)


def test_ink_too_faint_to_be_seen_is_outside_the_box():
    ink = np.zeros((20, 20), np.float32)
    ink[5:15, 5:15], ink[4, 5:15], ink[15, 5:15] = 1, 0.25, 0.35

    assert bounding_box(ink) == Box(5, 5, 10, 11)


@pytest.mark.parametrize("find", [find_digits, whole_picture])
def test_without_ink_there_is_nothing_to_find(find):
    with pytest.raises(EmptyDrawingError):
        find(np.zeros((100, 100), np.float32))


def test_a_page_of_text_is_refused():
    ink = np.zeros((800, 1200), np.float32)
    for row in range(20, 780, 40):
        for column in range(20, 1180, 40):
            ink[row : row + 24, column : column + 6] = 1

    with pytest.raises(TooManyDigitsError, match=f"More than {MAX_SHAPES} shapes"):
        find_digits(ink)


def test_gravel_is_refused_before_it_is_pieced_together():
    gravel = np.zeros((300, 900), np.float32)
    gravel[::6, ::6] = gravel[1::6, ::6] = 1.0

    with pytest.raises(TooManyDigitsError, match="too many separate marks"):
        find_digits(gravel)
