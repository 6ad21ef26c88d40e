"""What a pen did: only what a page can have drawn is taken, and it is drawn as the page draws it."""

import numpy as np
import pytest

from digit_core.errors import StrokesError
from digit_core.pen import FARTHEST, MOST_POINTS, MOST_STROKES, WIDEST, Stroke, draw_strokes, strokes_from
from tests.support.drawings import strokes_of
from training.data import strokes as training_strokes

PAPER = (280, 280)


def drawn(lines, width=20):
    return [Stroke(np.array(line, np.float32), width) for line in lines]


def test_strokes_are_drawn_as_training_draws_them():
    lines = [*strokes_of("4"), [(60, 60)]]
    drawing = training_strokes.Drawing(tuple(np.array(line, np.float32) for line in lines), "4", "nobody")

    assert (draw_strokes(drawn(lines), PAPER) == training_strokes.draw([drawing], 20)).all()


def test_the_eraser_draws_white():
    bar = drawn([[(140, 60), (140, 220)]])
    rubber = Stroke(np.array([(140, 60), (140, 220)], np.float32), 30, erases=True)

    assert (draw_strokes([*bar, rubber], PAPER) == 255).all()


def told(**changes):
    stroke = {"width": 20, "erases": False, "points": [[10, 20], [30.5, 40]]}
    return {"size": [280, 280], "strokes": [stroke | changes]}


def test_what_a_page_says_of_a_drawing_becomes_strokes():
    strokes, size = strokes_from(told(erases=True), [PAPER])

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
        {"size": [280, 280], "strokes": told()["strokes"] * (MOST_STROKES + 1)},
        told(width=0),
        told(width=-3),
        told(width=WIDEST + 1),
        told(width=float("nan")),
        told(width=True),
        told(width="20"),
        told(width=None),
        told(points=[]),
        told(points=None),
        told(points=[[1]]),
        told(points=[[1, 2, 3]]),
        told(points=[1, 2]),
        told(points=[["1", "2"]]),
        told(points=[[float("inf"), 0]]),
        told(points=[[float("nan"), 0]]),
        told(points=[[10**400, 0]]),
        told(points=[[0, FARTHEST + 1]]),
        told(points=[[0, 0]] * (MOST_POINTS + 1)),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_no_pen_of_the_page_drew_is_refused_with_a_sentence(drawn_elsewhere):
    with pytest.raises(StrokesError, match=r"^[A-Z].*\.$"):
        strokes_from(drawn_elsewhere, [PAPER])
