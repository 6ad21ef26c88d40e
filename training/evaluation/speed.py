"""What the documents say of how long everything takes: `docs/speed.md` and a sentence of the README.

`python -m training.benchmark` measures, `python -m training.report` writes; nothing is typed by hand but why a cost
grows as it does.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digit_core.figures.tables import LINE
from digit_core.models.manifest import MODELS_DIR
from digit_core.page.decode import DRAFT_SIDE
from digit_core.recognizer import FINDER_LONGEST
from training.evaluation.benchmark.programs import GRADIO_ALONE, MEMORY, START_TO_ANSWER
from training.evaluation.benchmark.reading import DRAWING, NETWORKS_ALONE
from training.evaluation.benchmark.rows import Row, as_table, count_goals, read_benchmark

SPEED_REPORT = Path(__file__).resolve().parents[2] / "docs/speed.md"
TOLD = (  # rows that the README tells of
    (DRAWING, NETWORKS_ALONE),
    (START_TO_ANSWER, GRADIO_ALONE),
    (MEMORY, GRADIO_ALONE),
)
LEVEL = 1.25  # a cost that differs from the last one by no more than this factor has stopped to change

INTRODUCTION = """# How long it takes

Written by `python -m training.report` from the `benchmark.json` that `python -m training.benchmark` leaves beside the
networks, in some seven minutes on a machine that has nothing else to do. With `--training` it also measures how long
training takes, which lasts most of an hour; without, the last figures of that stay.

Each time stands beside what had to be done in any case, measured in turns, one after the other. Times are the
processors', so what else runs on the machine counts little, but clients wait by the clock. Ratios tell more than times,
which change with the machine. A ratio that misses its goal is marked with !. What was tried, kept and lost, with its
figures, is in [training/EXPERIMENTS.md](../training/EXPERIMENTS.md) under "What answers" and "What made it quicker"."""
NOT_MEASURED = "Nobody has measured yet on a machine that has nothing else to do: run `python -m training.benchmark`."


@dataclass(frozen=True, slots=True)
class Growth:
    """How a cost grows with a count.

    Attributes:
        group: of the benchmark's rows.
        title: what grows.
        unit: what the plot's y axis shows.
        is_shared: whether the cost is divided by the count, as where the work is one picture's or one run's.
        why: it grows so.
    """

    group: str
    title: str
    unit: str
    is_shared: bool
    why: str


GROWTHS = (
    Growth(
        "digits",
        "Digits on a drawing",
        "ms for each digit",
        True,
        "Each digit costs its frame and both networks' answer about it, which a batch makes hardly cheaper. A lone "
        "digit also pays for looking for ink on the whole canvas; from there on the canvas grows with the digits.",
    ),
    Growth(
        "pixels",
        "Megapixels of a photo",
        "ms for each megapixel",
        True,
        f"Whatever is larger than {FINDER_LONGEST:,} pixels is shrunk to that size before the finder looks at it, and "
        "it looks at characters some 40 pixels high, so further pixels only cost their decoding and shrinking; from "
        f"{2 * DRAFT_SIDE:,} pixels up a JPEG is halved while it is decoded.",
    ),
    Growth(
        "files",
        "Files of one run of the command line",
        "ms for each file",
        True,
        "The start, most of a second for the libraries and the networks, is shared by all files. What is left is "
        "decoding, ink, frame and networks of each.",
    ),
    Growth(
        "clients",
        "Clients of `/read` at the same time",
        "ms until the median answer",
        False,
        "One answer keeps a processor busy, so from as many clients up as there are processors each further one waits "
        "for the others' answers: the median grows with the clients, and the answers a second stay.",
    ),
)


def speed_report(models_dir: Path = MODELS_DIR) -> str:
    """Render `docs/speed.md`: the table, then how costs grow, as plots.

    Raises:
        RecordsError: the measurements are damaged.
    """
    rows = read_benchmark(models_dir)
    if not rows:
        return f"{INTRODUCTION}\n\n{NOT_MEASURED}\n"
    growths = [growth_section(growth, rows) for growth in GROWTHS]
    goals = textwrap.fill(count_goals(rows), LINE)
    return "\n\n".join([INTRODUCTION, goals, as_table(rows), *filter(None, growths)]) + "\n"


def growth_section(growth: Growth, rows: Sequence[Row]) -> str:
    """Render one plot with where its line bends and why; nothing where fewer than two counts were measured."""
    points = [(row.count, row.taken, row.floor) for row in rows if row.group == growth.group and row.count]
    if len(points) < 2:
        return ""
    counts = [f"{count:,g}" for count, _, _ in points]
    taken, floors = (
        [cost / (point[0] if growth.is_shared else 1) for point in points for cost in point[which : which + 1]]
        for which in (1, 2)
    )
    beside = next(row.beside for row in rows if row.group == growth.group and row.count)
    lines = [f"  line [{', '.join(f'{value:.4g}' for value in values)}]" for values in (taken, floors)]
    labels = ", ".join(f'"{count}"' for count in counts)
    plot = ["```mermaid", "xychart-beta", f"  x-axis [{labels}]", f'  y-axis "{growth.unit}"', *lines, "```"]
    legend = (
        f"The upper line is what it takes, the lower one {beside}. {_bend(counts, taken, growth.unit)} {growth.why}"
    )
    return "\n".join([f"## {growth.title}", "", *plot, "", textwrap.fill(legend, LINE)])


def _bend(counts: Sequence[str], costs: Sequence[float], unit: str) -> str:
    """Say from which count on a cost has stopped to change."""
    first = len(costs) - 1
    while first and max(costs[first - 1] / costs[-1], costs[-1] / costs[first - 1]) <= LEVEL:
        first -= 1
    if first == len(costs) - 1:
        return f"It changes all the way, from {costs[0]:.3g} to {costs[-1]:.3g} {unit}."
    return f"From {counts[first]} up it stays near {costs[-1]:.3g} {unit}."


def speed_sentence(rows: Sequence[Row]) -> str:
    """Say how long reading a drawing and starting take, beside what had to be done; nothing where nobody measured."""
    known = {(row.what, row.beside): row.ratio for row in rows}
    try:
        drawing, start, memory = (known[key] for key in TOLD)
    except KeyError:
        return ""
    return (
        f"Reading a drawn digit takes {drawing:.1f} times as long as asking both networks alone; the app answers after "
        f"{start:.1f} times the time, and holds {memory:.1f} times the memory, of `import gradio` "
        "([docs/speed.md](docs/speed.md))."
    )
