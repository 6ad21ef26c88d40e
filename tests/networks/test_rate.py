"""The learning rate over a training."""

import pytest

from training.rate import Rate
from training.recipe import Recipe


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_the_rate_rises_for_one_epoch_and_then_falls_to_nothing(epochs):
    rate = Rate.of(Recipe("compact", epochs=epochs, gentle_epochs=0, rate=0.1), steps=7)

    rates = [float(rate(step)) for step in range(7 * epochs + 1)]
    assert rates.index(max(rates)) == 7
    assert max(rates) == pytest.approx(0.1)
    assert epochs == 1 or rates[-1] == pytest.approx(0, abs=1e-6)


def test_a_steady_rate_stays_at_its_peak_until_the_gentle_epochs():
    rate = Rate.of(Recipe("deep", epochs=5, gentle_epochs=3, rate=0.1, steady=True), steps=10)

    assert [float(rate(step)) for step in (10, 20, 49)] == pytest.approx([0.1] * 3)
    assert float(rate(50)) == pytest.approx(0.015)
    assert Rate(**rate.get_config())(30) == rate(30)


def test_gentle_epochs_start_anew_at_a_small_rate_and_distort_less():
    recipe = Recipe("deep", epochs=5, gentle_epochs=3, rate=0.1)
    rate = Rate.of(recipe, steps=10)

    assert float(rate(49)) < 0.001
    assert float(rate(50)) == pytest.approx(0.015)
    assert float(rate(80)) == pytest.approx(0, abs=1e-6)
    assert recipe.distortion(5).elastic == recipe.distortion(4).elastic / 2
