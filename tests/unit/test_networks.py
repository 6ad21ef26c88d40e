"""The two architectures: small enough, different, and named so that explanations find their way."""

import keras
import numpy as np
import pytest

from digit_core.models.architectures import LAST_CONVOLUTION, PARAMETER_LIMITS, build_network
from digit_core.types import LOGITS, MODELS

NAMES = [model for model in MODELS if model != "ensemble"]


@pytest.fixture(scope="module", params=NAMES)
def network(request):
    return build_network(request.param)


def test_a_network_keeps_its_parameter_limit(network):
    assert 10_000 < network.count_params() <= PARAMETER_LIMITS[network.name]


def test_a_network_answers_frames_with_eleven_logits(network):
    logits = network(np.zeros((3, 28, 28, 1), np.float32), training=False)

    assert logits.shape == (3, 11)
    assert network.layers[-1].activation is keras.activations.linear


def test_the_last_maps_have_a_name_and_keep_where_things_are(network):
    maps = network.get_layer(LAST_CONVOLUTION).output

    assert maps.shape[1] == maps.shape[2] == 7
    assert (network.layers[-1].output.shape, maps.ndim) == ((None, LOGITS), 4)


def test_every_layer_has_a_name_that_does_not_depend_on_what_was_built_before(network):
    again = build_network(network.name)

    assert [layer.name for layer in again.layers] == [layer.name for layer in network.layers]


def test_a_network_normalises_its_batches(network):
    assert any(isinstance(layer, keras.layers.BatchNormalization) for layer in network.layers)


def test_the_networks_are_built_differently():
    kernels = [
        {layer.kernel_size for layer in build_network(name).layers if isinstance(layer, keras.layers.Conv2D)}
        for name in NAMES
    ]

    assert kernels[0] != kernels[1]


def test_other_names_are_refused():
    with pytest.raises(ValueError, match="expected a network named compact or deep, got 'ensemble'"):
        build_network("ensemble")
