"""Read everything there is for development and say how well: `python -m training.evaluate --data FOLDER`.

Photos and scans of a folder, drawings, numbers and letters by writers kept apart, all through `Recognizer.read` as the
page does it. Nothing is fitted and nothing is written into `models/`; what is chosen by these figures is chosen, so
they are no report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tqdm import tqdm

from digit_core.command.outputs import is_json_of
from digit_core.files import write_whole
from digit_core.recognizer import Recognizer
from training.data import samples
from training.data.frames import BRUSHES, Part, drop_ambiguous
from training.data.samples import Sample
from training.data.strokes import Drawing
from training.evaluation.contact_sheet import Failure, write_sheets
from training.evaluation.outcomes import SampleResult, group_by, read_sample
from training.evaluation.survey_table import SurveyRow, mean_over, row_of, row_without_digits, rows_by


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The table's two halves, and every failure's tile."""

    digits: list[SurveyRow]
    others: list[SurveyRow]
    failures: list[Failure]


def survey(recognizer: Recognizer, folder: Path, part: Part = "report", only: Sequence[str] = ()) -> Survey:
    """Read photos, scans, drawings, numbers and letters.

    Args:
        recognizer: who reads, with the vote its manifest names.
        folder: has photos/ and the small scans; pen strokes are found as training finds them.
        part: whose drawings.
        only: some of `FAMILIES`; empty means all.

    Raises:
        DigitError: data is missing or damaged.
    """
    reader = _Reader(recognizer, folder, part)
    for family, read in _FAMILIES.items():
        if not only or family in only:
            read(reader)
    others = [row_without_digits(title, outcomes, reader.digitness) for title, outcomes in reader.others.items()]
    return Survey(reader.digits, others, reader.failures)


class _Reader:
    """Reads one family of pictures after the other.

    Attributes:
        digits: a row for each set of pictures with digits, by source, kind or writer, too.
        others: what came of the pictures without any digit, by set.
        digitness: of the drawn digits, (n,); None while none were read.
        failures: a tile of each picture that was not read exactly.
    """

    def __init__(self, recognizer: Recognizer, folder: Path, part: Part) -> None:
        self._recognizer, self._folder, self._part = recognizer, folder, part
        self.digits: list[SurveyRow] = []
        self.others: dict[str, list[SampleResult]] = {}
        self.digitness: np.ndarray | None = None
        self.failures: list[Failure] = []

    @cached_property
    def _drawn_digits(self) -> list[Drawing]:
        return samples.report_digits(self._part)

    @cached_property
    def _drawn_characters(self) -> list[Drawing]:
        return samples.report_characters(self._part)

    def _read(self, pictures: Iterable[Sample], title: str, sheet: str) -> list[SampleResult]:
        """Read pictures; `title` is the progress bar's, `sheet` that of failures, see `read_sample`."""
        bar = tqdm(list(pictures), desc=title, disable=None)
        read = [read_sample(self._recognizer, sample, sheet) for sample in bar]
        self.failures += [failure for _, failure in read if failure is not None]
        return [result for result, _ in read]

    def read_photos(self) -> None:
        """Read the photos of one digit, of several and of none, each by source or kind, too."""
        photographed = samples.photos(self._folder)
        of_kind = {
            "photos, one digit": [p for p in photographed if len(p.truth) == 1],
            "photos, several digits": [p for p in photographed if len(p.truth) > 1],
        }
        for title, some in of_kind.items():
            if some:
                outcomes = self._read(some, title, f"{title} {{source}}")
                self.digits += [row_of(title, outcomes), mean_over(title, outcomes)]
                self.digits += rows_by(outcomes, "source", title)
        title = "photos, no digit"
        outcomes = self._read([p for p in photographed if not p.truth], title, f"{title} {{kind}}")
        if outcomes:
            self.others[title] = outcomes
            self.others |= {f"{title}: {kind}": some for kind, some in group_by(outcomes, "kind").items()}

    def read_scans(self) -> None:
        """Read the small scans in each form, by source."""
        for form in samples.SCAN_FORMS:
            title = f"scans, {form}"
            outcomes = self._read(samples.scans(self._folder, form), title, f"{title} {{source}}")
            self.digits += [mean_over(title, outcomes), *rows_by(outcomes, "source", title)]

    def read_drawings(self) -> None:
        """Read digits drawn with each pen, filling the canvas and anywhere on it, by source and writer, too."""
        drawn: list[SampleResult] = []
        for placement in ("fill", "off"):
            for brush in BRUSHES:
                title = f"drawings {placement} {brush}"
                pictures = samples.drawings(self._drawn_digits, placement, brush)
                outcomes = self._read(pictures, title, "drawings {writer}")
                self.digits.append(row_of(title, outcomes))
                drawn += outcomes
        self.digits += [row_of("drawings, all six", drawn), mean_over("drawings", drawn, "writer")]
        self.digits += rows_by(drawn, "source", "drawings") + rows_by(drawn, "writer", "drawings")
        self.digitness = np.array([outcome.digitness for outcome in drawn])

    def read_numbers(self) -> None:
        """Read drawn numbers, spaced, touching and with a letter among their digits, by source or kind, too."""
        for touching in (False, True):
            title = f"numbers {'touching' if touching else 'spaced'}"
            outcomes = self._read(samples.numbers(self._drawn_digits, touching), title, f"{title} {{writer}}")
            self.digits += [row_of(title, outcomes), *rows_by(outcomes, "source", title)]
        title, fair = "letters in numbers", drop_ambiguous(self._drawn_characters)
        outcomes = self._read(samples.letters_in_numbers(self._drawn_digits, fair), title, f"{title} {{kind}}")
        self.digits += [row_of(title, outcomes), *rows_by(outcomes, "kind", title)]

    def read_letters(self) -> None:
        """Read letters and symbols drawn alone, by kind."""
        pictures = samples.drawings(self._drawn_characters, "fill", 20)
        outcomes = self._read(pictures, "letters and symbols", "letters {kind}")
        self.others |= {f"drawn: {kind}": some for kind, some in group_by(outcomes, "kind").items()}


_FAMILIES: dict[str, Callable[[_Reader], None]] = {
    "photos": _Reader.read_photos,
    "scans": _Reader.read_scans,
    "drawings": _Reader.read_drawings,
    "numbers": _Reader.read_numbers,
    "letters": _Reader.read_letters,
}
FAMILIES = tuple(_FAMILIES)


def write_json(done: Survey, recognizer: Recognizer, path: Path) -> None:
    """Write every figure, and which weights and which vote answered."""
    networks = recognizer.public_manifest()["networks"]
    content = {
        "weights": {name: network["sha256"] for name, network in networks.items()},
        "vote": asdict(recognizer.vote),
        "threshold": recognizer.threshold,
        "digits": [asdict(row) for row in done.digits],
        "others": [asdict(row) for row in done.others],
    }
    write_whole(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def is_survey(path: Path) -> bool:
    """Tell whether a file is what `write_json` wrote earlier."""
    return is_json_of(
        path, lambda content: isinstance(content, dict) and {"weights", "digits", "others"} <= set(content)
    )


def write_failures(done: Survey, folder: Path) -> int:
    """Write the contact sheets; return how many."""
    return len(write_sheets(done.failures, folder))
