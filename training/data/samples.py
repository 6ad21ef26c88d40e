"""Pictures with their truth, as the whole way from picture to answer is measured on: drawings, photos, scans.

Nothing here is trained on. Photos and scans lie in a folder of one's own; they are measured, never shown and never
copied into the project.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar, get_args

import cv2
import numpy as np

from digit_core.pen import PEN_WIDTH, WIDE_CANVAS
from training.data import frames, sources, strokes
from training.data.characters import write_letter
from training.data.frames import Part
from training.data.strokes import Drawing, Placement
from training.errors import DataError

REPORT_CAP = 100  # drawings of each report writer, so that few prolific ones do not decide
NUMBERS = 400  # drawn numbers, spaced and touching each
ROW_MARK = "/"  # between the rows of a truth
NO_DIGIT = "?"  # in a truth, where a letter stands among digits

PHOTOS = "photos"  # the folder of photos and, in it, the table of what they show
PHOTO_TABLE = "labels.csv"
SCANS = {  # file: the ink of a full pixel, and how wide a pixel is beside its height
    "usps": (255, 1.0),
    "semeion": (255, 1.0),
    "optdigits": (16, 1.0),
    "mfeat_pixel": (6, 2 / 3),  # each number is the mean of a window 2 pixels wide and 3 high
}
ScanForm = Literal["enlarged", "padded", "bare"]
SCAN_FORMS: tuple[ScanForm, ...] = get_args(ScanForm)
SCAN_CAP = 2000  # of a file: more would change nothing but the time it takes
SCAN_HEIGHT = 128  # pixels: a small scan is enlarged to this, as it would lie on a scanned page
SCAN_MARGIN = 0.25  # of the height: paper around it

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture and what stands on it.

    Attributes:
        picture: a file, or (height, width) uint8.
        truth: the digits, rows separated by "/", "?" for a letter among them; "" where the picture shows no digit.
        name: tells it from the others of its set.
        source: the collection it is from.
        writer: who wrote it, "" where nobody knows.
        kind: what it shows, where that is no digit.
        single: the whole picture is one digit.
    """

    picture: np.ndarray | Path
    truth: str
    name: str
    source: str
    writer: str = ""
    kind: str = ""
    single: bool = False


def report_digits(part: Part = "report") -> list[Drawing]:
    """Load the drawn digits of writers whom neither training nor any choice saw, at most `REPORT_CAP` of each.

    Raises:
        DataError: a data set is missing or damaged.
    """
    return frames.select_part(sources.find_drawn_digits(), part, REPORT_CAP)


def report_characters(part: Part = "report") -> list[Drawing]:
    """Load letters and symbols by the same writers, and all kinds that training never saw.

    Raises:
        DataError: the data set is missing or damaged.
    """
    characters = sources.find_other_characters()
    return frames.select_part(characters, part) + [
        c for c in frames.select_part(characters, "training") if c.label in frames.HELD_OUT_KINDS
    ]


def draw_each(digits: list[Drawing], placement: Placement, brush: int, seed: int) -> list[np.ndarray]:
    """Draw each character once as a person would on the page's canvas, (280, 280) uint8."""
    return [
        strokes.draw([strokes.place(digit, placement, np.random.default_rng([seed, i]))], brush)
        for i, digit in enumerate(digits)
    ]


def drawings(digits: list[Drawing], placement: Placement, brush: int) -> Iterator[Sample]:
    """Draw single digits, or letters and symbols, whose truth is empty."""
    digit_seed, letter_seed = 41, 42
    seed = digit_seed if digits and digits[0].label.isdigit() else letter_seed
    for i, (digit, picture) in enumerate(zip(digits, draw_each(digits, placement, brush, seed), strict=True)):
        truth = digit.label if digit.label.isdigit() else ""
        source = digit.writer.split("/")[0]
        yield Sample(picture, truth, f"{placement} {brush} #{i}", source, digit.writer, kind_of(digit.label))


def group_by_writer(digits: Sequence[Drawing]) -> dict[str, list[Drawing]]:
    """Return each writer's drawings, in their order."""
    found: dict[str, list[Drawing]] = defaultdict(list)
    for digit in digits:
        found[digit.writer].append(digit)
    return dict(found)


def take_evenly(things: Sequence[_T], count: int) -> list[_T]:
    """Take at most so many, from the first to about the last."""
    return list(things[:: max(1, len(things) // count)][:count])


def kind_of(character: str) -> str:
    """Name the kind of a character that is no digit, "" for a digit: what it is fair to ask about each."""
    if character.isdigit():
        return ""
    if character in frames.STROKE_LIKE:
        return "punctuation"
    if character in frames.SIGNS:
        return "signs"
    if character in frames.LOOK_ALIKES:
        return "look-alikes"
    return "unseen kinds" if character in frames.HELD_OUT_KINDS else "letters"


def numbers(digits: list[Drawing], touching: bool) -> Iterator[Sample]:
    """Write numbers of 2 to 5 digits on the wide canvas, one writer each, spaced or so near that many touch."""
    return _side_by_side(digits, touching, np.random.default_rng([43, touching]))


def words(letters: list[Drawing]) -> Iterator[Sample]:
    """Write words of 2 to 5 letters, one writer each, so near that many touch: none of it is a digit."""
    for word in _side_by_side(letters, True, np.random.default_rng(45)):
        yield replace(word, truth="", kind="words")


def _side_by_side(characters: list[Drawing], touching: bool, rng: np.random.Generator) -> Iterator[Sample]:
    by_writer = group_by_writer(characters)
    people = sorted(by_writer)
    for i in range(NUMBERS):
        writer = people[rng.integers(0, len(people))]
        chosen = [by_writer[writer][k] for k in rng.integers(0, len(by_writer[writer]), rng.integers(2, 6))]
        canvas = strokes.draw(strokes.write_number(chosen, touching, rng), PEN_WIDTH, WIDE_CANVAS)
        yield Sample(canvas, "".join(one.label for one in chosen), f"#{i}", writer.split("/")[0], writer)


def letters_in_numbers(digits: list[Drawing], characters: list[Drawing]) -> Iterator[Sample]:
    """Write each letter or symbol once among 1 to 3 digits of one writer, spaced.

    A letter is "?" in the truth, a sign is no part of it.
    """
    by_writer = group_by_writer(digits)
    people = sorted(by_writer)
    for i, character in enumerate(characters):
        rng = np.random.default_rng([44, i])
        writer = people[rng.integers(0, len(people))]
        chosen = [by_writer[writer][k] for k in rng.integers(0, len(by_writer[writer]), rng.integers(1, 4))]
        chosen.insert(int(rng.integers(0, len(chosen) + 1)), character)
        canvas = strokes.draw(strokes.write_number(chosen, False, rng), PEN_WIDTH, WIDE_CANVAS)
        mark = "" if character.label in frames.SIGNS else NO_DIGIT
        truth = "".join(mark if one is character else one.label for one in chosen)
        yield Sample(canvas, truth, f"#{i}", writer.split("/")[0], writer, kind_of(character.label))


def drawings_of_each_kind(
    digits: list[Drawing], characters: list[Drawing], count: int, seed: int
) -> Iterator[tuple[str, Sample]]:
    """Draw numbers, letters, words and letters among digits, to fit by; yield them with their kind.

    Args:
        digits: as `report_digits` returns them.
        characters: as `report_characters` returns them, those left out that may be taken for digits.
        count: how many drawings of each kind, at most.
        seed: the same seed gives the same Greek letters.
    """
    rng = np.random.default_rng(seed)
    greek = [write_letter(rng) for _ in range(count)]
    kinds = {
        "spaced numbers": numbers(digits, False),
        "touching numbers": numbers(digits, True),
        "letters": drawings(take_evenly(characters, count), "fill", 20),
        "Greek letters": drawings(greek, "fill", 12),
        "words": words([character for character in characters if character.label.isalpha()]),
        "letters among digits": letters_in_numbers(digits, characters),
    }
    for kind, drawn in kinds.items():
        yield from ((kind, sample) for sample in take_evenly(list(drawn), count))


def photos(folder: Path) -> list[Sample]:
    """List the photos of a folder: photos/labels.csv with the columns file, label, kind and repo (their source).

    Files in photos/nondigit/ show no digit, whatever their label says.

    Raises:
        DataError: the table is missing or lacks a column, or names a file that is not there.
    """
    table = folder / PHOTOS / PHOTO_TABLE
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:  # Excel begins with a mark
            rows = [(row["file"], row["label"], row["kind"], row["repo"]) for row in csv.DictReader(file)]
    except (OSError, KeyError) as error:
        raise DataError(f"{table} was to list photos by file, label, kind and repo, and cannot be read.") from error
    found = []
    for file_name, label, kind, repo in rows:
        if None in (file_name, label, kind, repo):
            raise DataError(f"{table} has a line that is too short, at {file_name or 'an empty name'}.")
        path = folder / PHOTOS / file_name
        if not path.is_file():
            raise DataError(f"{table} names {file_name}, and there is no such file beside it.")
        no_digit = file_name.startswith("nondigit")
        found.append(Sample(path, "" if no_digit else label, file_name, repo, kind=kind if no_digit else ""))
    return found


def scans(folder: Path, form: ScanForm) -> Iterator[Sample]:
    """Bring small scans, npz files with x (n, height, width) and label (n,), to pictures.

    Args:
        folder: holds the files named in `SCANS`.
        form: "enlarged" is dark ink on white paper, 128 pixels high, with its right proportions and a margin, as a
            person would upload a scanned digit. "bare" is the small array as it is, bright ink on black that touches
            the sides, and "padded" the same with a margin; these two are one digit and read so.

    Raises:
        DataError: a file is missing or damaged.
    """
    for source, (full, pixel_width) in SCANS.items():
        path = folder / f"{source}.npz"
        try:
            with np.load(path, allow_pickle=False) as arrays:
                pictures, labels = arrays["x"], arrays["label"]
        except (OSError, KeyError, ValueError) as error:
            raise DataError(f"{path} was to hold small scans as x and label, and cannot be read.") from error
        rows = np.unique(np.linspace(0, len(labels) - 1, min(SCAN_CAP, len(labels))).astype(int))
        for i in rows:
            ink = np.rint(pictures[i].astype(np.float32) * (255 / full)).astype(np.uint8)
            if form == "enlarged":
                size = (round(SCAN_HEIGHT * ink.shape[1] * pixel_width / ink.shape[0]), SCAN_HEIGHT)
                picture = 255 - _with_margin(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC))
            else:
                picture = ink if form == "bare" else _with_margin(ink)
            yield Sample(picture, str(labels[i]), f"#{i}", source, single=form != "enlarged")


def _with_margin(ink: np.ndarray) -> np.ndarray:
    margin = round(SCAN_MARGIN * len(ink))
    return cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
