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

import numpy as np

from digit_core.errors import DigitError, RecordsError
from digit_core.figures.records import read_figures
from digit_core.files import write_whole
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.architectures import layers_of
from digit_core.models.ensemble import (
    Ensemble,
    NetworkClassifier,
    fill_network,
    pool_digits,
    probe_frames,
)
from digit_core.models.finder import fill_finder
from digit_core.models.manifest import (
    MODELS_DIR,
    NETWORKS,
    Manifest,
    NetworkEntry,
    digest_of_figures,
    read_manifest,
    write_manifest,
)
from digit_core.outputs import check_output
from digit_core.recognizer import Recognizer
from digit_core.types import MEANS, MODELS, Mean, Vote
from training.data import frames, samples, sources
from training.data.frames import BRUSHES, FrameSet, Part
from training.data.kinds import validation_sets
from training.evaluation import survey
from training.evaluation.calibrate import WEIGHTS, ask_networks, calibrate
from training.evaluation.contact_sheet import check_sheets
from training.evaluation.drawn import Answers, measure_rejection, read_numbers, read_singles
from training.evaluation.measure import Measure, mcnemar, measure, measure_exact
from training.weights import finder_entry, vouch_for

MNIST_TEST, MNIST_VALIDATION = "mnist test", "mnist validation"
DRAWINGS = "drawings"  # of both placements and all brushes together


def evaluate(models_dir: Path = MODELS_DIR, test: bool = False, mnist_file: Path | None = None) -> Manifest:
    """Calibrate, measure and write the metrics and the manifest; see the module's first lines.

    Raises:
        DigitError: weights or data are missing or damaged.
    """
    members: dict[str, NetworkClassifier] = {
        name: fill_network(name, models_dir / name / WEIGHTS_NAME) for name in NETWORKS
    }
    validation = validation_sets(mnist_file)
    calibration, vote, threshold = calibrate(members, validation)
    earlier = _read_earlier(models_dir)
    entries: dict[str, NetworkEntry] = {
        name: replace(
            vouch_for(
                models_dir / name / WEIGHTS_NAME,
                members[name].network,
                members[name].logits(probe_frames()),
                earlier.networks.get(name) if earlier else None,
            ),
            temperature=members[name].temperature,
        )
        for name in NETWORKS
    }
    finder = None
    if (models_dir / "finder" / WEIGHTS_NAME).is_file():
        finder = fill_finder(models_dir / "finder" / WEIGHTS_NAME)
        entries["finder"] = finder_entry(models_dir, finder, earlier)
    manifest = Manifest(entries, vote, threshold, calibration)
    ensemble = Ensemble(members["compact"], members["deep"], calibration, vote)
    recognizer = Recognizer(ensemble, manifest, "weights under evaluation", finder)
    votes: dict[str, Vote] = {name: vote if name == "ensemble" else Vote(name) for name in MODELS}

    measures: dict[str, dict[str, Measure]] = {name: {} for name in MODELS}
    pairs: dict[str, dict[str, float]] = {}

    def add(title: str, probabilities: dict[str, np.ndarray], labels: np.ndarray, **known: Any) -> None:
        for name in MODELS:
            measures[name][title] = measure(probabilities[name], labels, **known)
        pairs[title] = _compare(probabilities, labels, known.get("failed"))
        print(title, *(f"{name} {measures[name][title].accuracy:.2f} %" for name in MODELS), sep="  ", flush=True)

    held_out = validation["mnist"]
    polled = _poll(ensemble, votes, held_out)
    add(MNIST_VALIDATION, polled, held_out.labels)
    by_weight = {MNIST_VALIDATION: _by_weight(polled, held_out.labels, np.zeros(len(held_out), bool))}
    if test:
        mnist = sources.find_mnist(mnist_file)
        tested = frames.from_mnist(mnist.x_test, mnist.y_test)
        add(MNIST_TEST, _poll(ensemble, votes, tested), tested.labels)
    elif earlier and _has_same_answers(earlier, manifest):
        for name, (measured, pair) in _read_test_results(models_dir).items():
            measures[name][MNIST_TEST] = measured
            pairs |= {MNIST_TEST: pair} if pair else {}

    unseen = samples.report_digits()
    labels = np.array([int(digit.label) for digit in unseen])
    writers = np.array([digit.writer for digit in unseen])
    drawn: list[Answers] = []
    for placement in ("fill", "off"):
        for brush in BRUSHES:
            title = f"drawings {placement} {brush}"
            answers = read_singles(recognizer, ensemble, votes, samples.drawings(unseen, placement, brush), title)
            add(title, answers.probabilities, labels, writers=writers, failed=answers.failed)
            drawn.append(answers)

    pooled: dict[str, np.ndarray] = {
        name: np.concatenate([answers.probabilities[name] for answers in drawn]) for name in MODELS
    }
    six, failed = np.tile(labels, len(drawn)), np.concatenate([answers.failed for answers in drawn])
    add(DRAWINGS, pooled, six, writers=np.tile(writers, len(drawn)), failed=failed)
    del pairs[DRAWINGS]["mcnemar_against_better"]  # one drawing six times is not six trials
    by_weight[DRAWINGS] = _by_weight(pooled, six, failed)

    for touching in (False, True):
        title = "numbers touching" if touching else "numbers spaced"
        right, by = read_numbers(recognizer, unseen, touching, vote, title)
        measures["ensemble"][title] = measure_exact(right, by)
        print(title, f"{measures['ensemble'][title].accuracy:.2f} %", flush=True)

    ambiguous = frames.LOOK_ALIKES | frames.STROKE_LIKE
    letters = [c for c in samples.report_characters() if c.label not in ambiguous]
    read = read_singles(recognizer, ensemble, votes, samples.drawings(letters, "fill", 20), "letters and symbols")
    mnist_digitness = _digitness(ensemble, votes, held_out)
    not_digits = {}
    for name, chosen in votes.items():
        least = calibration.digitness_threshold(chosen.mean, chosen.share_of_deep)
        not_digits[name] = measure_rejection(read, name, drawn, letters)
        not_digits[name]["mnist_digits_refused"] = 100 * float((mnist_digitness[name] < least).mean())
    print("not a digit", json.dumps(not_digits["ensemble"]))

    written: dict[str, str] = {}
    for name in MODELS:
        vote_alone: dict[str, Any] = {"vote": _round_all(pairs), "by_weight": by_weight} if name == "ensemble" else {}
        written[name] = _write_metrics(models_dir / name, name, members, measures[name], not_digits[name], vote_alone)
    summary = {name: {title: round(m.accuracy, 3) for title, m in measures[name].items()} for name in MODELS} | {
        "not_a_digit": {k: _round(v) for k, v in not_digits["ensemble"].items()}
    }
    manifest = Manifest(entries, vote, threshold, calibration, summary, written)  # last: it vouches for the others
    write_manifest(manifest, models_dir / "manifest.json")
    return manifest


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
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
    try:
        if options.json is not None:
            check_output(options.json, (), survey.is_survey)
        if options.sheets is not None:
            check_sheets(options.sheets)
        if options.data:
            _survey(options)
            return 0
        manifest = evaluate(options.models, options.test, options.mnist)
    except DigitError as error:
        print(error, file=sys.stderr)
        return 1
    vote = manifest.vote
    print(f"vote: {vote.mean} mean, {vote.weight:.1f} of deep; unsure below {manifest.confidence_threshold:.2f}")
    print(f"wrote {options.models / 'manifest.json'} and the networks' metrics.json")
    return 0


def _survey(options: argparse.Namespace) -> None:
    """Print how well everything in a folder is read; see `training.survey`."""
    os.environ[sources.DATA_VARIABLE] = str(options.data)  # the strokes' files, too, come from where one says
    recognizer = survey.recognizer_of(options.models)
    done = survey.survey(recognizer, options.data, options.part, options.only)
    print(survey.as_markdown(done))
    if options.json:
        survey.write_json(done, recognizer, options.json)
    if options.sheets:
        sheets = survey.write_failures(done, options.sheets)
        print(f"\n{len(done.failures)} failures on {sheets} sheets in {options.sheets}")


def _compare(
    probabilities: dict[str, np.ndarray], labels: np.ndarray, failed: np.ndarray | None = None
) -> dict[str, float]:
    """What the vote gained over the better single network on one set; shares in percent, the rest are counts."""
    whole = np.ones(len(labels), bool) if failed is None else ~failed
    right = {name: (p.argmax(axis=1) == labels) & whole for name, p in probabilities.items()}
    agree = probabilities["compact"].argmax(axis=1) == probabilities["deep"].argmax(axis=1)
    better = max(NETWORKS, key=lambda name: right[name].sum())
    gained, lost = int((right["ensemble"] & ~right[better]).sum()), int((~right["ensemble"] & right[better]).sum())
    return {
        "both_right": int((right["compact"] & right["deep"]).sum()),
        "only_compact_wrong": int((~right["compact"] & right["deep"]).sum()),
        "only_deep_wrong": int((right["compact"] & ~right["deep"]).sum()),
        "both_wrong": int((~right["compact"] & ~right["deep"]).sum()),
        "gained_over_better": gained,
        "lost_to_better": lost,
        "mcnemar_against_better": mcnemar(gained, lost),
        "accuracy_where_they_agree": 100 * float(right["ensemble"][agree].mean()) if agree.any() else 0.0,
        "differ": int((~agree).sum()),
        "accuracy_where_they_differ": 100 * float(right["ensemble"][~agree].mean()) if (~agree).any() else 0.0,
    }


def _by_weight(probabilities: dict[str, np.ndarray], labels: np.ndarray, failed: np.ndarray) -> dict[str, Any]:
    """Return the ensemble's accuracy in percent at every weight under both means; temperatures change no answer."""

    def accuracy(mean: Mean, weight: float) -> float:
        answers = pool_digits(probabilities["compact"], probabilities["deep"], mean, weight).argmax(axis=1)
        return _round(100 * float(((answers == labels) & ~failed).mean()))

    return {"weights": list(WEIGHTS)} | {mean: [accuracy(mean, weight) for weight in WEIGHTS] for mean in MEANS}


def _poll(ensemble: Ensemble, votes: dict[str, Vote], measured: FrameSet) -> dict[str, np.ndarray]:
    opinions = ask_networks(dict(ensemble.members), measured)
    return {n: ensemble.pool(opinions.compact, opinions.deep, v).probabilities for n, v in votes.items()}


def _digitness(ensemble: Ensemble, votes: dict[str, Vote], measured: FrameSet) -> dict[str, np.ndarray]:
    opinions = ask_networks(dict(ensemble.members), measured)
    return {n: ensemble.pool(opinions.compact, opinions.deep, v).digitness for n, v in votes.items()}


def _read_earlier(models_dir: Path) -> Manifest | None:
    try:
        return read_manifest(models_dir / "manifest.json")
    except DigitError:
        return None


def _has_same_answers(earlier: Manifest, manifest: Manifest) -> bool:
    """Tell whether every probability is as it was: the same weights, vote and temperatures."""

    def sources(of: Manifest) -> tuple[object, ...]:
        temperatures = (of.calibration.arithmetic.temperatures, of.calibration.geometric.temperatures)
        return of.vote, temperatures, [(of.networks[n].sha256, of.networks[n].temperature) for n in NETWORKS]

    return sources(earlier) == sources(manifest)


def _read_test_results(models_dir: Path) -> dict[str, tuple[Measure, dict[str, float]]]:
    """Load what `--test` measured, and the ensemble's comparison, so that the test set is not touched again."""
    found: dict[str, tuple[Measure, dict[str, float]]] = {}
    for name in MODELS:
        try:
            stored = read_figures(name, models_dir) or {}
            found[name] = (Measure(**stored["measures"][MNIST_TEST]), stored.get("vote", {}).get(MNIST_TEST, {}))
        except (RecordsError, KeyError, TypeError):
            return {}
    return found


def _write_metrics(
    folder: Path,
    name: str,
    members: dict[str, NetworkClassifier],
    measures: dict[str, Measure],
    not_a_digit: dict[str, float],
    vote: dict[str, Any],
) -> str:
    """Write a model's figures, whole or not at all, and return their digest; `vote` is what only the ensemble has."""
    counted = NETWORKS if name == "ensemble" else (name,)
    layers = [asdict(layer) for n in counted if n == name for layer in layers_of(members[n].network)]
    content: dict[str, Any] = {
        "model": name,
        "parameters": sum(members[n].network.count_params() for n in counted),
        "layers": layers,
        "measures": {title: m.as_json() for title, m in measures.items()},
        "not_a_digit": {k: _round(v) for k, v in not_a_digit.items()},
    } | vote
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1) + "\n"
    write_whole(folder / "metrics.json", text)
    return digest_of_figures(json.loads(text))


def _round_all(pairs: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {title: {key: _round(value) for key, value in pair.items()} for title, pair in pairs.items()}


def _round(value: float) -> float:
    return round(value, 4)


if __name__ == "__main__":
    sys.exit(main())
