"""Read files in their order, and where they are many in processes of their own, each with its own recognizer.

Most of a reading holds Python's lock, so threads would wait for one another.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from itertools import chain, islice
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Protocol, TypeVar

import cv2

from digit_core.command.pictures import name_in_words
from digit_core.command.table import FileLines, FileResult
from digit_core.errors import DigitError
from digit_core.page.trace import Trace
from digit_core.reading.together import MAX_TOGETHER
from digit_core.types import Reading, Vote

# A batch is one file or several small ones, which are read together: in 30 % less time.
SMALL_FILES = 128 * 1024  # bytes of a batch's files together: drawings and single digits have 1 to 3 kB, photos more
MIN_BATCHES = 8  # for each worker: its start takes as long as reading them
MAX_WORKERS = 61  # Windows waits for no more processes at once
AHEAD = 2  # batches for each worker that may be done before the line that is due next: no worker waits, little is kept

Batch = Sequence[tuple[int, Path]]  # files, each with its number from 1

Result = TypeVar("Result")


class Reader(Protocol):
    """What is needed of a recognizer."""

    @property
    def vote(self) -> Vote:
        """The vote when nobody chooses another."""
        ...

    def read_many(
        self,
        images: Iterable[Path],
        vote: Vote | None,
        threshold: float | None,
        single: bool,
        digits: int | None,
        rows: int | None,
        alternatives: int,
        traces: Iterable[Trace | None] | None,
    ) -> Iterator[Reading | DigitError]:
        """Read every digit on pictures, see `Recognizer.read_many`."""
        ...


Load = Callable[[], Reader]


def read_files(files: Sequence[Path], load: Load, options: argparse.Namespace) -> Generator[FileLines, None, None]:
    """Read files and tell what became of each in their order, while the next ones are read.

    Args:
        files: the pictures.
        load: loads what reads; where there are many files each worker calls it, so it must be a module's function.
        options: the command line's; at most `options.workers` processes read.

    Raises:
        DigitError: the networks could not be loaded, or a picture's steps could not be written.
        BrokenProcessPool: a worker was ended from outside.
    """
    batches = _share_out(files)
    first = list(islice(batches, min(options.workers, MAX_WORKERS) * MIN_BATCHES))
    count = len(first) // MIN_BATCHES
    if count > 1:
        yield from _read_in_workers(chain(first, batches), load, options, count)
        return
    reader = _load_quietly(load)
    for batch in chain(first, batches):
        yield from _read(reader, batch, options)


def _share_out(files: Sequence[Path]) -> Iterator[Batch]:
    """Part the files into what one worker reads at a time."""
    batch: list[tuple[int, Path]] = []
    size = 0
    for number, file in enumerate(files, 1):
        batch.append((number, file))
        with suppress(OSError, ValueError):  # whoever reads it will say so
            size += file.stat().st_size
        if len(batch) == MAX_TOGETHER or size > SMALL_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read(reader: Reader, batch: Batch, options: argparse.Namespace) -> Iterator[FileLines]:
    vote = reader.vote.choose(options.model, options.mean, options.weight)
    choices = vote, options.threshold, options.single, options.digits, options.rows, options.alternatives
    traces = [Trace() for _ in batch] if options.steps is not None else None
    readings = reader.read_many([file for _, file in batch], *choices, traces)
    for at, ((number, file), reading) in enumerate(zip(batch, readings, strict=True)):
        if traces:
            traces[at].write(options.steps / f"{number} {file.stem}")
        yield FileResult.of(name_in_words(file), reading).as_lines(options.json, options.csv is not None)


def _load_quietly(load: Load) -> Reader:
    """Load with stderr closed: TensorFlow greets there as it loads, before any setting of its own counts."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        return load()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def results_in_order(tasks: Iterable[Future[Result]], ahead: int) -> Iterator[Result]:
    """Yield the results of tasks in their order, while the next ones are worked on.

    Args:
        tasks: each is submitted as it is asked for.
        ahead: so many are submitted before the result that is due next, at most.
    """
    waiting: deque[Future[Result]] = deque()
    for task in tasks:
        waiting.append(task)
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _read_in_workers(
    batches: Iterable[Batch], load: Load, options: argparse.Namespace, count: int
) -> Generator[FileLines, None, None]:
    workers = ProcessPoolExecutor(count, _WorkerContext(), _prepare_worker, (load, options))
    try:
        for lines in results_in_order((workers.submit(_read_in_worker, batch) for batch in batches), AHEAD * count):
            yield from lines
    finally:
        workers.shutdown(cancel_futures=True)


class _Worker(SpawnProcess):
    """A process that never notices Ctrl-C, not even while it starts: the one that started it does, and ends it."""

    def start(self) -> None:
        kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            super().start()
        finally:
            signal.signal(signal.SIGINT, kept)


class _WorkerContext(SpawnContext):
    """Starts afresh: in a fork the threads of ONNX Runtime and OpenBLAS would not live on."""

    Process = _Worker


# What a worker reads with and what is asked of it, or why it could not be loaded.
_worker: tuple[Reader, argparse.Namespace] | DigitError


def _prepare_worker(load: Load, options: argparse.Namespace) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows does not hand it on
    threading.Thread(target=end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)  # the other processors have workers of their own
    try:
        _worker = _load_quietly(load), options
    except DigitError as error:  # whatever is raised here would be printed, and end the worker
        _worker = error


def _read_in_worker(batch: Batch) -> list[FileLines]:
    if isinstance(_worker, DigitError):
        raise _worker
    reader, options = _worker
    return list(_read(reader, batch, options))


def end_with_parent() -> None:
    """End this process as soon as the one that started it has ended, even without a word."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
