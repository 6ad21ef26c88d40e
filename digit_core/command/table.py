"""The table of many pictures: one schema and one writer, for the command line and for the page."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from digit_core.command.pictures import name_in_words
from digit_core.errors import DigitError, OutputError
from digit_core.types import Reading

# The columns, in their order. Tables of earlier versions have the same ones, so that they may be written anew.
COLUMNS = ("file", "text", "lowest_confidence", "unsure", "not_a_digit", "error")
# Stands between the rows of one picture, so that what was read stays on one line.
ROW_BREAK = " / "
# The byte order mark by which Excel knows UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# How a cell begins that a spreadsheet runs as a formula (OWASP, "CSV Injection").
_FORMULA = re.compile(r"[=+\-@\t\r\n]")


@dataclass(frozen=True, slots=True)
class FileLines:
    """What the command line tells of one file: text goes from process to process much quicker than a reading.

    Attributes:
        printed: on stdout, without its line break; None where nothing is.
        complaint: on stderr, without its line break; None where something was read.
        row: the table's line, with its line break; None where there is no table.
    """

    printed: str | None
    complaint: str | None
    row: str | None


@dataclass(frozen=True, slots=True, eq=False)
class FileResult:
    """What became of one file: a reading, or the sentence that says why there is none.

    Attributes:
        file: its name as people can see it, see `pictures.name_in_words`.
        reading: what was read; None where nothing was.
        error: why nothing was read; None where something was.
    """

    file: str
    reading: Reading | None
    error: str | None = None

    @classmethod
    def of(cls, file: str, read: Reading | DigitError) -> FileResult:
        """Return what became of a file by what `Recognizer.read_many` gives for it."""
        return cls(file, None, str(read)) if isinstance(read, DigitError) else cls(file, read)

    @property
    def text(self) -> str:
        """What was read, on one line."""
        return self.reading.text.replace("\n", ROW_BREAK) if self.reading else ""

    def as_json(self) -> dict[str, Any]:
        """Return the API's answer about a picture, and the file's name."""
        return {"file": self.file, "error": self.error} | (self.reading.as_json() if self.reading else {})

    def as_record(self) -> dict[str, str | float | int | None]:
        """Return what a table tells about the file, by `COLUMNS`; None where there is nothing to tell."""
        known: dict[str, str | float | int | None] = dict.fromkeys(COLUMNS) | {"file": self.file, "error": self.error}
        if self.reading is None:
            return known
        verdicts = [digit.verdict for digit in self.reading.digits]
        return known | {
            "text": self.text,
            "lowest_confidence": min((digit.prediction.confidence for digit in self.reading.digits), default=0.0),
            "unsure": verdicts.count("unsure"),
            "not_a_digit": verdicts.count("not_a_digit"),
        }

    def as_line(self) -> str:
        """Return the table's line about the file, with its line break."""
        cells = self.as_record().values()
        return _as_line(f"{cell:.4f}" if isinstance(cell, float) else cell for cell in cells)

    def as_lines(self, as_json: bool, in_table: bool) -> FileLines:
        """Return what the command line tells about the file: as JSON or as text, and in a table where there is one."""
        text = f"{self.file}: {self.text}" if self.reading else None
        return FileLines(
            printed=json.dumps(self.as_json(), ensure_ascii=False) if as_json else text,
            complaint=f"{self.file}: {self.error}" if self.error else None,
            row=self.as_line() if in_table else None,
        )


class Table:
    """A table in a file, written row by row, so that whatever ends the reading loses none of the rows before.

    The file is begun with the first row: until then an earlier table stays as it is.
    """

    def __init__(self, path: Path, excel: bool = False) -> None:
        self._path, self._excel = path, excel
        self._file: TextIO | None = None
        self._count = 0  # rows that are in the file

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            with suppress(OSError):  # every row was flushed as it came, and what failed then has been told
                self._file.close()

    def add(self, row: str) -> None:
        """Write one row, a line as `FileResult.as_line` gives it.

        Raises:
            OutputError: the disk did not take it.
        """
        start = ""
        try:
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8", newline="")
                start = (BYTE_ORDER_MARK if self._excel else "") + header()
            self._file.write(start + row)
            self._file.flush()
        except OSError as error:
            name = name_in_words(self._path)
            raise OutputError(f"{name} could not be written: {error.strerror}; it has {self._count} rows.") from error
        self._count += 1


def header() -> str:
    """Return the table's first line, with its line break."""
    return _as_line(COLUMNS)


def is_table(path: Path) -> bool:
    """Tell whether a file holds a table of `COLUMNS`, or nothing at all."""
    expected = header().strip()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.read(len(expected) + 1)
    except (OSError, UnicodeDecodeError):
        return False
    return not start or start.strip() == expected


def _as_line(cells: Iterable[object]) -> str:
    """Return one line of CSV (RFC 4180); a cell that a spreadsheet would run as a formula begins with an apostrophe."""
    line = io.StringIO()
    csv.writer(line).writerow([f"'{cell}" if _FORMULA.match(str(cell)) else cell for cell in cells])
    return line.getvalue()
