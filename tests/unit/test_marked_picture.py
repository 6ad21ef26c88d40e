"""The uploaded picture with its boxes."""

import base64
import io

import numpy as np
from PIL import Image

from digit_core.types import Box, DigitReading, Prediction
from tests.support.drawings import picture_of
from ui.components.marked_picture import LONGEST_SHOWN_SIDE, AnnotatedPicture, MarkedPicture


def test_boxes_are_given_in_per_cent_so_that_they_fit_any_size():
    even = Prediction((0.1,) * 10)
    digit = DigitReading(Box(100, 50, 200, 25), np.zeros((28, 28), np.float32), even, {}, 0.9, "unsure")

    shown = MarkedPicture().postprocess(AnnotatedPicture(picture_of("0", width=400, height=100), (digit,)))

    assert shown["boxes"] == [{"text": "0", "verdict": "unsure", "left": 25, "top": 50, "width": 50, "height": 25}]


def test_a_large_picture_is_shown_small():
    shown = MarkedPicture().postprocess(AnnotatedPicture(Image.new("L", (4000, 3000), 255)))

    small = Image.open(io.BytesIO(base64.b64decode(shown["picture"].partition(",")[2])))
    assert max(small.size) == LONGEST_SHOWN_SIDE


def test_without_a_picture_nothing_is_shown():
    assert MarkedPicture().postprocess(None) is None
