"""The finder as it serves: its weights checked, its answer at any size of picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digit_core.errors import WeightsError
from digit_core.models.geometry import FINDER_MAPS, FINDER_STRIDE
from digit_core.models.runtime import Runtime, load_runtime_weights

if TYPE_CHECKING:
    import keras

PROBE_SIDE = 64  # pixels of the probe picture
PROBE_STEP = 8  # pixels of the answer between the places that are compared
PROBE_TOLERANCE = 0.1  # of the answer; processors round differently, wrong weights are off by whole units


class NetworkFinder:
    """The finder, as a runtime answers for it."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @property
    def network(self) -> keras.Model:
        """The network in Keras; the first time it may load TensorFlow."""
        return self.runtime.network()

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Map pictures (n, height, width, 3) float32 in [0, 1] to maps, see `architectures.build_finder`."""
        return self.runtime.run(pictures)


def load_finder_weights(weights: Path) -> NetworkFinder:
    """Return a finder of Keras with a `.keras` file's weights, see `runtime.load_runtime_weights`.

    Raises:
        WeightsError: the file does not fit the architecture or is damaged.
    """
    return NetworkFinder(load_runtime_weights("finder", weights))


def probe_answers(finder: NetworkFinder) -> np.ndarray:
    """Return what the finder answers about a ring on paper made by formula: (places, maps) float32."""
    rows, columns = np.mgrid[0:PROBE_SIDE, 0:PROBE_SIDE] - (PROBE_SIDE - 1) / 2
    ring = np.clip(2.5 - np.abs(np.hypot(rows, 1.4 * columns) - 18), 0, 1)
    picture = (0.9 - 0.7 * ring + 0.001 * columns)[..., None] * np.ones(3)
    maps = finder(picture[None].astype(np.float32))[0]
    step = PROBE_STEP // FINDER_STRIDE
    return maps[step // 2 :: step, step // 2 :: step].reshape(-1, len(FINDER_MAPS))


def check_finder(finder: NetworkFinder, expected: tuple[tuple[float, ...], ...]) -> None:
    """Compare the finder's answer to the probe picture with the stored one.

    Raises:
        WeightsError: they differ, so these are not the weights that were measured.
    """
    stored, answered = np.asarray(expected, np.float32), probe_answers(finder)
    if stored.shape != answered.shape or not np.allclose(answered, stored, rtol=0.02, atol=PROBE_TOLERANCE):
        raise WeightsError("The weights of finder do not answer the probe picture as they did when they were measured.")
