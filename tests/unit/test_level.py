"""Rows that climb or fall are found, and the picture is turned so that they lie level."""

import math

import cv2
import numpy as np
import pytest
from PIL import Image

from digit_core.page.level import Turn, slope_of
from digit_core.page.segmentation import Shape
from digit_core.page.trace import Trace
from digit_core.types import Box
from tests.support.drawings import picture_of


def row_of(slope, count=4, top=200.0):
    """Boxes of 20 by 40 pixels side by side, falling by some degrees."""
    return [Box(40 + 45 * i, round(top + 45 * i * math.tan(math.radians(slope))), 20, 40) for i in range(count)]


@pytest.mark.parametrize("slope", [-40, -20, -7, 0, 7, 20, 40])
def test_the_slope_is_that_of_neighbours(slope):
    assert slope_of(row_of(slope)) == pytest.approx(slope, abs=1)
    assert slope_of([*row_of(slope), *row_of(slope, top=330.0)]) == pytest.approx(slope, abs=1)


def test_one_box_and_boxes_above_one_another_have_no_slope():
    assert slope_of([]) == slope_of([Box(3, 3, 20, 40)]) == 0
    assert slope_of([Box(40, 50 * i, 20, 40) for i in range(5)]) == 0


def test_a_small_digit_beside_others_does_not_decide():
    assert abs(slope_of([*row_of(0), Box(220, 228, 10, 10)])) < 1


@pytest.mark.parametrize("degrees", [-30, -8, 8, 30])
def test_a_turned_picture_holds_all_and_lets_rows_lie_level(degrees):
    rgb = np.full((300, 260, 3), (200, 190, 180), np.uint8)
    boxes = row_of(degrees, top=120.0)
    for box in boxes:
        rgb[box.top : box.bottom, box.left : box.right] = 0

    turn = Turn.by(degrees, rgb.shape[:2])
    turned = turn.picture(rgb)

    ink = 1 - turned[..., 0].astype(np.float32) / 200
    assert turned.shape[:2] == turn.after
    assert ink.sum() == pytest.approx(4 * 20 * 40, rel=0.02)
    _, _, stats, middles = cv2.connectedComponentsWithStats((ink > 0.5).astype(np.uint8))
    assert np.ptp(middles[1:, 1]) < 2
    assert tuple(turned[0, 0]) == (200, 190, 180)
    for left, top, width, height, _ in stats[1:]:
        shape = Shape(Box(int(left), int(top), int(width), int(height)), ink[top : top + height, left : left + width])
        before = turn.box_before(shape, 1.0)
        assert min(sum(abs(a - b) for a, b in zip(sides(before), sides(box), strict=True)) for box in boxes) <= 6


def sides(box):
    return box.left, box.top, box.width, box.height


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_what_was_made_of_a_turned_picture_is_turned_back(scale):
    rgb = np.full((120, 200, 3), 255, np.uint8)
    rgb[40:80, 50:70] = 0
    turn = Turn.by(17, rgb.shape[:2])
    ink = cv2.resize(1 - turn.picture(rgb)[..., 0].astype(np.float32) / 255, None, fx=scale, fy=scale)

    back = turn.undo(ink, scale)

    assert back.shape == (120 * scale, 200 * scale)
    rows, columns = np.nonzero(back > 0.5)
    assert [rows.min(), rows.max() + 1] == pytest.approx([40 * scale, 80 * scale], abs=2)
    assert [columns.min(), columns.max() + 1] == pytest.approx([50 * scale, 70 * scale], abs=2)


def photo_that_falls(text, degrees):
    """A number on grey paper in uneven light that falls by some degrees, and the middles of its digits."""
    width, height = 200 * len(text), 500
    picture = np.array(picture_of(text, width, 280, brush=12).convert("L")).astype(np.float32) / 255
    page = np.ones((height, width), np.float32)
    page[110:390] = picture
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 0.7)
    turned = cv2.warpAffine(page, matrix, (width, height), flags=cv2.INTER_AREA, borderValue=1.0)
    lit = turned * np.linspace(0.6, 0.9, width, dtype=np.float32)
    middles = [matrix @ (width * (i + 0.5) / len(text), height / 2, 1) for i in range(len(text))]
    return Image.fromarray((255 * lit).astype(np.uint8)), middles


@pytest.mark.parametrize("degrees", [-25, -15, 15, 25])
def test_a_number_that_climbs_or_falls_is_read_where_it_stands(recognizer, degrees):
    picture, middles = photo_that_falls("70275", degrees)

    trace = Trace()
    reading = recognizer.read(picture, trace=trace)

    assert reading.text == "70275"
    scale = trace.ink.shape[1] / picture.width
    for digit, middle in zip(reading.digits, middles, strict=True):
        box = digit.box
        assert abs(box.left + box.width / 2 - middle[0]) < 20
        assert abs(box.top + box.height / 2 - middle[1]) < 20
        part = trace.ink[
            round(scale * box.top) : round(scale * box.bottom), round(scale * box.left) : round(scale * box.right)
        ]
        assert part.max() > 0.9
        assert part[0].max() > 0.05 or part[1].max() > 0.05, "the box ends where the ink does"
