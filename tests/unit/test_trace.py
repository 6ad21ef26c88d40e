"""The pictures that show which stage lost a digit."""

import numpy as np
import pytest

from digit_core.page.segmentation import Shape
from digit_core.page.trace import Trace
from digit_core.types import Box
from tests.support.drawings import picture_of


@pytest.fixture(scope="module")
def trace_of_a_number(recognizer):
    trace = Trace()
    recognizer.read(picture_of("74", 500, 280), trace=trace)
    return trace


def test_a_drawing_shows_its_stages_in_their_order(trace_of_a_number):
    assert list(trace_of_a_number.pictures) == ["picture", "plain ink", "plain shapes", "plain frames"]


def test_each_shape_has_a_colour_of_its_own_where_its_ink_is(trace_of_a_number):
    ink, shapes = trace_of_a_number.pictures["plain ink"], trace_of_a_number.pictures["plain shapes"]

    assert shapes.shape[:2] == ink.shape
    seven, four = (side[side.max(axis=-1) > 50] for side in np.array_split(shapes, 2, axis=1))
    hues = [side / side.max(axis=-1, keepdims=True) for side in (seven, four)]
    assert all(hue.std(axis=0).max() < 0.05 for hue in hues)
    assert np.abs(hues[0].mean(axis=0) - hues[1].mean(axis=0)).max() > 0.1
    assert (shapes[ink == 0] == 0).all()


def test_shapes_that_overlap_are_both_shown():
    trace, ink = Trace(), np.eye(4, dtype=np.float32)
    shapes = [Shape(Box(0, 0, 4, 4), ink), Shape(Box(0, 0, 4, 4), ink[::-1])]

    trace.keep_shapes("shapes", shapes, (4, 4))

    assert (trace.pictures["shapes"].max(axis=-1) > 0).sum() == 8


def test_nothing_is_kept_unless_somebody_asks():
    trace = Trace(keeps=False)

    trace.keep_shapes("shapes", [Shape(Box(0, 0, 1, 1), np.ones((1, 1), np.float32))], (1, 1))

    assert not trace.pictures
