"""Fit what the vote needs and measure what the project states: `python -m training.evaluate [--test]`.

On validation writers: each network's temperature, the pool's temperatures on a grid of weights, the vote that answers
by default, the digitness thresholds and the confidence below which an answer is "unsure". On report writers, whom
neither training nor these choices saw: every figure in `models/*/metrics.json` and the summary in
`models/manifest.json`. `--test` alone touches the MNIST test set.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from scipy.optimize import minimize_scalar
from tqdm import tqdm

from digit_core.errors import DigitError
from digit_core.files import write_whole
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.architectures import DIGIT_LOGITS
from digit_core.models.ensemble import (
    Ensemble,
    KerasClassifier,
    filled_network,
    pool_digitness,
    pool_digits,
    probe_frames,
    sharpened,
    softmax,
)
from digit_core.models.manifest import (
    MODELS_DIR,
    NETWORKS,
    Calibration,
    Manifest,
    MeanCalibration,
    NetworkEntry,
    read_manifest,
    write_manifest,
)
from digit_core.recognizer import Recognizer
from digit_core.types import MEANS, MODELS, DigitReading, Mean, Reading, Vote
from training.data import frames, samples, sources
from training.data.frames import BRUSHES, FrameSet, Part
from training.data.samples import Sample
from training.data.strokes import Drawing
from training.evaluation import survey
from training.evaluation.measure import Measure, auroc, mcnemar, measure, measure_exact
from training.train import validation_sets

WEIGHTS = tuple(round(0.1 * step, 1) for step in range(11))  # shares of deep on which temperatures are fitted
LOG_TEMPERATURES = (-np.log(4.0), np.log(4.0))  # networks of this kind are off by less, be it sure or unsure
REFUSED_DIGITS = 0.004  # of all validation digits may fall below the digitness threshold ...
MOST_REFUSED = 0.01  # ... and of no set more than this
UNSURE_DIGITS = 0.02  # of the validation digits may be called "unsure", be it for confidence or for digitness
MAX_CONFIDENCE_THRESHOLD = 0.8  # a person would find it odd to be told "unsure" above that
MNIST_TEST, MNIST_VALIDATION = "mnist test", "mnist validation"
DRAWINGS = "drawings"  # of both placements and all brushes together


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Both networks' logits (n, 11) about a set of frames."""

    compact: np.ndarray
    deep: np.ndarray
    labels: np.ndarray


def calibrate(members: dict[str, KerasClassifier], validation: dict[str, FrameSet]) -> tuple[Calibration, Vote, float]:
    """Fit temperatures, vote and thresholds on validation frames.

    Sets `temperature` of both members. Temperatures minimise the likelihood loss averaged over MNIST and the drawn
    sets alike, so that the many drawings do not outweigh scans.

    Returns:
        The calibration, the vote of both networks with the lowest likelihood loss, and the confidence threshold.
    """
    sets = [_opinions(members, measured) for name, measured in validation.items() if name != "letters"]
    for name, member in members.items():
        member.temperature = best_temperature([(_logits(s, name)[:, :DIGIT_LOGITS], s.labels) for s in sets])
    votes = [(mean, weight) for mean in MEANS for weight in WEIGHTS]
    temperatures: dict[tuple[Mean, float], float] = {}
    refused: dict[tuple[Mean, float], float] = {}
    losses: dict[tuple[Mean, float], float] = {}
    confidence: dict[tuple[Mean, float], np.ndarray] = {}
    digitness: dict[tuple[Mean, float], np.ndarray] = {}
    for mean, weight in votes:
        key = mean, weight
        pooled = [(np.log(np.maximum(_pooled(members, s, mean, weight), 1e-12)), s.labels) for s in sets]
        temperatures[key] = 1.0 if weight in (0.0, 1.0) else best_temperature(pooled)
        losses[key] = _loss(pooled, temperatures[key])
        confidence[key] = np.concatenate([sharpened(np.exp(p), temperatures[key]).max(axis=1) for p, _ in pooled])
        by_set = [pool_digitness(s.compact[:, -1], s.deep[:, -1], mean, weight) for s in sets]
        digitness[key] = np.concatenate(by_set)
        usual = float(np.quantile(digitness[key], REFUSED_DIGITS))
        refused[key] = min(usual, *(float(np.quantile(d, MOST_REFUSED)) for d in by_set))
    best = min((key for key in losses if 0.0 < key[1] < 1.0), key=lambda key: losses[key])
    threshold = round(min(MAX_CONFIDENCE_THRESHOLD, float(np.quantile(confidence[best], UNSURE_DIGITS))), 2)
    doubted = {key: max(refused[key], _doubt_threshold(digitness[key], confidence[key] < threshold)) for key in votes}
    fitted = {
        mean: MeanCalibration(*(tuple(some[mean, w] for w in WEIGHTS) for some in (temperatures, refused, doubted)))
        for mean in MEANS
    }
    calibration = Calibration(WEIGHTS, fitted["arithmetic"], fitted["geometric"])
    return calibration, Vote("ensemble", *best), threshold


def _doubt_threshold(digitness: np.ndarray, unsure: np.ndarray) -> float:
    """Return the digitness below which lie as many sure digits as `UNSURE_DIGITS` leaves beside the unsure ones.

    Args:
        digitness: (n,) of digits.
        unsure: (n,) bool, true where confidence makes them so already.
    """
    left = max(0, int(UNSURE_DIGITS * len(digitness)) - int(unsure.sum()))
    sure = np.sort(digitness[~unsure])
    return float(sure[left]) if left < len(sure) else 0.0


def evaluate(models_dir: Path = MODELS_DIR, test: bool = False, mnist_file: Path | None = None) -> Manifest:
    """Calibrate, measure and write the metrics and the manifest; see the module's first lines.

    Raises:
        DigitError: weights or data are missing or damaged.
    """
    members: dict[str, KerasClassifier] = {
        name: filled_network(name, models_dir / name / WEIGHTS_NAME) for name in NETWORKS
    }
    validation = validation_sets(mnist_file)
    calibration, vote, threshold = calibrate(members, validation)
    earlier = _earlier(models_dir)
    entries: dict[str, NetworkEntry] = {
        name: _entry(models_dir / name / WEIGHTS_NAME, members[name], earlier.networks.get(name) if earlier else None)
        for name in NETWORKS
    }
    manifest = Manifest(entries, vote, threshold, calibration)
    ensemble = Ensemble(members["compact"], members["deep"], calibration, vote)
    recognizer = Recognizer(ensemble, manifest, origin="weights under evaluation")
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
    elif earlier and _answers_as_before(earlier, manifest):
        for name, (measured, pair) in _tested_before(models_dir).items():
            measures[name][MNIST_TEST] = measured
            pairs |= {MNIST_TEST: pair} if pair else {}

    unseen = samples.report_digits()
    labels = np.array([int(digit.label) for digit in unseen])
    writers = np.array([digit.writer for digit in unseen])
    drawn: list[_Answers] = []
    for placement in ("fill", "off"):
        for brush in BRUSHES:
            title = f"drawings {placement} {brush}"
            answers = _read_singles(recognizer, ensemble, votes, samples.drawings(unseen, placement, brush), title)
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
        right, by = _read_numbers(recognizer, unseen, touching, vote, title)
        measures["ensemble"][title] = measure_exact(right, by)
        print(title, f"{measures['ensemble'][title].accuracy:.2f} %", flush=True)

    ambiguous = frames.LOOK_ALIKES | frames.STROKE_LIKE
    letters = [c for c in samples.report_characters() if c.label not in ambiguous]
    read = _read_singles(recognizer, ensemble, votes, samples.drawings(letters, "fill", 20), "letters and symbols")
    mnist_digitness = _digitness(ensemble, votes, held_out)
    not_digits = {}
    for name, chosen in votes.items():
        least = calibration.digitness_threshold(chosen.mean, chosen.share_of_deep)
        not_digits[name] = _rejection(read, name, drawn, letters)
        not_digits[name]["mnist_digits_refused"] = 100 * float((mnist_digitness[name] < least).mean())
    print("not a digit", json.dumps(not_digits["ensemble"]))

    for name in MODELS:
        vote_alone: dict[str, Any] = {"vote": _shortened(pairs), "by_weight": by_weight} if name == "ensemble" else {}
        _write_metrics(models_dir / name, name, members, measures[name], not_digits[name], vote_alone)
    summary = {name: {title: round(m.accuracy, 3) for title, m in measures[name].items()} for name in MODELS} | {
        "not_a_digit": {k: _short(v) for k, v in not_digits["ensemble"].items()}
    }
    manifest = Manifest(entries, vote, threshold, calibration, summary)
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
    if options.json and not options.json.parent.is_dir():
        parser.error(f"there is no folder {options.json.parent} to write the figures to")
    if (options.sheets or options.json or options.only) and not options.data:
        parser.error("--sheets, --json and --only go with --data")
    if options.data and options.test:
        parser.error("--data is for developing, --test for what is shipped")
    try:
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


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """What was read from n pictures of one character each, by model name.

    Attributes:
        probabilities: (n, 10) of the largest shape that the ensemble found.
        digitness: (n,) of the shape that is most like a digit.
        answered: (n,) bool, whether the verdict on any shape was "digit".
        refused: (n,) bool, whether it was "not_a_digit" on all of them.
        failed: (n,) true where the ensemble found not exactly one shape.
    """

    probabilities: dict[str, np.ndarray]
    digitness: dict[str, np.ndarray]
    answered: dict[str, np.ndarray]
    refused: dict[str, np.ndarray]
    failed: np.ndarray


def _read_singles(
    recognizer: Recognizer, ensemble: Ensemble, votes: dict[str, Vote], pictures: Iterable[Sample], title: str
) -> _Answers:
    """Read pictures through the whole way, segmentation included, and let every model vote about the shapes found."""
    probabilities: dict[str, list[np.ndarray]] = defaultdict(list)
    digitness: dict[str, list[float]] = defaultdict(list)
    answered: dict[str, list[bool]] = defaultdict(list)
    refused: dict[str, list[bool]] = defaultdict(list)
    failed = []
    for sample in tqdm(pictures, desc=title, disable=None):
        shapes = {name: _shapes(recognizer, sample, chosen) for name, chosen in votes.items()}
        found = shapes["ensemble"]
        failed.append(len(found) != 1)
        for name, chosen in votes.items():
            digitness[name].append(max((shape.digitness for shape in shapes[name]), default=0.0))
            answered[name].append(any(shape.verdict == "digit" for shape in shapes[name]))
            refused[name].append(all(shape.verdict == "not_a_digit" for shape in shapes[name]))
            if not found:
                probabilities[name].append(np.full(10, 0.1))
                continue
            largest = max(found, key=lambda shape: shape.box.width * shape.box.height)
            probabilities[name].append(ensemble.poll(largest.frame[None], chosen).probabilities[0])
    return _Answers(
        {name: np.stack(values) for name, values in probabilities.items()},
        {name: np.array(values) for name, values in digitness.items()},
        {name: np.array(values) for name, values in answered.items()},
        {name: np.array(values) for name, values in refused.items()},
        np.array(failed),
    )


def _shapes(recognizer: Recognizer, sample: Sample, vote: Vote) -> tuple[DigitReading, ...]:
    """Return what was found on a picture; nothing where it could not be read."""
    try:
        return recognizer.read(sample.picture, vote).digits
    except DigitError:
        return ()


def _read_numbers(
    recognizer: Recognizer, digits: list[Drawing], touching: bool, vote: Vote, title: str
) -> tuple[np.ndarray, np.ndarray]:
    """Read drawn numbers of 2 to 5 digits, one writer each; return (right, writers)."""
    right, by = [], []
    for sample in tqdm(samples.numbers(digits, touching), desc=title, total=samples.NUMBERS, disable=None):
        right.append(_text(recognizer, sample, vote) == sample.truth)
        by.append(sample.writer)
    return np.array(right), np.array(by)


def _text(recognizer: Recognizer, sample: Sample, vote: Vote) -> str:
    try:
        reading: Reading = recognizer.read(sample.picture, vote)
    except DigitError:
        return ""
    return reading.text


def _rejection(letters: _Answers, name: str, drawn: Sequence[_Answers], characters: list[Drawing]) -> dict[str, float]:
    """Figures on telling letters from digits, percent; "unseen kinds" are characters never trained on.

    A letter counts as answered when its verdict is "digit", a digit as refused when it is "not_a_digit".
    """
    scores, answered = letters.digitness[name], letters.answered[name]
    digits = np.concatenate([answers.digitness[name] for answers in drawn])
    sure = np.concatenate([answers.answered[name] for answers in drawn])
    refused = np.concatenate([answers.refused[name] for answers in drawn])
    unseen = np.array([c.label in frames.HELD_OUT_KINDS for c in characters])
    return {
        "letters": len(scores),
        "auroc": 100 * auroc(digits, scores),
        "false_positives_at_99": 100 * float((scores >= np.quantile(digits, 0.01)).mean()),
        "answered_as_digit": 100 * float(answered.mean()),
        "answered_as_digit_unseen_kinds": 100 * float(answered[unseen].mean()),
        "drawn_digits_refused": 100 * float(refused.mean()),
        "drawn_digits_unsure": 100 * float((~sure & ~refused).mean()),
    }


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
        return _short(100 * float(((answers == labels) & ~failed).mean()))

    return {"weights": list(WEIGHTS)} | {mean: [accuracy(mean, weight) for weight in WEIGHTS] for mean in MEANS}


def _poll(ensemble: Ensemble, votes: dict[str, Vote], measured: FrameSet) -> dict[str, np.ndarray]:
    opinions = _opinions(dict(ensemble.members), measured)
    return {n: ensemble.pool(opinions.compact, opinions.deep, v).probabilities for n, v in votes.items()}


def _digitness(ensemble: Ensemble, votes: dict[str, Vote], measured: FrameSet) -> dict[str, np.ndarray]:
    opinions = _opinions(dict(ensemble.members), measured)
    return {n: ensemble.pool(opinions.compact, opinions.deep, v).digitness for n, v in votes.items()}


def _opinions(members: dict[str, KerasClassifier], measured: FrameSet) -> Opinions:
    pictures = measured.frames.astype(np.float32) / 255
    logits = {
        name: np.concatenate([member.logits(pictures[i : i + 512]) for i in range(0, len(pictures), 512)])
        for name, member in members.items()
    }
    return Opinions(logits["compact"], logits["deep"], measured.labels.astype(np.int64))


def _logits(opinions: Opinions, name: str) -> np.ndarray:
    return opinions.compact if name == "compact" else opinions.deep


def _pooled(members: dict[str, KerasClassifier], opinions: Opinions, mean: Mean, weight: float) -> np.ndarray:
    votes = {name: softmax(_logits(opinions, name)[:, :DIGIT_LOGITS] / members[name].temperature) for name in NETWORKS}
    return pool_digits(votes["compact"], votes["deep"], mean, weight)


def best_temperature(sets: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Find the temperature between 1/4 and 4 with the lowest loss, which has one valley (Guo et al. 2017)."""
    found = minimize_scalar(lambda log: _loss(sets, float(np.exp(log))), bounds=LOG_TEMPERATURES, method="bounded")
    return round(float(np.exp(found.x)), 4)


def _loss(sets: list[tuple[np.ndarray, np.ndarray]], temperature: float) -> float:
    """Negative log-likelihood of logits over a temperature: MNIST, the first set, weighs as much as all drawn ones."""
    losses = [
        float(-np.log(np.maximum(softmax(logits / temperature)[np.arange(len(labels)), labels], 1e-12)).mean())
        for logits, labels in sets
    ]
    return losses[0] if len(losses) == 1 else 0.5 * losses[0] + 0.5 * float(np.mean(losses[1:]))


def _entry(weights: Path, member: KerasClassifier, earlier: NetworkEntry | None) -> NetworkEntry:
    """Vouch for a weights file; a pushed repo stays named as long as the bytes are the ones that were pushed."""
    content = weights.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    same = earlier is not None and earlier.sha256 == digest
    return NetworkEntry(
        sha256=digest,
        bytes=len(content),
        parameters=member.network.count_params(),
        temperature=member.temperature,
        probe=tuple(tuple(round(float(v), 4) for v in row) for row in member.logits(probe_frames())),
        repo=earlier.repo if earlier and same else None,
        revision=earlier.revision if earlier and same else None,
    )


def _earlier(models_dir: Path) -> Manifest | None:
    try:
        return read_manifest(models_dir / "manifest.json")
    except DigitError:
        return None


def _answers_as_before(earlier: Manifest, manifest: Manifest) -> bool:
    """Tell whether every probability is as it was: the same weights, vote and temperatures."""

    def sources(of: Manifest) -> tuple[object, ...]:
        temperatures = (of.calibration.arithmetic.temperatures, of.calibration.geometric.temperatures)
        return of.vote, temperatures, [(of.networks[n].sha256, of.networks[n].temperature) for n in NETWORKS]

    return sources(earlier) == sources(manifest)


def _tested_before(models_dir: Path) -> dict[str, tuple[Measure, dict[str, float]]]:
    """Load what `--test` measured, and the ensemble's comparison, so that the test set is not touched again."""
    found: dict[str, tuple[Measure, dict[str, float]]] = {}
    for name in MODELS:
        try:
            stored = json.loads((models_dir / name / "metrics.json").read_text(encoding="utf-8"))
            found[name] = (Measure(**stored["measures"][MNIST_TEST]), stored.get("vote", {}).get(MNIST_TEST, {}))
        except (OSError, ValueError, KeyError, TypeError):
            return {}
    return found


def _write_metrics(
    folder: Path,
    name: str,
    members: dict[str, KerasClassifier],
    measures: dict[str, Measure],
    not_a_digit: dict[str, float],
    vote: dict[str, Any],
) -> None:
    """Write a model's figures, whole or not at all; `vote` is what only the ensemble has."""
    counted = NETWORKS if name == "ensemble" else (name,)
    content: dict[str, Any] = {
        "model": name,
        "parameters": sum(members[n].network.count_params() for n in counted),
        "measures": {title: m.as_json() for title, m in measures.items()},
        "not_a_digit": {k: _short(v) for k, v in not_a_digit.items()},
    } | vote
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "metrics.json", json.dumps(content, indent=1) + "\n")


def _shortened(pairs: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {title: {key: _short(value) for key, value in pair.items()} for title, pair in pairs.items()}


def _short(value: float) -> float:
    return round(value, 4)


if __name__ == "__main__":
    sys.exit(main())
