"""One training run: its identity, its epochs, its state on disk, and what is exported of it.

A run belongs to its arguments, its data and the code it was made with. Started again with all three as they were it
goes on after its last finished epoch; with any of them changed it is another run, in a folder of its own.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from digit_core.files import whole_file, write_whole
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.architectures import OF_MARKS, build_network
from digit_core.models.ensemble import NetworkClassifier, load_network_weights
from digit_core.models.manifest import HISTORY_NAME, MODELS_DIR
from digit_core.types import DIGIT_LOGITS, DIGITNESS, MARK, Model
from training.batches import Batches
from training.data.digests import DRAWING_FILES, digest_of_files, digest_of_frames
from training.data.frame_kinds import NO_DIGITS
from training.data.frames import FrameSet
from training.data.sources import run_dir
from training.losses import reading_loss, taught_loss
from training.publish.archive import make_portable
from training.rate import Rate
from training.recipe import Recipe

# The code that a run's result depends on: what draws frames, and the modules of training itself.
CODE_FILES = (*DRAWING_FILES, "training/*.py")
# A run's files: its history, which names the finished epochs, and the state after the last of them.
BEST_NAME, STATE_NAMES = "best.keras", "state-{:04d}.keras"


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a run the run it is.

    Attributes:
        recipe: its arguments.
        data: the SHA-256 of each set of frames that it learns from or is chosen by.
        code: the SHA-256 of the code.
    """

    recipe: Recipe
    data: dict[str, str]
    code: str

    @classmethod
    def of(cls, recipe: Recipe, training: dict[str, FrameSet], validation: dict[str, FrameSet]) -> Identity:
        """Return the identity of a run with these arguments and data, and with the code as it is now."""
        data = {name: digest_of_frames(kind) for name, kind in training.items() if len(kind)}
        data |= {f"validation {name}": digest_of_frames(kind) for name, kind in validation.items()}
        return cls(recipe, data, digest_of_files(CODE_FILES))

    @property
    def stem(self) -> str:
        """How the folders of all runs of this network and seed begin."""
        return f"{self.recipe.model}-seed{self.recipe.seed}-"

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return self.stem + hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]

    def differences(self, history: dict[str, Any]) -> list[str]:
        """Say in which parts a run with this history is another one."""
        return differences(asdict(self), history)


def differences(identity: dict[str, Any], earlier: dict[str, Any]) -> list[str]:
    """Say in which of "recipe", "data" (by name) and "code" a run is another than an earlier one."""
    parts = []
    for title, key in (("arguments", "recipe"), ("data", "data")):
        ours, theirs = identity[key], earlier.get(key, {})
        if names := sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)):
            parts.append(f"{title} ({', '.join(names)})")
    return parts + (["code"] if earlier.get("code") != identity["code"] else [])


def train(
    recipe: Recipe,
    training: dict[str, FrameSet],
    validation: dict[str, FrameSet],
    start: Path | None = None,
    teachers: Sequence[NetworkClassifier] = (),
) -> Path:
    """Run a recipe, or go on where it stopped, and return the run's folder with `best.keras` and `history.json`.

    Args:
        recipe: what to run.
        training: frames by kind, see `kinds.training_kinds`.
        validation: frames by name, see `kinds.validation_sets`.
        start: the weights that `recipe.start` names.
        teachers: the networks that `recipe.teachers` names.
    """
    identity = Identity.of(recipe, training, validation)
    folder = run_dir() / "runs" / identity.name
    if not folder.exists():
        say_what_differs(identity, folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    steps = len(Batches(training, recipe, 0))
    history, network = _resume(folder, recipe, steps, start)
    serving = _to_serving_network(network, recipe)
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
        serving.set_weights(network.get_weights())  # the averaged ones, which `fit` has put in
        row |= validate(serving, validation)
        row["seconds"] = time.monotonic() - clock
        history.append(row)
        _write_epoch(folder, identity, history, network, serving)
        left = (time.monotonic() - started) / (epoch + 1 - first) * (recipe.all_epochs - epoch - 1)
        line = _as_line(row, recipe.all_epochs)
        print(f"{recipe.model} seed {recipe.seed} {line}  {left / 60:.0f} min left", flush=True)
    return folder


def _write_epoch(
    folder: Path, identity: Identity, history: list[dict[str, float]], network: keras.Model, serving: keras.Model
) -> None:
    """Write a finished epoch: state, history, and `serving`, the network as it serves, where it is the best so far.

    The history decides which state counts, so that being killed between any two of these files leaves a run that goes
    on from an epoch that both know. The best network can be had again from the state, see `_resume`.
    """
    state = folder / STATE_NAMES.format(len(history))
    _save(network, state)
    _write_json(folder / HISTORY_NAME, asdict(identity) | {"epochs": history})
    for other in folder.glob(STATE_NAMES.replace("{:04d}", "*")):
        if other != state:
            other.unlink()
    if _last_is_best(history):
        _save(serving, folder / BEST_NAME)


def _resume(folder: Path, recipe: Recipe, steps: int, start: Path | None) -> tuple[list[dict[str, float]], keras.Model]:
    """Return the finished epochs and the network after them; a fresh one where there is no state to go on from."""
    try:
        history = json.loads((folder / HISTORY_NAME).read_text(encoding="utf-8"))["epochs"]
    except FileNotFoundError:
        history = []
    state = folder / STATE_NAMES.format(len(history))
    if not state.is_file():
        history = []
    keras.utils.set_random_seed(recipe.seed * 1000 + len(history))
    with _compute_in("mixed_bfloat16" if recipe.bfloat16 else "float32"):
        network = build_network(recipe.model, recipe.width)
    for layer in network.layers if recipe.only_marks else ():
        layer.trainable = layer.name.startswith(OF_MARKS)
    optimizer = keras.optimizers.AdamW(
        Rate.of(recipe, steps), weight_decay=recipe.decay, use_ema=True, ema_momentum=recipe.momentum
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    network.compile(optimizer, taught_loss if recipe.teachers else reading_loss)
    optimizer.build(network.trainable_variables)
    if history:
        network.load_weights(state)
        if _last_is_best(history):  # the run may have been killed before it was written
            _save(_to_serving_network(network, recipe), folder / BEST_NAME)
        print(f"{recipe.model} seed {recipe.seed}: going on after epoch {len(history)}", flush=True)
    elif start is not None:
        network.set_weights(load_network_weights(recipe.model, start).network.get_weights())
    return history, network


def say_what_differs(identity: Identity, runs: Path) -> None:
    """Say why earlier runs of the same network and seed are not gone on with: the one that differs least."""
    earlier = []
    for path in runs.glob(f"{identity.stem}*/{HISTORY_NAME}"):
        parts = identity.differences(json.loads(path.read_text(encoding="utf-8")))
        earlier.append((len(parts), -path.stat().st_mtime, path.parent.name, " and ".join(parts)))
    if earlier:
        _, _, name, parts_differing = min(earlier)
        print(f"a new run: {parts_differing} differ from those of {name}", flush=True)


def validate(network: keras.Model, validation: dict[str, FrameSet]) -> dict[str, float]:
    """Measure a network on each validation set.

    Returns:
        "SET error" in percent for each set of digits; "val_loss" on MNIST and drawings; "SET refused" for each set of
        none, percent with a digitness below what 99 % of those digits reach; "NAME told" for each set of marks,
        percent that are likelier one than 98 % of the letters; and "error", by which runs are chosen:
        MNIST and the mean of the drawn sets weigh alike. What the finder finds counts in "found error" alone, since
        another finder finds otherwise.
    """
    row: dict[str, float] = {}
    digitness, losses = [], []
    refusable: dict[str, np.ndarray] = {}
    marks: dict[str, np.ndarray] = {}
    for name, measured in validation.items():
        pictures = measured.frames[..., None].astype(np.float32) / 255
        logits = np.asarray(network.predict(pictures, batch_size=512, verbose=0))
        if name in NO_DIGITS:
            refusable[name], marks[name] = logits[:, DIGITNESS], logits[:, MARK]
            continue
        row[f"{name} error"] = 100 * float((logits[:, :DIGIT_LOGITS].argmax(axis=1) != measured.labels).mean())
        if name == "found":
            continue
        shifted = logits[:, :DIGIT_LOGITS] - logits[:, :DIGIT_LOGITS].max(axis=1, keepdims=True)
        likelihood = shifted[np.arange(len(shifted)), measured.labels] - np.log(np.exp(shifted).sum(axis=1))
        losses.append(-likelihood)
        digitness.append(logits[:, DIGITNESS])
    row["val_loss"] = float(np.concatenate(losses).mean())
    least = np.quantile(np.concatenate(digitness), 0.01)
    row |= {f"{name} refused": 100 * float((none < least).mean()) for name, none in refusable.items()}
    for name in ("signs", "marks") if "letters" in marks else ():
        if name in marks:
            row[f"{name} told"] = 100 * float((marks[name] > np.quantile(marks["letters"], 0.98)).mean())
    others = [row[f"{name} error"] for name in validation if name not in NO_DIGITS | {"mnist", "found"}]
    parts = ([row["mnist error"]] if "mnist" in validation else []) + ([float(np.mean(others))] if others else [])
    row["error"] = float(np.mean(parts))
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
    history = json.loads((folder / HISTORY_NAME).read_text(encoding="utf-8"))
    if start is not None and start.with_name(HISTORY_NAME).is_file():
        history = prepend_history(json.loads(start.with_name(HISTORY_NAME).read_text(encoding="utf-8")), history)
    write_whole(target / WEIGHTS_NAME, make_portable((folder / BEST_NAME).read_bytes()))
    _write_json(target / HISTORY_NAME, history)


def prepend_history(before: dict[str, Any], history: dict[str, Any]) -> dict[str, Any]:
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


def _last_is_best(history: Sequence[dict[str, float]]) -> bool:
    return history[-1]["error"] <= min(row["error"] for row in history)


def _seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Make an epoch's dropout a function of (seed, epoch) alone, so that a resumed run is the whole run."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign(np.array([seed, epoch], layer.seed_generator.state.dtype))


def _out_of_patience(history: list[dict[str, float]], patience: int) -> bool:
    if not history:
        return False
    best = min(reversed(range(len(history))), key=lambda i: history[i]["error"])  # of equals the latest
    return len(history) - 1 - best >= patience


def _save(network: keras.Model, path: Path) -> None:
    with whole_file(path) as unfinished:
        network.save(unfinished)


def _to_serving_network(network: keras.Model, recipe: Recipe) -> keras.Model:
    """Return architecture and weights as they serve: in float32 and without optimizer, a third of the size."""
    serving = build_network(recipe.model, recipe.width)
    serving.set_weights(network.get_weights())
    return serving


@contextmanager
def _compute_in(policy: str) -> Iterator[None]:
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
    parts += [f"{k} {v:.1f}" for k, v in row.items() if k.endswith((" refused", " told"))]
    return "  ".join([*parts, f"{row['seconds']:.0f} s"])
