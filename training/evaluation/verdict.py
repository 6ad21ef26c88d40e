"""Fit what tells a digit from what is none: `python -m training.verdict`.

On validation writers: pages composed of every scene, and drawings of digits, numbers, letters and words. Each shape
that is read on them is a digit, or none; shapes of which neither can be said, as halves of digits or digits that are
misread, are left out. It prints what was fitted beside `verdict.DIGIT_WEIGHTS`, and how many digits of each kind are
refused by either and how many shapes that are none pass; nothing is written, for these figures are chosen by a person.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from digit_core.command.options import tell_errors, to_count
from digit_core.figures.tables import markdown_table
from digit_core.models.manifest import MODELS_DIR
from digit_core.models.verdict import DIGIT_WEIGHTS, Evidence, digit_features
from digit_core.recognizer import Recognizer
from digit_core.types import DigitReading, Reading
from training.data import frames, samples
from training.data.pages.compose import Page
from training.data.pages.hands import Hands
from training.data.pages.layout import SCENES
from training.data.samples import ROW_MARK, Sample, take_evenly
from training.evaluation.fitting import FOLDS, NOTHING_TO_FIT, fit_logistic, has_enough_to_fit, weights_table
from training.evaluation.readings import read_or_none, recognizer_of

FEATURES = tuple(DIGIT_WEIGHTS)
COUNT = 60  # pages of each scene; drawings of each kind three times as many
SEED = 9_500_001
SIDE = 320  # pixels of a page
OWN_SHARE = 0.6  # so much of a character lies in a shape's box, and so much of what lies there, where they are one
MIN_INK = 4  # pixels of characters in a box: with fewer nothing is written there


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """The shapes that were read on one picture: (n, k) features, and (n,) 1 for a digit, 0 for none, -1 for neither."""

    kind: str
    features: np.ndarray
    truth: np.ndarray


def read_all(recognizer: Recognizer, count: int) -> list[Shapes]:
    """Read pages and drawings, `count` pages of each scene."""
    limits = recognizer.task().limits
    found = []
    for kind, picture, judge in tqdm(pictures(count), desc="read", disable=None):
        reading = read_or_none(recognizer, picture)
        if reading is not None:
            evidence = [_evidence_of(digit) for digit in reading.digits]
            known = [[one[name] for name in FEATURES] for one in digit_features(evidence, limits.digitness)]
            found.append(Shapes(kind, np.array(known), judge(reading)))
    return found


class PageTruth:
    """Tells the digits of a page's reading from what is none."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._ink = np.bincount(page.owners.ravel(), minlength=len(page.labels) + 1)

    def __call__(self, reading: Reading) -> np.ndarray:
        """Return (n,) 1 for a digit that is read rightly, 0 for what is none, -1 for anything else."""
        return np.array([self._judge(digit) for digit in reading.digits], int)

    def _judge(self, digit: DigitReading) -> int:
        box = digit.box
        area = self._page.owners[max(0, box.top) : box.bottom, max(0, box.left) : box.right]
        inside = np.bincount(area.ravel(), minlength=len(self._ink))
        inside[0] = 0
        if inside.sum() < MIN_INK:
            return 0
        owner = int(inside.argmax())
        label = self._page.labels[owner - 1]
        if not label.isdigit():
            return 0
        is_whole = min(inside[owner] / self._ink[owner], inside[owner] / inside.sum()) >= OWN_SHARE
        return 1 if is_whole and label == str(digit.prediction.digit) else -1


class DrawingTruth:
    """Tells the same of a drawing, whose text is known: nothing is said where other shapes than its own are read."""

    def __init__(self, sample: Sample) -> None:
        self._truth = sample.truth.replace(ROW_MARK, "")

    def __call__(self, reading: Reading) -> np.ndarray:
        """Return (n,) 1 for a digit that is read rightly, 0 for what is none, -1 for anything else."""
        answers = [str(digit.prediction.digit) for digit in reading.digits]
        if not self._truth:
            return np.zeros(len(answers), int)
        if len(answers) != len(self._truth):
            return np.full(len(answers), -1)
        return np.array(
            [0 if not c.isdigit() else 1 if c == answer else -1 for c, answer in zip(self._truth, answers, strict=True)]
        )


def pictures(count: int) -> Iterator[tuple[str, np.ndarray | Path, PageTruth | DrawingTruth]]:
    """Yield the kind, the picture and what tells its truth."""
    hands = Hands("validation")
    for scene in SCENES:
        for i in range(count):
            page = hands.page(SIDE, [SEED, i], scene)
            yield f"page: {scene}", page.picture, PageTruth(page)
    for kind, sample in _drawings(3 * count):
        yield kind, sample.picture, DrawingTruth(sample)


def fit(known: np.ndarray, is_digit: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit what tells digits from what is none, each picture weighing by the root of the shapes on it.

    Args:
        known: (n, k) features, the first of them 1.
        is_digit: (n,) bool.
        groups: (n,) the number of the picture that a shape is on.

    Returns:
        (k,) weights, and (n,) the chance of each shape by weights that were fitted without its picture.
    """
    return fit_logistic(known, is_digit, 1 / np.sqrt(np.bincount(groups)[groups]), groups)


@tell_errors()
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training.verdict", description="Fit what tells a digit from what is none."
    )
    parser.add_argument("--count", type=to_count, default=COUNT, help=f"pages of each scene (default {COUNT})")
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder of compact/, deep/ and finder/")
    options = parser.parse_args(arguments)
    read = read_all(recognizer_of(options.models), options.count)
    groups = np.repeat(np.arange(len(read)), [len(shapes.truth) for shapes in read])
    truth = np.concatenate([np.empty(0, int), *(shapes.truth for shapes in read)])
    said = truth >= 0
    if not has_enough_to_fit(truth[said] == 1, groups[said]):
        print(NOTHING_TO_FIT, file=sys.stderr)
        return 1
    known = np.concatenate([shapes.features for shapes in read])[said]
    fitted, apart = fit(known, truth[said] == 1, groups[said])
    in_use = np.array(list(DIGIT_WEIGHTS.values()))
    print(weights_table(FEATURES, {"fitted": fitted, "in use": in_use}))
    passes = {"in use": known @ in_use > 0, f"fitted, {FOLDS} folds": apart > 0.5}
    kinds = np.array([read[group].kind for group in groups[said]])
    columns = ["digits", *(f"refused, {name}" for name in passes), "none", *(f"passed, {name}" for name in passes)]
    table = [_row(kind, truth[said], list(passes.values()), kinds == kind) for kind in dict.fromkeys(kinds.tolist())]
    table.append(_row("all", truth[said], list(passes.values()), np.ones(len(kinds), bool)))
    print()
    print(markdown_table(["shapes", *columns], table))
    return 0


def _row(kind: str, truth: np.ndarray, passes: Sequence[np.ndarray], of_kind: np.ndarray) -> list[str]:
    """Count the digits of a kind and those refused, the shapes that are none and those that pass."""
    digits, none = of_kind & (truth == 1), of_kind & (truth == 0)
    refused, passed = [int((digits & ~p).sum()) for p in passes], [int((none & p).sum()) for p in passes]
    return [kind, *map(str, [int(digits.sum()), *refused, int(none.sum()), *passed])]


def _evidence_of(digit: DigitReading) -> Evidence:
    """What the verdict rests on; a part of a cut shape counts as any other."""
    prediction = digit.prediction
    return Evidence(digit.digitness, prediction.confidence, prediction.digit == 1, height=digit.box.height)


def _drawings(count: int) -> Iterator[tuple[str, Sample]]:
    """Yield drawings of validation writers with their kind, about `count` of each."""
    digits, characters = samples.report_digits("validation"), samples.report_characters("validation")
    yield from (("digits", digit) for digit in samples.drawings(take_evenly(digits, count), "off", 20))
    yield from samples.drawings_of_each_kind(digits, frames.drop_ambiguous(characters), count, SEED)
