"""Distorted frames are still frames of the same digit, and chance is seeded."""

import numpy as np
import pytest

from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from tests.support.drawings import picture_of
from tests.support.frames import likeness
from training.data.augment import DISTORTIONS, Distortion, distort

FRAMES = np.stack([np.round(255 * to_mnist_frame(to_ink(picture_of(d)))).astype(np.uint8) for d in "0123456789"])
STILL = Distortion(turn=0, slant=0, stretch=0, shift=0, elastic=0, stroke=0, blur=0, patchy=0)


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", DISTORTIONS)
def test_distorted_frames_are_frames(name):
    before = FRAMES.copy()

    distorted = distort(FRAMES, DISTORTIONS[name], rng())

    assert (distorted.shape, distorted.dtype) == (FRAMES.shape, np.float32)
    assert distorted.min() >= 0
    assert distorted.max() <= 1
    np.testing.assert_array_equal(FRAMES, before)


@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_distorted_frame_is_still_more_like_itself_than_like_the_others(name):
    distorted = distort(FRAMES, DISTORTIONS[name], rng(2))

    nearest = [int(np.argmax([likeness(frame, other) for other in FRAMES])) for frame in distorted]

    assert sum(found == digit for digit, found in enumerate(nearest)) >= 6


def test_the_same_chance_distorts_the_same_way():
    first, again, other = (distort(FRAMES, Distortion(), rng(seed)) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_distortion_only_the_density_of_the_ink_changes():
    for frame, still in zip(FRAMES, distort(FRAMES, STILL, rng()), strict=True):
        assert likeness(frame, still) > 0.97


def test_a_frame_may_shift_by_whole_pixels():
    shifted = distort(np.repeat(FRAMES[:1], 40, axis=0), Distortion(0, 0, 0, 3.0, 0, 0, 0, 0), rng())

    columns = np.arange(28)
    centres = (shifted.sum(axis=1) @ columns) / shifted.sum(axis=(1, 2))
    assert 1.5 < np.abs(centres - 13.5).max() < 4


def test_strokes_become_bolder_and_finer():
    ink = distort(np.repeat(FRAMES[:1], 40, axis=0), Distortion(0, 0, 0, 0, 0, 1.0, 0, 0), rng()) > 0.5

    assert ink.sum(axis=(1, 2)).max() > 1.2 * (FRAMES[0] > 127).sum() > 1.4 * ink.sum(axis=(1, 2)).min()
