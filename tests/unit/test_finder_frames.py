"""What the finder finds on composed pages becomes frames: right shapes with their digits, wrong groupings as none."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from digit_core.page.look import Look
from digit_core.page.pyramid import Pyramid
from digit_core.page.shapes import part_ink
from tests.support.pages import HAND
from training.data import finder_frames
from training.data.finder_frames import collect_finder_frames, label_shapes
from training.data.pages.compose import Page, compose
from training.data.sources import MARK, NOT_A_DIGIT

SIDE = 160  # pixels


class Hands:
    """One hand made by code, in place of people's."""

    def page(self, side, seed, words=True):
        return compose(HAND, side, np.random.default_rng(seed), "number")


@pytest.fixture(autouse=True)
def one_hand(monkeypatch):
    monkeypatch.setattr(finder_frames, "hands_of", lambda part: Hands())


def bars(*places, label="1", width=24):
    """A page with upright bars of ink, each of which is a character."""
    owners = np.zeros((SIDE, SIDE), np.int16)
    for number, left in enumerate(places, 1):
        owners[60:100, left : left + width] = number
    ink = (owners > 0).astype(np.uint8) * 255
    picture = np.repeat(255 - ink[..., None], 3, axis=2)
    return Page(picture, owners, ink, np.zeros_like(ink), (label,) * len(places))


def seen_rightly(page):
    """What a finder without fault answers for a page."""
    half = page.owners[::2, ::2]
    rows, columns = np.mgrid[0 : len(half), 0 : len(half)]
    offsets, heat = np.zeros((*half.shape, 2), np.float32), np.zeros(half.shape, np.float32)
    for number in range(1, half.max() + 1):
        own = half == number
        x, y = columns[own].mean(), rows[own].mean()
        offsets[own] = np.stack([x - columns[own], y - rows[own]], axis=1)
        heat[round(y), round(x)] = 1
    ink = (half > 0).astype(np.float32)
    return Look(page.picture, 1.0, ink, np.zeros_like(ink), heat, offsets, np.full(half.shape, 40.0, np.float32))


def labels_of(page, seen=None):
    shapes = part_ink(Pyramid(page.picture), seen or seen_rightly(page))
    return Counter(label for _, label in label_shapes(shapes, page, np.random.default_rng(1)))


def test_a_right_shape_has_its_digit_and_a_merged_one_none():
    assert labels_of(bars(30, 100, label="7")) == {7: 2, NOT_A_DIGIT: 2}


def test_a_letter_is_none_and_one_like_a_digit_is_left_out():
    assert labels_of(bars(60, label="h")) == {NOT_A_DIGIT: 1}
    assert labels_of(bars(60, label="O")) == {}


def test_what_the_page_cuts_off_is_left_out():
    assert labels_of(bars(0, label="7")) == {}


def test_ink_that_nobody_wrote_is_a_mark_unless_it_could_be_a_one():
    blot, line = (bars(60, width=width) for width in (24, 6))

    blank = [replace(page, owners=np.zeros_like(page.owners), labels=()) for page in (blot, line)]

    assert labels_of(blank[0], seen_rightly(blot)) == {MARK: 1}
    assert labels_of(blank[1], seen_rightly(line)) == {}


def test_pages_give_digits_and_none_and_the_same_seed_the_same():
    first, again = (collect_finder_frames("training", 12, seed=3) for _ in range(2))

    kinds = Counter(first.labels.tolist())
    assert kinds[NOT_A_DIGIT] >= 6
    assert sum(count for label, count in kinds.items() if label >= 0) >= 6
    assert first.frames.shape[1:] == (28, 28)
    assert (first.frames.max(axis=(1, 2)) > 100).all()
    np.testing.assert_array_equal(first.frames, again.frames)
