"""Reading many files leaves the memory as it was."""

import platform
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digit_core.types import Vote
from tests.hostile import MEGABYTES, Peak, large_cases
from tests.support.drawings import picture_of
from ui.components.batch import BatchHandlers
from ui.server.turns import Turns

ROOT = Path(__file__).parents[2]
# Blocks as large pictures take them, between smaller ones that stay and fit no gap that there is already.
# What is printed is how many MB of them the process keeps.
FREED = """
import re, sys
from pathlib import Path
import numpy as np
from ui.server.memory import return_large_blocks

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024

if sys.argv[1] == "returned":
    return_large_blocks()
np.ones(30 * 2**20, np.uint8)
before = resident()
blocks = [(np.ones(12 * 2**20, np.uint8), np.ones(2**18, np.uint8)) for _ in range(20)]
kept = [small for _, small in blocks]
del blocks
print(resident() - before)
"""
MAX_GROWTH = 60  # megabytes for 240 more files: kept pictures alone would be 90, kept floats of them 360


def test_three_hundred_files_leave_the_memory_as_it_was(tmp_path, recognizer):
    handlers = BatchHandlers(recognizer, Turns())
    files = []
    for number in range(60):
        files.append(str(tmp_path / f"{number}.png"))
        picture_of(f"{number + 10}", width=320 + number, height=120, brush=9).save(files[-1])
    list(handlers.read_all(files, Vote(), 0.5))  # what is made once: kernels, buffers, caches
    before = resident_megabytes()

    [*_, table] = handlers.read_all(5 * files, Vote(), 0.5)

    assert len(table.rows) == 300
    assert resident_megabytes() - before < MAX_GROWTH


@pytest.mark.parametrize("names", [("large alpha.gif", "large float.tif")])
def test_two_pictures_of_fifty_megapixels_at_once_take_no_more_than_the_limit(recognizer, names):
    resident_megabytes()  # or it is skipped
    cases = {case.name: case for case in large_cases()}
    contents = [cases[name].make() for name in names]
    recognizer.read(picture_of("1"))

    with Peak() as peak, ThreadPoolExecutor(2) as readers:
        assert all(reading.digits for reading in readers.map(recognizer.read, contents))

    assert peak.megabytes < MEGABYTES


def test_what_large_pictures_took_goes_back_to_the_system():
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc keeps what was freed in this manner")

    def measure_kept(manner):
        run = subprocess.run(
            [sys.executable, "-c", FREED, manner], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return float(run.stdout)

    assert measure_kept("returned") < 20
    assert measure_kept("kept") > 100


def resident_megabytes():
    """How much memory this process has."""
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("only Linux tells a process's memory in /proc")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status.read_text())[1]) / 1024
