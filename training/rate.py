"""The learning rate of a run, step by step."""

from __future__ import annotations

import math

import keras
from keras import ops

from training.recipe import Recipe

# Share of the peak rate that the gentle epochs start at.
GENTLE_RATE = 0.15


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate: up in the first epoch, down along a cosine, then along a small one in the gentle epochs.

    A steady one stays at its peak until the gentle epochs.
    """

    def __init__(self, peak: float, steps: int, epochs: int, gentle_epochs: int, steady: bool = False) -> None:
        self._peak, self._steps, self._epochs, self._gentle_epochs = peak, steps, epochs, gentle_epochs
        self._steady = steady

    @classmethod
    def of(cls, recipe: Recipe, steps: int) -> Rate:
        """Return a recipe's rate, for `steps` steps in an epoch."""
        return cls(recipe.rate, steps, recipe.epochs, recipe.gentle_epochs, recipe.steady)

    def __call__(self, step: int | keras.KerasTensor) -> keras.KerasTensor:
        """Return the rate at a step, counted from 0."""
        epoch = ops.cast(step, "float32") / self._steps
        up = 0.05 + 0.95 * epoch
        down = 1.0 if self._steady else _cosine((epoch - 1) / max(1, self._epochs - 1))
        if not self._gentle_epochs:
            return self._peak * ops.where(epoch < 1, up, down)
        gentle = GENTLE_RATE * _cosine((epoch - self._epochs) / self._gentle_epochs)
        return self._peak * ops.where(epoch < 1, up, ops.where(epoch < self._epochs, down, gentle))

    def get_config(self) -> dict[str, float]:
        """Return the arguments that make the same rate, for Keras to save."""
        return {
            "peak": self._peak,
            "steps": self._steps,
            "epochs": self._epochs,
            "gentle_epochs": self._gentle_epochs,
            "steady": self._steady,
        }


def _cosine(progress: keras.KerasTensor) -> keras.KerasTensor:
    """Fall from 1 to 0 along half a cosine while `progress` goes from 0 to 1."""
    return 0.5 * (1 + ops.cos(math.pi * ops.clip(progress, 0.0, 1.0)))
