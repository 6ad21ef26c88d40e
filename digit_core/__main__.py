"""Read pictures from the command line: `python -m digit_core IMAGE... [--json | --csv FILE]`.

One line for each file on stdout, in the files' order, while the next ones are read on every processor. What could not
be read is a line on stderr, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import cv2
from tqdm import tqdm

from digit_core import load_recognizer
from digit_core.errors import DigitError, OutputError
from digit_core.outputs import check_new_folder, check_output
from digit_core.page.trace import Trace
from digit_core.pictures import find_pictures, name_in_words
from digit_core.table import Outcome, Table, is_table
from digit_core.types import MEANS, MODELS, MOST_ALTERNATIVES, Reading, Vote

# Exit codes; argparse itself ends with 2, and a shell calls 130 what Ctrl-C has ended.
ALL_READ, NOT_ALL_READ, STOPPED = 0, 1, 130
AHEAD = 2  # tasks for each worker that may be done before the line that is due next: no worker waits, little is kept
# A task is one file or several small ones, about which the networks are asked together: in 30 % less time.
MOST_FILES = 16  # of a task: two batches of `Recognizer.read_many`
SMALL_FILES = 64 * 1024  # bytes of a task's files together: drawings and single digits have 1 to 3 kB, photos more
LEAST_TASKS = 16  # for each worker, or one would wait for another in the end


class Reader(Protocol):
    """What the command line needs of a recognizer; several threads may ask it at once."""

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


def main(arguments: Sequence[str] | None = None, load: Callable[[], Reader] = load_recognizer) -> int:
    """Run the command line; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the console cannot print is printed escaped
    pictures = find_pictures(options.images, options.recursive)
    if options.excel and options.csv is None:
        parser.error("--excel goes with --csv")
    if options.csv is not None:
        try:
            check_output(options.csv, pictures.files, is_table)
        except OutputError as error:
            parser.error(str(error))
    if options.steps is not None:
        try:
            check_new_folder(options.steps)
        except OutputError as error:
            parser.error(str(error))
    for sentence in pictures.left_out:
        print(sentence, file=sys.stderr)
    if not pictures.files:
        return NOT_ALL_READ
    try:
        with _stderr_closed():
            reader = load()
    except DigitError as error:
        print(error, file=sys.stderr)
        return NOT_ALL_READ
    except KeyboardInterrupt:
        return STOPPED
    return _read_all(reader, pictures.files, options)


def _read_all(reader: Reader, files: Sequence[Path], options: argparse.Namespace) -> int:
    """Tell of the files one after the other; whatever ends it, what was told before has been written."""
    console = Console(options.json)
    code, count = ALL_READ, 0
    with ExitStack() as stack:
        table = stack.enter_context(Table(options.csv, options.excel)) if options.csv is not None else None
        try:
            outcomes = stack.enter_context(closing(_outcomes(reader, files, options)))
            progress = tqdm(outcomes, total=len(files), unit="file", leave=False, disable=None)  # only on a terminal
            for outcome in progress:
                if outcome.error:
                    code = NOT_ALL_READ
                if table:
                    table.add(outcome)
                console.tell(outcome)
                count += 1
                if console.closed and not table:
                    break
        except OutputError as error:
            print(error, file=sys.stderr)
            return NOT_ALL_READ
        except OSError as error:
            print(f"What was read could not be printed: {error.strerror}.", file=sys.stderr)
            return NOT_ALL_READ
        except KeyboardInterrupt:
            print(f"Stopped after {count} of {len(files)} files.", file=sys.stderr)
            return STOPPED
    return code


class Console:
    """Tells what became of each file, on stdout and stderr.

    Attributes:
        closed: whether the program that stdout went to has ended, as `head` does when it has enough.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self.closed = False

    def tell(self, outcome: Outcome) -> None:
        """Print an outcome, above the progress bar where there is one."""
        with tqdm.external_write_mode(sys.stdout):
            try:
                self._print(outcome)
            except BrokenPipeError:
                self.closed = True
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains as it ends
            if outcome.error:
                print(f"{outcome.file}: {outcome.error}", file=sys.stderr, flush=True)

    def _print(self, outcome: Outcome) -> None:
        if self.closed:
            return
        if self._as_json:
            print(json.dumps(outcome.as_json(), ensure_ascii=False), flush=True)
        elif outcome.reading:
            print(f"{outcome.file}: {outcome.text}", flush=True)


@contextmanager
def _stderr_closed() -> Iterator[None]:
    """Drop what is written to stderr: TensorFlow greets there as it loads, before any setting of its own counts."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m digit_core", description="Read handwritten digits from pictures.")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="files, folders, or wildcards")
    parser.add_argument("--recursive", action="store_true", help="of a folder, read the pictures in subfolders, too")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object for each file instead of its text")
    form.add_argument("--csv", type=Path, metavar="FILE", help="also write a table with a row for each file")
    parser.add_argument("--excel", action="store_true", help="begin the table with the mark by which Excel knows UTF-8")
    parser.add_argument("--model", choices=MODELS, help="who answers (default: the shipped vote)")
    parser.add_argument("--mean", choices=MEANS, help="how the ensemble pools its two networks")
    parser.add_argument("--weight", type=_share, help="share of deep in the ensemble, 0 to 1")
    parser.add_argument("--threshold", type=_share, help="confidence below which a digit is unsure, 0 to 1")
    parser.add_argument("--single", action="store_true", help="each picture is one digit")
    parser.add_argument("--digits", type=_count, metavar="N", help="each row has so many digits")
    parser.add_argument("--rows", type=int, choices=(1,), help="1: all stands in one row")
    parser.add_argument(
        "--alternatives",
        type=int,
        choices=range(MOST_ALTERNATIVES + 1),
        default=0,
        metavar="N",
        help=f"with --json, the N next best texts, at most {MOST_ALTERNATIVES}",
    )
    parser.add_argument(
        "--workers", type=_count, default=os.cpu_count() or 1, metavar="N", help="files read at a time (all processors)"
    )
    parser.add_argument("--steps", type=Path, metavar="FOLDER", help="keep a picture of every stage of the reading")
    return parser


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} does not lie between 0 and 1")
    return share


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return int(text)


def _vote(options: argparse.Namespace, default: Vote) -> Vote:
    return Vote(
        options.model or default.model,
        options.mean or default.mean,
        default.weight if options.weight is None else options.weight,
    )


def _outcomes(reader: Reader, files: Sequence[Path], options: argparse.Namespace) -> Generator[Outcome, None, None]:
    """Read files, several at a time, and tell what became of each in their order.

    Decoding, looking for ink and asking the networks leave Python's lock to others, so threads suffice; they share the
    networks.
    """
    vote = _vote(options, reader.vote)
    tasks = _tasks(files, options.workers)
    if options.workers == 1:
        for task in tasks:
            yield from _read(reader, task, vote, options)
        return
    cv2.setNumThreads(1)  # the other processors read other files
    waiting: deque[Future[list[Outcome]]] = deque()
    workers = ThreadPoolExecutor(options.workers)
    try:
        for task in tasks:
            waiting.append(workers.submit(lambda task: list(_read(reader, task, vote, options)), task))
            if len(waiting) > AHEAD * options.workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        workers.shutdown(cancel_futures=True)


def _tasks(files: Sequence[Path], workers: int) -> Iterator[list[tuple[int, Path]]]:
    """Part the files, each with its number from 1, into what one worker reads at a time."""
    most = max(1, min(MOST_FILES, len(files) // (workers * LEAST_TASKS)))
    task: list[tuple[int, Path]] = []
    size = 0
    for number, file in enumerate(files, 1):
        task.append((number, file))
        with suppress(OSError, ValueError):  # whoever reads it will say so
            size += file.stat().st_size
        if len(task) >= most or size > SMALL_FILES:
            yield task
            task, size = [], 0
    if task:
        yield task


def _read(
    reader: Reader, task: Sequence[tuple[int, Path]], vote: Vote, options: argparse.Namespace
) -> Iterator[Outcome]:
    choices = vote, options.threshold, options.single, options.digits, options.rows, options.alternatives
    traces = [Trace() for _ in task] if options.steps is not None else None
    readings = reader.read_many([file for _, file in task], *choices, traces)
    for at, ((number, file), reading) in enumerate(zip(task, readings, strict=True)):
        if traces:
            traces[at].write(options.steps / f"{number} {file.stem}")
        yield Outcome.of(name_in_words(file), reading)


if __name__ == "__main__":
    sys.exit(main())
