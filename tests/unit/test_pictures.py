"""Explanations, feature maps and steps as pictures."""

import numpy as np
import pytest
from PIL import ImageColor

from digit_core.explain.images import explanation_picture, feature_picture, step_pictures
from digit_core.figures.colours import AGAINST_COLOUR, FOR_COLOUR, MARK_COLOUR
from digit_core.types import Box, Explanation, FeatureMaps, FrameSteps


def test_evidence_is_coloured_on_white_paper_and_ink_stays_dark():
    frame, evidence = np.zeros((2, 28, 28), np.float32)
    frame[14, 14] = 1
    evidence[:, :8], evidence[:, 20:] = 1, -1

    picture = explanation_picture(Explanation(frame, evidence, 7, "occlusion", "ensemble"))

    assert picture.size == (280, 280)
    assert picture.getpixel((20, 140)) == ImageColor.getrgb(FOR_COLOUR)
    assert picture.getpixel((260, 140)) == ImageColor.getrgb(AGAINST_COLOUR)
    assert picture.getpixel((140, 20)) == (255, 255, 255)
    assert max(picture.getpixel((145, 145))) < 80


@pytest.mark.parametrize("count", [1, 20, 36])
def test_feature_maps_stand_side_by_side(count):
    picture = feature_picture(FeatureMaps("conv1", np.ones((count, 7, 7), np.float32)))

    assert picture.width == min(20, count) * 8 - 1
    assert picture.height == (8 if count <= 20 else 16) - 1
    assert picture.getpixel((0, 0)) == 255


def test_steps_mark_the_box_and_shrink_large_pictures():
    ink = np.zeros((1000, 1600), np.float32)
    ink[200:600, 300:500] = 1
    steps = FrameSteps(ink, Box(300, 200, 200, 400), np.eye(28, dtype=np.float32))

    whole, boxed, frame = step_pictures(steps)

    assert whole.size == (420, 263)
    assert min(abs(np.asarray(whole).astype(int) - ImageColor.getrgb(MARK_COLOUR)).sum(axis=2).ravel()) < 60
    assert (boxed.size, boxed.getpixel((5, 5))) == ((200, 400), 0)
    assert (frame.size, frame.getpixel((3, 3)), frame.getpixel((3, 9))) == ((28, 28), 255, 0)
