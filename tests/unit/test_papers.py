"""Photos and small scans of drawings look like what people send, and the digit is still found on them."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from digit_core.errors import EmptyDrawingError
from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from tests.support.drawings import DIGITS, picture_of
from training.data import frames
from training.data.imaging import compress
from training.data.papers import SCAN_SIDE, photograph, scan


def drawing_of(digit):
    return np.asarray(picture_of(str(digit), brush=12).convert("L"))


def likeness(frame, other):
    """Cosine of two frames, each softened so that half a pixel's shift does not count."""
    one, two = (cv2.GaussianBlur(f.astype(np.float64), (0, 0), 1.0).ravel() for f in (frame, other))
    return float(one @ two / np.sqrt((one @ one) * (two @ two)))


@pytest.mark.parametrize("wear", [photograph, scan])
@pytest.mark.parametrize("digit", DIGITS)
def test_the_digit_is_found_again(wear, digit):
    drawn = drawing_of(digit)
    clean = to_mnist_frame(to_ink(drawn))

    likenesses = []
    for seed in range(8):
        worn = wear(drawn, np.random.default_rng(seed))
        if wear is photograph:
            try:
                likenesses.append(likeness(frames.find_on_photo(worn, to_ink(drawn)), clean))
            except EmptyDrawingError:
                continue  # rules that hide it: left out of training, too
        else:
            likenesses.append(likeness(to_mnist_frame(to_ink(worn)), clean))

    assert len(likenesses) >= 6
    assert np.median(likenesses) > 0.9


def test_photos_have_grain_and_uneven_paper():
    photos = np.stack([photograph(drawing_of(8), np.random.default_rng(seed)) for seed in range(20)])

    assert (photos.shape, photos.dtype) == ((20, 280, 280), np.uint8)
    assert len({photo.tobytes() for photo in photos}) == 20
    corners = photos[:, [5, 5, -6, -6], [5, -6, 5, -6]].astype(int)
    assert np.median(np.ptp(corners, axis=1)) > 10
    light = photos.mean(axis=(1, 2)) > 128
    assert 0 < light.sum() < 20


def test_scans_are_small_and_some_know_no_greys():
    scans = [scan(drawing_of(8), np.random.default_rng(seed)) for seed in range(40)]

    longest = [max(picture.shape) for picture in scans]
    assert SCAN_SIDE[0] <= min(longest)
    assert max(longest) <= 1.6 * SCAN_SIDE[1]
    binary = sum(len(np.unique(picture)) == 2 for picture in scans)
    assert 5 <= binary <= 30
    assert 8 <= sum(picture[0].mean() < 128 for picture in scans) <= 32


def test_a_photo_on_which_something_else_is_found_teaches_nothing():
    drawn, other = drawing_of(1), np.full((280, 280), 255, np.uint8)
    other[20:60, 20:260] = 0

    with pytest.raises(EmptyDrawingError):
        frames.find_on_photo(other, to_ink(drawn))


def test_a_picture_in_rgb_loses_what_it_loses_as_a_jpeg_file():
    picture = np.full((32, 32, 3), 250, np.uint8)
    picture[8:24, 8:24] = (220, 30, 10)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=40)

    compressed = compress(picture, 40).astype(int)

    assert np.abs(compressed - np.asarray(Image.open(file))).max() <= 2
