"""How long training takes to read MNIST as well as a well-known recipe does: `python -m training.benchmark --training`.

Both train two networks on MNIST's training writers and vote by the mean of their probabilities. Beside ours stands the
recipe of the project digit-recognizer, the peer nearest to this one, written anew from its description: a network of
two convolutions and one of three, without normalisation, five epochs each of Adam in batches of 64. Its vote, trained
on all of MNIST, reads 99.36 % of the test digits; so ours are trained until they read as many of the validation
writers' digits. Times are the processors' while they train; loading and measuring are not counted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from digit_core.models.ensemble import softmax
from digit_core.models.manifest import NETWORKS
from digit_core.page.frame import FRAME_SIZE
from digit_core.recognizer import Recognizer
from digit_core.types import DIGIT_LOGITS
from training.data.frame_kinds import training_kinds, validation_sets
from training.data.frames import FrameSet
from training.evaluation.benchmark.rows import Row
from training.evaluation.benchmark.timing import processor_seconds
from training.recipe import INGREDIENTS, Recipe

if TYPE_CHECKING:
    import keras

SUFFICIENT = 99.36  # % of MNIST read right by the peer's vote
PEER_EPOCHS, PEER_BATCH = 5, 64  # of the peer's recipe
MAX_EPOCHS = 6  # of ours, fewer where they suffice; the learning rate falls to nothing until then
SEED = 1


@dataclass(frozen=True, slots=True)
class Training:
    """What a recipe took.

    Attributes:
        seconds: of the processors.
        accuracy: of the vote on the validation writers, in percent.
        epochs: passes of each network over the training writers.
    """

    seconds: float
    accuracy: float
    epochs: int

    @property
    def is_sufficient(self) -> bool:
        """Whether the vote reads as well as was asked for."""
        return self.accuracy >= SUFFICIENT


def measure_training(recognizer: Recognizer) -> Iterator[Row]:
    """Training until MNIST is read as well as by a well-known recipe, beside that recipe; takes most of an hour."""
    ours, peer = train_both()
    ratio = ours.seconds / peer.seconds if ours.is_sufficient else None
    yield Row(
        f"training until {SUFFICIENT} % of MNIST's validation digits are read (ours: {ours.accuracy:.2f} %, "
        f"{ours.epochs} epochs)",
        f"digit-recognizer's recipe ({peer.accuracy:.2f} %, {peer.epochs} epochs)",
        ours.seconds,
        peer.seconds,
        ratio,
        0.33,
        "s",
    )


def train_both() -> tuple[Training, Training]:
    """Train our networks until they suffice, and the peer's as it trains them; return what each took.

    Raises:
        DataError: MNIST is missing or damaged.
    """
    recipe = Recipe("compact").without(INGREDIENTS)
    frames = training_kinds(None, None, recipe)["mnist"]
    validation = validation_sets(None, recipe)["mnist"]
    return _train_ours(frames, validation), _train_peer(frames, validation)


def _train_ours(frames: FrameSet, validation: FrameSet) -> Training:
    """Train this project's networks, undistorted and on MNIST alone, until their averaged weights suffice."""
    import keras  # brings TensorFlow, which takes seconds

    from digit_core.models.architectures import build_network
    from training.losses import reading_loss
    from training.rate import Rate

    keras.utils.set_random_seed(SEED)
    both = [build_network(name) for name in NETWORKS]
    for name, network in zip(NETWORKS, both, strict=True):
        recipe = Recipe(name, epochs=MAX_EPOCHS, gentle_epochs=0)
        optimizer = keras.optimizers.AdamW(
            Rate.of(recipe, -(-len(frames) // recipe.batch)),
            weight_decay=recipe.decay,
            use_ema=True,
            ema_momentum=recipe.momentum,
        )
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        network.compile(optimizer, reading_loss)
    last = Training(0.0, 0.0, 0)
    for last in _pass_by_pass(both, frames, validation, recipe.batch, MAX_EPOCHS):
        print(f"ours after {last.epochs} epochs: {last.accuracy:.2f} % in {last.seconds:.0f} s", file=sys.stderr)
        if last.is_sufficient:
            break
    return last


def _train_peer(frames: FrameSet, validation: FrameSet) -> Training:
    """Train the peer's two networks as its description says."""
    import keras

    keras.utils.set_random_seed(SEED)
    both = _peer_networks()
    for network in both:
        network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    *_, last = _pass_by_pass(both, frames, validation, PEER_BATCH, PEER_EPOCHS)
    print(f"peer after {last.epochs} epochs: {last.accuracy:.2f} % in {last.seconds:.0f} s", file=sys.stderr)
    return last


def _pass_by_pass(
    both: Sequence[keras.Model],
    frames: FrameSet,
    validation: FrameSet,
    batch: int,
    epochs: int,
) -> Iterator[Training]:
    """Train compiled networks, one epoch of both after the other; tell after each what it took and what they read."""
    pictures = frames.frames[..., None].astype(np.float32) / 255
    seconds = 0.0
    for epoch in range(epochs):
        began = processor_seconds()
        for network in both:
            network.fit(pictures, frames.labels, batch_size=batch, verbose=0)
        seconds += processor_seconds() - began
        yield Training(seconds, _accuracy_of_vote(both, validation), epoch + 1)


def _accuracy_of_vote(both: Sequence[keras.Model], validation: FrameSet) -> float:
    """Return how many percent of frames the mean of the networks' probabilities reads right."""
    pictures = validation.frames[..., None].astype(np.float32) / 255
    logits = [np.asarray(network.predict(pictures, batch_size=512, verbose=0)) for network in both]
    vote = np.mean([softmax(one[:, :DIGIT_LOGITS]) for one in logits], axis=0)
    return 100 * float((vote.argmax(axis=1) == validation.labels).mean())


def _peer_networks() -> tuple[keras.Model, keras.Model]:
    """Build the peer's networks, of 121,930 and 327,018 parameters, with fresh weights."""
    import keras
    from keras import layers

    def convolution(filters: int, side: int, padding: str = "same") -> keras.Layer:
        return layers.Conv2D(filters, side, padding=padding, activation="relu")

    frame = keras.Input((FRAME_SIZE, FRAME_SIZE, 1))
    small = [
        *(convolution(32, 3, "valid"), layers.MaxPooling2D()),
        *(convolution(64, 3, "valid"), layers.MaxPooling2D()),
        *(layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(DIGIT_LOGITS)),
    ]
    large = [
        *(convolution(32, 5), convolution(64, 5), layers.MaxPooling2D()),
        *(convolution(128, 3), layers.MaxPooling2D(), layers.Dropout(0.25)),
        *(layers.Flatten(), layers.Dense(32, activation="relu"), layers.Dropout(0.5), layers.Dense(DIGIT_LOGITS)),
    ]
    return keras.Sequential([frame, *small]), keras.Sequential([frame, *large])
