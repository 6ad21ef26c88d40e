"""Train the two networks: `python -m training.train [--model compact|deep|all] [--seed N]`.

Every run lives in `DIGIT_RUN_DIR` (default `~/.cache/digit-reader`), outside the work tree. It writes its whole state
after each epoch and goes on from there when it is started again. The checkpoint that reads the validation writers
best, with averaged weights, is exported to `models/`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from digit_core import pen
from digit_core.errors import DigitError
from digit_core.files import whole_file, write_whole
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.architectures import DIGIT_LOGITS, build_network
from digit_core.models.ensemble import KerasClassifier, filled_network
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.page import decode, frame, ink, marks, paper, rules, segmentation
from digit_core.types import Model
from training.data import augment, frames, papers, sources, strokes
from training.data.augment import DISTORTIONS, Distortion
from training.data.frames import FrameSet
from training.data.sources import NOT_A_DIGIT
from training.errors import DataError
from training.publish.archive import portable
from training.weights import read_network, weights_of

EPOCHS = 15
RATE = 2e-3  # AdamW's, at its peak
DECAY = 1e-4  # AdamW's weight decay
PATIENCE = 30  # epochs without a better validation error
GENTLE_RATE = 0.15  # of the peak: the rate that the gentle epochs start at
DIGITNESS_SHARE = 0.3  # weight of the digitness loss beside the ten-digit loss
BATCH = 128  # frames in one step
MOMENTUM = 0.998  # of the weight averaging, for so many frames in a step
STEADY_MOMENTUM = 0.9995  # of the weight averaging where the rate is not lowered: over two epochs, not half of one
TEACHER_SHARE = 0.7  # weight of the teachers' answers beside the labels
TEACHER_TEMPERATURE = 2.0  # what both logits are divided by, so that a teacher's second choice counts, too
INGREDIENTS = ("strokes", "habits", "others", "cuts", "papers")  # what a network may be trained without


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
        stroke_share: pen-stroke frames in an epoch, as a share of MNIST's.
        other_share: frames that are no digit, likewise.
        cut_share: cuts through numbers, right and wrong, likewise.
        paper_share: MNIST's digits taken from photos and small scans of them, likewise.
        habit_share: drawn zeros, ones and sevens that are given a habit MNIST hardly has.
        copies: how often each pen-stroke digit is drawn for the pool that epochs take from.
        other_copies: how often each letter or symbol is drawn for its pool.
        numbers: how many numbers are written and cut for their pool.
        papers: how many of MNIST's digits are put on paper for theirs.
        steady: keep the rate at its peak until the gentle epochs; averaging calms the weights (Izmailov et al. 2018).
        patience: epochs without a better validation error after which the run stops.
        start: SHA-256 of the weights that the run begins with; "" is fresh ones.
        teachers: SHA-256 of the teachers' weights, one after the other; "" is none.
        width: times as many filters as the app's networks have, see `networks.build_network`.
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
    stroke_share: float = 0.6
    other_share: float = 0.35
    cut_share: float = 0.3
    paper_share: float = 0.12
    habit_share: float = strokes.HABIT_SHARE
    copies: int = 13
    other_copies: int = 14
    numbers: int = 10_000
    papers: int = 20_000
    steady: bool = False
    patience: int = PATIENCE
    start: str = ""
    teachers: str = ""
    width: float = 1.0
    bfloat16: bool = False

    def without(self, kinds: Collection[str]) -> Recipe:
        """Return the recipe without some of `INGREDIENTS`."""
        none: dict[str, Any] = {f"{kind.removesuffix('s')}_share": 0.0 for kind in kinds}
        return replace(self, **none)

    @property
    def all_epochs(self) -> int:
        """All passes, gentle ones included."""
        return self.epochs + self.gentle_epochs

    def distortion(self, epoch: int) -> Distortion:
        """How frames are distorted in an epoch, counted from 0."""
        usual = DISTORTIONS[self.model]
        return usual if epoch < self.epochs else usual.gentle()


class Batches(keras.utils.PyDataset):
    """One epoch after another of freshly mixed and distorted frames; a function of (seed, epoch, index) alone.

    Each batch is frames (n, 28, 28, 1) with labels (n,), or (n, 12) where there are teachers: the label, then the mean
    of the teachers' eleven logits.
    """

    def __init__(
        self, kinds: dict[str, FrameSet], recipe: Recipe, epoch: int, teachers: Sequence[KerasClassifier] = ()
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._teachers = teachers
        self._recipe, self._distortion, self._epoch = recipe, recipe.distortion(epoch), epoch
        rng = np.random.default_rng([recipe.seed, epoch])
        digits = len(kinds["mnist"])
        wanted = {
            "mnist": digits,
            "strokes": round(recipe.stroke_share * digits),
            "others": round(recipe.other_share * digits),
            "cuts": round(recipe.cut_share * digits),
            "papers": round(recipe.paper_share * digits),
            "extra": len(kinds.get("extra", ())),
        }
        chosen = [_some(kinds[kind], amount, rng) for kind, amount in wanted.items() if len(kinds.get(kind, ()))]
        mixed = frames.joined(chosen)
        self._set = mixed.take(rng.permutation(len(mixed)))

    def __len__(self) -> int:
        return len(self._set) // self._recipe.batch

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = slice(index * self._recipe.batch, (index + 1) * self._recipe.batch)
        rng = np.random.default_rng([self._recipe.seed, self._epoch, index])
        pictures = augment.distort(self._set.frames[rows], self._distortion, rng)[..., None]
        labels = self._set.labels[rows].astype(np.float32)
        if not self._teachers:
            return pictures, labels
        taught = np.mean([teacher.network.predict_on_batch(pictures) for teacher in self._teachers], axis=0)
        return pictures, np.concatenate([labels[:, None], taught], axis=1).astype(np.float32)


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


def reading_loss(labels: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of the ten digits where there is one, plus the digitness loss everywhere.

    Args:
        labels: (n,) or (n, 1), the digit or `NOT_A_DIGIT`.
        logits: (n, 11), see `digit_core.models.architectures`.
    """
    labels = ops.reshape(labels, (-1,))
    is_digit = ops.cast(labels >= 0, logits.dtype)
    digit = ops.cast(ops.maximum(labels, 0), "int32")
    reading = keras.losses.sparse_categorical_crossentropy(digit, logits[:, :DIGIT_LOGITS], from_logits=True)
    digitness = ops.binary_crossentropy(is_digit, logits[:, DIGIT_LOGITS], from_logits=True)
    return reading * is_digit + DIGITNESS_SHARE * digitness


def taught_loss(labels: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """`reading_loss` beside the cross-entropy with teachers' answers (distillation, Hinton et al. 2015).

    Args:
        labels: (n, 12), the label and the teachers' eleven logits.
        logits: (n, 11), see `digit_core.models.architectures`.
    """
    taught = labels[:, 1:]
    is_digit = ops.cast(labels[:, 0] >= 0, logits.dtype)
    softened = ops.softmax(taught[:, :DIGIT_LOGITS] / TEACHER_TEMPERATURE)
    answers = keras.losses.categorical_crossentropy(
        softened, logits[:, :DIGIT_LOGITS] / TEACHER_TEMPERATURE, from_logits=True
    )
    plausible = ops.sigmoid(taught[:, DIGIT_LOGITS]) * is_digit  # what is none is known: no teacher need be asked
    digitness = ops.binary_crossentropy(plausible, logits[:, DIGIT_LOGITS], from_logits=True)
    guided = TEACHER_TEMPERATURE**2 * answers * is_digit + DIGITNESS_SHARE * digitness
    return (1 - TEACHER_SHARE) * reading_loss(labels[:, 0], logits) + TEACHER_SHARE * guided


def run_dir() -> Path:
    """Return the folder of all runs: `DIGIT_RUN_DIR`, or `~/.cache/digit-reader`."""
    return Path(os.environ.get(sources.RUN_VARIABLE) or sources.RUN_FOLDER).expanduser()


def training_kinds(mnist_file: Path | None, extra: Path | None, recipe: Recipe) -> dict[str, FrameSet]:
    """Gather what the networks learn from: "mnist", "strokes", "others", "cuts", "papers", "extra".

    Raises:
        DataError: a data set is missing or damaged.
    """
    mnist, held_out = _mnist(mnist_file)
    pictures, labels = mnist.x_train[~held_out], mnist.y_train[~held_out]

    def drawn() -> dict[str, FrameSet]:
        digits = frames.of_part(sources.find_pendigits() + sources.find_unipen(), "training")
        characters = frames.of_part(sources.find_other_characters(), "training")
        known = [c for c in characters if c.label not in frames.HELD_OUT_KINDS]
        return {
            "strokes": frames.training_frames(digits, recipe.copies, seed=11),
            "others": frames.other_frames(known, digits, recipe.other_copies, seed=12),
            "cuts": frames.cut_frames(digits, recipe.numbers, seed=13),
            "papers": frames.worn_frames(pictures, labels, recipe.papers, seed=14),
        }

    def plainly_drawn() -> dict[str, FrameSet]:
        digits = frames.of_part(sources.find_pendigits() + sources.find_unipen(), "training")
        return {"strokes": frames.training_frames(digits, recipe.copies, seed=11, habit_share=recipe.habit_share)}

    kinds = {
        "mnist": frames.from_mnist(pictures, labels),
        "extra": frames.from_files(sources.find_extra(extra) if extra else []),
    } | _cached("training", drawn, f"{recipe.copies} {recipe.other_copies} {recipe.numbers} {recipe.papers}")
    if recipe.habit_share != strokes.HABIT_SHARE:  # only a comparison's: all other frames stay the same
        kinds |= _cached("strokes", plainly_drawn, f"{recipe.copies} {recipe.habit_share}")
    return kinds


def validation_sets(mnist_file: Path | None) -> dict[str, FrameSet]:
    """Gather what the networks are chosen and calibrated by: "mnist" first, drawings by name, and "letters".

    Raises:
        DataError: a data set is missing or damaged.
    """
    mnist, held_out = _mnist(mnist_file)

    def drawn() -> dict[str, FrameSet]:
        digits = frames.of_part(sources.find_pendigits() + sources.find_unipen(), "validation")
        others = sources.find_other_characters()
        strangers = frames.of_part(others, "validation") + [
            c for c in frames.of_part(others, "training") if c.label in frames.HELD_OUT_KINDS
        ]
        letters = [
            replace(c, label=str(NOT_A_DIGIT))
            for c in strangers
            if c.label not in frames.LOOK_ALIKES | frames.STROKE_LIKE
        ]
        return {
            "fill 20": frames.measuring_frames(digits, "fill", 20, seed=21),
            "off 20": frames.measuring_frames(digits, "off", 20, seed=22),
            "fill 12": frames.measuring_frames(digits, "fill", 12, seed=23),
            "off 28": frames.measuring_frames(digits, "off", 28, seed=24),
            "letters": frames.measuring_frames(letters, "fill", 20, seed=25),
        }

    return {"mnist": frames.from_mnist(mnist.x_train[held_out], mnist.y_train[held_out])} | _cached("validation", drawn)


def _mnist(file: Path | None) -> tuple[sources.Mnist, np.ndarray]:
    """Load MNIST and tell which of its training rows only validate, (60000,) bool."""
    mnist = sources.find_mnist(file)
    held_out = np.zeros(len(mnist.x_train), bool)
    held_out[sources.mnist_validation_rows()] = True
    return mnist, held_out


def train(
    recipe: Recipe,
    training: dict[str, FrameSet],
    validation: dict[str, FrameSet],
    start: Path | None = None,
    teachers: Sequence[KerasClassifier] = (),
) -> Path:
    """Run a recipe, or go on where it stopped, and return the run's folder with `best.keras` and `history.json`.

    Args:
        recipe: what to run.
        training: frames by kind, see `training_kinds`.
        validation: frames by name, see `validation_sets`.
        start: the weights that `recipe.start` names.
        teachers: the networks that `recipe.teachers` names.
    """
    folder = run_dir() / "runs" / _run_name(recipe)
    folder.mkdir(parents=True, exist_ok=True)
    steps = len(Batches(training, recipe, 0))
    history, network = _resumed(folder, recipe, steps, start)
    started, first = time.monotonic(), len(history)
    for epoch in range(first, recipe.all_epochs):
        if _out_of_patience(history, recipe.patience):
            break
        batches = Batches(training, recipe, epoch, teachers)
        clock = time.monotonic()
        _seed_dropout(network, recipe.seed, epoch)
        fitted = network.fit(batches, shuffle=False, verbose=1 if sys.stdout.isatty() else 0)
        network.set_weights(network.get_weights())  # JAX gives them away in the next `fit`, and the average with them
        row: dict[str, float] = {"epoch": epoch + 1, "loss": float(fitted.history["loss"][-1])}
        row["learning_rate"] = float(Rate.of(recipe, steps)(network.optimizer.iterations))
        bare = _bare(network, recipe)  # `fit` has put the averaged weights in
        row |= validate(bare, validation)
        row["seconds"] = time.monotonic() - clock
        history.append(row)
        if row["error"] <= min(r["error"] for r in history):
            _save(bare, folder / "best.keras")
        _save(network, folder / "state.keras")
        _write_json(folder / "history.json", {"recipe": asdict(recipe), "epochs": history})
        left = (time.monotonic() - started) / (epoch + 1 - first) * (recipe.all_epochs - epoch - 1)
        line = _as_line(row, recipe.all_epochs)
        print(f"{recipe.model} seed {recipe.seed} {line}  {left / 60:.0f} min left", flush=True)
    return folder


def validate(network: keras.Model, validation: dict[str, FrameSet]) -> dict[str, float]:
    """Measure a network on each validation set.

    Returns:
        "SET error" in percent for each set of digits, "val_loss" on all digits, "letters refused" (percent of
        letters with a digitness below what 99 % of the digits reach), and "error", the mean by which runs are chosen.
    """
    row: dict[str, float] = {}
    digitness, losses = [], []
    for name, measured in validation.items():
        pictures = measured.frames[..., None].astype(np.float32) / 255
        logits = np.asarray(network.predict(pictures, batch_size=512, verbose=0))
        if name == "letters":
            letters = logits[:, DIGIT_LOGITS]
            continue
        row[f"{name} error"] = 100 * float((logits[:, :DIGIT_LOGITS].argmax(axis=1) != measured.labels).mean())
        shifted = logits[:, :DIGIT_LOGITS] - logits[:, :DIGIT_LOGITS].max(axis=1, keepdims=True)
        likelihood = shifted[np.arange(len(shifted)), measured.labels] - np.log(np.exp(shifted).sum(axis=1))
        losses.append(-likelihood)
        digitness.append(logits[:, DIGIT_LOGITS])
    row["val_loss"] = float(np.concatenate(losses).mean())
    row["letters refused"] = 100 * float((letters < np.quantile(np.concatenate(digitness), 0.01)).mean())
    drawn = [row[f"{name} error"] for name in validation if name not in ("mnist", "letters")]
    row["error"] = (row["mnist error"] + float(np.mean(drawn))) / 2
    return row


def export(folder: Path, model: Model, start: Path | None = None) -> None:
    """Copy a run's best network, uncompiled, and its history into `models/`; each file whole or not at all.

    Args:
        folder: the run's.
        model: which network it is.
        start: the weights that the run began with. The history beside them, up to those weights, comes before its own.
    """
    target = MODELS_DIR / model
    target.mkdir(parents=True, exist_ok=True)
    history = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    if start is not None and start.with_name("history.json").is_file():
        history = _continued(json.loads(start.with_name("history.json").read_text(encoding="utf-8")), history)
    write_whole(target / WEIGHTS_NAME, portable((folder / "best.keras").read_bytes()))
    _write_json(target / "history.json", history)


def _continued(before: dict[str, Any], history: dict[str, Any]) -> dict[str, Any]:
    """Return a run's history after that of the weights it began with, their epochs counted through.

    Each epoch tells which "run" it belongs to, counted from 0; "began_with" holds the earlier runs' recipes.
    """
    epochs = before.get("epochs") or []
    if not epochs or any("error" not in epoch for epoch in epochs):
        return history  # weights from elsewhere: what is beside them is no history of ours
    last = max(epoch.get("run", 0) for epoch in epochs)
    # What was exported is the last run's best, of equals the latest, even where an earlier run's figure was lower.
    best = min((i for i, e in enumerate(epochs) if e.get("run", 0) == last), key=lambda i: (epochs[i]["error"], -i))
    earlier = [{"run": 0} | epoch for epoch in epochs[: best + 1]]
    later = [row | {"epoch": row["epoch"] + len(earlier), "run": last + 1} for row in history["epochs"]]
    began_with = [*before.get("began_with", []), before.get("recipe", {})]
    return history | {"began_with": began_with, "epochs": earlier + later}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description="Train the digit readers.")
    parser.add_argument("--model", choices=(*NETWORKS, "all"), default="all")
    parser.add_argument("--seed", type=int, default=1, help="a run's chance: weights, order, distortion (default 1)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"default {EPOCHS}")
    parser.add_argument("--batch", type=int, default=BATCH, help=f"frames in one step (default {BATCH})")
    parser.add_argument("--rate", type=float, default=RATE, help=f"peak learning rate (default {RATE})")
    parser.add_argument("--decay", type=float, default=DECAY, help=f"weight decay (default {DECAY})")
    parser.add_argument("--steady", action="store_true", help="keep the rate, and average weights over longer")
    parser.add_argument(
        "--patience", type=int, default=PATIENCE, help=f"stop after so many epochs without gain (default {PATIENCE})"
    )
    parser.add_argument(
        "--start", type=Path, help="begin with the weights in this folder, as models/, not with fresh ones"
    )
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=(), metavar="RUN", help="runs, or weights, to learn from as well"
    )
    parser.add_argument(
        "--without", choices=INGREDIENTS, nargs="+", default=(), help="leave frames out, to see what they give"
    )
    parser.add_argument(
        "--width", type=float, default=1.0, help="times the filters, to see what size gives; only 1 is exported"
    )
    parser.add_argument("--bfloat16", action="store_true", help="compute with fewer digits: faster on some processors")
    parser.add_argument("--mnist", type=Path, help="mnist.npz; default: DIGIT_DATA_DIR, then Keras' own download")
    parser.add_argument("--extra", type=Path, help="a folder of your own pictures with a subfolder for each digit")
    parser.add_argument(
        "--export", action=argparse.BooleanOptionalAction, default=True, help="write the result to models/"
    )
    options = parser.parse_args(arguments)
    names = NETWORKS if options.model == "all" else (options.model,)
    if options.batch < 1:
        parser.error(f"a step takes at least one frame, not {options.batch}")
    if not 0 < options.rate < 1:
        parser.error(f"the learning rate must lie between 0 and 1, not {options.rate}")
    if not 0.1 <= options.width <= 10:
        parser.error(f"the width must lie between 0.1 and 10, not {options.width}")
    if options.width != 1.0 and (options.export or options.start):
        parser.error("another width goes with --no-export and fresh weights: the app's networks have width 1")
    try:
        teachers = [read_network(run)[2] for run in options.teachers]
        taught_by = "".join(_fingerprint(weights_of(run)) for run in options.teachers)
        for name in names:
            start = _start(options.start, name) if options.start else None
            recipe = Recipe(
                name,
                seed=options.seed,
                epochs=options.epochs,
                batch=options.batch,
                rate=options.rate,
                decay=options.decay,
                patience=options.patience,
                bfloat16=options.bfloat16,
                start=_fingerprint(start) if start else "",
                teachers=taught_by,
                width=options.width,
                steady=options.steady,
                momentum=(STEADY_MOMENTUM if options.steady else MOMENTUM) ** (options.batch / BATCH),
            ).without(options.without)
            training = training_kinds(options.mnist, options.extra, recipe)
            folder = train(recipe, training, validation_sets(options.mnist), start, teachers)
            if options.export:
                export(folder, name, start)
            print(f"{name}: {folder}" + (f", exported to {MODELS_DIR / name}" if options.export else ""))
    except DigitError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on after the last finished epoch", file=sys.stderr)
        return 130
    return 0


def _start(folder: Path, name: Model) -> Path:
    """Return the weights of network `name` in a folder like `models/`.

    Raises:
        DataError: there are none.
    """
    path = folder / name / WEIGHTS_NAME
    if not path.is_file():
        raise DataError(f"There are no weights to begin with: {path} does not exist.")
    return path


def _fingerprint(weights: Path) -> str:
    return hashlib.sha256(weights.read_bytes()).hexdigest()


def _some(kind: FrameSet, amount: int, rng: np.random.Generator) -> FrameSet:
    """Take `amount` frames: all of them as often as they fit, the rest by chance."""
    whole, rest = divmod(amount, len(kind))
    rows = np.concatenate([np.tile(np.arange(len(kind)), whole), rng.choice(len(kind), rest, replace=False)])
    return kind.take(rows.astype(np.int64))


def _resumed(
    folder: Path, recipe: Recipe, steps: int, start: Path | None
) -> tuple[list[dict[str, float]], keras.Model]:
    """Return the finished epochs and the network after them; a fresh one where there is no state to go on from."""
    try:
        history = json.loads((folder / "history.json").read_text())["epochs"]
        network = keras.saving.load_model(folder / "state.keras", compile=False)  # our own run, written by this module
    except (FileNotFoundError, ValueError, KeyError):
        history, network = [], None
    keras.utils.set_random_seed(recipe.seed * 1000 + len(history))
    with _computing_in("mixed_bfloat16" if recipe.bfloat16 else "float32"):
        fresh = build_network(recipe.model, recipe.width)
    optimizer = keras.optimizers.AdamW(
        Rate.of(recipe, steps), weight_decay=recipe.decay, use_ema=True, ema_momentum=recipe.momentum
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    fresh.compile(optimizer, taught_loss if recipe.teachers else reading_loss)
    optimizer.build(fresh.trainable_variables)
    if network is not None:
        fresh.load_weights(folder / "state.keras")
        print(f"{recipe.model} seed {recipe.seed}: going on after epoch {len(history)}", flush=True)
    elif start is not None:
        fresh.set_weights(filled_network(recipe.model, start).network.get_weights())
    return history, fresh


def _seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Make an epoch's dropout a function of (seed, epoch) alone, so that a resumed run is the whole run."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign(np.array([seed, epoch], layer.seed_generator.state.dtype))


def _out_of_patience(history: list[dict[str, float]], patience: int) -> bool:
    if not history:
        return False
    best = min(range(len(history)), key=lambda i: history[i]["error"])
    return len(history) - 1 - best >= patience


def _run_name(recipe: Recipe) -> str:
    key = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode()).hexdigest()[:8]
    return f"{recipe.model}-seed{recipe.seed}-{key}"


def _cached(title: str, drawn: Callable[[], dict[str, FrameSet]], amounts: str = "") -> dict[str, FrameSet]:
    """Keep drawn frames between runs, under a name that changes with the code that draws them."""
    sources = [
        Path(module.__file__ or "").read_bytes()
        for module in (decode, ink, frame, paper, marks, rules, segmentation, pen, strokes, papers, frames)
    ]
    key = hashlib.sha256(b"".join([*sources, frames.GREEK_FILE.read_bytes()]) + amounts.encode()).hexdigest()[:12]
    path = run_dir() / f"frames-{title}-{key}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, np.ndarray] = {}
        for name, kind in drawn().items():
            arrays |= {f"{name}/frames": kind.frames, f"{name}/labels": kind.labels, f"{name}/writers": kind.writers}
        with whole_file(path) as unfinished:
            np.savez_compressed(unfinished, allow_pickle=False, **arrays)
    with np.load(path) as stored:
        names = dict.fromkeys(key.rsplit("/", 1)[0] for key in stored.files)
        return {n: FrameSet(stored[f"{n}/frames"], stored[f"{n}/labels"], stored[f"{n}/writers"]) for n in names}


def _save(network: keras.Model, path: Path) -> None:
    with whole_file(path) as unfinished:
        network.save(unfinished)


def _bare(network: keras.Model, recipe: Recipe) -> keras.Model:
    """Return architecture and weights as they serve: in float32 and without optimizer, a third of the size."""
    bare = build_network(recipe.model, recipe.width)
    bare.set_weights(network.get_weights())
    return bare


@contextmanager
def _computing_in(policy: str) -> Iterator[None]:
    """Let layers that are built meanwhile compute in `policy`, a Keras dtype policy."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(usual)


def _write_json(path: Path, content: object) -> None:
    write_whole(path, json.dumps(content, indent=1) + "\n")


def _as_line(row: dict[str, float], epochs: int) -> str:
    parts = [f"epoch {row['epoch']:.0f}/{epochs}", f"loss {row['loss']:.4f}", f"error {row['error']:.3f} %"]
    parts += [f"{k.removesuffix(' error')} {v:.2f}" for k, v in row.items() if k.endswith(" error")]
    return "  ".join([*parts, f"letters refused {row['letters refused']:.1f}", f"{row['seconds']:.0f} s"])


if __name__ == "__main__":
    sys.exit(main())
