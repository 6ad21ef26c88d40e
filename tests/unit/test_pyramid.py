"""Pictures made smaller by way of their halves."""

import cv2
import numpy as np
import pytest

from digit_core.page.pyramid import Pyramid


def noise(height, width):
    """Smooth noise: what is finer than a pixel of the smaller picture may be averaged a little differently."""
    coarse = np.random.default_rng(3).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("size", [(600, 800), (601, 799)])
@pytest.mark.parametrize("share", [0.9, 0.5, 0.31, 0.124, 0.06])
def test_a_picture_shrinks_to_what_averaging_all_its_pixels_gives(size, share):
    rgb = noise(*size)
    height, width = (round(side * share) for side in size)

    small = Pyramid(rgb).resize(height, width)

    at_once = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    assert small.shape == at_once.shape
    assert np.abs(small.astype(int) - at_once).mean() < 2  # levels of 255: half a level is rounded up at each half


def test_a_picture_in_its_own_size_is_the_picture():
    rgb = noise(60, 80)

    assert Pyramid(rgb).resize(60, 80) is rgb


def test_a_picture_is_enlarged_in_one_step():
    rgb = noise(60, 80)

    large = Pyramid(rgb).resize(150, 200)

    assert np.array_equal(large, cv2.resize(rgb, (200, 150), interpolation=cv2.INTER_CUBIC))


def test_a_strip_one_pixel_high_keeps_its_row():
    assert Pyramid(noise(1, 400)).resize(1, 30).shape == (1, 30, 3)
