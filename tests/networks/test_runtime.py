"""Both runtimes give one answer, and ONNX Runtime alone needs no TensorFlow."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from digit_core.errors import WeightsError
from digit_core.loading import ONNX_NAME, WEIGHTS_NAME
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.models.runtime import KerasRuntime, OnnxRuntime, load_runtime_weights
from digit_core.types import LOGITS


def shrink_and_grow():
    """A small network for pictures of any size, of the layers that find shapes on a page."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(4)
    pictures = keras.Input((None, None, 3))
    x = layers.Conv2D(8, 4, strides=2, padding="same", use_bias=False)(pictures)
    skip = x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Concatenate()([layers.UpSampling2D(2, interpolation="nearest")(x), skip])
    return keras.Model(pictures, layers.Conv2D(6, 3, padding="same")(x))


def in_keras(name):
    return load_runtime_weights(name, MODELS_DIR / name / WEIGHTS_NAME)


def in_onnx(name):
    return OnnxRuntime(MODELS_DIR / name / ONNX_NAME, lambda: in_keras(name).network())


@pytest.fixture(scope="module", params=NETWORKS)
def runtimes(request):
    """A shipped network of frames by both runtimes: Keras, ONNX Runtime."""
    return in_keras(request.param), in_onnx(request.param)


@pytest.fixture(scope="module")
def network():
    """A small network for pictures."""
    return shrink_and_grow()


@pytest.fixture(scope="module")
def convert():
    from training.convert import convert

    return convert


@pytest.fixture(scope="module")
def onnx_file(convert, network, tmp_path_factory):
    """The same as a file for ONNX Runtime."""
    file = tmp_path_factory.mktemp("finding") / ONNX_NAME
    convert(network, file)
    return file


@pytest.fixture(scope="module")
def small_finder(network, onnx_file):
    """The same by both runtimes."""
    return KerasRuntime(network), OnnxRuntime(onnx_file, lambda: network)


def test_both_runtimes_say_the_same_of_many_frames(runtimes):
    frames = np.random.default_rng(1).random((1000, 28, 28, 1), np.float32) ** 3

    by_keras, by_onnx = (runtime.run(frames) for runtime in runtimes)

    assert by_keras.std() > 1
    assert by_onnx.dtype == by_keras.dtype == np.float32
    np.testing.assert_allclose(by_onnx, by_keras, atol=1e-3)


@pytest.mark.parametrize("count", [1, 3, 70])
def test_a_batch_of_any_size_is_answered(runtimes, count):
    assert [runtime.run(np.zeros((count, 28, 28, 1), np.float32)).shape for runtime in runtimes] == [
        (count, LOGITS)
    ] * 2


def test_pictures_of_any_size_are_answered_by_both_alike(small_finder):
    for height, width in ((32, 64), (64, 32), (160, 96)):
        picture = np.random.default_rng(width).random((1, height, width, 3), np.float32)

        by_keras, by_onnx = (runtime.run(picture) for runtime in small_finder)

        assert by_onnx.shape == (1, height // 2, width // 2, 6)
        np.testing.assert_allclose(by_onnx, by_keras, atol=1e-4)


def test_the_shipped_finder_says_the_same_of_pictures_of_any_size_by_both():
    by = [load("finder") for load in (in_keras, in_onnx)]

    for height, width in ((128, 128), (64, 352)):
        picture = np.random.default_rng(height).random((1, height, width, 3), np.float32)
        by_keras, by_onnx = (runtime.run(picture) for runtime in by)

        assert by_keras.std() > 1
        assert by_onnx.shape == (1, height // 2, width // 2, 6)
        np.testing.assert_allclose(by_onnx, by_keras, atol=1e-3)


def test_many_threads_may_ask_at_once(small_finder):
    _, by_onnx = small_finder
    pictures = np.random.default_rng(2).random((16, 1, 64, 64, 3), np.float32)
    alone = [by_onnx.run(picture) for picture in pictures]

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(by_onnx.run, pictures))

    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_keras_is_asked_once_and_only_when_somebody_wants_the_network(network, onnx_file):
    asked = []
    runtime = OnnxRuntime(onnx_file, lambda: asked.append(1) or network)

    runtime.run(np.zeros((1, 32, 32, 3), np.float32))
    before = len(asked)
    found = [runtime.network(), runtime.network()]

    assert (before, len(asked)) == (0, 1)
    assert all(one is network for one in found)


def test_the_same_weights_give_the_same_file(convert, network, onnx_file, tmp_path):
    convert(network, tmp_path / ONNX_NAME)

    assert (tmp_path / ONNX_NAME).read_bytes() == onnx_file.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no network", None])
def test_a_file_that_is_no_network_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / ONNX_NAME).write_bytes(content)

    with pytest.raises(WeightsError, match=r"model\.onnx could not be loaded"):
        OnnxRuntime(tmp_path / ONNX_NAME, shrink_and_grow)
