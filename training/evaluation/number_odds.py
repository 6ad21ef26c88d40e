"""Fit what tells touching digits from a letter: `python -m training.number_odds`.

On validation writers: numbers whose digits touch, as they are cut, against letters and symbols, by them or of kinds
that training never saw, all by themselves, and against words whose letters touch. It prints what it fitted beside
`touching.NUMBER_WEIGHTS`, and how many of each stay cut at each likelihood; nothing is written, for these figures
are chosen by a person.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from digit_core.errors import DigitError
from digit_core.figures.tables import markdown_table
from digit_core.models.manifest import MODELS_DIR
from digit_core.options import tell_errors
from digit_core.page.decode import DRAFT_SIDE, WORKING_SIDE, Source, read_pixels
from digit_core.page.ink import to_ink
from digit_core.page.segmentation import find_digits
from digit_core.recognizer import Recognizer
from digit_core.touching import CONFIG as TOUCHING
from digit_core.touching import NUMBER_WEIGHTS, cut, has_clear_digit, join_pieces, number_features
from training.data import frames, samples
from training.data.samples import Sample
from training.evaluation.fitting import weights_table
from training.evaluation.readings import recognizer_of

FEATURES = tuple(NUMBER_WEIGHTS)
RIDGE = 1e-2  # keeps weights finite where a feature parts both perfectly
MAX_STEPS = 10_000
COUNTS = {  # what is counted: a cut likelier than this
    "cut beside a clear digit": TOUCHING.min_number_odds - TOUCHING.number_company,
    "cut by itself": TOUCHING.min_number_odds,
    "likelier a number": 0.0,
}


def cuts_alone(recognizer: Recognizer, image: Source) -> list[tuple[str, dict[str, float]]]:
    """Tell how each shape beside no clear digit would be cut, likely or not: its digits, its `number_features`.

    Raises:
        DigitError: as `Recognizer.read` does.
    """
    rows = find_digits(to_ink(read_pixels(image, WORKING_SIDE, DRAFT_SIDE).grey))
    judged = (tuple(recognizer.judge(row)) for row in rows)
    shapes = [whole for row in judged for whole in join_pieces(row, recognizer.judge)]
    if has_clear_digit(shapes):
        return []
    cuts = [(whole.shape, cut(whole, recognizer.judge)) for whole in shapes]
    return [("".join(part.answer for part in parts), number_features(shape, parts)) for shape, parts in cuts if parts]


def features_of(recognizer: Recognizer, pictures: Iterable[Sample], title: str) -> np.ndarray:
    """Cut what stands by itself on pictures, and return the features, (n, k), in the order of `FEATURES`.

    Of a number only right cuts count, those whose digits stand in it in a row; of anything else, all.
    """
    rows = []
    for sample in tqdm(pictures, desc=title, disable=None):
        try:
            cuts = cuts_alone(recognizer, sample.picture)
        except DigitError:
            continue
        rows += [[known[f] for f in FEATURES] for text, known in cuts if not sample.truth or text in sample.truth]
    return np.array(rows, np.float64).reshape(-1, len(FEATURES))


def fit(numbers: np.ndarray, letters: np.ndarray) -> np.ndarray:
    """Fit a logistic regression, both kinds weighing the same.

    Args:
        numbers: (n, k) features of cuts that are numbers; the first is 1, for the bias.
        letters: (m, k) of those that are none.

    Returns:
        (k,) weights.
    """
    known = np.concatenate([numbers, letters])
    is_number = np.repeat([True, False], [len(numbers), len(letters)])
    regression = LogisticRegression(C=1 / RIDGE, fit_intercept=False, class_weight="balanced", max_iter=MAX_STEPS)
    return np.asarray(regression.fit(known, is_number).coef_[0])


@tell_errors()
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training.number_odds", description="Fit what tells touching digits from a letter."
    )
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder of compact/ and deep/")
    options = parser.parse_args(arguments)
    recognizer = recognizer_of(options.models)
    written = samples.numbers(samples.report_digits("validation"), touching=True)
    numbers = features_of(recognizer, written, "numbers")
    fair = frames.drop_ambiguous(samples.report_characters("validation"))
    letters = features_of(recognizer, samples.drawings(fair, "fill", 20), "letters")
    words = features_of(recognizer, samples.words([c for c in fair if c.label.isalpha()]), "words")
    others = np.concatenate([letters, words])
    if not len(numbers) or not len(others):
        print("Nothing was cut among numbers or among letters: there is nothing to fit.", file=sys.stderr)
        return 1
    shipped = np.array(list(NUMBER_WEIGHTS.values()))
    weights = {"fitted": fit(numbers, others), "in use": shipped}
    print(f"{len(numbers)} right cuts through numbers, {len(letters)} through letters, {len(words)} through words\n")
    print(weights_table(FEATURES, weights))
    kinds = {"numbers": numbers, "letters": letters, "words": words}
    odds = {title: known @ shipped for title, known in kinds.items() if len(known)}
    kept = [
        [count, *(f"{100 * float((likely >= least).mean()):.1f}" for likely in odds.values())]
        for count, least in COUNTS.items()
    ]
    print()
    print(markdown_table(["as in use, %", *odds], kept))
    return 0


if __name__ == "__main__":
    sys.exit(main())
