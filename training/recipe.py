"""The arguments of a training run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from digit_core.types import Model
from training.data import habits
from training.data.augment import DISTORTIONS, Distortion

# Passes over MNIST's training writers, unless one says otherwise.
EPOCHS = 15
# AdamW's learning rate at its peak.
RATE = 2e-3
# AdamW's weight decay.
DECAY = 1e-4
# Epochs without a better validation error after which a run stops.
PATIENCE = 30
# Frames in one step.
BATCH = 128
# Momentum of the weight averaging, for `BATCH` frames in a step.
MOMENTUM = 0.998
# Momentum of the weight averaging where the rate is not lowered: over two epochs, not half of one.
STEADY_MOMENTUM = 0.9995
# What a network may be trained without.
INGREDIENTS = ("strokes", "habits", "others", "signs", "cuts", "papers", "found")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a run's result depends on, besides the data.

    Attributes:
        epochs: passes over MNIST's training writers, each with fresh draws from the other kinds.
        gentle_epochs: passes after those, with half the distortion and a small rate: closer to what is really written.
        batch: frames in one step.
        rate: peak learning rate of AdamW; it rises over the first epoch and falls along a cosine.
        decay: AdamW's weight decay.
        momentum: of the weight averaging that validation and export use (Polyak & Juditsky 1992).
        mnist_share: of MNIST's training digits that an epoch has: 1, or 0 where only one's own pictures are learned.
        stroke_share: pen-stroke frames in an epoch, as a share of MNIST's.
        other_share: frames that are no digit, likewise.
        sign_share: signs that stand beside numbers, likewise.
        cut_share: cuts through numbers, right and wrong, likewise.
        paper_share: MNIST's digits taken from photos and small scans of them, likewise.
        found_share: what the finder finds on composed pages, right shapes and wrong ones, likewise.
        habit_share: drawn zeros, ones and sevens that are given a habit MNIST hardly has.
        copies: how often each pen-stroke digit is drawn for the pool that epochs take from.
        other_copies: how often each letter or symbol is drawn for its pool.
        signs: how many signs are drawn for theirs.
        numbers: how many numbers are written and cut for their pool.
        papers: how many of MNIST's digits are put on paper for theirs.
        pages: how many pages are composed for the finder.
        steady: keep the rate at its peak until the gentle epochs; averaging calms the weights (Izmailov et al. 2018).
        patience: epochs without a better validation error after which the run stops.
        start: SHA-256 of the weights that the run begins with; "" is fresh ones.
        teachers: SHA-256 of the teachers' weights, one after the other; "" is none.
        only_marks: only the output that tells marks learns, and all else stays as it is in the weights to begin with.
        width: times as many filters as the app's networks have, see `models.architectures.build_network`.
        bfloat16: compute in bfloat16, weights stay in float32 (Kalamkar et al. 2019): faster on some processors.
    """

    model: Model
    seed: int = 1
    epochs: int = EPOCHS
    gentle_epochs: int = 4
    batch: int = BATCH
    rate: float = RATE
    decay: float = DECAY
    momentum: float = MOMENTUM
    mnist_share: float = 1.0
    stroke_share: float = 0.6
    other_share: float = 0.35
    sign_share: float = 0.1
    cut_share: float = 0.3
    paper_share: float = 0.12
    found_share: float = 0.4
    habit_share: float = habits.HABIT_SHARE
    copies: int = 13
    other_copies: int = 14
    signs: int = 12_000
    numbers: int = 10_000
    papers: int = 20_000
    pages: int = 3_000
    steady: bool = False
    patience: int = PATIENCE
    start: str = ""
    teachers: str = ""
    only_marks: bool = False
    width: float = 1.0
    bfloat16: bool = False

    def without(self, kinds: Collection[str]) -> Recipe:
        """Return the recipe without some of `INGREDIENTS`."""
        none: dict[str, Any] = {f"{kind.removesuffix('s')}_share": 0.0 for kind in kinds}
        return replace(self, **none)

    def only_extra(self) -> Recipe:
        """Return the recipe for one's own pictures alone."""
        return replace(self.without(INGREDIENTS), mnist_share=0.0)

    @property
    def needs_mnist(self) -> bool:
        """Whether any frame is made of MNIST's digits."""
        return self.mnist_share > 0 or self.paper_share > 0

    @property
    def needs_strokes(self) -> bool:
        """Whether any frame is drawn with the pen strokes of digits."""
        return max(self.stroke_share, self.other_share, self.cut_share, self.found_share) > 0

    @property
    def all_epochs(self) -> int:
        """All passes, gentle ones included."""
        return self.epochs + self.gentle_epochs

    def distortion(self, epoch: int) -> Distortion:
        """How frames are distorted in an epoch, counted from 0."""
        usual = DISTORTIONS[self.model]
        return usual if epoch < self.epochs else usual.gentle()
