"""A run's folder: the whole state that it goes on from in one file, which knows the averaged weights beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from digit_core.files import whole_file
from digit_core.loading import sha256_of
from training.errors import DataError
from training.run import differences

STATE_NAME, BEST_NAME = "state.npz", "best.keras"  # of a run: all that it goes on from, its averaged weights


def write_state(file: Path, about: dict[str, Any], network: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    """Write a run's whole state, or leave the one before."""
    arrays = {f"network {i}": value for i, value in enumerate(network.get_weights())}
    arrays |= {f"optimizer {i}": ops.convert_to_numpy(v) for i, v in enumerate(optimizer.variables)}
    with whole_file(file) as unfinished:
        np.savez(unfinished, about=np.array(json.dumps(about)), **arrays)


def restore(
    file: Path,
    identity: dict[str, Any],
    despite_changes: bool,
    steps: int,
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
) -> tuple[int, list[dict[str, float]], list[dict[str, Any]]]:
    """Read a run's state into network and optimizer; return the steps done, the history and what changed at which step.

    A run may be made longer or shorter, which moves the rate: that is told among the changes.

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
    lengthened = ["steps"] if about.get("steps", steps) != steps else []
    if changed or lengthened:
        changes.append({"step": done, "changed": [*changed, *lengthened]})
    print(f"going on after step {done}" + (f", despite other {' and '.join(changed)}" if changed else ""), flush=True)
    return done, list(about["history"]), changes


def describe_run(folder: Path) -> dict[str, Any]:
    """Return what is known of a run: its recipe, steps, history and changes.

    Raises:
        DataError: there is none in the folder, or its averaged weights are of other steps.
    """
    if not (folder / STATE_NAME).is_file():
        raise DataError(f"There is no run to export: {folder} holds none.")
    with np.load(folder / STATE_NAME, allow_pickle=False) as arrays:
        about = dict(json.loads(str(arrays["about"])))
    if about.get("weights") not in (None, sha256_of(folder / BEST_NAME)):  # older runs do not say
        raise DataError(f"The weights in {folder} are not those of its last saved state: go on with the run first.")
    return about
