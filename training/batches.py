"""What a network is shown: one epoch after another of mixed and distorted frames."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from digit_core.models.ensemble import NetworkClassifier
from training.data import augment, frames
from training.data.frames import FrameSet
from training.recipe import Recipe


class Batches(keras.utils.PyDataset):
    """One epoch after another of freshly mixed and distorted frames; a function of (seed, epoch, index) alone.

    Each batch is frames (n, 28, 28, 1) with labels (n,), or (n, 13) where there are teachers: the label, then the mean
    of the teachers' twelve logits.
    """

    def __init__(
        self, kinds: dict[str, FrameSet], recipe: Recipe, epoch: int, teachers: Sequence[NetworkClassifier] = ()
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._teachers = teachers
        self._recipe, self._distortion, self._epoch = recipe, recipe.distortion(epoch), epoch
        rng = np.random.default_rng([recipe.seed, epoch])
        digits = len(kinds.get("mnist", ()))
        wanted = {
            "mnist": round(recipe.mnist_share * digits),
            "strokes": round(recipe.stroke_share * digits),
            "others": round(recipe.other_share * digits),
            "signs": round(recipe.sign_share * digits),
            "cuts": round(recipe.cut_share * digits),
            "papers": round(recipe.paper_share * digits),
            "found": round(recipe.found_share * digits),
            "extra": len(kinds.get("extra", ())),
        }
        chosen = [_take(kinds[kind], amount, rng) for kind, amount in wanted.items() if len(kinds.get(kind, ()))]
        mixed = frames.join_sets(chosen)
        self._set = mixed.take(rng.permutation(len(mixed)))

    def __len__(self) -> int:
        return max(1, len(self._set) // self._recipe.batch)  # few pictures of one's own make one smaller step

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = slice(index * self._recipe.batch, (index + 1) * self._recipe.batch)
        rng = np.random.default_rng([self._recipe.seed, self._epoch, index])
        pictures = augment.distort(self._set.frames[rows], self._distortion, rng)[..., None]
        labels = self._set.labels[rows].astype(np.float32)
        if not self._teachers:
            return pictures, labels
        taught = np.mean([teacher.network.predict_on_batch(pictures) for teacher in self._teachers], axis=0)
        return pictures, np.concatenate([labels[:, None], taught], axis=1).astype(np.float32)


def _take(kind: FrameSet, amount: int, rng: np.random.Generator) -> FrameSet:
    """Take `amount` frames: all of them as often as they fit, the rest by chance."""
    whole, rest = divmod(amount, len(kind))
    rows = np.concatenate([np.tile(np.arange(len(kind)), whole), rng.choice(len(kind), rest, replace=False)])
    return kind.take(rows.astype(np.int64))
