"""Fit what tells touching digits from a letter: `python -m training.number_odds`.

On validation writers: numbers whose digits touch, as they are cut, against letters and symbols, by them or of kinds
that training never saw, all by themselves, and against words whose letters touch. It prints what it fitted beside
`touching.NUMBER_WEIGHTS`, and how many of each stay cut at each likelihood, by the weights in use and by weights that
were fitted without that cut; nothing is written, for these figures are chosen by a person.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.special import logit
from tqdm import tqdm

from digit_core.command.options import tell_errors
from digit_core.errors import DigitError
from digit_core.figures.tables import markdown_table
from digit_core.models.manifest import MODELS_DIR
from digit_core.page.decode import DRAFT_SIDE, WORKING_SIDE, Source, read_pixels
from digit_core.page.ink import to_ink
from digit_core.page.segmentation import find_digits
from digit_core.reading.touching import CONFIG as TOUCHING
from digit_core.reading.touching import NUMBER_WEIGHTS, cut, has_clear_digit, join_pieces, number_features
from digit_core.recognizer import Recognizer
from training.data import frames, samples
from training.data.samples import Sample
from training.evaluation.fitting import FOLDS, NOTHING_TO_FIT, fit_logistic, has_enough_to_fit, weights_table
from training.evaluation.readings import recognizer_of

FEATURES = tuple(NUMBER_WEIGHTS)
RIDGE = 1e-2  # keeps weights finite where a feature parts both perfectly
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


def fit(known: np.ndarray, is_number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a logistic regression, both kinds weighing the same.

    Args:
        known: (n, k) features of cuts; the first is 1, for the bias.
        is_number: (n,) bool.

    Returns:
        (k,) weights, and (n,) the log-odds of each cut by weights that were fitted without it.
    """
    weights = len(known) / (2 * np.bincount(is_number, minlength=2)[is_number.astype(int)])
    fitted, chances = fit_logistic(known, is_number, weights, ridge=RIDGE)
    return fitted, np.asarray(logit(chances))


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
    kinds = {"numbers": numbers, "letters": letters, "words": words}
    kind_of_cut = np.repeat(list(kinds), [len(cuts) for cuts in kinds.values()])
    known, is_number = np.concatenate(list(kinds.values())), kind_of_cut == "numbers"
    if not has_enough_to_fit(is_number):
        print(NOTHING_TO_FIT, file=sys.stderr)
        return 1
    shipped = np.array(list(NUMBER_WEIGHTS.values()))
    fitted, apart = fit(known, is_number)
    print(f"{len(numbers)} right cuts through numbers, {len(letters)} through letters, {len(words)} through words\n")
    print(weights_table(FEATURES, {"fitted": fitted, "in use": shipped}))
    cut_kinds = [kind for kind, cuts in kinds.items() if len(cuts)]
    kept = [
        [title, *(f"{100 * float((odds[kind_of_cut == kind] >= least).mean()):.1f}" for kind in cut_kinds)]
        for count, least in COUNTS.items()
        for title, odds in ((count, known @ shipped), (f"{count}, fitted, {FOLDS} folds", apart))
    ]
    print()
    print(markdown_table(["likely enough, %", *cut_kinds], kept))
    return 0


if __name__ == "__main__":
    sys.exit(main())
