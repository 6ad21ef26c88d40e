"""What came of reading one picture whose truth is known, and how such outcomes are gathered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from digit_core.models.manifest import NETWORKS
from digit_core.recognizer import Recognizer
from digit_core.types import DigitReading
from training.data.samples import NO_DIGIT, ROW_MARK, Sample
from training.evaluation.contact_sheet import Failure, tile
from training.evaluation.readings import distance, read_or_none, text_of


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What came of reading one picture.

    Attributes:
        source: of the sample, as its writer and kind.
        exact: read exactly as it stands there; where no digit stands there: no shape was answered as a digit.
        is_count_right: as many shapes as the truth has digits.
        refused: a shape was called no digit.
        unsure: a shape was called unsure.
        votes: by "ensemble", "compact" and "deep": every digit right, whatever the verdict.
        errors: digits to insert, delete or change between answer and truth (Levenshtein).
        characters: of the truth, letters among digits, too.
        digitness: of the shape most like a digit, 0 where nothing was found.
    """

    source: str
    writer: str
    kind: str
    exact: bool
    is_count_right: bool
    refused: bool
    unsure: bool
    votes: dict[str, bool]
    errors: int
    characters: int
    digitness: float


def read_sample(recognizer: Recognizer, sample: Sample, sheet: str) -> tuple[SampleResult, Failure | None]:
    """Read one sample.

    Args:
        recognizer: reads.
        sample: the picture and its truth.
        sheet: of failures; "{source}", "{writer}" and "{kind}" are filled in with the sample's.

    Returns:
        What came of it, and a tile of the picture where it is not read exactly.
    """
    reading = read_or_none(recognizer, sample.picture, single=sample.single)
    shapes = reading.digits if reading else ()
    rows = reading.rows if reading else ()
    given = text_of(reading)
    said = {name: _spell_out(rows, name) for name in ("ensemble", *NETWORKS)}
    exact = given == sample.truth if sample.truth else not any(shape.verdict == "digit" for shape in shapes)
    failure = None
    if not exact:
        keys = {"source": sample.source, "writer": sample.writer or "unknown", "kind": sample.kind}
        failure = Failure(sheet.format(**keys), tile(sample, reading, given))
    plain = sample.truth.replace(ROW_MARK, "")
    result = SampleResult(
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
    return result, failure


def group_by(outcomes: Sequence[SampleResult], key: str) -> dict[str, list[SampleResult]]:
    """Group outcomes by source, writer or kind, in alphabetical order."""
    found: dict[str, list[SampleResult]] = {}
    for outcome in outcomes:
        found.setdefault(getattr(outcome, key), []).append(outcome)
    return dict(sorted(found.items()))


def share(facts: Iterable[bool]) -> float:
    """Return how many of some facts are so, in percent."""
    return 100 * float(np.mean(list(facts)))


def _spell_out(rows: Sequence[Sequence[DigitReading]], name: str) -> str:
    """What one model says stands there, without any refusal."""
    answers = [[shape.prediction if name == "ensemble" else shape.votes[name] for shape in row] for row in rows]
    return ROW_MARK.join("".join(str(answer.digit) for answer in row) for row in answers)


def _agrees(text: str, truth: str) -> bool:
    """Tell whether every digit is right, whatever a letter among them was taken for."""
    return len(text) == len(truth) and all(true in (said, NO_DIGIT) for said, true in zip(text, truth, strict=True))
