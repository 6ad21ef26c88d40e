"""Marks around digits go; strokes that belong to a digit stay."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.page.segmentation import find_digits
from tests.support.drawings import arc, picture_of


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


def test_a_wide_ring_around_a_small_number_goes():
    small = Image.new("L", (700, 280), 255)
    small.paste(picture_of("417", 420, 100, 8).convert("L"), (140, 90))
    [alone] = find_digits(to_ink(small))

    [seen] = find_digits(to_ink(with_strokes(small, arc(350, 140, 560, 250, 0, 360, steps=80), brush=12)))

    assert [shape.box for shape in seen] == [shape.box for shape in alone]


@pytest.mark.parametrize(("brush", "length"), [(20, 34), (6, 22)], ids=["bold", "thin"])
def test_what_is_low_in_a_zero_makes_it_no_ring(brush, length):
    zero = arc(140, 140, 180, 240, 0, 360, steps=80)
    eyes = [[(x, 120), (x + 1, 120 + length)] for x in (110, 170)]

    [[shape]] = find_digits(to_ink(with_strokes(Image.new("L", (280, 280), 255), zero, *eyes, brush=brush)))

    assert shape.box.height > 240


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
        [[(60, 80), (120, 40), (170, 90), (130, 150), (80, 190)], [(60, 216), (225, 216)]],  # a two with a wide base
        [[(90, 40), (75, 130)], [(75, 160), (215, 160)], [(230, 60), (220, 240)]],  # a four in three strokes
        [arc(140, 140, 240, 240, 45, 315), [(110, 95), (180, 95), (130, 190)]],  # an open curve around a seven
        [arc(140, 140, 220, 220, 0, 360), [(100, 100), (100, 120)], [(180, 100), (180, 120)], [(110, 190), (170, 190)]],
        [arc(140, 140, 170, 250, 0, 360), [(175, 75), (165, 140), (110, 205)]],  # a zero, its slash bent and apart
        [arc(140, 140, 220, 220, 180, 540), [(30, 140), (165, 140), (120, 165)], arc(140, 140, 110, 110, -135, 135)],
        [arc(140, 140, 150, 250, 0, 360), [(85, 140), (195, 140)]],  # a barred zero, the bar apart from the ring
    ],
    ids=[
        "slashed zero",
        "dotted zero",
        "one",
        "broken two",
        "equals",
        "wide two",
        "four",
        "open",
        "face",
        "bent slash",
        "spiral",
        "barred",
    ],
)
def test_pieces_of_a_shape_stay(strokes):
    ink = to_ink(with_strokes(Image.new("L", (280, 280), 255), *strokes, brush=12))

    shapes = [shape for row in find_digits(ink) for shape in row]

    assert sum(float(shape.ink.sum()) for shape in shapes) == pytest.approx(float(ink.sum()), rel=0.03)


def test_the_slash_of_a_bold_zero_stays():
    strokes = [arc(200, 200, 190, 284, 0, 360), [(202, 160), (198, 240)]]
    ink = to_ink(with_strokes(Image.new("L", (400, 400), 255), *strokes, brush=36))

    [[shape]] = find_digits(ink)

    assert float(shape.ink.sum()) == pytest.approx(float(ink.sum()), rel=0.03)


def test_a_bar_of_the_row_below_is_no_underline():
    written = Image.new("L", (560, 560), 255)
    written.paste(paper(), (0, 0))
    five = [(90, 330), (80, 400), (140, 390), (170, 440), (130, 500), (70, 490)]
    seven = [(330, 330), (430, 330), (370, 500)]
    with_bar = with_strokes(written, five, [(95, 312), (190, 306)], seven, brush=14)

    _, [first, _] = find_digits(to_ink(with_bar))

    assert first.box.top == pytest.approx(299, abs=3)


def test_a_minus_in_the_row_below_is_no_rest_of_an_underline():
    written = Image.new("L", (560, 480), 255)
    written.paste(paper(), (0, 0))
    with_minus = with_strokes(written, [(90, 325), (170, 325)], [(260, 280), (250, 420)], brush=14)

    rows = find_digits(to_ink(with_minus))

    assert [len(row) for row in rows] == [2, 2]


@pytest.mark.parametrize(
    "dots",
    [[(280, 214, 14)], [(280, 212, 20)], [(280, 212, 20), (280, 100, 20)]],
    ids=["point", "bold point", "colon"],
)
def test_points_between_digits_are_not_passed_over(dots):
    pointed = paper()
    for x, y, radius in dots:
        ImageDraw.Draw(pointed).ellipse([x - radius, y - radius, x + radius, y + radius], fill=0)

    ink = to_ink(pointed)

    shapes = [shape for row in find_digits(ink) for shape in row]
    assert sum(float(shape.ink.sum()) for shape in shapes) == pytest.approx(float(ink.sum()), rel=0.03)


def test_the_dot_of_an_i_is_not_passed_over():
    dotted = with_strokes(Image.new("L", (280, 280), 255), [(140, 130), (140, 250)], brush=12)
    ImageDraw.Draw(dotted).ellipse([122, 50, 158, 86], fill=0)
    ink = to_ink(dotted)

    shapes = [shape for row in find_digits(ink) for shape in row]

    assert sum(float(shape.ink.sum()) for shape in shapes) == pytest.approx(float(ink.sum()), rel=0.03)


@pytest.mark.parametrize(
    ("text", "brush", "strokes", "discs"),
    [
        ("57", 6, [], [(540, 215, 12, 12)]),  # a full stop
        ("5", 26, [], [(470, 205, 22, 22)]),  # a bold one
        ("7", 14, [], [(420, 140, 22, 34)]),  # a filled zero
        ("7", 14, [], [(535, 140, 24, 90)]),  # a narrow one at the edge
        ("5", 14, [[(190, 248), (500, 248)]], []),  # a line beside what it does not carry
        ("57", 14, [[(70, 245), (110, 270), (150, 245), (190, 270)]], []),  # a wave
    ],
    ids=["stop", "bold stop", "filled zero", "narrow at the edge", "beside", "wave"],
)
def test_what_only_looks_like_a_mark_stays(text, brush, strokes, discs):
    picture = Image.new("L", (560, 280), 255)
    picture.paste(paper(text, 280 * len(text), brush), (0, 0))
    picture = with_strokes(picture, *strokes)
    for x, y, width, height in discs:
        ImageDraw.Draw(picture).ellipse([x - width, y - height, x + width, y + height], fill=0)
    ink = to_ink(picture)

    shapes = [shape for row in find_digits(ink) for shape in row]

    assert sum(float(shape.ink.sum()) for shape in shapes) == pytest.approx(float(ink.sum()), rel=0.03)


@pytest.mark.parametrize(
    "strokes",
    [
        [[(230, 60), (225, 220)], [(290, 60), (285, 220)], [(210, 244), (305, 244)]],
        [
            [(60, 80), (120, 40), (170, 90), (130, 150), (90, 196)],
            [(70, 220), (190, 220)],
            [(300, 60), (400, 60), (340, 205)],
        ],
        [
            [(190, 20), (190, 190)],
            [(330, 20), (330, 190)],
            [(160, 215), (210, 270), (260, 215), (310, 270), (360, 215)],
        ],
    ],
    ids=["two ones on a foot", "two's base beside a seven", "zigzag below two ones"],
)
def test_what_is_too_short_or_too_high_for_an_underline_stays(strokes):
    ink = to_ink(with_strokes(Image.new("L", (560, 280), 255), *strokes, brush=12))

    shapes = [shape for row in find_digits(ink) for shape in row]

    assert sum(float(shape.ink.sum()) for shape in shapes) == pytest.approx(float(ink.sum()), rel=0.03)


def test_a_filled_square_is_no_hole():
    squared = paper("5", 280)
    ImageDraw.Draw(squared).rectangle([10, 100, 50, 140], fill=0)
    ink = to_ink(squared)

    shapes = [shape for row in find_digits(ink) for shape in row]

    assert sum(float(shape.ink.sum()) for shape in shapes) == pytest.approx(float(ink.sum()), rel=0.03)


def test_a_ring_or_a_disc_by_itself_stays():
    for strokes, filled in (([arc(140, 140, 200, 200, 0, 360)], None), ([], 0)):
        picture = with_strokes(Image.new("L", (280, 280), 255), *strokes)
        if filled is not None:
            ImageDraw.Draw(picture).ellipse([60, 60, 220, 220], fill=filled)
        assert [len(row) for row in find_digits(to_ink(picture))] == [1]
