"""Measure every group of rows, print the table and write it: `python -m training.benchmark`."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

from digit_core import load_recognizer
from digit_core.command.options import tell_errors
from digit_core.errors import DigitError
from digit_core.recognizer import Recognizer
from training.evaluation.benchmark import programs, reading, runtimes, training_time
from training.evaluation.benchmark.rows import Row, as_table, count_goals, read_benchmark, write_benchmark

TRAINING = "training"  # the group that is measured only where somebody asks for it
GROUPS: dict[str, Callable[[Recognizer], Iterator[Row]]] = {
    "networks": runtimes.measure_networks,
    "finder": runtimes.measure_finder,
    "drawings": reading.measure_drawings,
    "photos": reading.measure_photos,
    "starts": programs.measure_starts,
    "digits": reading.measure_digits,
    "pixels": reading.measure_pixels,
    "files": programs.measure_files,
    "clients": programs.measure_clients,
    "page": programs.measure_page,
    TRAINING: training_time.measure_training,
}


@tell_errors()
def main(arguments: list[str] | None = None) -> int:
    """Print the table and write it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.benchmark", description="Measure what takes how long.")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=(), help="leave the others out, and write nothing")
    parser.add_argument(
        f"--{TRAINING}",
        action="store_true",
        help="measure training, too, which takes most of an hour; else its last figures stay",
    )
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    load, code = [_waiting_programs()], 0
    recognizer = load_recognizer()
    earlier = [] if options.only or options.training else [r for r in read_benchmark() if r.group == TRAINING]
    for group in options.only or [group for group in GROUPS if group != TRAINING or options.training]:
        try:
            for row in measure(group, recognizer):
                print(f"{row.what}: {row.times} x {row.beside}", file=sys.stderr, flush=True)
                rows.append(row)
        except (subprocess.SubprocessError, DigitError) as error:  # what was measured before is not lost by it
            said = getattr(error, "stderr", None) or ""
            print(f"{group} could not be measured to the end: {error}\n{said}", file=sys.stderr)
            code = 1
    rows += earlier
    load.append(_waiting_programs())
    print(f"{as_table(rows)}\n\n{count_goals(rows)}")
    print(f"\n{os.cpu_count()} threads; waiting for them before and after: {load[0]:.1f} and {load[1]:.1f}")
    if not options.only:
        machine = {"processor": platform.machine(), "threads": os.cpu_count(), "load": load}
        write_benchmark(rows, machine | {"python": platform.python_version()})
    return code


def measure(group: str, recognizer: Recognizer) -> Iterator[Row]:
    """Measure the rows of one of `GROUPS`."""
    return (replace(row, group=group) for row in GROUPS[group](recognizer))


def _waiting_programs() -> float:
    """Return how many programs wait for a processor or have one, on the average of the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
