"""The networks as they serve, beside every other runtime that could answer from the same weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from digit_core.loading import ONNX_NAME, WEIGHTS_NAME
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.models.runtime import KerasRuntime, OnnxRuntime, Runtime, load_runtime_weights
from digit_core.page.frame import FRAME_SIZE
from digit_core.recognizer import Recognizer
from digit_core.types import Model, Network
from training.evaluation.benchmark.rows import Row
from training.evaluation.benchmark.timing import FEW_ROUNDS, ROUNDS, compare

if TYPE_CHECKING:
    import keras

BATCHES = (1, 8, 64)  # frames: a drawing, a number, a page
SIDES = (128, 320)  # pixels of a picture that the finder looks at


def measure_networks(recognizer: Recognizer) -> Iterator[Row]:
    """Both networks as they serve, beside each other runtime that could answer from the same weights."""
    serving = [recognizer.ensemble.members[name].runtime for name in NETWORKS]
    by_keras = [load_in_keras(name) for name in NETWORKS]
    others: dict[str, list[Runtime]] = {
        "ONNX Runtime": [load_in_onnx(name) for name in NETWORKS],
        "Keras": list(by_keras),
        "LiteRT": [_LiteRuntime(runtime.network()) for runtime in by_keras],
    }
    for count in BATCHES:
        frames = np.random.default_rng(count).random((count, FRAME_SIZE, FRAME_SIZE, 1), np.float32)
        for title, runtimes in others.items():
            yield compare(
                f"both networks, {count} frame{'s' * (count > 1)}",
                partial(ask, serving, frames),
                title,
                partial(ask, runtimes, frames),
                goal=1.15,
                rounds=max(FEW_ROUNDS, ROUNDS // count),
            )


def measure_finder(recognizer: Recognizer) -> Iterator[Row]:
    """The finder as it serves, beside Keras."""
    for side in SIDES:
        picture = np.random.default_rng(side).random((1, side, side, 3), np.float32)
        serving, keras_runtime = (load("finder") for load in (load_in_onnx, load_in_keras))
        yield compare(
            f"the finder, {side}x{side}",
            partial(serving.run, picture),
            "Keras",
            partial(keras_runtime.run, picture),
            goal=1.15,
            rounds=FEW_ROUNDS * 3,
        )


def ask(runtimes: list[Runtime], frames: np.ndarray) -> None:
    for runtime in runtimes:
        runtime.run(frames)


class _LiteRuntime:
    """The same weights by LiteRT, which comes with TensorFlow: only to be measured against."""

    def __init__(self, network: keras.Model) -> None:
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        signature = [tf.TensorSpec((None, FRAME_SIZE, FRAME_SIZE, 1), tf.float32)]
        function = tf.function(lambda batch: network(batch, training=False), input_signature=signature, autograph=False)
        frozen = convert_variables_to_constants_v2(function.get_concrete_function())
        self._interpreter = tf.lite.Interpreter(
            model_content=tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert(), num_threads=1
        )
        self._network, self._shape = network, ()

    def run(self, batch: np.ndarray) -> np.ndarray:
        (given,), (answer,) = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if batch.shape != self._shape:
            self._interpreter.resize_tensor_input(given["index"], batch.shape)
            self._interpreter.allocate_tensors()
            self._shape = batch.shape
        self._interpreter.set_tensor(given["index"], batch)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(answer["index"])

    def network(self) -> keras.Model:
        return self._network


def load_in_keras(name: Network | Model) -> KerasRuntime:
    return load_runtime_weights(name, MODELS_DIR / name / WEIGHTS_NAME)


def load_in_onnx(name: Network | Model) -> OnnxRuntime:
    return OnnxRuntime(MODELS_DIR / name / ONNX_NAME, lambda: load_in_keras(name).network())
