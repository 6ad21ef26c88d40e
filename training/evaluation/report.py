"""Write the README's figures from the files of `training.evaluate` and of the peers: `python -m training.report`."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

from digit_core.figures.records import LINE as LINE
from digit_core.figures.records import NOT_A_DIGIT as NOT_A_DIGIT
from digit_core.figures.records import NOT_MEASURED as NOT_MEASURED
from digit_core.figures.records import SETS as SETS
from digit_core.figures.records import measured_table as measured_table
from digit_core.figures.records import peers_table, read_peers

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
PEERS_BEGIN, PEERS_END = "<!-- peers -->", "<!-- /peers -->"


def with_measured(readme: str, table: str, begin: str = BEGIN, end: str = END) -> str:
    """Return the README with the block between two marks replaced.

    Raises:
        ValueError: the block's marks are missing.
    """
    before, found, rest = readme.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"expected {begin} and {end} in the README, got neither or one")
    return f"{before}{begin}\n{table}\n{end}{after}"


def peers_text() -> str:
    """Render what is known of other projects: introduction, table, caveats.

    Raises:
        RecordsError: their file is missing or damaged.
    """
    peers = read_peers()
    return "\n\n".join(
        [textwrap.fill(peers.introduction, LINE), peers_table(peers), textwrap.fill(peers.caveats, LINE)]
    )


def main() -> int:
    """Rewrite the README's measured block, and the peers' where it is marked; return the exit code."""
    text = with_measured(README.read_text(encoding="utf-8"), measured_table())
    if PEERS_BEGIN in text:
        text = with_measured(text, peers_text(), PEERS_BEGIN, PEERS_END)
    unfinished = README.with_name(".new-README.md")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, README)
    print(f"wrote what was measured into {README}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
