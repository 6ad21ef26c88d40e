"""What each hand-set number of the reading is worth: `python -m training.evaluation.sensitivity [--modules NAME ...]`.

Every number of the configs of the stages between a picture and its verdicts, and every scalar atop their modules, is
made 0.7 and 1.4 times as large, and composed pages, drawn numbers and letters of validation writers are read again.
A number whose change alters no reading is worth nothing, unless it bounds how much is looked at, and ought to go.
Nothing is written.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from tqdm import tqdm

from digit_core.command.options import to_count
from digit_core.errors import DigitError
from digit_core.figures.tables import markdown_row, markdown_table
from digit_core.models.manifest import MODELS_DIR
from digit_core.recognizer import Recognizer
from training.data import samples
from training.data.frames import SIGNS, drop_ambiguous
from training.data.pages.hands import Hands
from training.data.pages.layout import SCENES
from training.data.samples import Sample, take_evenly
from training.evaluation.readings import distance, read_or_none, recognizer_of, text_of

MODULES = (
    "models.geometry",
    "models.verdict",
    "reading.choice",
    "reading.groupings",
    "reading.judgement",
    "reading.touching",
    "recognizer",
    "page.conversion",
    "page.frame",
    "page.ink",
    "page.level",
    "page.look",
    "page.shapes",
    "page.contrast",
    "page.segmentation",
    "page.rows",
    "page.seams",
)
# MNIST's own numbers, the finder's architecture and the multiples that it takes, and what follows from another number.
FIXED = frozenset({"FRAME_SIZE", "BODY_SIZE", "FINDER_STRIDE", "FINDER_MULTIPLE", "TILE", "TILE_MARGIN", "PLACES"})
NUMBER_TYPES = (int, float, np.float32)
FACTORS = (0.7, 1.4)  # what each number is multiplied by
COUNT = 6  # pages of each kind of scene
DRAWINGS = 12  # drawn numbers of either kind, and letters, for each of them: they are read in less time
PAGE_SIDE, PAGE_SEED = 320, 9_200_000  # pixels; no page of training or of the finder's validation


def main(arguments: list[str] | None = None) -> int:
    """Print what each number is worth; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluation.sensitivity", description="What each hand-set number is worth."
    )
    parser.add_argument("--count", type=to_count, default=COUNT, help=f"pictures of each kind (default {COUNT})")
    parser.add_argument("--modules", nargs="+", metavar="NAME", default=MODULES, help="of digit_core (default: most)")
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder of compact/, deep/ and finder/")
    options = parser.parse_args(arguments)
    try:
        recognizer, pictures = recognizer_of(options.models), list(validation_pictures(options.count))
        numbers = list(numbers_of(options.modules))
    except (DigitError, ModuleNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    before = errors_of_all(recognizer, pictures)
    print(f"{sum(before)} digits too many, missing or wrong on {len(before)} pictures of validation writers\n")
    print(markdown_table(["number", "value", *(f"times {factor:g}" for factor in FACTORS)], []), flush=True)
    unnoticed = 0
    for module, name, value in tqdm(numbers, unit="number", leave=False, disable=None):
        row = [f"{module.__name__.removeprefix('digit_core.')}.{name}", f"{value:g}"]
        for factor in FACTORS:
            with replace_number(module, name, type(value)(value * factor)):
                more = np.subtract(errors_of_all(recognizer, pictures), before)
            row.append(f"+{more[more > 0].sum()} -{-more[more < 0].sum()}" if more.any() else "")
        unnoticed += not any(row[2:])
        print(markdown_row(row), flush=True)  # as they come: each takes two rounds of all pictures
    print(f"\n{unnoticed} of {len(numbers)} numbers are noticed neither way")
    return 0


def numbers_of(modules: Sequence[str]) -> Iterator[tuple[ModuleType, str, float]]:
    """Return every number of these modules of `digit_core`: module, name, and value.

    The name is the constant's, "CONFIG.field", or "CONFIG.field.0" of the first number of several. Weights that were
    fitted, which stand in mappings, are not among them.
    """
    for path in modules:
        module = importlib.import_module(f"digit_core.{path}")
        own = _names_set_in(Path(str(module.__file__)))
        for name, value in vars(module).items():
            if name in FIXED:
                continue
            if name == "CONFIG":
                yield from ((module, f"{name}.{field}", number) for field, number in _numbers_of_config(value))
            if name in own and name.isupper() and type(value) in NUMBER_TYPES:
                yield module, name, value


def _names_set_in(file: Path) -> set[str]:
    """Return the names that a module sets itself, one at a time or several at once, and does not import."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    statements = [one for one in body if isinstance(one, ast.Assign | ast.AnnAssign)]
    nodes = (node for statement in statements for node in ast.walk(statement))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _numbers_of_config(config: Any) -> Iterator[tuple[str, float]]:
    for field in fields(config):
        value = getattr(config, field.name)
        if type(value) in NUMBER_TYPES:
            yield field.name, value
        if isinstance(value, tuple):
            yield from ((f"{field.name}.{i}", one) for i, one in enumerate(value) if type(one) in NUMBER_TYPES)


@contextmanager
def replace_number(module: ModuleType, name: str, value: float) -> Iterator[None]:
    """Set a number, named as by `numbers_of`, to another value in its module, and wherever that was imported to."""
    name, field, place = [*name.split("."), "", ""][:3]
    before = getattr(module, name)
    after: Any = value
    if place:
        some = getattr(before, field)
        after = (*some[: int(place)], value, *some[int(place) + 1 :])
    if field:
        after = replace(before, **{field: after})
    users = [
        (user, own_name)
        for path, user in list(sys.modules.items())
        if path.startswith("digit_core.")
        for own_name, own in list(vars(user).items())
        if own is before and (field or own_name == name)
    ]
    for user, own_name in users:
        setattr(user, own_name, after)
    try:
        yield
    finally:
        for user, own_name in users:
            setattr(user, own_name, before)


def validation_pictures(count: int) -> Iterator[Sample]:
    """Compose pages of every scene, numbers, letters, and letters among digits, by writers whom training does not know.

    Of a page only its digits count, in no order, since its characters have no rows in the truth. A page of one digit is
    read twice, and told to be one the second time: then the plain way reads it.
    """
    hands = Hands("validation")
    for scene in SCENES:
        for i in range(count):
            page = hands.page(PAGE_SIDE, [PAGE_SEED, i], scene)
            sample = Sample(page.picture, "".join(sorted(page.labels)), f"#{i}", scene, kind="page")
            yield sample
            if scene == "single" and sample.truth.isdigit():
                yield replace(sample, kind="told", single=True)
    digits = samples.report_digits("validation")
    for touching in (False, True):
        numbers = list(samples.numbers(digits, touching))
        yield from take_evenly(numbers, DRAWINGS * count)
    characters = samples.report_characters("validation")
    yield from take_evenly(list(samples.drawings(characters, "fill", 20)), DRAWINGS * count)
    fair = drop_ambiguous(characters)
    for are_signs in (False, True):
        some = take_evenly([one for one in fair if (one.label in SIGNS) == are_signs], DRAWINGS * count)
        yield from samples.letters_in_numbers(digits, some)


def errors_of_all(recognizer: Recognizer, pictures: Sequence[Sample]) -> list[int]:
    """Count on each picture the digits that are read too many, are missing or are wrong."""
    return [_errors_of(recognizer, picture) for picture in pictures]


def _errors_of(recognizer: Recognizer, sample: Sample) -> int:
    try:
        text = text_of(read_or_none(recognizer, sample.picture, single=sample.single))
    except ValueError:  # a changed number may break what it belongs to
        text = ""
    if sample.truth and sample.kind != "page":
        return distance(text, sample.truth)
    said, true = (Counter(filter(str.isdigit, one)) for one in (text, sample.truth))
    return (said - true).total() + (true - said).total()


if __name__ == "__main__":
    sys.exit(main())
