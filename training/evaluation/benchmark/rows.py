"""What the benchmark measured: its rows, the file that keeps them and the table that shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from digit_core.errors import RecordsError
from digit_core.figures.tables import markdown_table
from digit_core.files import write_whole
from digit_core.models.manifest import MODELS_DIR

BENCHMARK_FILE = "benchmark.json"  # in models/


@dataclass(frozen=True, slots=True)
class Row:
    """One way of spending time, beside another.

    Attributes:
        what: is measured.
        beside: what it is measured against, in the same turns.
        taken: the median, in `unit`; of milliseconds those that processors worked.
        floor: the other's median.
        ratio: the median of the turns' ratios; None where it never came to what was to be done.
        goal: the ratio that it should not exceed; None where it only shows how the cost grows.
        unit: of `taken` and `floor`.
        group: see `GROUPS`.
        count: of the digits, megapixels, files or clients that the cost grows with; None where nothing grows.
    """

    what: str
    beside: str
    taken: float
    floor: float
    ratio: float | None
    goal: float | None = None
    unit: str = "ms"
    group: str = ""
    count: float | None = None

    @property
    def misses(self) -> bool:
        """Whether it has a goal and exceeds it."""
        return self.goal is not None and (self.ratio is None or self.ratio > self.goal)

    @property
    def times(self) -> str:
        """The ratio as a text."""
        return "never" if self.ratio is None else f"{self.ratio:.2f}"


def read_benchmark(models_dir: Path = MODELS_DIR) -> tuple[Row, ...]:
    """Read what was written; nothing where nobody measured.

    Raises:
        RecordsError: the file is damaged.
    """
    file = models_dir / BENCHMARK_FILE
    try:
        return tuple(Row(**row) for row in json.loads(file.read_text(encoding="utf-8"))["rows"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordsError(f"{file} cannot be read ({error}): run python -m training.benchmark again.") from error


def write_benchmark(rows: Sequence[Row], machine: Mapping[str, Any], models_dir: Path = MODELS_DIR) -> None:
    """Write the rows and what is known of the machine, whole or not at all."""
    content = dict(machine) | {"rows": [asdict(row) for row in rows]}
    write_whole(models_dir / BENCHMARK_FILE, json.dumps(content, indent=1, allow_nan=False) + "\n")


def as_table(rows: Sequence[Row]) -> str:
    """Return Markdown; a ratio that misses its goal is marked."""
    heads = ("what", "takes", "beside", "takes", "ratio", "goal")
    cells = [
        (
            row.what,
            _figure(row.taken, row.unit),
            row.beside,
            _figure(row.floor, row.unit),
            row.times + " !" * row.misses,
            row.goal or "",
        )
        for row in rows
    ]
    return markdown_table(heads, cells)


def count_goals(rows: Sequence[Row]) -> str:
    """Say how many goals are met, and which are missed by how much."""
    goals = [row for row in rows if row.goal is not None]
    missed = [f"{row.what} ({row.times} for {row.goal})" for row in goals if row.misses]
    met = f"{len(goals) - len(missed)} of {len(goals)} goals are met"
    return f"{met}; missed: {'; '.join(missed)}." if missed else f"{met}."


def _figure(value: float, unit: str) -> str:
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}".rstrip()
