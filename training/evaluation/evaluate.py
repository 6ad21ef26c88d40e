"""Fit what the vote needs and measure what the project states: `python -m training.evaluate [--test]`.

On validation writers: each network's temperature, the pool's temperatures on a grid of weights, the vote that answers
by default, the digitness thresholds and the confidence below which an answer is "unsure". On report writers, whom
neither training nor these choices saw: every figure in `models/*/metrics.json` and the summary in
`models/manifest.json`. `--test` alone touches the MNIST test set.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

from digit_core.command.options import tell_errors
from digit_core.command.outputs import check_output
from digit_core.errors import DigitError, RecordsError
from digit_core.figures.records import read_figures
from digit_core.files import write_whole
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.architectures import layers_of
from digit_core.models.ensemble import Ensemble, NetworkClassifier, load_network_weights, probe_frames
from digit_core.models.finder import NetworkFinder, load_finder_weights
from digit_core.models.manifest import (
    MANIFEST_NAME,
    METRICS_NAME,
    MODELS_DIR,
    NETWORKS,
    Manifest,
    NetworkEntry,
    digest_of_figures,
    read_manifest,
    write_manifest,
)
from digit_core.recognizer import Recognizer
from digit_core.types import MODELS
from training.data import frames, samples, sources
from training.data.frame_kinds import validation_sets
from training.data.frames import Part
from training.evaluation import survey
from training.evaluation.calibrate import calibrate
from training.evaluation.contact_sheet import check_sheets
from training.evaluation.figures import (
    MNIST_TEST,
    Figures,
    Voters,
    measure_drawings,
    measure_not_a_digit,
    measure_numbers,
    measure_test,
    measure_validation,
)
from training.evaluation.measure import Measure
from training.evaluation.readings import recognizer_of
from training.evaluation.survey_table import as_markdown
from training.weights import finder_entry, vouch_for


def evaluate(models_dir: Path = MODELS_DIR, test: bool = False, mnist_file: Path | None = None) -> Manifest:
    """Calibrate, measure and write the metrics and the manifest; see the module's first lines.

    Raises:
        DigitError: weights or data are missing or damaged.
    """
    members: dict[str, NetworkClassifier] = {
        name: load_network_weights(name, models_dir / name / WEIGHTS_NAME) for name in NETWORKS
    }
    validation = validation_sets(mnist_file)
    calibration, vote, threshold = calibrate(members, validation)
    finder_weights = models_dir / "finder" / WEIGHTS_NAME
    finder = load_finder_weights(finder_weights) if finder_weights.is_file() else None
    earlier = _read_earlier(models_dir)
    manifest = Manifest(_vouch_for_all(models_dir, members, finder, earlier), vote, threshold, calibration)
    ensemble = Ensemble(members["compact"], members["deep"], calibration)
    voters = Voters(Recognizer(ensemble, manifest, "weights under evaluation", finder))

    figures, held_out = Figures(), validation["mnist"]
    measure_validation(figures, voters, held_out)
    if test:
        mnist = sources.find_mnist(mnist_file)
        measure_test(figures, voters, frames.from_mnist(mnist.x_test, mnist.y_test))
    elif earlier and _has_same_answers(earlier, manifest):
        _keep_test_results(figures, models_dir)
    unseen = samples.report_digits()
    drawn = measure_drawings(figures, voters, unseen)
    measure_numbers(figures, voters, unseen)
    measure_not_a_digit(figures, voters, drawn, held_out)
    return _write_all(models_dir, manifest, members, figures)


@tell_errors(stopped="stopped; the manifest is as it was")
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = _parse(arguments)
    if options.json is not None:
        check_output(options.json, (), survey.is_survey)
    if options.sheets is not None:
        check_sheets(options.sheets)
    if options.data:
        _survey(options)
        return 0
    manifest = evaluate(options.models, options.test, options.mnist)
    vote = manifest.vote
    print(f"vote: {vote.mean} mean, {vote.weight:.1f} of deep; unsure below {manifest.confidence_threshold:.2f}")
    print(f"wrote {options.models / 'manifest.json'} and the networks' metrics.json")
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return what the command line asks for; end the program where it contradicts itself."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description="Calibrate and measure the networks."
    )
    parser.add_argument("--test", action="store_true", help="measure the MNIST test set too: once for shipped weights")
    parser.add_argument("--mnist", type=Path, help="mnist.npz; default: DIGIT_DATA_DIR, then Keras' own download")
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder of compact/ and deep/")
    develop = parser.add_argument_group("while developing, write nothing into models/ and print how well is read")
    develop.add_argument("--data", type=Path, metavar="FOLDER", help="everything in this folder, photos and scans too")
    develop.add_argument("--part", choices=get_args(Part), default="report", help="whose drawings (default report)")
    develop.add_argument("--only", nargs="+", choices=survey.FAMILIES, default=(), help="leave the others out")
    develop.add_argument("--sheets", type=Path, metavar="FOLDER", help="pictures of every failure, not to be shared")
    develop.add_argument("--json", type=Path, metavar="FILE", help="the same figures as JSON")
    options = parser.parse_args(arguments)
    if (options.sheets or options.json or options.only) and not options.data:
        parser.error("--sheets, --json and --only go with --data")
    if options.data and options.test:
        parser.error("--data is for developing, --test for what is shipped")
    if options.sheets and options.data and options.sheets.resolve().is_relative_to(options.data.resolve()):
        parser.error("--sheets must lie outside the data, whose pictures they might replace")
    return options


def _survey(options: argparse.Namespace) -> None:
    """Print how well everything in a folder is read; see `training.evaluation.survey`."""
    os.environ[sources.DATA_VARIABLE] = str(options.data)  # the strokes' files, too, come from where one says
    recognizer = recognizer_of(options.models)
    done = survey.survey(recognizer, options.data, options.part, options.only)
    print(as_markdown(done.digits, done.others))
    if options.json:
        survey.write_json(done, recognizer, options.json)
    if options.sheets:
        sheets = survey.write_failures(done, options.sheets)
        print(f"\n{len(done.failures)} failures on {sheets} sheets in {options.sheets}")


def _read_earlier(models_dir: Path) -> Manifest | None:
    try:
        return read_manifest(models_dir / MANIFEST_NAME)
    except DigitError:
        return None


def _vouch_for_all(
    models_dir: Path, members: dict[str, NetworkClassifier], finder: NetworkFinder | None, earlier: Manifest | None
) -> dict[str, NetworkEntry]:
    """Return the manifest's entry for each network, with what an earlier manifest knows of the same weights."""
    entries: dict[str, NetworkEntry] = {}
    for name, member in members.items():
        known = earlier.networks.get(name) if earlier else None
        entry = vouch_for(models_dir / name / WEIGHTS_NAME, member.network, member.logits(probe_frames()), known)
        entries[name] = replace(entry, temperature=member.temperature)
    return entries | ({"finder": finder_entry(models_dir, finder, earlier)} if finder else {})


def _has_same_answers(earlier: Manifest, manifest: Manifest) -> bool:
    """Tell whether every probability is as it was: the same weights, vote and temperatures."""

    def sources(of: Manifest) -> tuple[object, ...]:
        temperatures = (of.calibration.arithmetic.temperatures, of.calibration.geometric.temperatures)
        return of.vote, temperatures, [(of.networks[n].sha256, of.networks[n].temperature) for n in NETWORKS]

    return sources(earlier) == sources(manifest)


def _keep_test_results(figures: Figures, models_dir: Path) -> None:
    """Take over what `--test` measured of the same answers, so that the test set is not touched again."""
    found: dict[str, tuple[Measure, dict[str, float]]] = {}
    for name in MODELS:
        try:
            stored = read_figures(name, models_dir) or {}
            found[name] = (Measure(**stored["measures"][MNIST_TEST]), stored.get("vote", {}).get(MNIST_TEST, {}))
        except (RecordsError, KeyError, TypeError):
            return
    for tested, (measured, pair) in found.items():
        figures.measures[tested][MNIST_TEST] = measured
        if pair:
            figures.pairs[MNIST_TEST] = pair


def _write_all(
    models_dir: Path, manifest: Manifest, members: dict[str, NetworkClassifier], figures: Figures
) -> Manifest:
    """Write every model's metrics, then the manifest, which vouches for them; return it with what was measured."""
    written: dict[str, str] = {name: _write_metrics(models_dir / name, name, members, figures) for name in MODELS}
    summary: dict[str, dict[str, float]] = {
        name: {title: round(m.accuracy, 3) for title, m in figures.measures[name].items()} for name in MODELS
    }
    summary["not_a_digit"] = _round_all(figures.not_a_digit["ensemble"])
    manifest = replace(manifest, measured=summary, figures=written)
    write_manifest(manifest, models_dir / MANIFEST_NAME)
    return manifest


def _write_metrics(folder: Path, name: str, members: dict[str, NetworkClassifier], figures: Figures) -> str:
    """Write a model's figures, whole or not at all, and return their digest."""
    counted = NETWORKS if name == "ensemble" else (name,)
    layers = [] if name == "ensemble" else [asdict(layer) for layer in layers_of(members[name].network)]
    content: dict[str, Any] = {
        "model": name,
        "parameters": sum(members[n].network.count_params() for n in counted),
        "layers": layers,
        "measures": {title: m.as_json() for title, m in figures.measures[name].items()},
        "not_a_digit": _round_all(figures.not_a_digit[name]),
    }
    if name == "ensemble":
        content["vote"] = {title: _round_all(pair) for title, pair in figures.pairs.items()}
        content["by_weight"] = figures.by_weight
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1) + "\n"
    write_whole(folder / METRICS_NAME, text)
    return digest_of_figures(json.loads(text))


def _round_all(measured: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 4) for key, value in measured.items()}


if __name__ == "__main__":
    sys.exit(main())
