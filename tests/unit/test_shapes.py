"""Which ink belongs together, and in which order it is read."""

import numpy as np
import pytest

from digit_core.errors import TooManyDigitsError
from digit_core.page.look import BODY, Look, clamp_scale, look, search
from digit_core.page.rows import in_rows
from digit_core.page.shapes import parts_of
from digit_core.types import Box
from tests.support.drawings import picture_of
from tests.support.finder import shipped_finder


def two_bars(distance):
    """What a finder would answer about two upright bars so many of its pixels apart."""
    ink = np.zeros((40, 60), np.float32)
    offsets = np.zeros((40, 60, 2), np.float32)
    heat = np.zeros((40, 60), np.float32)
    for left in (10, 10 + distance):
        ink[10:30, left : left + 3] = 1
        rows, columns = np.mgrid[10:30, left : left + 3]
        offsets[10:30, left : left + 3] = np.stack([left + 1 - columns, 20 - rows], axis=-1)
        heat[20, left + 1] = 1
    return Look(
        np.full((80, 120, 3), 255, np.uint8), 1.0, ink, 0 * ink, heat, offsets, np.full((40, 60), BODY, np.float32)
    )


def test_ink_that_points_to_one_middle_is_one_shape():
    owners, groups, components = parts_of(two_bars(distance=20))

    assert len(groups) == 2
    assert len(set(components)) == 2
    assert len(np.unique(owners[:, :20])) == len(np.unique(owners[:, 25:])) == 2


def test_no_ink_is_no_shape():
    nothing = two_bars(20)
    blank = Look(nothing.picture, 1.0, 0 * nothing.ink, 0 * nothing.ink, nothing.heat, nothing.offsets, nothing.heights)

    assert parts_of(blank)[1] == ()


def test_grain_is_refused_before_it_is_parted():
    grain = np.kron(np.ones((50, 50), np.float32), np.pad(np.ones((3, 3), np.float32), ((0, 9), (0, 9))))
    offsets, height = np.zeros((600, 600, 2), np.float32), np.full((600, 600), BODY, np.float32)
    seen = Look(np.full((1200, 1200, 3), 255, np.uint8), 1.0, grain, 0 * grain, grain, offsets, height)

    with pytest.raises(TooManyDigitsError):
        parts_of(seen)


@pytest.mark.parametrize("size", [(300, 300), (1200, 900), (40, 40), (3000, 200)])
def test_the_scale_that_is_found_brings_characters_to_the_size_that_was_learned(size):
    rgb = np.asarray(picture_of("4", *size, brush=max(3, min(size) // 14)))

    seen = search(rgb, shipped_finder())

    assert 0.6 * BODY < seen.usual_height < 1.7 * BODY


def test_a_look_is_never_larger_than_its_bound():
    rgb = np.zeros((4000, 3000, 3), np.uint8)

    scale = clamp_scale(rgb, 10.0)

    assert scale**2 * rgb.shape[0] * rgb.shape[1] <= 1_500_001


def test_a_large_look_in_tiles_sees_what_a_small_one_sees():
    rgb = np.full((900, 1100, 3), 255, np.uint8)
    for row, number in enumerate(("4071932856", "1234567890", "5647382910", "9080706050")):  # as high as it parts best
        rgb[200 * row + 50 : 200 * row + 130] = np.asarray(picture_of(number, 1100, 80, brush=6))
    finder = shipped_finder()

    seen = look(rgb, 1.0, finder)

    whole = finder((np.pad(rgb, ((16, 44), (16, 36), (0, 0)), mode="edge")[None] / 255).astype(np.float32))[0]
    direct = 1 / (1 + np.exp(-whole[8:458, 8:558, 0]))
    assert np.abs(seen.ink - direct).mean() < 0.01


def test_rows_are_read_from_top_to_bottom_and_from_left_to_right():
    boxes = [Box(100, 5, 20, 40), Box(10, 0, 20, 40), Box(12, 100, 20, 40), Box(60, 108, 20, 40)]

    assert in_rows(boxes) == [[1, 0], [2, 3]]
