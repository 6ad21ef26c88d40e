"""Printed lines go, what is written on and between them stays."""

import cv2
import numpy as np
import pytest
from PIL import Image

from digit_core.page.decode import open_picture
from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink, without_rules
from digit_core.page.segmentation import find_digits
from tests.support.drawings import DIGITS, picture_of
from training.data.composed import KINDS, compose
from training.data.strokes import Drawing


def written(text):
    """Rows of digits as pen strokes, rows parted by a slash."""
    return [
        [
            Drawing(tuple(np.array(stroke, np.float32) for stroke in DIGITS[int(digit)]), digit, "test/1")
            for digit in row
        ]
        for row in text.split("/")
    ]


def grainy(picture):
    """A photo of a clean picture: grey paper with some grain, ink not quite black."""
    rng = np.random.default_rng(3)
    pixels = np.asarray(picture.convert("L"), np.float32) * 0.6 + 70
    return np.clip(pixels + rng.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["ruled", "squared", "squared, turned", "margin", "form line", "form box", "table"])
@pytest.mark.parametrize("seed", range(2))
def test_digits_on_printed_lines_are_found_alone(kind, seed):
    page = compose(written("2893/605"), KINDS[kind], np.random.default_rng(seed))

    rows = find_digits(to_ink(page.picture))

    assert [len(row) for row in rows] == [4, 3]


@pytest.mark.parametrize("seed", range(2))
def test_digits_in_boxes_of_their_own_are_found_alone(seed):
    page = compose(written("2893"), KINDS["comb boxes"], np.random.default_rng(seed))

    [row] = find_digits(to_ink(page.picture))

    assert len(row) == 4


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("comb boxes", 6),  # strokes touch the sides, the next row's box is near
        ("squared, dark lines", 10),  # strokes hide more than half of a line
        ("squared, dark lines", 14),
        ("squared, whole sheet", 1),  # lines are thin and strokes are near one another
        ("squared, whole sheet", 9),
    ],
)
def test_lines_that_strokes_hide_go_as_well(kind, seed):
    page = compose(written("2893/605"), KINDS[kind], np.random.default_rng(seed))

    rows = find_digits(to_ink(page.picture))

    assert [len(row) for row in rows] == [4, 3]


def test_a_one_that_fills_its_box_is_no_side_of_it():
    paper = np.full((600, 1380), 200, np.uint8)
    cv2.rectangle(paper, (120, 120), (1260, 480), 60, 5)
    for x in (405, 690, 975):
        cv2.line(paper, (x, 120), (x, 480), 60, 5)
    cv2.line(paper, (540, 124), (540, 476), 60, 10)
    cv2.ellipse(paper, (830, 300), (75, 120), 0, 0, 360, 60, 10)

    [[one, zero]] = find_digits(to_ink(grainy(Image.fromarray(paper))))

    assert one.box.height > 300
    assert 200 < zero.box.height < 300


@pytest.mark.parametrize("digit", "0123456789")
@pytest.mark.parametrize("brush", [4, 5])
def test_a_thin_pens_own_straight_strokes_stay(digit, brush):
    clean = picture_of(digit, brush=brush)

    frame = to_mnist_frame(to_ink(grainy(clean)))

    assert np.corrcoef(frame.ravel(), to_mnist_frame(to_ink(clean)).ravel())[0, 1] > 0.9


@pytest.mark.parametrize("text", ["1", "7", "4", "11", "77", "1747"])
@pytest.mark.parametrize("brush", [2, 4, 20])
def test_a_drawing_on_the_clean_canvas_is_left_as_it_is(text, brush):
    ink = (255 - np.asarray(picture_of(text, width=280 * len(text), brush=brush).convert("L"))).astype(np.float32) / 255

    assert without_rules(ink, grainy=False) is ink


def test_lines_across_a_clean_picture_go():
    paper = np.array(picture_of("3", width=400, height=280).convert("L"))
    cv2.line(paper, (0, 262), (399, 262), 90, 2)

    [[shape]] = find_digits(to_ink(open_picture(paper)))

    assert shape.box.bottom < 255


def test_lines_with_nothing_written_on_them_stay():
    rng = np.random.default_rng(0)
    paper = rng.normal(200, 3, (300, 400))
    paper[100:104, 20:380] -= 120
    paper[200:204, 20:380] -= 120

    assert len(find_digits(to_ink(np.clip(paper, 0, 255).astype(np.uint8)))) == 2


@pytest.mark.parametrize("brush", [4, 6])
def test_bars_side_by_side_are_no_line(brush):
    [row] = find_digits(to_ink(grainy(picture_of("7777", width=1100, brush=brush))))

    assert all(shape.box.height > 150 for shape in row)


def test_lines_go_in_shadow_and_in_light():
    paper = np.full((500, 700), 215.0)
    paper[:, ::45] *= 0.75
    paper[::45] *= 0.75
    strokes = 1 - np.asarray(picture_of("35", width=700, height=500, brush=10).convert("L")) / 255
    shadow = 1 - 0.5 / (1 + np.exp((np.arange(700) - 350) / 20))
    photo = paper * (1 - 0.75 * strokes) * shadow + np.random.default_rng(2).normal(0, 2, paper.shape)

    rows = find_digits(to_ink(np.clip(cv2.GaussianBlur(photo, (0, 0), 1), 0, 255).astype(np.uint8)))

    assert [len(row) for row in rows] == [2]
