"""What a run of the finder is made with: its recipe, and the learning rate, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import ops

WARM_UP = 300  # steps until the rate reaches its peak
COOL_DOWN = 0.3  # share of the steps over which the rate falls to nothing (as in Hägele et al. 2024)
# The largest norm of one variable's gradient; larger ones are shortened to it, so that a rare page with a large loss
# does not undo many steps. It is no field of the recipe: saved runs of before, all made with it, would look different.
CLIP_NORM = 2.0


@dataclass(frozen=True, slots=True)
class FinderRecipe:
    """What a run's result depends on, besides the data, the code and the number of steps.

    Attributes:
        seed: decides which pages are composed; a run of another seed has a folder of its own.
        rate: AdamW's peak learning rate.
        decay: AdamW's weight decay.
        momentum: of the weight averaging (Polyak & Juditsky 1992).
    """

    seed: int = 1
    rate: float = 3e-3
    decay: float = 1e-4
    momentum: float = 0.998


class FinderRate(keras.optimizers.schedules.LearningRateSchedule):
    """Up over `WARM_UP` steps, level, down to nothing over the last `COOL_DOWN` of all steps."""

    def __init__(self, peak: float, steps: int) -> None:
        self._peak, self._steps = peak, steps

    def __call__(self, step: int | keras.KerasTensor) -> keras.KerasTensor:
        """Return the rate at a step, counted from 0."""
        step = ops.cast(step, "float32")
        left = (self._steps - step) / (COOL_DOWN * self._steps)
        return self._peak * ops.clip(ops.minimum((step + 1) / WARM_UP, left), 0.0, 1.0)

    def get_config(self) -> dict[str, float]:
        """Return the arguments that make the same rate, for Keras to save."""
        return {"peak": self._peak, "steps": self._steps}
