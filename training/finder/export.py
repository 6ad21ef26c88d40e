"""Averaged weights of runs, exported to `models/finder/` and vouched for in the manifest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import keras

from digit_core.files import write_whole
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.finder import load_finder_weights
from digit_core.models.manifest import HISTORY_NAME, MANIFEST_NAME, METRICS_NAME, read_manifest, write_manifest
from training.finder.state import BEST_NAME, describe_run
from training.finder.validation import validate, validation_pages
from training.publish.archive import make_portable
from training.weights import finder_entry


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
    about = describe_run(folder)
    manifest_file = models_dir / MANIFEST_NAME
    manifest = read_manifest(manifest_file)  # before anything is written: what nobody vouches for would not start
    figures = {"recipe": about["recipe"], "steps": about["done"], "validation": about["history"][-1]}
    weights = (folder / BEST_NAME).read_bytes()
    if earlier is not None:
        figures["mixed_with"] = {"steps": describe_run(earlier)["done"], "share": share}
        mixed = _mix(folder / BEST_NAME, earlier / BEST_NAME, share)
        figures["validation"] = {"step": about["done"]} | validate(mixed, validation_pages())
        with TemporaryDirectory() as temporary:
            mixed.save(Path(temporary) / BEST_NAME)
            weights = (Path(temporary) / BEST_NAME).read_bytes()
    target = models_dir / "finder"
    target.mkdir(parents=True, exist_ok=True)
    write_whole(target / WEIGHTS_NAME, make_portable(weights))
    finder = load_finder_weights(target / WEIGHTS_NAME)
    if about.get("changes"):  # not the run of one generator: nobody gets the same weights by one command
        figures["changes"] = about["changes"]
    write_whole(target / HISTORY_NAME, json.dumps(about["history"], indent=1) + "\n")
    write_whole(target / METRICS_NAME, json.dumps(figures, indent=1) + "\n")
    networks = manifest.networks | {"finder": finder_entry(models_dir, finder, manifest)}
    write_manifest(replace(manifest, networks=networks), manifest_file)


def _mix(file: Path, other: Path, share: float) -> keras.Model:
    """Return a network with the mean of two files' weights, `share` of the other's (Wortsman et al. 2022)."""
    network, mixed_in = (load_finder_weights(one).network for one in (file, other))
    pairs = zip(network.get_weights(), mixed_in.get_weights(), strict=True)
    network.set_weights([(1 - share) * own + share * others for own, others in pairs])
    return network
