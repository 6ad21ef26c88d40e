"""Marks around digits go; strokes that belong to a digit stay."""

import numpy as np
import pytest
from drawings import arc, picture_of
from PIL import Image, ImageDraw

from digit_core.imaging import to_ink, to_mnist_frame
from digit_core.segmentation import find_digits


def paper(text="57", width=560, brush=14):
    return picture_of(text, width, 280, brush).convert("L")


def with_strokes(picture, *strokes, brush=10):
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line(stroke, fill=0, width=brush, joint="curve")
        for x, y in stroke:
            pen.ellipse([x - brush / 2, y - brush / 2, x + brush / 2, y + brush / 2], fill=0)
    return picture


def frames(picture):
    return [[to_mnist_frame(shape.ink) for shape in row] for row in find_digits(to_ink(picture))]


UNDERLINE = [(60, 258), (200, 252), (350, 260), (510, 254)]
RING = arc(280, 140, 540, 270, -100, 262, steps=80)
BOX = [(20, 15), (540, 20), (535, 268), (22, 262), (20, 15)]


@pytest.mark.parametrize(
    "strokes",
    [[UNDERLINE], [UNDERLINE, [(60, 274), (510, 271)]], [[(420, 268), (500, 268)]], [RING], [BOX]],
    ids=["underline", "two lines", "rest of a line", "ring", "box"],
)
def test_what_is_drawn_around_a_number_goes(strokes):
    [seen] = frames(with_strokes(paper(), *strokes))

    [alone] = frames(paper())
    assert len(seen) == 2
    assert np.allclose(seen, alone)


def test_a_digit_that_the_ring_touches_stays():
    ringed = with_strokes(paper("57"), arc(267, 140, 506, 270, -100, 262, steps=80), brush=8)

    [[_, seven]] = find_digits(to_ink(ringed))

    [[_, alone]] = find_digits(to_ink(paper("57")))
    assert float(seven.ink.sum()) == pytest.approx(float(alone.ink.sum()), rel=0.15)
    assert (seven.box.left, seven.box.height) == (alone.box.left, alone.box.height)


@pytest.mark.parametrize("at", [40, 0], ids=["whole", "cut by the edge"])
def test_punched_holes_go(at):
    punched = Image.new("L", (700, 420), 255)
    punched.paste(paper(), (140, 70))
    pen = ImageDraw.Draw(punched)
    for y in (at, at + 130, at + 260):
        pen.ellipse([20, y - 30, 80, y + 30], fill=0)

    [seen] = frames(punched)

    assert np.allclose(seen, frames(paper())[0], atol=0.05)


@pytest.mark.parametrize(
    "strokes",
    [
        [arc(140, 140, 150, 220, 0, 360), [(165, 100), (115, 180)]],  # a zero, its slash apart from the ring
        [arc(140, 140, 150, 220, 0, 360), [(138, 140), (142, 140)]],  # a zero with a dot
        [[(140, 40), (140, 200)], [(90, 225), (190, 225)]],  # a one, its foot apart from the stem
        [[(80, 90), (140, 50), (190, 90), (150, 160), (100, 200)], [(80, 222), (200, 222)]],  # a two in two pieces
        [[(90, 140), (190, 140)], [(90, 190), (190, 190)]],  # a sign, no digit over its lower line
    ],
    ids=["slashed zero", "dotted zero", "one with a foot", "broken two", "equals"],
)
def test_pieces_of_a_shape_stay(strokes):
    ink = to_ink(with_strokes(Image.new("L", (280, 280), 255), *strokes, brush=12))

    shapes = [shape for row in find_digits(ink) for shape in row]

    assert sum(float(shape.ink.sum()) for shape in shapes) == pytest.approx(float(ink.sum()), rel=0.03)


def test_a_decimal_point_is_not_passed_over():
    pointed = paper()
    ImageDraw.Draw(pointed).ellipse([270, 200, 298, 228], fill=0)

    [row] = find_digits(to_ink(pointed))

    assert len(row) == 3


def test_a_ring_or_a_disc_by_itself_stays():
    for strokes, filled in (([arc(140, 140, 200, 200, 0, 360)], None), ([], 0)):
        picture = with_strokes(Image.new("L", (280, 280), 255), *strokes)
        if filled is not None:
            ImageDraw.Draw(picture).ellipse([60, 60, 220, 220], fill=filled)
        assert [len(row) for row in find_digits(to_ink(picture))] == [1]
