"""Drawings of one character and of numbers, read the whole way, segmentation included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from digit_core.models.ensemble import Ensemble
from digit_core.recognizer import Recognizer
from digit_core.types import Vote
from training.data import frames, samples
from training.data.samples import Sample
from training.data.strokes import Drawing
from training.evaluation.measure import auroc
from training.evaluation.readings import read_or_none, text_of


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
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


def read_singles(
    recognizer: Recognizer, ensemble: Ensemble, votes: dict[str, Vote], pictures: Iterable[Sample], title: str
) -> Answers:
    """Read pictures through the whole way, segmentation included, and let every model vote about the shapes found."""
    probabilities: dict[str, list[np.ndarray]] = defaultdict(list)
    digitness: dict[str, list[float]] = defaultdict(list)
    answered: dict[str, list[bool]] = defaultdict(list)
    refused: dict[str, list[bool]] = defaultdict(list)
    failed = []
    for sample in tqdm(pictures, desc=title, disable=None):
        readings = {name: read_or_none(recognizer, sample.picture, vote=vote) for name, vote in votes.items()}
        shapes = {name: reading.digits if reading else () for name, reading in readings.items()}
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
    return Answers(
        {name: np.stack(values) for name, values in probabilities.items()},
        {name: np.array(values) for name, values in digitness.items()},
        {name: np.array(values) for name, values in answered.items()},
        {name: np.array(values) for name, values in refused.items()},
        np.array(failed),
    )


def read_numbers(
    recognizer: Recognizer, digits: list[Drawing], touching: bool, vote: Vote, title: str
) -> tuple[np.ndarray, np.ndarray]:
    """Read drawn numbers of 2 to 5 digits, one writer each; return (right, writers)."""
    right, by = [], []
    for sample in tqdm(samples.numbers(digits, touching), desc=title, total=samples.NUMBERS, disable=None):
        right.append(text_of(read_or_none(recognizer, sample.picture, vote=vote)) == sample.truth)
        by.append(sample.writer)
    return np.array(right), np.array(by)


def measure_rejection(
    letters: Answers, name: str, drawn: Sequence[Answers], characters: list[Drawing]
) -> dict[str, float]:
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
