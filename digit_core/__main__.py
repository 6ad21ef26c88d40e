"""Read pictures from the command line: `python -m digit_core IMAGE... [--json | --csv FILE]`.

One line for each file on stdout, in the files' order, while the next ones are read on every processor. What could not
be read is a line on stderr, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing
from pathlib import Path

from tqdm import tqdm

from digit_core import load_recognizer
from digit_core.command.options import STOPPED, add_vote_options, to_count
from digit_core.command.outputs import check_new_folder, check_output
from digit_core.command.pictures import find_pictures
from digit_core.command.table import FileLines, Table, is_table
from digit_core.command.workers import Load, read_files
from digit_core.errors import DigitError, OutputError
from digit_core.types import MAX_ALTERNATIVES

ALL_READ, NOT_ALL_READ = 0, 1  # exit codes, beside `STOPPED`


def main(arguments: Sequence[str] | None = None, load: Load = load_recognizer) -> int:
    """Run the command line; return the exit code. `load` is what `workers.read_files` takes."""
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
    return _read_all(pictures.files, load, options)


def _read_all(files: Sequence[Path], load: Load, options: argparse.Namespace) -> int:
    """Tell of the files one after the other; whatever ends it, what was told before has been written."""
    console = Console()
    code, count = ALL_READ, 0
    with ExitStack() as stack:
        table = stack.enter_context(Table(options.csv, options.excel)) if options.csv is not None else None
        try:
            outcomes = stack.enter_context(closing(read_files(files, load, options)))
            progress = tqdm(outcomes, total=len(files), unit="file", leave=False, disable=None)  # only on a terminal
            for lines in progress:
                if lines.complaint:
                    code = NOT_ALL_READ
                if table and lines.row:
                    table.add(lines.row)
                console.tell(lines)
                count += 1
                if console.closed and not table:
                    break
        except DigitError as error:
            print(error, file=sys.stderr)
            return NOT_ALL_READ
        except BrokenProcessPool:
            print(
                f"Stopped after {count} of {len(files)} files: a process that was reading was ended, perhaps because "
                "memory ran out; --workers 1 needs least.",
                file=sys.stderr,
            )
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

    def __init__(self) -> None:
        self.closed = False

    def tell(self, lines: FileLines) -> None:
        """Print what is told of a file, above the progress bar where there is one."""
        with tqdm.external_write_mode(sys.stdout):
            try:
                if lines.printed is not None and not self.closed:
                    print(lines.printed, flush=True)
            except BrokenPipeError:
                self.closed = True
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains as it ends
            if lines.complaint:
                print(lines.complaint, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m digit_core", description="Read handwritten digits from pictures.")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="files, folders, or wildcards")
    parser.add_argument("--recursive", action="store_true", help="of a folder, read the pictures in subfolders, too")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object for each file instead of its text")
    form.add_argument("--csv", type=Path, metavar="FILE", help="also write a table with a row for each file")
    parser.add_argument("--excel", action="store_true", help="begin the table with the mark by which Excel knows UTF-8")
    add_vote_options(parser)
    parser.add_argument("--digits", type=to_count, metavar="N", help="each row has so many digits")
    parser.add_argument("--rows", type=int, choices=(1,), help="1: all stands in one row")
    parser.add_argument(
        "--alternatives",
        type=int,
        choices=range(MAX_ALTERNATIVES + 1),
        default=0,
        metavar="N",
        help=f"with --json, the N next best texts, at most {MAX_ALTERNATIVES}",
    )
    parser.add_argument(
        "--workers",
        type=to_count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes that read many files at the same time, at most (default: as many as processors)",
    )
    parser.add_argument("--steps", type=Path, metavar="FOLDER", help="keep a picture of every stage of the reading")
    return parser


if __name__ == "__main__":
    sys.exit(main())
