"""Temperatures are fitted to what networks say about digits that they were not trained on."""

import numpy as np
import pytest

from digit_core.models.ensemble import softmax
from training.evaluation.calibrate import best_temperature


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_multiplied_in_is_found(temperature):
    rng = np.random.default_rng(0)
    true_logits = rng.normal(0, 2, (20_000, 10))
    labels = (softmax(true_logits).cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)

    assert best_temperature([(true_logits * temperature, labels)]) == pytest.approx(temperature, rel=0.05)


def test_scans_weigh_as_much_as_all_drawings_together():
    rng = np.random.default_rng(0)
    sure, labels = np.tile([[4.0] + [0.0] * 9], (1000, 1)), np.zeros(1000, int)
    mostly_right = np.where(rng.random(1000) < 0.8, 0, 1)

    alone = best_temperature([(sure, labels), (sure, mostly_right)])
    among_many = best_temperature([(sure, labels), *[(sure, mostly_right)] * 5])

    assert alone == pytest.approx(among_many, rel=0.01)
