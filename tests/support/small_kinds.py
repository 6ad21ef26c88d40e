"""What small trainings learn from: frames of digits drawn by code, and noise that is no digit."""

import numpy as np

from tests.support.drawings import DIGITS
from tests.support.strokes import drawing_of
from training.data.frames import FrameSet, training_frames
from training.data.own import from_files
from training.data.sources import NOT_A_DIGIT

DIGIT_DRAWINGS = [drawing_of(digit) for digit in DIGITS]


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
