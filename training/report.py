"""Write the README's measured tables from the files of `training.evaluate`: `python -m training.report`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from digit_core.records import NOT_A_DIGIT as NOT_A_DIGIT
from digit_core.records import NOT_MEASURED as NOT_MEASURED
from digit_core.records import SETS as SETS
from digit_core.records import measured_table as measured_table

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def with_measured(readme: str, table: str) -> str:
    """Return the README with its measured block replaced.

    Raises:
        ValueError: the block's marks are missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"expected {BEGIN} and {END} in the README, got neither or one")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main() -> int:
    """Rewrite the README's measured block; return the exit code."""
    text = with_measured(README.read_text(encoding="utf-8"), measured_table())
    unfinished = README.with_name(".new-README.md")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, README)
    print(f"wrote what was measured into {README}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
