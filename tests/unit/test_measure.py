"""Whether one reader beats another beyond chance, digit by digit and writer by writer."""

import numpy as np
import pytest

from training.evaluation.measure import mcnemar, permutation_test


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
