"""Read pictures from the command line: `python -m digit_core IMAGE... [--json | --csv FILE]`.

One line for each file on stdout. What could not be read is a line on stderr, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from digit_core import load_recognizer
from digit_core.errors import DigitError
from digit_core.files import whole_file
from digit_core.types import MEANS, MODELS, Reading, Vote

ROW_BREAK = " / "  # between the rows of one picture, so that a file stays one line
COLUMNS = ("file", "text", "lowest_confidence", "unsure", "not_a_digit", "error")
ALL_READ, NOT_ALL_READ, STOPPED = 0, 1, 130  # exit codes; argparse itself ends with 2


class Reader(Protocol):
    """What the command line needs of a recognizer."""

    @property
    def vote(self) -> Vote:
        """The vote when nobody chooses another."""
        ...

    def read(self, image: Path, vote: Vote | None, threshold: float | None, single: bool) -> Reading:
        """Read every digit on a picture."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of one file: a reading, or the sentence that says why there is none."""

    file: Path
    reading: Reading | None
    error: str | None = None

    @property
    def text(self) -> str:
        """What was read, on one line."""
        return self.reading.text.replace("\n", ROW_BREAK) if self.reading else ""

    def as_json(self) -> dict[str, Any]:
        """Return the API's answer about a picture, and the file's name."""
        return {"file": str(self.file), "error": self.error} | (self.reading.as_json() if self.reading else {})

    def as_row(self) -> tuple[str | int, ...]:
        """Return one row of the table that has `COLUMNS`."""
        if self.reading is None:
            return str(self.file), "", "", "", "", self.error or ""
        lowest = min((digit.prediction.confidence for digit in self.reading.digits), default=0.0)
        verdicts = [digit.verdict for digit in self.reading.digits]
        return str(self.file), self.text, f"{lowest:.4f}", verdicts.count("unsure"), verdicts.count("not_a_digit"), ""


def main(arguments: Sequence[str] | None = None, load: Callable[[], Reader] = load_recognizer) -> int:
    """Run the command line; return the exit code."""
    options = _parser().parse_args(arguments)
    outcomes = []
    try:
        with _stderr_closed():
            reader = load()
        vote = _vote(options, reader.vote)
        for file in options.images:
            outcome = _read(reader, file, vote, options)
            outcomes.append(outcome)
            _tell(outcome, options.json)
        if options.csv:
            _write_table(options.csv, outcomes)
    except DigitError as error:  # of the weights; a picture's own is its outcome
        print(error, file=sys.stderr)
        return NOT_ALL_READ
    except OSError as error:
        print(f"{options.csv} could not be written: {error.strerror}.", file=sys.stderr)
        return NOT_ALL_READ
    except KeyboardInterrupt:
        return STOPPED
    return NOT_ALL_READ if any(outcome.error for outcome in outcomes) else ALL_READ


@contextmanager
def _stderr_closed() -> Iterator[None]:
    """Drop what is written to stderr: TensorFlow greets there as it loads, before any setting of its own counts."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m digit_core", description="Read handwritten digits from pictures.")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object for each file instead of its text")
    form.add_argument("--csv", type=Path, metavar="FILE", help="also write a table with a row for each file")
    parser.add_argument("--model", choices=MODELS, help="who answers (default: the shipped vote)")
    parser.add_argument("--mean", choices=MEANS, help="how the ensemble pools its two networks")
    parser.add_argument("--weight", type=_share, help="share of deep in the ensemble, 0 to 1")
    parser.add_argument("--threshold", type=_share, help="confidence below which a digit is unsure, 0 to 1")
    parser.add_argument("--single", action="store_true", help="each picture is one digit")
    return parser


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} does not lie between 0 and 1")
    return share


def _vote(options: argparse.Namespace, default: Vote) -> Vote:
    return Vote(
        options.model or default.model,
        options.mean or default.mean,
        default.weight if options.weight is None else options.weight,
    )


def _read(reader: Reader, file: Path, vote: Vote, options: argparse.Namespace) -> Outcome:
    try:
        return Outcome(file, reader.read(file, vote, options.threshold, options.single))
    except DigitError as error:
        return Outcome(file, None, str(error))


def _tell(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        print(json.dumps(outcome.as_json(), ensure_ascii=False), flush=True)
    elif outcome.reading:
        print(f"{outcome.file}: {outcome.text}", flush=True)
    if outcome.error:
        print(f"{outcome.file}: {outcome.error}", file=sys.stderr, flush=True)


def _write_table(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the table, whole or not at all."""
    with whole_file(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(outcome.as_row() for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
