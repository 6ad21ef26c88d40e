"""What a pen did: only what a page can have drawn is taken, and it is drawn as the page draws it."""

import numpy as np
import pytest

from digit_core.errors import StrokesError
from digit_core.pen import (
    Stroke,
    draw_sheet,
    draw_strokes,
    strokes_from,
)
from digit_core.types import Box
from tests.support.drawings import strokes_of
from training.data import strokes as training_strokes

PAPER = (280, 280)


def strokes_along(lines, width=20):
    return [Stroke(np.array(line, np.float32), width) for line in lines]


def test_strokes_are_drawn_as_training_draws_them():
    lines = [*strokes_of("4"), [(60, 60)]]
    drawing = training_strokes.Drawing(tuple(np.array(line, np.float32) for line in lines), "4", "nobody")

    assert (draw_strokes(strokes_along(lines), PAPER) == training_strokes.draw([drawing], 20)).all()


def test_the_eraser_draws_white():
    bar = strokes_along([[(140, 60), (140, 220)]])
    rubber = Stroke(np.array([(140, 60), (140, 220)], np.float32), 30, erases=True)

    assert (draw_strokes([*bar, rubber], PAPER) == 255).all()


def drawing_as_sent(**changes):
    stroke = {"width": 20, "erases": False, "points": [[10, 20], [30.5, 40]]}
    return {"size": [280, 280], "strokes": [stroke | changes]}


def test_what_a_page_says_of_a_drawing_becomes_strokes():
    strokes, size = strokes_from(drawing_as_sent(erases=True), [PAPER])

    assert size == PAPER
    assert (strokes[0].width, strokes[0].erases) == (20, True)
    assert strokes[0].points.tolist() == [[10, 20], [30.5, 40]]


@pytest.mark.parametrize(
    "drawn_elsewhere",
    [
        None,
        "strokes",
        [],
        {},
        {"size": [280, 280]},
        {"size": [280, 280], "strokes": 7},
        {"size": [281, 280], "strokes": []},
        {"size": [[280], 280], "strokes": []},
        {"size": [280, 280], "strokes": [None]},
        {"size": [280, 280], "strokes": [{}]},
        {"size": [280, 280], "strokes": drawing_as_sent()["strokes"] * 301},
        drawing_as_sent(width=0),
        drawing_as_sent(width=-3),
        drawing_as_sent(width=101),
        drawing_as_sent(width=float("nan")),
        drawing_as_sent(width=True),
        drawing_as_sent(width="20"),
        drawing_as_sent(width=None),
        drawing_as_sent(points=[]),
        drawing_as_sent(points=None),
        drawing_as_sent(points=[[1]]),
        drawing_as_sent(points=[[1, 2, 3]]),
        drawing_as_sent(points=[1, 2]),
        drawing_as_sent(points=[["1", "2"]]),
        drawing_as_sent(points=[[float("inf"), 0]]),
        drawing_as_sent(points=[[float("nan"), 0]]),
        drawing_as_sent(points=[[10**400, 0]]),
        drawing_as_sent(points=[[0, 4001]]),
        drawing_as_sent(points=[[0, 0]] * 5001),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_no_pen_of_the_page_drew_is_refused_with_a_sentence(drawn_elsewhere):
    with pytest.raises(StrokesError, match=r"^[A-Z].*\.$"):
        strokes_from(drawn_elsewhere, [PAPER])


@pytest.mark.parametrize(
    "drawn_here",
    [
        {"size": [280, 280], "strokes": drawing_as_sent()["strokes"] * 300},
        drawing_as_sent(width=100),
        drawing_as_sent(points=[[0, 4000]]),
        drawing_as_sent(points=[[0, 0]] * 5000),
    ],
    ids=["strokes", "width", "far", "points"],
)
def test_as_much_as_a_pen_of_the_page_may_draw_is_taken(drawn_here):
    strokes, _ = strokes_from(drawn_here, [PAPER])

    assert len(strokes) == len(drawn_here["strokes"])


def test_a_stroke_is_placed_to_a_sixteenth_of_a_pixel():
    here, beside = (draw_strokes(strokes_along([[(x, 60), (x, 220)]]), PAPER) for x in (140, 140 + 1 / 16))

    assert (here != beside).any()


def columns_of_ink(picture):
    return np.flatnonzero((picture < 128).any(axis=0))


@pytest.mark.parametrize("unit", [1e-6, 1, 25.4, 1e5])
@pytest.mark.parametrize("start", [0, -7, 1000])
def test_a_sheet_is_the_same_in_every_unit_and_wherever_it_begins(unit, start):
    lines = strokes_of("407", 700, 280)

    sheet = draw_sheet([[[(x + start) * unit, (y + start) * unit] for x, y in line] for line in lines])

    assert np.abs(sheet.picture.astype(int) - draw_sheet(lines).picture).max() <= 16  # a sixteenth of a pixel


def test_a_sheet_is_written_as_high_and_with_the_pen_that_training_wrote_with():
    picture = draw_sheet([[(0, 0), (0, 3)]]).picture
    rows = np.flatnonzero((picture < 128).any(axis=1))

    assert len(rows) == pytest.approx(110 + 12, abs=2)
    assert len(columns_of_ink(picture)) == pytest.approx(12, abs=2)


def test_the_brush_is_measured_in_the_strokes_unit():
    picture = draw_sheet([[(0, 0), (0, 100)]], brush=30).picture

    assert len(columns_of_ink(picture)) == pytest.approx(0.3 * 110, abs=4)


def test_paper_of_a_given_size_begins_at_the_corner_and_cuts_off_what_lies_beyond():
    beside = [(1e9, 0), (-1e9, 5)]

    sheet = draw_sheet([[(20, 10), (20, 110)], beside], size=(200, 400), brush=4)

    assert sheet.picture.shape == (4 * 110, 2 * 110)
    assert sheet.corner == (0, 0)


def test_a_box_on_the_sheet_goes_back_to_the_strokes_unit():
    sheet = draw_sheet([[(5, 7), (6, 9)]], brush=0.1)
    ink = np.argwhere(sheet.picture < 128)
    (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0) + 1

    box = sheet.to_unit(Box(int(left), int(top), int(right - left), int(bottom - top)))

    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((4.95, 6.95, 6.05, 9.05), abs=0.03)


@pytest.mark.parametrize("line", [[(3, 3)], [(0, 0), (1e9, 0)], [(0, 0), (0, 1e9)], [(1, 1), (1 + 1e-12, 1)]])
def test_what_has_hardly_a_height_or_a_size_fits_on_a_sheet(line):
    picture = draw_sheet([line]).picture

    assert max(picture.shape) <= 3000 + 2 * 110
    assert (picture < 128).any()


def test_what_would_be_too_long_is_drawn_smaller():
    assert draw_sheet([[(0, 0), (1e9, 0)]]).picture.shape[1] == pytest.approx(3000 + 110 + 12, abs=2)


@pytest.mark.parametrize(
    "strokes", [[[(i, 0), (i, 1)] for i in range(1000)], [[(i / 50, i % 9) for i in range(50_000)]]]
)
def test_a_page_full_of_writing_is_drawn(strokes):
    assert (draw_sheet(strokes).picture < 128).any()


def test_the_time_of_a_point_is_not_looked_at():
    timed = draw_sheet([[(0, 0, 1700000000.5), (3, 4, None)]])

    assert (timed.picture == draw_sheet([[(0, 0), (3, 4)]]).picture).all()


@pytest.mark.parametrize(
    ("strokes", "words"),
    [
        (None, "lists of points"),
        ("strokes", "lists of points"),
        (7, "lists of points"),
        ([], "lists of points"),
        ([[]], "lists of points"),
        ([[5]], "lists of points"),
        ([[[1]]], "lists of points"),
        ([[[1, 2, 3, 4]]], "lists of points"),
        ([[["1", "2"]]], "lists of points"),
        ([[[True, 2]]], "lists of points"),
        ([[{"x": 1, "y": 2}]], "lists of points"),
        ([[[float("nan"), 0]]], "between"),
        ([[[0, float("inf")]]], "between"),
        ([[[0, 10**400]]], "between"),
        ([[[0, 0]]] * 1001, "1,001 strokes"),
        ([[[0, 0]] * 50_001], "50,001 points"),
    ],
)
def test_what_are_no_strokes_is_refused_with_a_sentence(strokes, words):
    with pytest.raises(StrokesError, match=words) as refusal:
        draw_sheet(strokes)

    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("number", [0, -1, float("nan"), float("inf"), "wide", True, [1]])
@pytest.mark.parametrize("name", ["width", "height", "brush"])
def test_a_size_that_is_none_is_refused_with_a_sentence(name, number):
    sizes = {"width": {"size": (number, 5)}, "height": {"size": (5, number)}, "brush": {"brush": number}}

    with pytest.raises(StrokesError, match=f"The {name} must be a number above 0"):
        draw_sheet([[(0, 0), (1, 1)]], **sizes[name])
