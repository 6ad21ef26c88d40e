"""The ten digits as a pen wrote them, for what is trained and measured with."""

import numpy as np

from tests.support.drawings import DIGITS
from training.data.strokes import Drawing


def drawing_of(digit, writer="test/1", label=None, side=700):
    """Return a digit's strokes, `side` units high and labelled as what it is, or as something else."""
    lines = tuple(np.array(stroke, np.float32) * side for stroke in DIGITS[digit])
    return Drawing(lines, str(digit) if label is None else label, writer)
