"""Shapes in which digits touch are cut where little ink is in the way."""

import numpy as np
import pytest

from digit_core.page.ink import to_ink
from digit_core.page.seams import slices
from digit_core.page.segmentation import find_digits, whole_picture
from tests.support.drawings import blocks, lines


@pytest.mark.parametrize("apart", [4, 8])
def test_upright_strokes_that_became_one_can_be_cut_apart(apart):
    left = [(60, 70), (150, 60), (150, 200)]  # a seven, and an L right beside its stem
    right = [(150 + apart, 60), (150 + apart, 200), (230, 190)]
    [[shape]] = find_digits(to_ink(lines(left, right)))

    parts = slices(shape)

    sevens = {part.stop for part in parts if part.start == 0 and 145 < part.shape.box.right <= 170}
    els = {part.start for part in parts if part.shape.box.right == shape.box.right and 135 <= part.shape.box.left < 155}
    assert sevens & els


def ladder(width, rungs, thick=3):
    """Two upright strokes, 100 pixels high, and rungs between them."""
    tops = [round(i * (100 - thick) / max(1, rungs - 1)) for i in range(rungs)]
    return whole_picture(
        blocks((20, 20, 6, 100), (14 + width, 20, 6, 100), *[(20, 20 + top, width, thick) for top in tops])
    )


@pytest.mark.parametrize(("rungs", "can_be_cut"), [(9, True), (13, False)])
def test_a_cut_crosses_only_so_many_strokes(rungs, can_be_cut):
    assert bool(slices(ladder(100, rungs))) == can_be_cut


@pytest.mark.parametrize("angle", [0, 8, 20])
@pytest.mark.parametrize("brush", [6, 14, 28])
@pytest.mark.parametrize("bend", [0.0, 0.25])
def test_one_stroke_lying_down_is_not_cut(angle, brush, bend):
    across, turned = np.linspace(-100, 100, 15), np.radians(angle)
    down = bend * brush * np.cos(across / 30)
    x, y = across * np.cos(turned) - down * np.sin(turned), across * np.sin(turned) + down * np.cos(turned)
    [[shape]] = find_digits(to_ink(lines(list(zip(x + 140, y + 140, strict=True)), brush=brush)))

    assert slices(shape) == []


@pytest.mark.parametrize(("gap", "is_cut"), [(20, False), (36, True)])
def test_two_strokes_above_one_another_may_be_cut(gap, is_cut):
    shape = whole_picture(blocks((20, 20, 200, 20), (20, 40, 6, gap - 20), (20, 20 + gap, 200, 20)))

    assert bool(slices(shape)) == is_cut


def test_cuts_are_a_tenth_of_the_height_apart():
    cuts = max(part.stop for part in slices(ladder(150, 1))) - 1

    assert 12 <= cuts <= 16  # in 140 columns between strokes


def widths_from_the_left(shape):
    return [part.shape.box.width for part in slices(shape) if part.start == 0]


@pytest.mark.parametrize(("width", "narrowest"), [(34, 18), (42, 12)])
def test_a_part_is_no_narrower_than_a_ninth_of_its_height(width, narrowest):
    assert min(widths_from_the_left(ladder(width, 1))) == pytest.approx(narrowest, abs=1)  # cuts are 9 pixels apart


def test_a_part_is_hardly_wider_than_high():
    assert 110 <= max(widths_from_the_left(ladder(190, 1))) <= 125


def test_where_there_are_too_many_parts_the_cuts_through_most_ink_are_left_out():
    shape = whole_picture(blocks((20, 20, 40, 100), (59, 68, 60, 4), (118, 20, 40, 100)))  # two blocks and a bridge

    few = slices(shape, most=12)

    assert 0 < len(few) <= 12 < len(slices(shape))
    first_parts = [part.shape.box for part in few if part.start == 0]
    assert first_parts
    assert all(60 <= box.right <= 118 for box in first_parts)


def test_a_shape_has_only_so_many_cuts():
    assert max(part.stop for part in slices(ladder(600, 1))) == 40 + 1
