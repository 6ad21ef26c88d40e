"""How far probabilities can be believed; whether one reader beats another beyond chance, by digit and by writer."""

import numpy as np
import pytest

from training.evaluation.measure import calibration_error, mcnemar, negative_log_likelihood, permutation_test


def test_the_calibration_error_weighs_each_gap_by_how_many_answers_have_it():
    confidence = np.array([0.95, 0.97, 0.99, 0.97, 0.35])
    right = np.array([True, True, True, False, True])

    error = calibration_error(confidence, right)

    assert error == pytest.approx(4 / 5 * (0.97 - 3 / 4) + 1 / 5 * (1 - 0.35), abs=1e-12)


def test_a_truth_thought_impossible_costs_much_but_not_infinitely():
    probabilities = np.zeros((2, 10))
    probabilities[0, 3], probabilities[1, 4] = 0.5, 1.0

    half, impossible = (negative_log_likelihood(probabilities[:1], np.array([label])) for label in (3, 4))

    assert half == pytest.approx(np.log(2))
    assert impossible == pytest.approx(np.log(1e12))
    assert negative_log_likelihood(probabilities, np.array([3, 4])) == pytest.approx(np.log(2) / 2)


def test_mcnemar_is_exact():
    assert mcnemar(0, 0) == 1
    assert mcnemar(3, 3) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 2**5)
    assert mcnemar(1, 6) == pytest.approx(2 * (1 + 7) / 2**7)


def test_a_gain_by_every_writer_is_no_chance():
    writers = np.repeat(np.arange(12), 5)

    assert permutation_test(np.tile([1, 0, 0, 0, 0], 12), writers) == pytest.approx(2 / 2**12, abs=1e-3)


def test_a_gain_of_one_writer_is_chance_however_large():
    writers = np.repeat(np.arange(12), 50)
    gained = np.where(writers == 3, 1, 0)

    assert permutation_test(gained, writers) == 1
    assert mcnemar(int((gained == 1).sum()), 0) < 1e-9


def test_gain_and_loss_weigh_each_other_out():
    gained = np.array([1, -1, 1, -1, 0, 0])

    assert permutation_test(gained, np.array(list("abcdef"))) == 1
    assert permutation_test(gained, np.array(list("aabbcc"))) == 1
