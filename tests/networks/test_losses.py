"""What a network is asked of each frame: which digit it is where it is one, and whether it is one of all."""

import numpy as np
import pytest

from training.data.sources import NOT_A_DIGIT
from training.losses import reading_loss, taught_loss


def test_a_taught_network_is_drawn_to_its_teachers_second_choice():
    def loss(second, third):
        taught = np.array([[4, *(9.0 if d == 4 else 5.0 if d == 9 else 0.0 for d in range(10)), 6.0]], np.float32)
        logits = np.zeros((1, 11), np.float32)
        logits[0, [4, 9, 3, 10]] = 9.0, second, third, 6.0
        return float(taught_loss(taught, logits)[0])

    assert loss(second=5.0, third=0.0) < loss(second=0.0, third=5.0)
    assert loss(second=5.0, third=0.0) < loss(second=0.0, third=0.0)


def test_no_teacher_is_asked_what_is_no_digit():
    def loss(label, digitness):
        taught = np.array([[label, *np.zeros(10), 6.0]], np.float32)  # the teacher takes it for a digit
        logits = np.zeros((1, 11), np.float32)
        logits[0, 10] = digitness
        return float(taught_loss(taught, logits)[0])

    assert loss(NOT_A_DIGIT, -6.0) < loss(NOT_A_DIGIT, 6.0)
    assert loss(4, 6.0) < loss(4, -6.0)


def test_what_is_no_digit_is_not_asked_which_digit_it_is():
    labels = np.array([NOT_A_DIGIT, NOT_A_DIGIT, 3, 3], np.float32)
    logits = np.zeros((4, 11), np.float32)
    logits[1, 3] = logits[3, 3] = 5

    loss = np.asarray(reading_loss(labels, logits))

    assert loss[0] == pytest.approx(loss[1])
    assert loss[3] < loss[2]


def test_digitness_is_asked_of_everything():
    labels = np.array([NOT_A_DIGIT, NOT_A_DIGIT, 3, 3], np.float32)
    logits = np.zeros((4, 11), np.float32)
    logits[:, 10] = [5, -5, 5, -5]

    loss = np.asarray(reading_loss(labels, logits))

    assert loss[1] < loss[0]
    assert loss[2] < loss[3]
