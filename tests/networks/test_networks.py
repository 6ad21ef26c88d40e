"""The two architectures: small enough, different, and named so that explanations find their way."""

import numpy as np
import pytest

from digit_core.types import LOGITS, MODELS
from tests.support.limits import PARAMETER_LIMITS

NAMES = [model for model in MODELS if model != "ensemble"]


@pytest.fixture(scope="module")
def architectures():
    from digit_core.models import architectures

    return architectures


@pytest.fixture(scope="module", params=NAMES)
def network(architectures, request):
    return architectures.build_network(request.param)


def layers_of_kind(network, kind):
    return [layer for layer in network.layers if type(layer).__name__ == kind]


def test_a_network_keeps_its_parameter_limit(architectures, network):
    assert 10_000 < network.count_params() <= PARAMETER_LIMITS[network.name]


def test_a_network_answers_frames_with_twelve_logits(network):
    logits = network(np.zeros((3, 28, 28, 1), np.float32), training=False)

    assert logits.shape == (3, 12)
    assert {network.get_layer(name).activation.__name__ for name in ("logits", "mark")} == {"linear"}


def test_the_last_maps_have_a_name_and_keep_where_things_are(architectures, network):
    maps = network.get_layer(architectures.LAST_CONVOLUTION).output

    assert maps.shape[1] == maps.shape[2] == 7
    assert (network.layers[-1].output.shape, maps.ndim) == ((None, LOGITS), 4)


def test_every_layer_has_a_name_that_does_not_depend_on_what_was_built_before(architectures, network):
    again = architectures.build_network(network.name)

    assert [layer.name for layer in again.layers] == [layer.name for layer in network.layers]


def test_a_network_normalises_its_batches(network):
    assert layers_of_kind(network, "BatchNormalization")


def test_the_networks_are_built_differently(architectures):
    compact, deep = (
        {layer.kernel_size for layer in layers_of_kind(architectures.build_network(name), "Conv2D")} for name in NAMES
    )

    assert compact != deep


def test_asking_for_a_network_of_another_name_raises(architectures):
    with pytest.raises(ValueError, match="expected a network named compact or deep, got 'ensemble'"):
        architectures.build_network("ensemble")
