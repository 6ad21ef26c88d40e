"""Train the finder: `python -m training.finder [--steps N] [--seed N]`.

It learns from pages composed by code that never repeat (`training.data.pages`), by writers, in fonts and with seeds
that validation does not have. A run lives in `DIGIT_RUN_DIR`, writes its whole state every few minutes and goes on from
there when it is started again with the same data and code, or with `--despite-changes`; averaged weights are what
validation sees and what is exported to `models/finder/`.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
from keras import ops

from digit_core.errors import DigitError
from digit_core.files import whole_file, write_whole
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.architectures import build_finder
from digit_core.models.finder import fill_finder
from digit_core.models.manifest import (
    HISTORY_NAME,
    MANIFEST_NAME,
    METRICS_NAME,
    MODELS_DIR,
    read_manifest,
    write_manifest,
)
from training.data.frames import Part
from training.data.kinds import DRAWING_FILES, digest_of_files, digests_of_pages
from training.data.pages.compose import Page
from training.data.pages.hands import Hands
from training.data.pages.targets import targets_of
from training.data.sources import run_dir
from training.data.workers import start_workers
from training.errors import DataError
from training.publish.archive import make_portable
from training.run import differences
from training.weights import finder_entry

CODE_FILES = (*DRAWING_FILES, "training/finder.py")  # what draws and composes pages, the network and this module
SIDES = ((192, 14), (256, 8), (320, 5))  # pixels of a page and pages in a step: one after the other
STEPS_AHEAD = 4  # whose pages each worker composes before they are needed
SAVE_EVERY = 500  # steps
STATE_NAME, BEST_NAME = "state.npz", "best.keras"  # of a run: all that it goes on from, its averaged weights
WARM_UP = 300  # steps until the rate reaches its peak
COOL_DOWN = 0.3  # share of the steps over which the rate falls to nothing (as in Hägele et al. 2024)
VALIDATION_PAGES, VALIDATION_SIDE, VALIDATION_SEED = 60, 320, 9_000_001
# What each part of the loss counts for, in the order of `loss_parts`; chosen by hand for the first run.
INK_WEIGHT, MARKS_WEIGHT, CENTRE_WEIGHT, OFFSET_WEIGHT, SCALE_WEIGHT = 4.0, 1.5, 1.0, 2.0, 0.3
POSITIVE = 0.6  # of a bump's height: from here up a pixel counts as a character's middle
NEAR = 0.05  # offset units: below this an error counts by its square (Huber)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run's result depends on, besides the data, the code and the number of steps.

    Attributes:
        rate: AdamW's peak learning rate.
        decay: AdamW's weight decay.
        momentum: of the weight averaging (Polyak & Juditsky 1992).
    """

    seed: int = 1
    rate: float = 3e-3
    decay: float = 1e-4
    momentum: float = 0.998


def finder_loss(wanted: keras.KerasTensor, answered: keras.KerasTensor) -> keras.KerasTensor:
    """Return the loss of a batch, a scalar.

    Args:
        wanted: (n, height, width, 7), see `targets.Targets.to_array`.
        answered: (n, height, width, 6), see `architectures.build_finder`.
    """
    return sum(weight * part for weight, part in zip(_WEIGHTS, loss_parts(wanted, answered), strict=True))


_WEIGHTS = (INK_WEIGHT, MARKS_WEIGHT, CENTRE_WEIGHT, OFFSET_WEIGHT, SCALE_WEIGHT)


def loss_parts(wanted: keras.KerasTensor, answered: keras.KerasTensor) -> tuple[keras.KerasTensor, ...]:
    """Return the five parts of the loss: ink, marks, centres, offsets, scales."""
    ink, marks, centres, weights = wanted[..., 0], wanted[..., 1], wanted[..., 2], wanted[..., 6]
    written = ops.maximum(ink, marks)  # a sign taken for a character is as wrong as a character that is missed
    ink_loss = ops.mean(_cross_entropy(ink, answered[..., 0]) * (1 + 3 * written))
    marks_loss = ops.mean(_cross_entropy(marks, answered[..., 1]) * (1 + 3 * marks))
    heat = ops.sigmoid(answered[..., 2])
    rarely = ops.where(centres > POSITIVE, 1.0, 0.25 + centres)  # focal: sure pixels of the paper hardly count
    focal = rarely * ops.square(centres - heat) * _cross_entropy(centres, answered[..., 2])
    centre_loss = ops.sum(focal) / (ops.sum(ops.cast(centres > 0.9, "float32")) + 8.0)
    total = ops.sum(weights) + 50.0
    offset_loss = ops.sum(weights[..., None] * _huber(wanted[..., 3:5] - answered[..., 3:5])) / total
    scale_loss = ops.sum(weights * _huber(wanted[..., 5] - answered[..., 5])) / total
    return ink_loss, marks_loss, centre_loss, offset_loss, scale_loss


def _cross_entropy(share: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    return ops.relu(logits) - logits * share + ops.softplus(-ops.abs(logits))


def _huber(error: keras.KerasTensor) -> keras.KerasTensor:
    size = ops.abs(error)
    return ops.where(size < NEAR, ops.square(size) / (2 * NEAR), size - NEAR / 2)


class Rate(keras.optimizers.schedules.LearningRateSchedule):
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


_hands: dict[Part, Hands] = {}


def _compose_batch(seed: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Compose the pages of one training step, in a process of its own."""
    if "training" not in _hands:
        _hands["training"] = Hands("training")
    side, count = SIDES[step % len(SIDES)]
    pages = [_hands["training"].page(side, [seed, step, i]) for i in range(count)]
    return np.stack([page.picture for page in pages]), np.stack([targets_of(page).to_array() for page in pages])


def batches(seed: int, first: int, last: int, workers: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Compose the pages of steps `first` to `last` ahead of their use, in other processes."""
    with start_workers(workers) as pool:
        ahead: collections.deque[Future[tuple[np.ndarray, np.ndarray]]] = collections.deque()
        for step in range(first, last):
            ahead.append(pool.submit(_compose_batch, seed, step))
            if len(ahead) > STEPS_AHEAD * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def validation_pages() -> list[Page]:
    """Compose the pages that runs are compared on."""
    hands = Hands("validation")
    return [hands.page(VALIDATION_SIDE, [VALIDATION_SEED, i]) for i in range(VALIDATION_PAGES)]


def train(recipe: Recipe, steps: int, folder: Path, workers: int = 1, despite_changes: bool = False) -> Path:
    """Train until `steps` steps are done, going on where the run in `folder` stopped; return the averaged weights.

    The state of a run is one file, so that an interruption leaves the one before or the one after.

    Args:
        recipe: what to run.
        steps: all steps of the run, by which the rate falls.
        folder: the run's.
        workers: processes that compose pages.
        despite_changes: go on where the run stopped even if its data or the code are no longer those it began with;
            the run then says so.

    Raises:
        DataError: the folder holds a run of another recipe, or of other data or code without `despite_changes`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = build_finder()
    optimizer = keras.optimizers.AdamW(
        Rate(recipe.rate, steps), recipe.decay, clipnorm=2.0, use_ema=True, ema_momentum=recipe.momentum
    )
    network.compile(optimizer, finder_loss)
    optimizer.build(network.trainable_variables)
    state, best = folder / STATE_NAME, folder / BEST_NAME
    identity = {"recipe": asdict(recipe), "data": digests_of_pages(), "code": digest_of_files(CODE_FILES)}
    done, history, changes = _restore(state, identity, despite_changes, network, optimizer)
    about = identity | {"changes": changes}
    pages = validation_pages()
    losses: list[float] = []
    start, first = time.monotonic(), done
    for pictures, wanted in batches(recipe.seed, done, steps, workers):
        losses.append(float(network.train_on_batch(pictures.astype(np.float32) / 255, wanted.astype(np.float32))))
        done += 1
        if done % SAVE_EVERY == 0 or done == steps:
            averaged = _average(network, optimizer)
            parts = _validate(averaged, pages)
            minutes = (time.monotonic() - start) / 60
            history.append({"step": done, "loss": float(np.mean(losses)), **parts, "minutes": round(minutes, 1)})
            losses = []
            with whole_file(best) as unfinished:
                averaged.save(unfinished)
            _keep(state, about | {"done": done, "history": history}, network, optimizer)
            left = minutes / (done - first) * (steps - done)
            figures = " ".join(f"{name} {value:.4f}" for name, value in history[-1].items() if name in parts)
            print(f"step {done}: loss {history[-1]['loss']:.3f} {figures}; {left:.0f} minutes left", flush=True)
    return best


def _average(network: keras.Model, optimizer: keras.optimizers.Optimizer) -> keras.Model:
    """Copy the network with the averages of its weights."""
    raw = [ops.convert_to_numpy(variable) for variable in network.trainable_variables]
    optimizer.finalize_variable_values(network.trainable_variables)
    copy = build_finder()
    copy.set_weights(network.get_weights())
    for variable, value in zip(network.trainable_variables, raw, strict=True):
        variable.assign(value)
    return copy


def _validate(network: keras.Model, pages: Sequence[Page]) -> dict[str, float]:
    """Return the parts of the loss on validation pages."""
    totals = np.zeros(len(_WEIGHTS))
    for start in range(0, len(pages), 6):
        batch = pages[start : start + 6]
        pictures = np.stack([page.picture for page in batch]).astype(np.float32) / 255
        wanted = np.stack([targets_of(page).to_array() for page in batch]).astype(np.float32)
        answered = network.predict_on_batch(pictures)
        totals += np.array([float(part) for part in loss_parts(wanted, ops.convert_to_tensor(answered))]) * len(batch)
    names = ("val_ink", "val_marks", "val_centres", "val_offsets", "val_scales")
    return dict(zip(names, (totals / len(pages)).tolist(), strict=True))


def _keep(file: Path, about: dict[str, Any], network: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    """Write a run's whole state, or leave the one before."""
    arrays = {f"network {i}": value for i, value in enumerate(network.get_weights())}
    arrays |= {f"optimizer {i}": ops.convert_to_numpy(v) for i, v in enumerate(optimizer.variables)}
    with whole_file(file) as unfinished:
        np.savez(unfinished, about=np.array(json.dumps(about)), **arrays)


def _restore(
    file: Path,
    identity: dict[str, Any],
    despite_changes: bool,
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
) -> tuple[int, list[dict[str, float]], list[dict[str, Any]]]:
    """Read a run's state into network and optimizer; return the steps done, the history and what changed at which step.

    Raises:
        DataError: the folder holds a run of another recipe, or of other data or code without `despite_changes`.
    """
    if not file.is_file():
        return 0, [], []
    with np.load(file, allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
        if about["recipe"] != identity["recipe"]:
            raise DataError(f"{file.parent} holds a run of another recipe; name another folder.")
        changed = differences(identity, about)
        if changed and not despite_changes:
            raise DataError(
                f"{' and '.join(changed)} changed since the run in {file.parent} was written. Move that folder away "
                "to begin anew, or go on with it all the same: --despite-changes."
            )
        network.set_weights([arrays[f"network {i}"] for i in range(len(network.weights))])
        for i, variable in enumerate(optimizer.variables):
            variable.assign(arrays[f"optimizer {i}"])
    done, changes = int(about["done"]), list(about.get("changes", []))
    if changed:
        changes.append({"step": done, "changed": changed})
    print(f"going on after step {done}" + (f", despite other {' and '.join(changed)}" if changed else ""), flush=True)
    return done, list(about["history"]), changes


def export(folder: Path, models_dir: Path, earlier: Path | None = None, share: float = 0.0) -> None:
    """Write averaged weights, history and figures to `models_dir`/finder, and vouch for them in the manifest.

    Args:
        folder: the run's.
        models_dir: a folder as `models/`.
        earlier: a copy of the folder from when the run had done fewer steps, whose weights are mixed in.
        share: of those weights in the mean of both, in (0, 1).

    Raises:
        DataError: there is no run in a folder.
        DigitError: the manifest is damaged, or the network cannot be converted.
    """
    about = _describe_run(folder)
    figures = {"recipe": about["recipe"], "steps": about["done"], "validation": about["history"][-1]}
    weights = (folder / BEST_NAME).read_bytes()
    if earlier is not None:
        mixed = _mix(folder / BEST_NAME, earlier / BEST_NAME, share)
        figures["mixed_with"] = {"steps": _describe_run(earlier)["done"], "share": share}
        figures["validation"] = {"step": about["done"]} | _validate(mixed, validation_pages())
        with TemporaryDirectory() as temporary:
            mixed.save(Path(temporary) / BEST_NAME)
            weights = (Path(temporary) / BEST_NAME).read_bytes()
    target = models_dir / "finder"
    target.mkdir(parents=True, exist_ok=True)
    write_whole(target / WEIGHTS_NAME, make_portable(weights))
    finder = fill_finder(target / WEIGHTS_NAME)
    if about.get("changes"):  # not the run of one generator: nobody gets the same weights by one command
        figures["changes"] = about["changes"]
    write_whole(target / HISTORY_NAME, json.dumps(about["history"], indent=1) + "\n")
    write_whole(target / METRICS_NAME, json.dumps(figures, indent=1) + "\n")
    manifest_file = models_dir / MANIFEST_NAME
    manifest = read_manifest(manifest_file)
    networks = manifest.networks | {"finder": finder_entry(models_dir, finder, manifest)}
    write_manifest(replace(manifest, networks=networks), manifest_file)


def _describe_run(folder: Path) -> dict[str, Any]:
    """Return what is known of a run: its recipe, steps, history and changes.

    Raises:
        DataError: there is none in the folder.
    """
    if not (folder / STATE_NAME).is_file():
        raise DataError(f"There is no run to export: {folder} holds none.")
    with np.load(folder / STATE_NAME, allow_pickle=False) as arrays:
        return dict(json.loads(str(arrays["about"])))


def _mix(file: Path, other: Path, share: float) -> keras.Model:
    """Return a network with the mean of two files' weights, `share` of the other's (Wortsman et al. 2022)."""
    network, mixed_in = (fill_finder(one).network for one in (file, other))
    pairs = zip(network.get_weights(), mixed_in.get_weights(), strict=True)
    network.set_weights([(1 - share) * own + share * others for own, others in pairs])
    return network


def _share(text: str, parser: argparse.ArgumentParser) -> float:
    """Return a share that weights have in a mean; end the program where it is none."""
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        parser.error(f"the share of the earlier weights must lie between 0 and 1, not {text}")
    return share


def main(arguments: list[str] | None = None) -> int:
    """Train, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.finder", description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=24_000, help="all steps of the run (default 24000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that compose pages (default 1)")
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder to export to")
    parser.add_argument("--export", action="store_true", help="export the run as it stands, without training")
    parser.add_argument(
        "--mix", nargs=2, metavar=("FOLDER", "SHARE"), help="export the mean with an earlier copy of the run's folder"
    )
    parser.add_argument(
        "--despite-changes", action="store_true", help="go on with a run that was begun with other data or code"
    )
    options = parser.parse_args(arguments)
    earlier, share = (Path(options.mix[0]), _share(options.mix[1], parser)) if options.mix else (None, 0.0)
    recipe = Recipe(options.seed)
    folder = run_dir() / f"finder-{options.seed}"
    try:
        if not options.export:
            train(recipe, options.steps, folder, options.workers, options.despite_changes)
        export(folder, options.models, earlier, share)
    except DigitError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on after the last {SAVE_EVERY} finished steps", file=sys.stderr)
        return 130
    print(f"averaged weights in {options.models / 'finder'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
