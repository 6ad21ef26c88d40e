"""Frames of pictures, and how alike two of them are."""

import numpy as np

from digit_core.page.decode import open_picture
from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from tests.support.drawings import picture_of


def frame_of(source):
    return to_mnist_frame(to_ink(open_picture(source)))


def likeness(first, second):
    """The correlation of two frames: 1 for the same, 0 for strangers."""
    return np.corrcoef(first.ravel(), second.ravel())[0, 1]


def grey(text="4", *size, **manner):
    """A clean grey picture, ink dark."""
    return picture_of(text, *size, **manner).convert("L")
