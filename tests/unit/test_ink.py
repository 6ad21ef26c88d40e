"""Ink is told from paper, whatever both are like."""

from contextlib import nullcontext

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from digit_core.errors import EmptyDrawingError
from digit_core.page.decode import open_picture
from digit_core.page.ink import INK_SIDE, clean_paper, to_ink
from tests.support.drawings import picture_of
from tests.support.frames import frame_of, grey, likeness


@pytest.mark.parametrize(("ink", "paper"), [("white", "black"), ("#eeeeee", "#204030"), ("#203080", "#f4efe0")])
def test_ink_is_found_whether_it_is_darker_or_lighter_than_the_paper(ink, paper):
    assert likeness(frame_of(picture_of("2", ink=ink, paper=paper)), frame_of(picture_of("2"))) > 0.98


@pytest.mark.parametrize("invert", [False, True])
def test_a_real_mnist_frame_keeps_its_shape_light_on_dark_and_dark_on_light(invert):
    frame = Image.fromarray(np.round(255 * frame_of(picture_of("9"))).astype(np.uint8))

    again = frame_of(ImageOps.invert(frame) if invert else frame)

    assert likeness(again, np.asarray(frame)) > 0.9


@pytest.mark.parametrize(("darkness", "is_ink"), [(61, False), (76, True)])
def test_a_stroke_is_ink_beside_a_large_patch_of_light_where_it_stands_out_more_from_a_tenth_of_the_picture_around(
    darkness, is_ink
):
    paper = np.full((192, 192), 128, np.uint8)
    paper[20:70, 20:70] += 60
    paper[110:180, 130:134] -= darkness

    ink = to_ink(paper)

    assert (ink[145, 132] > ink[22, 22]) == is_ink


def test_a_shadow_over_the_paper_leaves_the_digit_alone():
    light = np.linspace(0.45, 1.0, 280)[None, :] * np.linspace(0.8, 1.0, 280)[:, None]
    shaded = (np.asarray(grey("3", brush=10)) * light).astype(np.uint8)

    assert likeness(frame_of(shaded), frame_of(grey("3", brush=10))) > 0.95


@pytest.mark.parametrize("paper", [0, 255])
def test_the_paper_of_a_drawing_by_a_program_is_known_at_once(paper):
    drawing = np.full((280, 280), paper, np.uint8)
    drawing[60:200, 80:200] = 255 - paper

    assert clean_paper(drawing) == paper


def test_nothing_is_taken_for_granted_of_a_photo_or_a_drawing_to_the_edge():
    photo = np.full((280, 280), 230, np.uint8)
    to_the_edge, mostly_ink = np.full((2, 280, 280), 255, np.uint8)
    to_the_edge[100:140, :] = 0
    mostly_ink[20:-20, 20:-20] = 0

    pictures = photo, to_the_edge, mostly_ink, np.full((28, 28), 255, np.uint8)

    assert [clean_paper(picture) for picture in pictures] == [None] * 4


def test_a_filled_shape_is_not_hollowed():
    canvas = np.full((280, 280), 255, np.uint8)
    cv2.fillPoly(canvas, [np.array([[140, 30], [250, 230], [30, 230]])], 0)

    assert to_ink(canvas)[170, 140] > 0.9


def test_grain_on_the_paper_leaves_the_digit_alone():
    rng = np.random.default_rng(1)
    grainy = np.asarray(grey("6")) * 0.7 + 40 + rng.normal(0, 6, (280, 280))

    assert likeness(frame_of(grainy.clip(0, 255).astype(np.uint8)), frame_of(grey("6"))) > 0.97


def test_faint_pencil_becomes_full_ink():
    ink = to_ink(picture_of("8", ink="#c8c8c8"))

    assert ink.max() == pytest.approx(1)
    assert ink[0, 0] == 0


@pytest.mark.parametrize("paper", ["white", "black", "#7f7f7f"])
def test_blank_paper_has_no_ink(paper):
    with pytest.raises(EmptyDrawingError):
        to_ink(Image.new("RGB", (280, 280), paper))


@pytest.mark.parametrize("grain", [2, 5, 9, 20])
@pytest.mark.parametrize("seed", range(4))
def test_grainy_blank_paper_has_no_ink(grain, seed):
    rng = np.random.default_rng(seed)
    paper = rng.normal(190, grain, (300, 300)).clip(0, 255).astype(np.uint8)

    with pytest.raises(EmptyDrawingError):
        to_ink(paper)


@pytest.mark.parametrize(("side", "paper"), [(40, None), (50, 255)])
def test_a_scan_of_one_character_is_too_small_to_tell_its_paper_by_the_border(side, paper):
    pixels = np.full((side, side), 255, np.uint8)
    pixels[10:30, 15:20] = 0

    assert clean_paper(pixels) == paper


@pytest.mark.parametrize(
    ("mark", "size", "is_ink"), [(242, 400, False), (235, 400, True), (0, 16, False), (0, 25, True)]
)
def test_what_hardly_differs_from_clean_paper_and_what_is_dust_are_no_ink(mark, size, is_ink):
    pixels, side = np.full((1000, 1000), 255, np.uint8), int(size**0.5)
    pixels[500 : 500 + side, 500 : 500 + side] = mark

    with nullcontext() if is_ink else pytest.raises(EmptyDrawingError):
        assert to_ink(pixels).max() == 1


def test_a_few_bright_pixels_are_not_the_paper_of_a_small_scan():
    scan = np.full((20, 20), 204, np.uint8)
    scan[4:16, 8:12] = 0
    scan[0, :16] = 255  # one in 25

    assert to_ink(scan)[18, 18] == 0


@pytest.mark.parametrize(("side", "is_ink"), [(48, True), (70, False)])
def test_a_dark_spot_is_ink_up_to_a_third_of_the_picture_and_then_the_ground(side, is_ink):
    photo = np.full((192, 192), 200, np.uint8)
    photo[60 : 60 + side, 60 : 60 + side] = 90
    photo[10:40, 10:14] = 40

    assert (to_ink(photo)[60 + side // 2, 60 + side // 2] > 0.5) == is_ink


@pytest.mark.parametrize(("contrast", "is_ink"), [(3.3, False), (4.8, True)])
def test_what_stands_out_from_the_grain_less_than_grain_may_is_no_ink(contrast, is_ink):
    photo = np.random.default_rng(5).normal(200, 8, (200, 200))
    photo[90:110, 90:110] -= 8 * contrast

    with nullcontext() if is_ink else pytest.raises(EmptyDrawingError):
        assert to_ink(np.clip(photo, 0, 255).astype(np.uint8))[100, 100] > 0


def test_ink_of_a_large_picture_is_shrunk():
    ink = to_ink(picture_of("1", width=2000, height=500, brush=30))

    assert max(ink.shape) == INK_SIDE
    assert ink.dtype == np.float32


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 300), (300, 1), (3, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_the_smallest_pictures_are_blank(size, value):
    with pytest.raises(EmptyDrawingError):
        to_ink(open_picture(Image.new("L", size, value)))
