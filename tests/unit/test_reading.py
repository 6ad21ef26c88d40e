"""The whole way, with the shipped weights: what people write and photograph is read."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digit_core import Vote
from digit_core.effort import DRAWING
from digit_core.models.manifest import read_manifest
from digit_core.page.ink import to_ink
from digit_core.page.segmentation import find_digits
from digit_core.recognizer import Recognizer
from digit_core.types import MEANS, MODELS
from tests.support.drawings import picture_of


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("digit", "0123456789")
def test_each_model_reads_each_digit(recognizer, model, digit):
    assert recognizer.read(picture_of(digit), Vote(model)).text == digit


@pytest.mark.parametrize("brush", [5, 12, 20, 28])
def test_thin_and_bold_pens_are_read(recognizer, brush):
    assert recognizer.read(picture_of("2750", 800, 280, brush)).text == "2750"


@pytest.mark.parametrize("corner", [(4, 4), (170, 10), (10, 160), (165, 165)])
def test_a_small_digit_is_read_in_every_corner(recognizer, corner):
    paper = Image.new("RGB", (280, 280), "white")
    paper.paste(picture_of("3").resize((110, 110)), corner)

    assert recognizer.read(paper).text == "3"


def test_light_ink_on_dark_paper_is_read(recognizer):
    assert recognizer.read(picture_of("604", 700, 280, ink="white", paper="black")).text == "604"


def test_digits_that_touch_come_apart(recognizer):
    picture = picture_of("35", 220, 280, brush=24, margin=-0.25)
    assert sum(map(len, find_digits(to_ink(picture)))) == 1, "the test's digits do not touch"

    assert recognizer.read(picture).text == "35"


@pytest.mark.parametrize("pairs", [2, 3, 4, 5])
def test_pairs_that_touch_come_apart_while_the_pen_moves_too(recognizer, pairs):
    paper = Image.new("L", (700, 280), 255)
    for i in range(pairs):
        paper.paste(picture_of("33", 112, 112, brush=8, margin=-0.25).convert("L"), (12 + 700 * i // pairs, 90))
    assert sum(map(len, find_digits(to_ink(paper)))) == pairs, "the test's digits do not touch"

    assert recognizer.read(paper, effort=DRAWING).text == "33" * pairs


@pytest.mark.parametrize("text", ["00", "53", "2020", "66"])
def test_digits_that_touch_are_as_many_as_the_caller_knows_of(recognizer, text):
    picture = picture_of(text, 110 * len(text), 280, brush=24, margin=-0.3)
    assert sum(map(len, find_digits(to_ink(picture)))) < len(text), "the test's digits do not touch"

    assert recognizer.read(picture, digits=len(text), rows=1).text == text


def test_other_texts_have_as_many_digits_as_the_caller_knows_of(recognizer):
    known = recognizer.read(picture_of("407"), digits=3, alternatives=4)
    too_many = recognizer.read(picture_of("47"), digits=3, alternatives=4)

    assert len(known.alternatives) == 4
    assert all(len(other.text) == 3 and other.text.isdigit() for other in known.alternatives)
    assert too_many.alternatives == ()


def test_without_a_finder_digits_are_as_many_as_the_caller_knows_of_too(recognizer):
    alone = Recognizer(recognizer.ensemble, read_manifest(), "The shipped weights answer, without the finder.")
    picture = picture_of("66", 220, 280, brush=24, margin=-0.3)

    assert alone.read(picture, digits=2).text == "66"
    assert alone.read(picture, digits=2, single=True).digits[1:] == ()


def test_a_clear_reading_stands_whatever_number_of_digits_is_told(recognizer):
    assert recognizer.read(picture_of("47"), digits=3).text == "47"


def on_grey_paper(text):
    """A drawing as a photo that is darker on one side."""
    shade = np.linspace(0.6, 0.9, 700)[None, :, None]
    return Image.fromarray((np.asarray(picture_of(text, 700, 280).convert("RGB")) * shade).astype(np.uint8))


@pytest.mark.parametrize(
    "picture",
    [
        picture_of("7"),
        picture_of("2750", 800, 280),
        picture_of("35", 220, 280, brush=24, margin=-0.25),
        on_grey_paper("604"),
    ],
    ids=["one digit", "a number", "touching digits", "a photo"],
)
def test_who_asks_for_other_texts_gets_the_same_reading(recognizer, picture):
    reading, with_others = recognizer.read(picture), recognizer.read(picture, alternatives=5)

    assert with_others.text == reading.text
    assert [digit.box for digit in with_others.digits] == [digit.box for digit in reading.digits]
    assert 3 <= len(with_others.alternatives) <= 5  # of one digit three and a "?" are weighed
    assert reading.text not in [other.text for other in with_others.alternatives]


def test_a_four_in_two_pieces_stays_one(recognizer):
    paper = Image.new("RGB", (280, 280), "white")
    pen = ImageDraw.Draw(paper)
    pen.line([(100, 60), (88, 150), (150, 146)], fill="black", width=14, joint="curve")
    pen.line([(176, 60), (170, 225)], fill="black", width=14)

    assert recognizer.read(paper).text == "4"


@pytest.mark.parametrize("slant", [0.3, 0.45])
@pytest.mark.parametrize("apart", [26, 34])
def test_slanted_ones_side_by_side_are_two_digits(recognizer, slant, apart):
    paper = Image.new("RGB", (280, 280), "white")
    for left in (90, 90 + apart):
        ImageDraw.Draw(paper).line([(left + 160 * slant, 60), (left, 220)], fill="black", width=12)

    assert recognizer.read(paper).text == "11"


def test_a_shadow_across_the_paper_does_not_matter(recognizer):
    pixels = np.asarray(picture_of("528", 840, 280, brush=12, ink=(60, 60, 90)), dtype=np.float64)
    columns = np.linspace(0, np.pi, pixels.shape[1])[None, :, None]
    shaded = pixels * (0.45 + 0.5 * np.sin(columns))

    assert recognizer.read(shaded.astype(np.uint8)).text == "528"


def test_ruled_paper_is_not_read(recognizer):
    paper = picture_of("47", 640, 320, brush=16)
    pen = ImageDraw.Draw(paper)
    for row in range(20, 320, 60):
        pen.line([(0, row), (640, row)], fill=(120, 150, 220), width=2)

    assert recognizer.read(paper).text == "47"


@pytest.mark.parametrize("around", ["underline", "ring", "holes"])
def test_a_number_is_read_without_the_marks_around_it(recognizer, around):
    page = Image.new("RGB", (840, 420), "white")
    page.paste(picture_of("407", 700, 280, brush=14), (110, 60))
    pen = ImageDraw.Draw(page)
    if around == "underline":
        pen.line([(120, 325), (400, 318), (780, 328)], fill="black", width=10)
    elif around == "ring":
        pen.ellipse([70, 40, 835, 370], outline="black", width=10)
    else:
        for y in (40, 210, 380):
            pen.ellipse([20, y - 28, 76, y + 28], fill="black")

    assert recognizer.read(page).text == "407"


def test_rows_are_read_from_top_to_bottom(recognizer):
    page = Image.new("RGB", (900, 640), "white")
    page.paste(picture_of("123", 900, 300), (0, 10))
    page.paste(picture_of("98", 600, 300), (40, 330))

    assert recognizer.read(page).text == "123\n98"


@pytest.mark.parametrize(("upper", "lower"), [("6", "8"), ("1", "8"), ("5", "2"), ("4", "4")])
def test_two_digits_above_one_another_are_two_rows(recognizer, upper, lower):
    page = Image.new("RGB", (280, 440), "white")
    page.paste(picture_of(upper, 220, 220, brush=14), (30, 0))
    page.paste(picture_of(lower, 220, 220, brush=14), (30, 200))

    assert recognizer.read(page).text == f"{upper}\n{lower}"


def test_a_question_mark_is_no_seven_above_a_dot(recognizer):
    paper = Image.new("RGB", (280, 280), "white")
    pen = ImageDraw.Draw(paper)
    pen.line([(80, 60), (180, 60), (140, 180)], fill="black", width=16, joint="curve")
    pen.ellipse([130, 210, 150, 230], fill="black")

    assert len(recognizer.read(paper).digits) == 1


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize(("weight", "alone"), [(0.0, "compact"), (1.0, "deep")])
def test_a_weight_of_nothing_or_all_is_one_network_exactly(recognizer, mean, weight, alone):
    [pooled] = recognizer.read(picture_of("9"), Vote("ensemble", mean, weight)).digits
    [single] = recognizer.read(picture_of("9"), Vote(alone)).digits

    assert pooled.prediction == single.prediction == pooled.votes[alone]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    "lines",
    [
        [[(40, 60), (40, 220)], [(40, 140), (160, 140)], [(160, 60), (160, 220)]],
        [[(40, 60), (40, 220)], [(160, 60), (40, 140), (160, 220)]],
        [[(40, 220), (100, 60), (160, 220)], [(65, 150), (135, 150)]],
        [[(100, 60), (40, 220), (170, 220), (100, 60)]],
    ],
    ids=["H", "K", "A", "triangle"],
)
def test_a_letter_beside_a_digit_stays_whole_and_is_none(recognizer, lines, before):
    paper = picture_of("44", 560, 280, brush=16)
    letter = Image.new("RGB", (280, 280), "white")
    for line in lines:
        ImageDraw.Draw(letter).line(line, fill="black", width=16, joint="curve")
    paper.paste(letter, (0 if before else 280, 0))

    assert recognizer.read(paper).text == ("?4" if before else "4?")


def test_a_scribble_is_no_digit(recognizer):
    paper = Image.new("RGB", (280, 280), "white")
    rng = np.random.default_rng(3)
    ImageDraw.Draw(paper).line([tuple(p) for p in rng.uniform(40, 240, (14, 2))], fill="black", width=12, joint="curve")

    assert recognizer.read(paper).text == "?"


@pytest.mark.parametrize("text", ["10", "17", "71"])
def test_a_picture_of_mnists_size_that_is_no_digit_is_read_as_the_digits_on_it(recognizer, text):
    small = picture_of(text, 224, 224, brush=14).resize((28, 28), Image.Resampling.BOX)

    assert recognizer.read(small).text == text
    assert len(recognizer.read(small, single=True).digits) == 1


@pytest.mark.parametrize("digit", "0123456789")
def test_a_picture_of_mnists_size_that_is_a_digit_is_read_as_one(recognizer, digit):
    small = picture_of(digit, 280, 280, brush=24).resize((28, 28), Image.Resampling.BOX)

    assert recognizer.read(small).text == digit
