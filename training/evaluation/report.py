"""Write the measured figures into the documents: `python -m training.report`.

README.md gets the short table, between two marks; models/README.md is written whole, with every table and what is known
of other projects; so are the networks' cards.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from digit_core.command.options import tell_errors
from digit_core.figures.records import read_peers, read_vote_gains
from digit_core.figures.tables import LINE, measured_table, peers_table, summary_table, vote_sentence
from digit_core.files import write_whole
from digit_core.models.manifest import MODELS_DIR
from training.evaluation.benchmark.rows import read_benchmark
from training.evaluation.speed import SPEED_REPORT, speed_report, speed_sentence
from training.publish.cards.files import write_cards

README = Path(__file__).resolve().parents[2] / "README.md"
FULL_REPORT = MODELS_DIR / "README.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"

INTRODUCTION = """# How well the networks read

Written by `python -m training.report` from the `metrics.json` files beside it, which `python -m training.evaluate`
writes; nothing here is typed by hand.

Drawings are pen strokes of people whom neither training nor any choice saw, drawn with a round brush on a canvas of
280×280 pixels: large and near the middle, or small and aside. In brackets are 95 % intervals, for drawings by
resampling the writers. The tests of the vote, set by set, are in `ensemble/metrics.json`."""

OTHER_PROJECTS = "## Other projects' weights"


def summary(models_dir: Path = MODELS_DIR) -> str:
    """Render what the README says of the figures: the short table, and what the vote adds.

    Raises:
        RecordsError: a file is damaged.
    """
    gains = read_vote_gains(models_dir)
    sentence = textwrap.fill(vote_sentence(gains), LINE) if gains else ""
    speed = textwrap.fill(speed_sentence(read_benchmark(models_dir)), LINE)
    return "\n\n".join(part for part in (summary_table(models_dir), sentence, speed) if part)


def full_report(models_dir: Path = MODELS_DIR) -> str:
    """Render `models/README.md`: every measured table, then what is known of other projects.

    Raises:
        RecordsError: a file is missing or damaged.
    """
    return "\n\n".join([INTRODUCTION, measured_table(models_dir), OTHER_PROJECTS, peers_text()]) + "\n"


def peers_text() -> str:
    """Render what is known of other projects: introduction, table, caveats.

    Raises:
        RecordsError: their file is missing or damaged.
    """
    peers = read_peers()
    return "\n\n".join(
        [textwrap.fill(peers.introduction, LINE), peers_table(peers), textwrap.fill(peers.caveats, LINE)]
    )


def replace_measured(readme: str, table: str) -> str:
    """Return the README with the block between its two marks replaced.

    Raises:
        ValueError: the block's marks are missing.
    """
    before, found, rest = readme.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError(f"expected {BEGIN} and {END} in the README, got neither or one")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


@tell_errors()
def main() -> int:
    """Write the present figures into README.md, models/README.md and the networks' cards; return the exit code."""
    texts = {
        README: replace_measured(README.read_text(encoding="utf-8"), summary()),
        FULL_REPORT: full_report(),
        SPEED_REPORT: speed_report(),
    }
    write_cards()
    for file, text in texts.items():
        write_whole(file, text)
        print(f"wrote what was measured into {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
