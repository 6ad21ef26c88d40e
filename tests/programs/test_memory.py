"""Reading many files leaves the memory as it was."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digit_core.types import Vote
from tests.hostile import MEGABYTES, Peak, large_cases
from tests.support.drawings import picture_of
from ui.components.batch import BatchHandlers
from ui.limits import Turns

MOST_GROWTH = 60  # megabytes for 240 more files: kept pictures alone would be 90, kept floats of them 360


def test_three_hundred_files_leave_the_memory_as_it_was(tmp_path, recognizer):
    handlers = BatchHandlers(recognizer, Turns())
    files = []
    for number in range(300):
        files.append(str(tmp_path / f"{number}.png"))
        picture_of(f"{number % 90 + 10}", width=200 + number, height=120, brush=9).save(files[-1])
    list(handlers.read_all(files[:60], Vote(), 0.5))  # what is made once: kernels, buffers, caches
    before = resident_megabytes()

    [*_, table] = handlers.read_all(files, Vote(), 0.5)

    assert len(table.rows) == 300
    assert resident_megabytes() - before < MOST_GROWTH


@pytest.mark.parametrize("names", [("large alpha.gif", "large float.tif")])
def test_two_pictures_of_fifty_megapixels_at_once_take_no_more_than_the_limit(recognizer, names):
    resident_megabytes()  # or it is skipped
    cases = {case.name: case for case in large_cases()}
    contents = [cases[name].make() for name in names]
    recognizer.read(picture_of("1"))

    with Peak() as peak, ThreadPoolExecutor(2) as readers:
        assert all(reading.digits for reading in readers.map(recognizer.read, contents))

    assert peak.megabytes < MEGABYTES


def resident_megabytes():
    """How much memory this process has."""
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("only Linux tells a process's memory in /proc")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status.read_text())[1]) / 1024
