"""What a person waits for who starts a program: the command line, the app and its page."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from digit_core.recognizer import Recognizer
from training.evaluation.benchmark.pictures import decode, draw_seven
from training.evaluation.benchmark.rows import Row
from training.evaluation.benchmark.timing import STARTS, compare, peak_megabytes, processor_seconds, run_python

FILES = (10, 100, 1000, 10_000)  # small pictures that the command line reads in one go
BATCH = 64  # frames that the networks are asked about at once, where the floor reads many files
CLIENTS = (1, 16, 50, 200)  # that ask the running app at the same time
MAX_CLIENTS = 50  # the most for whom there is a goal: more show where it bends
START = (
    "import app\nfrom digit_core import load_recognizer\nr = load_recognizer()\napp.build_page(r)\nr.read({picture!r})"
)
SHELL = "import sys\nfrom digit_core.__main__ import main\nmain(sys.argv[1:])"
START_TO_ANSWER, MEMORY = "start to first answer", "memory after the first answer"
GRADIO_ALONE = "import gradio"  # a program, and the name of its row


def measure_files(recognizer: Recognizer) -> Iterator[Row]:
    """How reading small files from the shell grows with them, beside decoding them and asking about as many frames.

    Both work on every processor: two that share a core each take longer for the same.
    """
    frames = np.stack([recognizer.read(draw_seven()).digits[0].frame] * BATCH)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{i}.png") for i in range(FILES[-1])]
        for path in paths:
            Image.fromarray(draw_seven()).save(path)

        def read_some(some: Sequence[Path]) -> None:
            for path in some:
                decode(path.read_bytes())
            recognizer.ensemble.poll(frames[: len(some)], recognizer.vote)

        def floor(count: int) -> None:
            with ThreadPoolExecutor(os.cpu_count()) as workers:
                batches = (paths[start : min(start + len(frames), count)] for start in range(0, count, len(frames)))
                list(workers.map(read_some, batches))

        for count in FILES:
            yield compare(
                f"{count:,} small files by python -m digit_core, its start included",
                partial(run_python, "-m", "digit_core", "--json", *map(str, paths[:count])),
                "decoding them and the networks",
                partial(floor, count),
                goal=1.4 if count == FILES[-1] else None,
                rounds=STARTS if count < FILES[-1] else 1,
                count=count,
            )
        few = peak_megabytes(SHELL, *map(str, paths[: FILES[2]]))  # so many are read in whole batches, as more are
        began, worked = time.perf_counter(), processor_seconds()
        many = peak_megabytes(SHELL, *map(str, paths))
        busy = (processor_seconds() - worked) / (time.perf_counter() - began)
        yield Row(f"memory of reading {FILES[-1]:,} files", f"{FILES[2]:,} files", many, few, many / few, 1.1, "MB")
        processors = os.cpu_count() or 1
        yield Row("processors that work meanwhile", "all", busy, processors, busy / processors, unit="")


def measure_starts(recognizer: Recognizer) -> Iterator[Row]:
    """Starting the app until its first answer, and the memory it then holds, beside importing Gradio alone."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "seven.png")
        Image.fromarray(draw_seven()).save(picture)
        start = START.format(picture=str(picture))
        goals = ((GRADIO_ALONE, GRADIO_ALONE, 1.5), ("import gradio, tensorflow", f"{GRADIO_ALONE}, tensorflow", 1.2))
        for title, libraries, goal in goals:
            run, floor = (partial(run_python, "-c", code) for code in (start, libraries))
            yield compare(START_TO_ANSWER, run, title, floor, goal, rounds=STARTS)
        for title, libraries, goal in goals:
            held, least = (peak_megabytes(code) for code in (start, libraries))
            yield Row(MEMORY, title, held, least, held / least, goal, "MB")


def measure_clients(recognizer: Recognizer) -> Iterator[Row]:
    """How long `/read` takes while many ask, beside an endpoint of the same app that only says which weights it has."""
    for line in run_python("-m", "tests.support.read_speed", *map(str, CLIENTS)).splitlines():
        count, read, trivial, read_rate, trivial_rate = json.loads(line)
        who = f"{count} client{'s' * (count > 1)}"
        goals = (1.3, 1.33) if count <= MAX_CLIENTS else (None, None)
        yield Row(f"/read, {who}, median", "/models", read, trivial, read / trivial, goals[0], count=count)
        yield Row(
            f"/read, {who}: /models' answers for each of its own",
            "/models",
            trivial_rate,
            read_rate,
            trivial_rate / read_rate,
            goals[1],
            "a second",
        )


def measure_page(recognizer: Recognizer) -> Iterator[Row]:
    """What a visitor waits for, beside the same app whose recognizer does nothing and a page without anything on it."""
    if shutil.which("chromium") is None:
        return
    for line in run_python("-m", "tests.support.page_speed").splitlines():
        what, taken, floor, unit, goal = json.loads(line)
        beside = "a recognizer that does nothing" if "answer" in what else "a page with nothing on it"
        if unit == "a second":  # more is better
            yield Row(f"{what}: for each of the app's", beside, floor, taken, floor / taken, goal, unit)
        else:
            beside_nothing = None if round(taken, 2) else 1.0  # no shift to be seen beside none: as it should be
            ratio = taken / floor if floor else beside_nothing
            yield Row(what, beside, taken, floor, ratio, goal, unit)
