"""Pen strokes are drawn as the page draws them, placed as people place them, and varied as hands vary."""

from itertools import pairwise

import numpy as np
import pytest

from digit_core.pen import CANVAS_SIDE, PEN_WIDTH, WIDE_CANVAS
from tests.support.strokes import drawing_of
from training.data import habits
from training.data.habits import with_habit
from training.data.strokes import Drawing, draw, place, vary, write_number


def line(*points, label="1"):
    return Drawing((np.array(points, np.float32),), label, "test/1")


def ink_box(canvas):
    """Left, top, right and bottom of what is darker than paper."""
    rows, columns = np.nonzero(canvas < 128)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("brush", [1, 2, 12, 28])
def test_a_line_is_as_wide_as_the_brush_and_round_at_its_ends(brush):
    canvas = draw([line((60, 140), (220, 140))], brush)

    left, top, right, bottom = ink_box(canvas)
    assert bottom - top == pytest.approx(brush, abs=1)
    assert (left, right) == (pytest.approx(60 - brush / 2, abs=1.5), pytest.approx(220 + brush / 2, abs=1.5))
    assert canvas[0, 0] == 255
    assert canvas[140, 140] < 30


def test_edges_are_soft():
    assert len(np.unique(draw([line((60, 60), (220, 190))], 12))) > 10


def test_a_pen_that_only_touched_leaves_a_dot():
    assert (draw([line((140, 140))], 20) < 128).sum() == pytest.approx(np.pi * 10**2, rel=0.15)


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("seed", range(5))
def test_a_digit_that_fills_the_canvas_is_large_and_near_the_middle(digit, seed):
    low, high = place(drawing_of(digit), "fill", np.random.default_rng(seed)).extent

    assert 0.55 <= (high - low).max() / CANVAS_SIDE <= 0.78
    assert np.abs((low + high) / 2 - CANVAS_SIDE / 2).max() <= 0.05 * CANVAS_SIDE


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("seed", range(5))
def test_a_digit_placed_off_is_small_aside_and_wholly_on_the_canvas(digit, seed):
    placed = place(drawing_of(digit), "off", np.random.default_rng(seed))

    low, high = placed.extent
    left, top, right, bottom = ink_box(draw([placed], 28))
    assert 0.30 <= (high - low).max() / CANVAS_SIDE <= 0.42
    assert np.hypot(*((low + high) / 2 - CANVAS_SIDE / 2)) >= 0.15 * CANVAS_SIDE - 0.01
    assert min(left, top) > 0
    assert max(right, bottom) < CANVAS_SIDE


def test_a_hand_varies_and_chance_is_seeded():
    digit = drawing_of(3)

    first, again, other = (vary(digit, np.random.default_rng(seed)) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first.strokes[0], again.strokes[0])
    assert not np.allclose(first.strokes[0], other.strokes[0])
    assert (first.label, first.writer) == ("3", "test/1")
    assert np.corrcoef(first.strokes[0].ravel(), digit.strokes[0].ravel())[0, 1] > 0.9


@pytest.mark.parametrize(("digit", "more"), [(0, {1}), (1, {0, 1, 2}), (7, {0, 1}), (2, {0}), (5, {0}), (8, {0})])
def test_zeros_are_slashed_ones_flagged_or_tailed_and_sevens_barred_or_straight(digit, more):
    plain = drawing_of(digit)

    added = {len(with_habit(plain, np.random.default_rng(seed)).strokes) - len(plain.strokes) for seed in range(12)}

    assert added == more


def test_a_looped_four_crosses_itself_above_the_foot_of_its_stem():
    loops = [habits.looped_four(np.random.default_rng(seed)) for seed in range(20)]

    for four in loops:
        crossings = [(i, j) for i in range(len(four) - 1) for j in range(i + 2, len(four) - 1) if _cross(four, i, j)]
        assert crossings
        assert four[crossings[0][0]][1] < four[-1][1]  # further up than the foot, where the pen stops


def _cross(points, i, j):
    """Whether the i-th and the j-th part of a line cut each other."""
    (a, b), (c, d) = points[i : i + 2], points[j : j + 2]

    def side(p, q, r):
        return np.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)


@pytest.mark.parametrize("upwards", [False, True])
def test_a_ones_tail_bends_to_the_right_where_the_stem_ends(upwards, monkeypatch):
    monkeypatch.setattr(habits, "TAIL_SHARE", 1.0)
    points = [(50, 0), (50, 40), (50, 80), (50, 100)]
    stem = line(*reversed(points)) if upwards else line(*points)

    [tailed] = with_habit(stem, np.random.default_rng(0)).strokes

    np.testing.assert_array_equal(tailed[:4], points)
    tail = tailed[4:] - points[-1]
    assert tail[:, 0].min() >= 0
    assert 6 < tail[:, 0].max() <= 30
    assert tail[-1, 1] < tail[:, 1].max() < 15  # it turns up again


@pytest.mark.parametrize("touching", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_a_number_stands_on_the_wide_canvas_from_left_to_right(touching, seed):
    rng = np.random.default_rng(seed)

    written = write_number([drawing_of(digit) for digit in (4, 0, 7, 1, 8)], touching, rng)

    boxes = [ink_box(draw([digit], PEN_WIDTH, WIDE_CANVAS)) for digit in written]
    assert [digit.label for digit in written] == list("40718")
    assert boxes[0][0] > 0
    assert boxes[-1][2] < WIDE_CANVAS[0]
    assert all(top > 0 and bottom < WIDE_CANVAS[1] for _, top, _, bottom in boxes)
    gaps = [after[0] - before[2] for before, after in pairwise(boxes)]
    assert max(gaps) < 20 if touching else min(gaps) > 8
