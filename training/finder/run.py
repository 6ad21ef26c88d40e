"""A run of the finder: its steps, and what is written every few hundred of them."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from keras import ops

from digit_core.files import whole_file
from digit_core.loading import sha256_of
from digit_core.models.architectures import build_finder
from training.data.digests import DRAWING_FILES, digest_of_files, digests_of_pages
from training.finder.batches import compose_batches
from training.finder.losses import finder_loss
from training.finder.recipe import CLIP_NORM, FinderRate, FinderRecipe
from training.finder.state import BEST_NAME, STATE_NAME, restore, write_state
from training.finder.validation import validate, validation_pages

CODE_FILES = (*DRAWING_FILES, "training/finder/*.py")  # what draws and composes pages, the network and its training
SAVE_EVERY = 500  # steps


def train(recipe: FinderRecipe, steps: int, folder: Path, workers: int = 1, despite_changes: bool = False) -> Path:
    """Train until `steps` steps are done, going on where the run in `folder` stopped; return the averaged weights.

    The state of a run is one file, so that an interruption leaves the one before or the one after; it holds the digest
    of the averaged weights that were written before it.

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
        FinderRate(recipe.rate, steps), recipe.decay, clipnorm=CLIP_NORM, use_ema=True, ema_momentum=recipe.momentum
    )
    network.compile(optimizer, finder_loss)
    optimizer.build(network.trainable_variables)
    state, best = folder / STATE_NAME, folder / BEST_NAME
    identity = {"recipe": asdict(recipe), "data": digests_of_pages(), "code": digest_of_files(CODE_FILES)}
    done, history, changes = restore(state, identity, despite_changes, steps, network, optimizer)
    about = identity | {"changes": changes, "steps": steps}
    pages = validation_pages()
    losses: list[float] = []
    start, first = time.monotonic(), done
    before = history[-1]["minutes"] if history else 0.0
    for pictures, wanted in compose_batches(recipe.seed, done, steps, workers):
        losses.append(float(network.train_on_batch(pictures.astype(np.float32) / 255, wanted.astype(np.float32))))
        done += 1
        if done % SAVE_EVERY == 0 or done == steps:
            averaged = _average(network, optimizer)
            parts = validate(averaged, pages)
            minutes = (time.monotonic() - start) / 60
            history.append(
                {"step": done, "loss": float(np.mean(losses)), **parts, "minutes": round(before + minutes, 1)}
            )
            losses = []
            with whole_file(best) as unfinished:
                averaged.save(unfinished)
            record = {"done": done, "history": history, "weights": sha256_of(best)}
            write_state(state, about | record, network, optimizer)
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
