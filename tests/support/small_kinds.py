"""What small trainings learn from: frames of digits drawn by code, and noise that is no digit."""

import numpy as np

from tests.support.drawings import DIGITS
from training.data.frames import FrameSet, training_frames
from training.data.own import from_files
from training.data.sources import NOT_A_DIGIT
from training.data.strokes import Drawing

DIGIT_DRAWINGS = [
    Drawing(tuple(np.array(stroke, np.float32) * 700 for stroke in lines), str(digit), "test/1")
    for digit, lines in DIGITS.items()
]


def not_digits(count):
    noise = np.random.default_rng(3).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return FrameSet(noise, np.full(count, NOT_A_DIGIT, np.int8), np.full(count, "", "<U32"))


def small_kinds():
    """The kinds of frames that a training mixes, few of each."""
    practice = training_frames(DIGIT_DRAWINGS, copies=8, seed=1)
    return {
        "mnist": practice,
        "strokes": practice,
        "others": not_digits(20),
        "cuts": not_digits(10),
        "papers": practice,
        "extra": from_files([]),
    }
