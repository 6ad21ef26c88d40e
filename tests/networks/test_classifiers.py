"""The vote's algebra, on networks that say what the test wants."""

from contextlib import nullcontext

import numpy as np
import pytest

from digit_core.errors import WeightsError
from digit_core.models.ensemble import (
    Ensemble,
    NetworkClassifier,
    check_probe,
    load_network_weights,
    pool_digits,
    pool_logistic,
    probe_frames,
    sharpen,
    softmax,
)
from digit_core.models.manifest import Calibration, MeanCalibration
from digit_core.models.runtime import KerasRuntime
from digit_core.types import LOGITS, MEANS, Vote

UNFITTED = Calibration((0.0, 1.0), *[MeanCalibration((1.0, 1.0), (0.0, 0.0))] * 2)
WEIGHTS = (0.0, 0.1, 0.5, 0.9, 1.0)
RNG = np.random.default_rng(7)
COMPACT, DEEP = (softmax(RNG.normal(0, 3, (50, 10))) for _ in range(2))
FRAMES = RNG.random((6, 28, 28)).astype(np.float32)


@pytest.fixture(scope="module")
def members():
    import keras

    from digit_core.models.architectures import build_network

    keras.utils.set_random_seed(3)
    return NetworkClassifier(KerasRuntime(build_network("compact")), 1.5), NetworkClassifier(
        KerasRuntime(build_network("deep")), 0.7
    )


@pytest.fixture(scope="module")
def ensemble(members):
    bent = MeanCalibration((1.0, 2.0, 1.0), (0.1, 0.2, 0.3))
    return Ensemble(*members, Calibration((0.0, 0.5, 1.0), bent, bent))


def one_hot(digit):
    return np.eye(10)[[digit]]


# Pooling


@pytest.mark.parametrize("mean", MEANS)
def test_weight_0_is_compact_exactly_and_weight_1_is_deep_exactly(mean):
    np.testing.assert_array_equal(pool_digits(COMPACT, DEEP, mean, 0.0), COMPACT)
    np.testing.assert_array_equal(pool_digits(COMPACT, DEEP, mean, 1.0), DEEP)


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("weight", WEIGHTS)
def test_a_pool_is_ten_probabilities(mean, weight):
    pooled = pool_digits(COMPACT, DEEP, mean, weight)

    assert pooled.min() >= 0
    np.testing.assert_allclose(pooled.sum(axis=1), 1)


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("weight", WEIGHTS)
def test_where_the_networks_agree_nothing_changes(mean, weight):
    np.testing.assert_allclose(pool_digits(COMPACT, COMPACT, mean, weight), COMPACT, atol=1e-9)


def test_the_means_are_what_their_names_say():
    product = COMPACT**0.7 * DEEP**0.3

    np.testing.assert_allclose(pool_digits(COMPACT, DEEP, "arithmetic", 0.3), 0.7 * COMPACT + 0.3 * DEEP)
    np.testing.assert_allclose(
        pool_digits(COMPACT, DEEP, "geometric", 0.3), product / product.sum(axis=1, keepdims=True), atol=1e-9
    )


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("weight", WEIGHTS)
def test_a_probability_of_zero_never_gives_nan(mean, weight):
    pooled = sharpen(pool_digits(one_hot(3), one_hot(5), mean, weight), 0.5)

    assert np.isfinite(pooled).all()
    assert pooled.sum() == pytest.approx(1)
    assert set(np.flatnonzero(pooled[0] > 1e-6)) <= {3, 5}


@pytest.mark.parametrize("mean", MEANS)
def test_digitness_is_pooled_between_the_networks(mean):
    compact, deep = np.array([-200.0, -2.0, 0.0, 3.0]), np.array([200.0, 1.0, 0.0, 3.0])

    low, middle, high = (pool_logistic(compact, deep, mean, weight) for weight in (0.0, 0.5, 1.0))

    assert ((low <= middle + 1e-12) & (middle <= high + 1e-12)).all()
    assert low.min() >= 0
    assert high.max() <= 1
    assert middle[2:] == pytest.approx([0.5, 1 / (1 + np.exp(-3))])


def test_a_temperature_of_one_changes_nothing():
    assert sharpen(COMPACT, 1.0) is COMPACT


@pytest.mark.parametrize(("temperature", "surer"), [(0.5, True), (2.0, False)])
def test_a_temperature_changes_how_sure_and_never_who_wins(temperature, surer):
    changed = sharpen(COMPACT, temperature)

    assert (changed.argmax(axis=1) == COMPACT.argmax(axis=1)).all()
    assert ((changed.max(axis=1) > COMPACT.max(axis=1)) == surer).all()


def test_softmax_bears_huge_logits():
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0, -1e4]], np.float32)), [[1, 0, 0]])


# Networks


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize(("model", "number"), [("compact", 0), ("deep", 1)])
def test_one_network_alone_answers_for_itself(ensemble, members, mean, model, number):
    ballot = ensemble.poll(FRAMES, Vote(model, mean, 0.5))

    alone = members[number]
    calibrated = softmax(alone.logits(FRAMES)[:, :10] / alone.temperature)
    np.testing.assert_allclose(ballot.probabilities, calibrated, atol=1e-5)
    np.testing.assert_array_equal(ballot.probabilities, ballot.votes[model])


def test_the_ensemble_sharpens_after_it_has_pooled(ensemble):
    ballot = ensemble.poll(FRAMES, Vote(weight=0.5))

    pooled = 0.5 * ballot.votes["compact"] + 0.5 * ballot.votes["deep"]
    np.testing.assert_allclose(ballot.probabilities, sharpen(pooled, 2.0), atol=1e-9)


def test_a_frame_is_answered_the_same_alone_and_among_others(ensemble):
    together = ensemble.poll(FRAMES, Vote(weight=0.5)).probabilities

    for frame, answer in zip(FRAMES, together, strict=True):
        alone = ensemble.poll(frame[None], Vote(weight=0.5)).probabilities[0]
        np.testing.assert_allclose(alone, answer, atol=1e-5)


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 27), (1, 28, 28, 1), (0,)])
def test_frames_of_another_shape_are_the_developers_error(ensemble, members, shape):
    for ask in (lambda frames: ensemble.poll(frames, Vote()), *(member.logits for member in members)):
        with pytest.raises(ValueError, match=r"expected frames of shape \(n, 28, 28\), got \("):
            ask(np.zeros(shape, np.float32))


# Weights


def test_saved_weights_fill_a_network_that_answers_the_same(members, tmp_path):
    compact, _ = members
    compact.network.save(tmp_path / "model.keras")

    again = load_network_weights("compact", tmp_path / "model.keras")

    np.testing.assert_array_equal(again.logits(FRAMES), compact.logits(FRAMES))
    check_probe("compact", again, tuple(map(tuple, compact.logits(probe_frames()).tolist())))


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_weights_of_the_other_network_are_refused(members, tmp_path):
    members[1].network.save(tmp_path / "model.keras")

    with pytest.raises(WeightsError, match=r"weights of compact in model\.keras could not be read"):
        load_network_weights("compact", tmp_path / "model.keras")


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[: len(content) // 2], lambda _: b"PK"])
def test_damaged_weights_are_refused(members, tmp_path, damage):
    members[0].network.save(tmp_path / "model.keras")
    content = (tmp_path / "model.keras").read_bytes()
    (tmp_path / "model.keras").write_bytes(damage(content))

    with pytest.raises(WeightsError, match="could not be read"):
        load_network_weights("compact", tmp_path / "model.keras")


@pytest.mark.parametrize("expected", [(), ((0.5,) * 11,) * 4, ((float("nan"),) * 11,) * 4, ((0.0,) * 10,) * 4])
def test_another_answer_to_the_probe_frames_is_refused(members, expected):
    with pytest.raises(WeightsError, match="do not answer the probe frames"):
        check_probe("compact", members[0], expected)


@pytest.mark.parametrize(("off", "is_taken"), [(0.04, True), (0.06, False)])
def test_an_answer_to_the_probe_frames_is_off_by_rounding_alone(off, is_taken):
    class Answers:
        def logits(self, frames):
            return np.full((len(frames), LOGITS), off)

    with nullcontext() if is_taken else pytest.raises(WeightsError):
        check_probe("compact", Answers(), ((0.0,) * LOGITS,) * 4)


def test_probe_frames_never_change():
    frames = probe_frames()

    assert frames.shape == (4, 28, 28)
    assert frames.sum(axis=(1, 2)).tolist() == pytest.approx([150.41, 61.34, 94.0, 0.0], abs=0.01)
