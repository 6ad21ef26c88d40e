"""Fit what tells which of two readings is right: `python -m training.choice`.

On validation writers: drawings with a fault, numbers, letters and words, each read the plain way and by the finder.
Where one of both is right, `digit_core.reading.choice` is to say which. It prints what was fitted beside
`choice.CHOICE_WEIGHTS`, and how many of each kind are read rightly either way and by the choice; nothing is written,
for these figures are chosen by a person.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from digit_core.command.options import tell_errors, to_count
from digit_core.errors import DigitError, EmptyDrawingError, TooManyDigitsError
from digit_core.figures.tables import markdown_table
from digit_core.models.manifest import MODELS_DIR
from digit_core.page.decode import WORKING_SIDE, Source, read_pixels
from digit_core.page.ink import clean_paper
from digit_core.reading.choice import CHOICE_WEIGHTS, choice_features, may_stand
from digit_core.reading.judgement import to_reading
from digit_core.reading.plain import read_shapes
from digit_core.reading.together import finish
from digit_core.recognizer import Recognizer, find_characters
from training.data import frames, samples
from training.data.faults import FAULTS, draw_with_fault
from training.data.samples import ROW_MARK, Sample
from training.evaluation.fitting import FOLDS, NOTHING_TO_FIT, fit_logistic, has_enough_to_fit, weights_table
from training.evaluation.readings import recognizer_of

FEATURES = tuple(CHOICE_WEIGHTS)
COUNT = 100  # samples of each kind of drawing
SEED = 9_100_001


@dataclass(frozen=True, slots=True)
class Pair:
    """One drawing read both ways: which reading is right, and `choice_features`."""

    kind: str
    plain: bool
    found: bool
    features: tuple[float, ...]


def pictures(count: int) -> Iterator[tuple[str, Sample]]:
    """Yield pictures of validation writers with their kind, `count` of most kinds."""
    digits, characters = samples.report_digits("validation"), samples.report_characters("validation")
    yield from samples.drawings_of_each_kind(digits, frames.drop_ambiguous(characters), count, SEED)
    for fault in FAULTS:
        yield from ((fault, sample) for sample in draw_with_fault(digits, fault, count // 3, SEED))


def read_both_ways(recognizer: Recognizer, image: Source) -> tuple[str, str, dict[str, float]] | None:
    """Read a drawing the plain way and by the finder.

    Returns:
        Both texts and `choice_features`; None where there is no choice: on a photo, where the plain way reads nothing
        or leaves nothing to ask, or where the finder's reading may not stand.

    Raises:
        DigitError: as `Recognizer.read` does.
    """
    pixels = read_pixels(image, WORKING_SIDE)
    task = recognizer.task()
    try:
        if recognizer.finder is None or clean_paper(pixels.grey) is None:
            return None
        plain = finish(read_shapes(pixels.grey, False, task), task.ask)
        found = find_characters(pixels.rgb, recognizer.finder, task)
    except (EmptyDrawingError, TooManyDigitsError):
        return None
    if plain.is_clear or not may_stand(found.rows):
        return None
    texts = (
        to_reading(rows, lambda shape: shape.box, task.limits, task.vote).text for rows in (plain.rows, found.rows)
    )
    return next(texts), next(texts), choice_features(plain.rows, found.rows)


def read_all(recognizer: Recognizer, count: int) -> list[Pair]:
    """Read pictures both ways."""
    pairs = []
    for kind, sample in tqdm(pictures(count), desc="read both ways", disable=None):
        try:
            both = read_both_ways(recognizer, sample.picture)
        except DigitError:
            continue
        if both is not None:
            plain, found, known = both
            right = (_is_right(text, sample.truth) for text in (plain, found))
            pairs.append(Pair(kind, next(right), next(right), tuple(known[name] for name in FEATURES)))
    return pairs


def fit(pairs: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray]:
    """Fit a logistic regression on the pairs of which one is right, kinds weighing by the root of their number.

    Returns:
        (k,) weights, in the order of `FEATURES`, and for each of these pairs whether found is preferred by weights that
        were fitted without it.
    """
    told = [pair for pair in pairs if pair.plain != pair.found]
    known, is_found = np.array([pair.features for pair in told]), np.array([pair.found for pair in told])
    counts = {kind: sum(pair.kind == kind for pair in told) for kind in {pair.kind for pair in told}}
    weights = np.array([counts[pair.kind] ** -0.5 for pair in told])
    fitted, chances = fit_logistic(known, is_found, weights / weights.mean())
    return fitted, chances > 0.5


@tell_errors()
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training.choice", description="Fit what tells which of two readings is right."
    )
    parser.add_argument("--count", type=to_count, default=COUNT, help=f"pictures of most kinds (default {COUNT})")
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder of compact/, deep/ and finder/")
    options = parser.parse_args(arguments)
    pairs = read_all(recognizer_of(options.models), options.count)
    if not has_enough_to_fit(np.array([pair.found for pair in pairs if pair.plain != pair.found], bool)):
        print(NOTHING_TO_FIT, file=sys.stderr)
        return 1
    in_use = np.array(list(CHOICE_WEIGHTS.values()))
    fitted, apart = fit(pairs)
    print(weights_table(FEATURES, {"fitted": fitted, "in use": in_use}))
    preferred = iter(apart)
    read = [
        (
            pair.kind,
            pair.plain,
            pair.found,
            pair.found if np.dot(in_use, pair.features) > 0 else pair.plain,
            pair.plain if pair.plain == pair.found else bool(next(preferred)) == pair.found,
        )
        for pair in pairs
    ]
    table = [
        [kind, str(len(some)), *(f"{100 * float(np.mean(right)):.1f}" for right in list(zip(*some, strict=True))[1:])]
        for kind, group in itertools.groupby(read, key=lambda one: one[0])
        if (some := list(group))
    ]
    print()
    print(markdown_table(["read rightly, %", "count", "plain", "found", "in use", f"fitted, {FOLDS} folds"], table))
    return 0


def _is_right(text: str, truth: str) -> bool:
    text = text.replace("\n", "")
    return text == truth.replace(ROW_MARK, "") if truth else not any(c.isdigit() for c in text)


if __name__ == "__main__":
    sys.exit(main())
