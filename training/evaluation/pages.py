"""How many composed pages are read: `python -m training.pages [--count N]`.

Pages of validation writers' strokes, see `training.data.page_kinds`. What is chosen by these figures is chosen, so they
are no report.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from digit_core.command.options import tell_errors, to_count
from digit_core.models.manifest import MODELS_DIR
from training.data.page_kinds.compose import pages
from training.data.page_kinds.kinds import KINDS
from training.data.samples import Sample, report_digits
from training.evaluation.contact_sheet import Failure, check_sheets, write_sheets
from training.evaluation.outcomes import SampleResult, group_by, read_sample
from training.evaluation.readings import recognizer_of
from training.evaluation.survey_table import as_markdown, row_of

COUNT = 20  # Pages of each kind that are read where nothing else is asked for.


@tell_errors()
def main(arguments: list[str] | None = None) -> int:
    """Print, for each kind, how well pages are read; return the exit code."""
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
    outcomes: list[SampleResult] = []
    for kind in options.kinds:
        for i, page in enumerate(pages(digits, kind, options.count, options.seed)):
            sample = Sample(page.picture, page.text, f"#{i}", source="composed", kind=kind)
            outcome, failure = read_sample(recognizer, sample, "{kind}")
            outcomes.append(outcome)
            failures += [failure] if failure else []
    by_kind = group_by(outcomes, "kind")
    rows = [row_of(kind, by_kind[kind]) for kind in options.kinds]
    print("pages composed of validation writers' strokes: what is chosen by them is chosen, they are no report\n")
    print(as_markdown([*rows, row_of("all", outcomes)], []))
    if options.sheets:
        print(f"\n{len(failures)} failures on {len(write_sheets(failures, options.sheets))} sheets in {options.sheets}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
