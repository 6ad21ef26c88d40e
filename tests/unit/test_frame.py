"""A digit becomes the same frame however it was written, as MNIST made its frames."""

from contextlib import suppress

import cv2
import numpy as np
import pytest
from PIL import Image

from digit_core.errors import DigitError, EmptyDrawingError
from digit_core.page.frame import (
    BODY_SIZE,
    FRAME_SIZE,
    MAX_STROKE,
    MIN_STROKE,
    crop_to_ink,
    stroke_width,
    to_mnist_frame,
)
from tests.support.drawings import picture_of
from tests.support.frames import frame_of, grey, likeness


def centre_of_mass(frame):
    rows, columns = np.mgrid[0:FRAME_SIZE, 0:FRAME_SIZE]
    return (frame * rows).sum() / frame.sum(), (frame * columns).sum() / frame.sum()


@pytest.mark.parametrize("digit", "0123456789")
def test_an_mnist_like_frame_pasted_large_on_a_canvas_comes_back_nearly_itself(digit):
    frame = frame_of(picture_of(digit))
    enlarged = cv2.resize(frame, (560, 560), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    canvas = Image.new("L", (900, 700), 255)
    canvas.paste(Image.fromarray(np.round(255 * (1 - enlarged)).astype(np.uint8)), (250, 60))

    again = frame_of(canvas)

    assert likeness(again, frame) > 0.95
    assert np.abs(again - frame).mean() < 0.04


@pytest.mark.parametrize("digit", "0123456789")
def test_a_frame_is_made_as_mnist_made_its_frames(digit):
    frame = frame_of(picture_of(digit))

    assert frame.shape == (FRAME_SIZE, FRAME_SIZE)
    assert frame.dtype == np.float32
    assert frame.min() >= 0
    assert 0.9 < frame.max() <= 1 + 1e-6
    rows, columns = np.nonzero(frame)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == BODY_SIZE


@pytest.mark.parametrize("corner", [(0, 0), (400, 30), (40, 320), (400, 320), (210, 170)])
def test_a_frame_is_centred_wherever_the_digit_was_drawn(corner):
    canvas = Image.new("L", (600, 500), 255)
    canvas.paste(grey(width=180, height=180, brush=14), corner)

    frame = frame_of(canvas)

    assert centre_of_mass(frame) == pytest.approx((13.5, 13.5), abs=0.7)


@pytest.mark.parametrize("side", [60, 280, 1000, 2500])
def test_the_size_of_the_picture_does_not_matter(side):
    frame = frame_of(picture_of("5", width=side, height=side, brush=side / 14))

    assert likeness(frame, frame_of(picture_of("5"))) > 0.95


@pytest.mark.parametrize("digit", "01478")
@pytest.mark.parametrize("brush", [3, 8, 20, 34])
def test_fine_pens_and_bold_brushes_give_about_the_same_stroke(digit, brush):
    frame = frame_of(picture_of(digit, brush=brush))

    width = stroke_width(cv2.resize(frame, (280, 280))) / 10
    assert 0.85 * MIN_STROKE < width < 1.15 * MAX_STROKE


def test_a_stroke_is_as_wide_as_it_was_drawn():
    ink = np.zeros((200, 200), np.float32)
    ink[20:180, 90:102] = 1

    assert stroke_width(ink) == pytest.approx(12, rel=0.15)
    assert stroke_width(np.zeros((9, 9), np.float32)) == 0


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        (1.33, 1.8),  # too thin
        (2.4, 2.0),  # left as it is, and rounded to whole pixels
        (3.0, 3.0),
        (3.6, 2.9),  # too bold
    ],
)
def test_a_stroke_becomes_two_or_three_pixels_wide_as_mnists_are(drawn, shown):
    stroke = np.ones((300, round(15 * drawn)), np.float32)

    frame = to_mnist_frame(stroke)

    assert frame[14].sum() == pytest.approx(shown, abs=0.15)


def test_what_cannot_be_centred_exactly_always_stands_on_the_same_side():
    frame = to_mnist_frame(np.ones((300, 45), np.float32))

    assert np.flatnonzero(frame[14]).tolist() == [12, 13, 14]


def test_the_faintest_ink_takes_no_part_in_where_a_digit_ends():
    ink = np.zeros((40, 40), np.float32)
    ink[10:30, 10:30], ink[9, 10:30], ink[30, 10:30] = 1, 0.13, 0.2

    assert crop_to_ink(ink).shape == (21, 20)


@pytest.mark.parametrize(("edge", "width"), [(0.45, 10), (0.6, 12)])
def test_a_strokes_edge_is_where_it_is_half_ink(edge, width):
    ink = np.zeros((100, 40), np.float32)
    ink[:, 10:20], ink[:, 9], ink[:, 20] = 1, edge, edge

    assert stroke_width(ink) == pytest.approx(width, abs=0.7)


def test_without_ink_there_is_no_frame():
    with pytest.raises(EmptyDrawingError):
        to_mnist_frame(np.zeros((50, 50), np.float32))


@pytest.mark.parametrize("seed", range(20))
def test_tiny_and_odd_noise_gives_a_frame_or_a_sentence(seed):
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, rng.integers(1, 12, 2), dtype=np.uint8)

    with suppress(DigitError):
        assert np.isfinite(frame_of(noise)).all()
