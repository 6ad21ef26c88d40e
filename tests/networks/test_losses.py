"""What a network is asked of each frame: which digit it is where it is one, and whether it is one of all."""

import numpy as np
import pytest

from digit_core.types import DIGITNESS, LOGITS
from digit_core.types import MARK as MARK_LOGIT
from training.data.sources import MARK, NOT_A_DIGIT
from training.losses import reading_loss, taught_loss


def test_a_taught_network_is_drawn_to_its_teachers_second_choice():
    def loss(second, third):
        taught = np.array([[4, *(9.0 if d == 4 else 5.0 if d == 9 else 0.0 for d in range(10)), 6.0, 0.0]], np.float32)
        logits = np.zeros((1, LOGITS), np.float32)
        logits[0, [4, 9, 3, 10]] = 9.0, second, third, 6.0
        return float(taught_loss(taught, logits)[0])

    assert loss(second=5.0, third=0.0) < loss(second=0.0, third=5.0)
    assert loss(second=5.0, third=0.0) < loss(second=0.0, third=0.0)


def test_no_teacher_is_asked_what_is_no_digit():
    def loss(label, digitness):
        taught = np.array([[label, *np.zeros(10), 6.0, 0.0]], np.float32)  # the teacher takes it for a digit
        logits = np.zeros((1, LOGITS), np.float32)
        logits[0, DIGITNESS] = digitness
        return float(taught_loss(taught, logits)[0])

    assert loss(NOT_A_DIGIT, -6.0) < loss(NOT_A_DIGIT, 6.0)
    assert loss(4, 6.0) < loss(4, -6.0)


def test_what_is_no_digit_is_not_asked_which_digit_it_is():
    labels = np.array([NOT_A_DIGIT, NOT_A_DIGIT, 3, 3], np.float32)
    logits = np.zeros((4, LOGITS), np.float32)
    logits[1, 3] = logits[3, 3] = 5

    loss = np.asarray(reading_loss(labels, logits))

    assert loss[0] == pytest.approx(loss[1])
    assert loss[3] < loss[2]


def test_digitness_is_asked_of_everything():
    labels = np.array([NOT_A_DIGIT, NOT_A_DIGIT, 3, 3], np.float32)
    logits = np.zeros((4, LOGITS), np.float32)
    logits[:, DIGITNESS] = [5, -5, 5, -5]

    loss = np.asarray(reading_loss(labels, logits))

    assert loss[1] < loss[0]
    assert loss[2] < loss[3]


def test_of_everything_only_signs_are_signs_and_none_of_them_is_a_digit():
    labels = np.array([MARK, MARK, NOT_A_DIGIT, NOT_A_DIGIT, 3, 3], np.float32)
    logits = np.zeros((6, LOGITS), np.float32)
    logits[:, MARK_LOGIT] = [5, -5, -5, 5, -5, 5]

    loss = np.asarray(reading_loss(labels, logits))

    assert (loss[::2] < loss[1::2]).all()
    logits[:2, DIGITNESS] = [-5, 5]
    loss = np.asarray(reading_loss(labels, logits * (np.arange(LOGITS) == DIGITNESS)))
    assert loss[0] < loss[1]
