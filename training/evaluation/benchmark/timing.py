"""Time two ways of doing something turn by turn, and programs in processes of their own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from training.evaluation.benchmark.rows import Row

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 60  # turns of what takes milliseconds; one more of each is not counted
FEW_ROUNDS = 7  # turns of what takes a tenth of a second or more
STARTS = 3  # turns of what takes seconds
PATIENCE = 1800  # seconds for one program; the longest, reading 10,000 files, takes half a minute on a machine at rest
# Of a program and the largest that it started, as the workers of the command line are. Linux knows the peak of each;
# `ru_maxrss` begins with that of the one that started it. macOS counts bytes.
PEAK = """
import resource, sys
unit = 1024 if sys.platform == "darwin" else 1
try:
    kilobytes = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
except OSError:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print((kilobytes + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit) / 1024)
"""


def compare(
    what: str,
    way: Callable[[], object],
    beside: str,
    floor: Callable[[], object],
    goal: float | None = None,
    rounds: int = ROUNDS,
    count: float | None = None,
) -> Row:
    """Time two ways turn by turn, after a turn that only warms up where there are several."""
    if rounds > 1:
        way(), floor()
    taken = [(_milliseconds(way), _milliseconds(floor)) for _ in range(rounds)]
    milliseconds, floors = (statistics.median(times) for times in zip(*taken, strict=True))
    ratio = statistics.median(one / other for one, other in taken)
    return Row(what, beside, milliseconds, floors, ratio, goal, count=count)


def _milliseconds(way: Callable[[], object]) -> float:
    start = processor_seconds()
    way()
    return 1000 * (processor_seconds() - start)


def processor_seconds() -> float:
    """Return how long processors have worked for this program and for those that it started and that ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def run_python(*arguments: str) -> str:
    """Run Python in a process of its own, from the project's folder, with the bundled weights."""
    environment = os.environ | {"DIGIT_MODEL_SOURCE": "bundled"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=PATIENCE
    ).stdout


def peak_megabytes(code: str, *arguments: str) -> float:
    """Return the most memory that a process held while it ran some code."""
    return float(run_python("-c", code + PEAK, *arguments).split()[-1])
