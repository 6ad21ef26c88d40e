"""The finder as it serves: its weights checked, its answer at any size of picture."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from digit_core.errors import WeightsError
from digit_core.models.architectures import FINDER_MAPS, build_finder
from digit_core.models.geometry import FINDER_STRIDE

PROBE_SIDE = 64  # pixels of the probe picture
PROBE_STEP = 8  # pixels of the answer between the places that are compared
PROBE_TOLERANCE = 0.1  # of the answer; processors round differently, wrong weights are off by whole units


class KerasFinder:
    """The finder in one `tf.function`, traced once for all sizes."""

    def __init__(self, network: keras.Model) -> None:
        self.network = network
        self._answer = tf.function(
            lambda pictures: network(pictures, training=False),
            input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)],
        )

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Map pictures (n, height, width, 3) float32 in [0, 1] to maps, see `architectures.build_finder`."""
        return np.asarray(self._answer(tf.convert_to_tensor(pictures, tf.float32)))


def filled_finder(weights: Path) -> KerasFinder:
    """Build the finder from code and fill it with a `.keras` file's weights; the file's own config is never read.

    Raises:
        WeightsError: the file does not fit the architecture or is damaged.
    """
    network = build_finder()
    try:
        network.load_weights(weights)
    except Exception as error:  # zip, HDF5 and Keras each raise their own
        raise WeightsError(f"The weights of finder in {weights.name} could not be read: {error}") from error
    return KerasFinder(network)


def probe_answers(finder: KerasFinder) -> np.ndarray:
    """Return what the finder answers about a ring on paper made by formula: (places, maps) float32."""
    rows, columns = np.mgrid[0:PROBE_SIDE, 0:PROBE_SIDE] - (PROBE_SIDE - 1) / 2
    ring = np.clip(2.5 - np.abs(np.hypot(rows, 1.4 * columns) - 18), 0, 1)
    picture = (0.9 - 0.7 * ring + 0.001 * columns)[..., None] * np.ones(3)
    maps = finder(picture[None].astype(np.float32))[0]
    step = PROBE_STEP // FINDER_STRIDE
    return maps[step // 2 :: step, step // 2 :: step].reshape(-1, len(FINDER_MAPS))


def check_finder(finder: KerasFinder, expected: tuple[tuple[float, ...], ...]) -> None:
    """Compare the finder's answer to the probe picture with the stored one.

    Raises:
        WeightsError: they differ, so these are not the weights that were measured.
    """
    stored, answered = np.asarray(expected, np.float32), probe_answers(finder)
    if stored.shape != answered.shape or not np.allclose(answered, stored, rtol=0.02, atol=PROBE_TOLERANCE):
        raise WeightsError("The weights of finder do not answer the probe picture as they did when they were measured.")
