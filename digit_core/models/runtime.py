"""What answers for a network: ONNX Runtime serves, Keras trains and explains, and stands in for a missing file.

ONNX Runtime starts in a twentieth of TensorFlow's time, in a fifteenth of its memory, and answers at least as quickly:
`training/EXPERIMENTS.md` has the figures. Nothing here imports TensorFlow before somebody asks for a network in Keras.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from digit_core.errors import WeightsError
from digit_core.types import Model, Network

if TYPE_CHECKING:
    import keras

THREADS = 1  # in one answer: a frame is too little to share out, and the crowd's answers share the processor instead


class Runtime(Protocol):
    """Answers for one network; may be asked by several threads at once."""

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Map a batch, (n, height, width, channels), to the network's answer, (n, ...) float32."""
        ...

    def network(self) -> keras.Model:
        """Return the network in Keras, for whoever needs its layers or gradients."""
        ...


class KerasRuntime:
    """Answers by Keras' compiled function, a `tf.function` where Keras computes with TensorFlow."""

    def __init__(self, network: keras.Model) -> None:
        self._network = network

    def run(self, batch: np.ndarray) -> np.ndarray:
        """See `Runtime.run`."""
        return np.asarray(self._network.predict_on_batch(batch.astype(np.float32, copy=False)), np.float32)

    def network(self) -> keras.Model:
        """See `Runtime.network`."""
        return self._network


class OnnxRuntime:
    """Answers by ONNX Runtime from a file that `training.convert` wrote; Keras waits until it is needed."""

    def __init__(self, model: Path, network: Callable[[], keras.Model]) -> None:
        """Open a file.

        Args:
            model: the ONNX file, already known to be the one that the manifest vouches for.
            network: loads the same weights into Keras; called once, if ever.

        Raises:
            WeightsError: the file, or ONNX Runtime itself, cannot be loaded.
        """
        try:
            import onnxruntime  # where there is none for a platform, Keras answers

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = THREADS
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting costs others the core
            options.log_severity_level = 3  # errors alone
            self._session = onnxruntime.InferenceSession(
                model.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ImportError, OSError, and the library's own that share no parent
            raise WeightsError(f"{model.name} could not be loaded ({type(error).__name__})") from error
        self._input = self._session.get_inputs()[0].name
        self._load, self._lock = network, threading.Lock()
        self._loaded: keras.Model | None = None

    def run(self, batch: np.ndarray) -> np.ndarray:
        """See `Runtime.run`."""
        (answer,) = self._session.run(None, {self._input: batch.astype(np.float32, copy=False)})
        return answer

    def network(self) -> keras.Model:
        """See `Runtime.network`; the first call takes TensorFlow's seconds."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded


def load_runtime_weights(name: Network | Model, weights: Path, width: float = 1.0) -> KerasRuntime:
    """Build the architecture from code and fill it with a `.keras` file's weights; the file's own config is never read.

    Args:
        name: which architecture.
        weights: the file.
        width: see `architectures.build_network`; the finder has one width.

    Raises:
        WeightsError: the file does not fit the architecture or is damaged.
    """
    from digit_core.models.architectures import build_finder, build_network  # bring TensorFlow, which takes seconds

    network = build_finder() if name == "finder" else build_network(name, width)
    try:
        network.load_weights(weights)
    except Exception as error:  # zip, HDF5 and Keras each raise their own
        raise WeightsError(f"The weights of {name} in {weights.name} could not be read: {error}") from error
    return KerasRuntime(network)
