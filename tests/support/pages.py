"""A hand made by code, for pages that are composed in tests."""

import numpy as np

from tests.support.drawings import DIGITS
from training.data.pages.layout import Hand
from training.data.strokes import Drawing


def drawing(digit, writer="test/1"):
    return Drawing(tuple(np.array(stroke, np.float32) for stroke in DIGITS[digit]), str(digit), writer)


HAND = Hand([drawing(digit) for digit in DIGITS], [drawing(4)])
