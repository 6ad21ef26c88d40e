"""Measure the networks and their vote on every set: what `training.evaluate` writes down.

Each step adds to `Figures`, under the titles that `digit_core.figures.records` knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from digit_core.models.ensemble import Ballot, Ensemble, pool_digits
from digit_core.models.manifest import NETWORKS
from digit_core.recognizer import Recognizer
from digit_core.types import MEANS, MODELS, Mean, Vote
from training.data import frames, samples
from training.data.frames import BRUSHES, FrameSet
from training.data.strokes import Drawing
from training.evaluation.calibrate import WEIGHTS, ask_networks
from training.evaluation.drawings import Answers, measure_rejection, read_numbers, read_singles
from training.evaluation.measure import Measure, mcnemar, measure, measure_exact

MNIST_TEST, MNIST_VALIDATION = "mnist test", "mnist validation"
DRAWINGS = "drawings"  # The title of drawings of both placements and all brushes together.


@dataclass(frozen=True, slots=True)
class Voters:
    """Who is measured.

    Attributes:
        recognizer: reads pictures.
    """

    recognizer: Recognizer

    @property
    def ensemble(self) -> Ensemble:
        """The networks that the recognizer asks."""
        return self.recognizer.ensemble

    @property
    def votes(self) -> dict[str, Vote]:
        """The vote of each of `MODELS`: of the ensemble the recognizer's own, of a single network for it alone."""
        return {name: self.recognizer.vote if name == "ensemble" else Vote(name) for name in MODELS}


@dataclass(frozen=True, slots=True)
class Figures:
    """What has been measured so far.

    Attributes:
        measures: by model and title.
        pairs: by title, what the vote gained over the better single network.
        by_weight: by title, the ensemble's accuracy at every weight.
        not_a_digit: by model, how well digits are told from what is none.
    """

    measures: dict[str, dict[str, Measure]] = field(default_factory=lambda: {name: {} for name in MODELS})
    pairs: dict[str, dict[str, float]] = field(default_factory=dict)
    by_weight: dict[str, dict[str, Any]] = field(default_factory=dict)
    not_a_digit: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, title: str, probabilities: dict[str, np.ndarray], labels: np.ndarray, **known: Any) -> None:
        """Measure each model's probabilities, and what the vote gained; `known` is as `measure` takes it."""
        for name in MODELS:
            self.measures[name][title] = measure(probabilities[name], labels, **known)
        self.pairs[title] = _compare(probabilities, labels, known.get("failed"))
        print(title, *(f"{name} {self.measures[name][title].accuracy:.2f} %" for name in MODELS), sep="  ", flush=True)


def measure_validation(figures: Figures, voters: Voters, held_out: FrameSet) -> None:
    """Measure MNIST's validation writers."""
    polled = _probabilities(_poll(voters, held_out))
    figures.add(MNIST_VALIDATION, polled, held_out.labels)
    figures.by_weight[MNIST_VALIDATION] = _by_weight(polled, held_out.labels, np.zeros(len(held_out), bool))


def measure_test(figures: Figures, voters: Voters, tested: FrameSet) -> None:
    """Measure MNIST's test set."""
    figures.add(MNIST_TEST, _probabilities(_poll(voters, tested)), tested.labels)


def measure_drawings(figures: Figures, voters: Voters, digits: list[Drawing]) -> list[Answers]:
    """Measure digits drawn at both placements with all brushes; return what was answered to each of the six sets."""
    labels = np.array([int(digit.label) for digit in digits])
    writers = np.array([digit.writer for digit in digits])
    drawn: list[Answers] = []
    for placement in ("fill", "off"):
        for brush in BRUSHES:
            title = f"drawings {placement} {brush}"
            pictures = samples.drawings(digits, placement, brush)
            answers = read_singles(voters.recognizer, voters.ensemble, voters.votes, pictures, title)
            figures.add(title, answers.probabilities, labels, writers=writers, failed=answers.failed)
            drawn.append(answers)
    pooled: dict[str, np.ndarray] = {
        name: np.concatenate([answers.probabilities[name] for answers in drawn]) for name in MODELS
    }
    six, failed = np.tile(labels, len(drawn)), np.concatenate([answers.failed for answers in drawn])
    figures.add(DRAWINGS, pooled, six, writers=np.tile(writers, len(drawn)), failed=failed)
    del figures.pairs[DRAWINGS]["mcnemar_against_better"]  # one drawing six times is not six trials
    figures.by_weight[DRAWINGS] = _by_weight(pooled, six, failed)
    return drawn


def measure_numbers(figures: Figures, voters: Voters, digits: list[Drawing]) -> None:
    """Measure how many numbers of several drawn digits the vote reads exactly right."""
    for touching in (False, True):
        title = "numbers touching" if touching else "numbers spaced"
        right, by = read_numbers(voters.recognizer, digits, touching, voters.votes["ensemble"], title)
        measured = measure_exact(right, by)
        figures.measures["ensemble"][title] = measured
        print(title, f"{measured.accuracy:.2f} %", flush=True)


def measure_not_a_digit(figures: Figures, voters: Voters, drawn: list[Answers], held_out: FrameSet) -> None:
    """Measure how many letters are answered as digits, and how many digits are refused.

    Args:
        figures: takes what is measured.
        voters: who is measured.
        drawn: what was answered to drawn digits.
        held_out: MNIST's validation writers, for the digits that are refused.
    """
    letters = frames.drop_ambiguous(samples.report_characters())
    pictures = samples.drawings(letters, "fill", 20)
    read = read_singles(voters.recognizer, voters.ensemble, voters.votes, pictures, "letters and symbols")
    ballots = _poll(voters, held_out)
    for name, vote in voters.votes.items():
        least = voters.ensemble.calibration.digitness_threshold(vote.mean, vote.share_of_deep)
        refused = 100 * float((ballots[name].digitness < least).mean())
        figures.not_a_digit[name] = measure_rejection(read, name, drawn, letters) | {"mnist_digits_refused": refused}
    print("not a digit", json.dumps(figures.not_a_digit["ensemble"]))


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
        return round(100 * float(((answers == labels) & ~failed).mean()), 4)

    return {"weights": list(WEIGHTS)} | {mean: [accuracy(mean, weight) for weight in WEIGHTS] for mean in MEANS}


def _poll(voters: Voters, measured: FrameSet) -> dict[str, Ballot]:
    """Ask both networks about frames, and pool what they say by each vote."""
    opinions = ask_networks(dict(voters.ensemble.members), measured)
    pool = voters.ensemble.pool
    return {name: pool(opinions.compact, opinions.deep, vote) for name, vote in voters.votes.items()}


def _probabilities(ballots: Mapping[str, Ballot]) -> dict[str, np.ndarray]:
    return {name: ballot.probabilities for name, ballot in ballots.items()}
