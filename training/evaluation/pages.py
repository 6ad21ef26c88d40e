"""How many composed pages are read: `python -m training.pages [--count N]`.

Pages of validation writers' strokes, see `training.data.page_kinds`. What is chosen by these figures is chosen, so they
are no report.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from digit_core.figures.tables import markdown_table
from digit_core.models.manifest import MODELS_DIR
from digit_core.options import tell_errors, to_count
from training.data.page_kinds.compose import pages
from training.data.page_kinds.kinds import KINDS
from training.data.samples import ROW_MARK, Sample, report_digits
from training.evaluation.contact_sheet import Failure, check_sheets, tile, write_sheets
from training.evaluation.readings import distance, read_or_none, recognizer_of, text_of

COUNT = 20  # Pages of each kind that are read where nothing else is asked for.


@tell_errors()
def main(arguments: list[str] | None = None) -> int:
    """Print, for each kind, how many pages are read exactly; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.pages", description="How well composed pages are read.")
    parser.add_argument("--count", type=to_count, default=COUNT, help=f"pages of each kind (default {COUNT})")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other pages (default 0)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, metavar="KIND", default=list(KINDS), help="only some")
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder of compact/ and deep/")
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="pictures of every failure, not to be shared")
    options = parser.parse_args(arguments)
    if options.sheets is not None:
        check_sheets(options.sheets)
    recognizer, digits = recognizer_of(options.models), report_digits("validation")
    failures: list[Failure] = []
    table: list[list[str]] = []
    totals = np.zeros(5)
    for kind in options.kinds:
        counts = np.zeros(5)  # pages, read exactly, found as many shapes, wrong digits, digits
        for i, page in enumerate(pages(digits, kind, options.count, options.seed)):
            reading = read_or_none(recognizer, page.picture)
            given = text_of(reading)
            wrong = distance(given.replace(ROW_MARK, ""), page.text.replace(ROW_MARK, ""))
            found = len(reading.digits) if reading else 0
            counts += (1, given == page.text, found == len(page.boxes), wrong, len(page.boxes))
            if given != page.text:
                failures.append(Failure(kind, tile(Sample(page.picture, page.text, f"#{i}", kind), reading, given)))
        table.append(_row(kind, counts))
        totals += counts
    table.append(_row("all", totals))
    print("pages composed of validation writers' strokes: what is chosen by them is chosen, they are no report\n")
    print(markdown_table(["pages", "count", "exactly, %", "counted right, %", "digit errors, %"], table))
    if options.sheets:
        print(f"\n{len(failures)} failures on {len(write_sheets(failures, options.sheets))} sheets in {options.sheets}")
    return 0


def _row(title: str, counts: np.ndarray) -> list[str]:
    count, exact, found, wrong, digits = counts
    return [
        title,
        f"{count:.0f}",
        f"{100 * exact / count:.1f}",
        f"{100 * found / count:.1f}",
        f"{100 * wrong / digits:.1f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
