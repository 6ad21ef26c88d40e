"""Read everything there is for development and say how well: `python -m training.evaluate --data FOLDER`.

Photos and scans of a folder, drawings, numbers and letters by writers kept apart, all through `Recognizer.read` as the
page does it. Nothing is fitted and nothing is written into `models/`; what is chosen by these figures is chosen, so
they are no report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from digit_core.figures.tables import markdown_table
from digit_core.files import write_whole
from digit_core.models.manifest import NETWORKS
from digit_core.outputs import is_json_of
from digit_core.recognizer import Recognizer
from training.data import samples
from training.data.frames import BRUSHES, Part, drop_ambiguous
from training.data.samples import NO_DIGIT, ROW_MARK, Sample
from training.data.strokes import Drawing
from training.evaluation.contact_sheet import Failure, tile, write_sheets
from training.evaluation.measure import auroc, bootstrap_interval
from training.evaluation.readings import distance, read_or_none, text_of

UNKNOWN = "–"
FAMILIES = ("photos", "scans", "drawings", "numbers", "letters")


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What came of reading one picture.

    Attributes:
        source: of the sample, as its writer and kind.
        exact: read exactly as it stands there; where no digit stands there: no shape was answered as a digit.
        found: as many shapes as the truth has digits.
        refused: a shape was called no digit.
        unsure: a shape was called unsure.
        votes: by "ensemble", "compact" and "deep": every digit right, whatever the verdict.
        errors: digits to insert, delete or change between answer and truth (Levenshtein).
        digits: of the truth.
        digitness: of the shape most like a digit, 0 where nothing was found.
    """

    source: str
    writer: str
    kind: str
    exact: bool
    found: bool
    refused: bool
    unsure: bool
    votes: dict[str, bool]
    errors: int
    digits: int
    digitness: float


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One line of the table; shares in percent, None where there is nothing to tell.

    Attributes:
        title: the set, source or writer.
        count: pictures.
        exact: read exactly right; without any digit: not answered as a digit.
        low: the lower end of 95 % of `exact`, writers resampled, else sources, else pictures.
        high: the upper end.
        votes: by model, every digit right, whatever the verdict.
        miscounted: too many or too few shapes.
        refused: at least one shape was called no digit.
        unsure: at least one shape was called unsure.
        digit_errors: wrong, missing and superfluous digits per digit of the truth.
        auroc: drawn digits against this set, by digitness.
    """

    title: str
    count: int
    exact: float
    low: float | None = None
    high: float | None = None
    votes: dict[str, float] = field(default_factory=dict)
    miscounted: float | None = None
    refused: float | None = None
    unsure: float | None = None
    digit_errors: float | None = None
    auroc: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The table's two halves, and every failure's tile."""

    digits: list[SurveyRow]
    others: list[SurveyRow]
    failures: list[Failure]


Read = Callable[[Iterable[Sample], str, str], list[SampleResult]]  # samples, a title for the progress, a sheet's title


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
    wanted = set(only or FAMILIES)
    failures: list[Failure] = []

    def read(wish: Iterable[Sample], title: str, sheet: str) -> list[SampleResult]:
        return [read_sample(recognizer, s, failures, sheet) for s in tqdm(list(wish), desc=title, disable=None)]

    digits: list[SurveyRow] = []
    others: dict[str, list[SampleResult]] = {}
    digitness: np.ndarray | None = None
    if "photos" in wanted:
        photographed = samples.photos(folder)
        digits += _read_photos(photographed, read)
        others |= _read_photos_without_digit(photographed, read)
    if "scans" in wanted:
        digits += _read_scans(folder, read)
    if wanted & {"drawings", "numbers"}:
        written = samples.report_digits(part)
    if "drawings" in wanted:
        rows, drawn = _read_drawings(written, read)
        digits += rows
        digitness = np.array([outcome.digitness for outcome in drawn])
    if wanted & {"numbers", "letters"}:
        characters = samples.report_characters(part)
    if "numbers" in wanted:
        digits += _read_numbers(written, characters, read)
    if "letters" in wanted:
        outcomes = read(samples.drawings(characters, "fill", 20), "letters and symbols", "letters {kind}")
        others |= {f"drawn: {kind}": some for kind, some in _by(outcomes, "kind").items()}
    return Survey(digits, [_other_row(title, outcomes, digitness) for title, outcomes in others.items()], failures)


def _read_photos(photographed: Sequence[Sample], read: Read) -> list[SurveyRow]:
    """Read the photos of digits; return rows for one digit and for several, each by source, too."""
    rows = []
    of_kind = {
        "photos, one digit": [p for p in photographed if len(p.truth) == 1],
        "photos, several digits": [p for p in photographed if len(p.truth) > 1],
    }
    for title, some in of_kind.items():
        if some:
            outcomes = read(some, title, f"{title} {{source}}")
            rows += [_row(title, outcomes), _mean_over_sources(title, outcomes), *_rows_by(outcomes, "source", title)]
    return rows


def _read_photos_without_digit(photographed: Sequence[Sample], read: Read) -> dict[str, list[SampleResult]]:
    """Read the photos on which no digit stands; return what came of all and of each kind."""
    title = "photos, no digit"
    outcomes = read([p for p in photographed if not p.truth], title, f"{title} {{kind}}")
    by_kind = {f"{title}: {kind}": some for kind, some in _by(outcomes, "kind").items()}
    return {title: outcomes} | by_kind if outcomes else {}


def _read_scans(folder: Path, read: Read) -> list[SurveyRow]:
    """Read the small scans in each form; return rows by source."""
    rows = []
    for form in samples.SCAN_FORMS:
        title = f"scans, {form}"
        outcomes = read(samples.scans(folder, form), title, f"{title} {{source}}")
        rows += [_mean_over_sources(title, outcomes), *_rows_by(outcomes, "source", title)]
    return rows


def _read_drawings(digits: list[Drawing], read: Read) -> tuple[list[SurveyRow], list[SampleResult]]:
    """Read digits drawn with each pen, filling the canvas and anywhere on it; return rows, and what came of each."""
    rows: list[SurveyRow] = []
    drawn: list[SampleResult] = []
    for placement in ("fill", "off"):
        for brush in BRUSHES:
            title = f"drawings {placement} {brush}"
            outcomes = read(samples.drawings(digits, placement, brush), title, "drawings {writer}")
            rows.append(_row(title, outcomes))
            drawn += outcomes
    rows += [_row("drawings, all six", drawn), _mean_over_sources("drawings", drawn, "writer")]
    return rows + _rows_by(drawn, "source", "drawings") + _rows_by(drawn, "writer", "drawings"), drawn


def _read_numbers(digits: list[Drawing], characters: list[Drawing], read: Read) -> list[SurveyRow]:
    """Read drawn numbers, spaced, touching and with a letter among their digits; return rows by source or kind, too."""
    rows = []
    for touching in (False, True):
        title = f"numbers {'touching' if touching else 'spaced'}"
        outcomes = read(samples.numbers(digits, touching), title, f"{title} {{writer}}")
        rows += [_row(title, outcomes), *_rows_by(outcomes, "source", title)]
    fair = drop_ambiguous(characters)
    title = "letters in numbers"
    outcomes = read(samples.letters_in_numbers(digits, fair), title, f"{title} {{kind}}")
    return [*rows, _row(title, outcomes), *_rows_by(outcomes, "kind", title)]


def as_markdown(done: Survey) -> str:
    """Render both halves as Markdown tables."""
    heads = ["read right, %", "count", "exactly", "95 %", "ensemble", "compact", "deep"]
    heads += ["miscounted", "refused", "unsure", "digit errors"]
    rows = [
        [
            row.title,
            f"{row.count:,}",
            f"**{row.exact:.2f}**",
            UNKNOWN if row.low is None else f"{row.low:.1f}–{row.high:.1f}",
            *(_figure(row.votes.get(name)) for name in ("ensemble", "compact", "deep")),
            *(_figure(value) for value in (row.miscounted, row.refused, row.unsure, row.digit_errors)),
        ]
        for row in done.digits
    ]
    other_heads = ["no digit, %", "count", "answered as a digit", "a shape unsure", "a shape refused", "AUROC"]
    other_rows = [
        [row.title, f"{row.count:,}", f"**{100 - row.exact:.2f}**", *map(_figure, (row.unsure, row.refused, row.auroc))]
        for row in done.others
    ]
    return "\n\n".join(markdown_table(h, r) for h, r in ((heads, rows), (other_heads, other_rows)) if r)


def write_json(done: Survey, recognizer: Recognizer, path: Path) -> None:
    """Write every figure, and which weights and which vote answered."""
    networks = recognizer.public_manifest()["networks"]
    content = {
        "weights": {name: networks[name]["sha256"] for name in NETWORKS},
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


def read_sample(recognizer: Recognizer, sample: Sample, failures: list[Failure], sheet: str) -> SampleResult:
    """Read one sample and say what became of it.

    Args:
        recognizer: reads.
        sample: the picture and its truth.
        failures: takes a tile of the picture where it is not read exactly.
        sheet: of failures; "{source}", "{writer}" and "{kind}" are filled in with the sample's.
    """
    reading = read_or_none(recognizer, sample.picture, single=sample.single)
    shapes = reading.digits if reading else ()
    rows = reading.rows if reading else ()
    given = text_of(reading)
    said = {name: _spell_out(rows, name) for name in ("ensemble", *NETWORKS)}
    exact = given == sample.truth if sample.truth else not any(shape.verdict == "digit" for shape in shapes)
    if not exact:
        keys = {"source": sample.source, "writer": sample.writer or "unknown", "kind": sample.kind}
        failures.append(Failure(sheet.format(**keys), tile(sample, reading, given)))
    plain = sample.truth.replace(ROW_MARK, "")
    return SampleResult(
        sample.source,
        sample.writer,
        sample.kind,
        exact,
        len(shapes) == len(plain),
        any(shape.verdict == "not_a_digit" for shape in shapes),
        any(shape.verdict == "unsure" for shape in shapes),
        {name: _agrees(text, sample.truth) for name, text in said.items()},
        distance(given.replace(ROW_MARK, ""), plain),
        len(plain),
        max((shape.digitness for shape in shapes), default=0.0),
    )


def _spell_out(rows: Sequence[Sequence], name: str) -> str:
    """What one model says stands there, without any refusal."""
    answers = [[shape.prediction if name == "ensemble" else shape.votes[name] for shape in row] for row in rows]
    return ROW_MARK.join("".join(str(answer.digit) for answer in row) for row in answers)


def _agrees(text: str, truth: str) -> bool:
    """Tell whether every digit is right, whatever a letter among them was taken for."""
    return len(text) == len(truth) and all(true in (said, NO_DIGIT) for said, true in zip(text, truth, strict=True))


def _row(title: str, outcomes: Sequence[SampleResult]) -> SurveyRow:
    exact = np.array([outcome.exact for outcome in outcomes])
    people = np.array([outcome.writer or outcome.source for outcome in outcomes])
    low, high = bootstrap_interval(exact, people if len(set(people)) > 1 else None)
    return SurveyRow(
        title,
        len(outcomes),
        100 * float(exact.mean()),
        low,
        high,
        {name: _share(outcome.votes[name] for outcome in outcomes) for name in ("ensemble", *NETWORKS)},
        _share(not outcome.found for outcome in outcomes),
        _share(outcome.refused for outcome in outcomes),
        _share(outcome.unsure for outcome in outcomes),
        100 * sum(outcome.errors for outcome in outcomes) / sum(outcome.digits for outcome in outcomes),
    )


def _mean_over_sources(title: str, outcomes: Sequence[SampleResult], key: str = "source") -> SurveyRow:
    rows = _rows_by(outcomes, key, title)
    votes = {name: float(np.mean([row.votes[name] for row in rows])) for name in rows[0].votes}
    plural = f"{len(rows)} {key}s"
    return SurveyRow(
        f"{title}: mean over {plural}", len(outcomes), float(np.mean([row.exact for row in rows])), votes=votes
    )


def _rows_by(outcomes: Sequence[SampleResult], key: str, title: str) -> list[SurveyRow]:
    return [_row(f"{title}: {name}", some) for name, some in _by(outcomes, key).items()]


def _by(outcomes: Sequence[SampleResult], key: str) -> dict[str, list[SampleResult]]:
    """Group outcomes by source, writer or kind, in alphabetical order."""
    found: dict[str, list[SampleResult]] = {}
    for outcome in outcomes:
        found.setdefault(getattr(outcome, key), []).append(outcome)
    return dict(sorted(found.items()))


def _other_row(title: str, outcomes: Sequence[SampleResult], digitness: np.ndarray | None) -> SurveyRow:
    scores = np.array([outcome.digitness for outcome in outcomes])
    return SurveyRow(
        title,
        len(outcomes),
        _share(outcome.exact for outcome in outcomes),
        refused=_share(outcome.refused for outcome in outcomes),
        unsure=_share(outcome.unsure for outcome in outcomes),
        auroc=None if digitness is None else 100 * auroc(digitness, scores),
    )


def _share(facts: Iterable[bool]) -> float:
    return 100 * float(np.mean(list(facts)))


def _figure(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f}"
