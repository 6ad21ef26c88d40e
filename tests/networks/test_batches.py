"""Which frames a training sees in which batch."""

import numpy as np
import pytest

from digit_core.models.architectures import build_network
from digit_core.models.ensemble import NetworkClassifier
from digit_core.models.runtime import KerasRuntime
from tests.support.small_kinds import small_kinds
from training.batches import Batches
from training.data.sources import NOT_A_DIGIT
from training.recipe import Recipe

RECIPE = Recipe("compact", seed=5, epochs=1, gentle_epochs=1, batch=16)


@pytest.fixture(scope="module")
def kinds():
    return small_kinds()


def test_an_epoch_mixes_the_kinds_by_their_shares(kinds):
    batches = Batches(kinds | {"found": kinds["papers"]}, RECIPE, epoch=0)

    labels = np.concatenate([batches[index][1] for index in range(len(batches))])
    pictures, _ = batches[0]
    assert pictures.shape == (16, 28, 28, 1)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert len(labels) == pytest.approx(80 * (1 + 0.6 + 0.35 + 0.3 + 0.12 + 0.4), abs=16)
    assert (labels == NOT_A_DIGIT).mean() == pytest.approx(0.65 / 2.77, abs=0.05)


def test_what_is_left_out_is_not_mixed_in(kinds):
    recipe = RECIPE.without(["others", "cuts", "papers", "found"])

    batches = Batches(kinds, recipe, epoch=0)

    labels = np.concatenate([batches[index][1] for index in range(len(batches))])
    assert len(labels) == pytest.approx(80 * 1.6, abs=16)
    assert (labels != NOT_A_DIGIT).all()


def test_teachers_answers_travel_with_the_labels(kinds):
    teachers = [NetworkClassifier(KerasRuntime(build_network(name))) for name in ("compact", "deep")]

    pictures, labels = Batches(kinds, RECIPE, epoch=0, teachers=teachers)[0]

    np.testing.assert_array_equal(labels[:, 0], Batches(kinds, RECIPE, epoch=0)[0][1])
    mean = np.mean([teacher.logits(pictures[..., 0]) for teacher in teachers], axis=0)
    np.testing.assert_allclose(labels[:, 1:], mean, atol=1e-4)


def test_a_batch_depends_on_seed_epoch_and_place_alone(kinds):
    def batch(seed=5, epoch=1, index=2):
        recipe = Recipe("compact", seed=seed, batch=16)
        return Batches(kinds, recipe, epoch)[index][0]

    np.testing.assert_array_equal(batch(), batch())
    for other in (batch(seed=6), batch(epoch=2), batch(index=3)):
        assert not np.array_equal(batch(), other)
