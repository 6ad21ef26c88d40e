"""Read very many pictures on several processors or machines: `python -m digit_core.ray INPUT OUTPUT`.

An optional part, which needs `requirements-ray.txt`. Ray Data hands blocks of pictures to readers, each with networks
of its own; when a reader dies, its blocks are read again by another one. INPUT is a folder of pictures, or Parquet
whose rows hold pictures' bytes, here or wherever fsspec finds it (`s3://`, `hf://datasets/`). OUTPUT becomes a folder
of Parquet with a row for each picture. With `RAY_ADDRESS` the work goes to a cluster that is running.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import fsspec
import pyarrow
import pyarrow.fs
import pyarrow.parquet

from digit_core import load_recognizer
from digit_core.command.options import add_vote_options, tell_errors, to_count
from digit_core.command.outputs import check_new_folder
from digit_core.command.pictures import NO_PICTURE_IN_ROW, PICTURE_ENDINGS, bytes_in_cell, name_in_cell, name_in_words
from digit_core.command.table import FileResult
from digit_core.errors import DigitError, OutputError
from digit_core.page.decode import Source
from digit_core.page.formats import MAX_BYTES

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reads it as it is imported: nothing is told to anybody
import ray
import ray.data
import ray.exceptions

# Pictures that a reader is given at a time, and reads again when it dies: some seconds of work.
BLOCK = 100
# Readers without `--workers`: one for each processor of this machine.
WORKERS = os.cpu_count() or 1
# The column that holds everything `Reading.as_json` tells, as text, beside the columns of `digit_core.command.table`.
READING_COLUMN = "reading"
SCHEMA = pyarrow.schema(
    [
        ("file", pyarrow.string()),
        ("text", pyarrow.string()),
        ("lowest_confidence", pyarrow.float64()),
        ("unsure", pyarrow.int64()),
        ("not_a_digit", pyarrow.int64()),
        ("error", pyarrow.string()),
        (READING_COLUMN, pyarrow.string()),
    ]
)


class BlockReader:
    """Reads blocks of pictures in a process of its own; Ray makes one for each worker.

    Args:
        chosen: of the vote, by its attributes; what is missing is the manifest's.
        threshold: confidence below which a digit is "unsure"; None is the manifest's.
        single: each picture is one digit.
        column: of the pictures: their addresses where `addresses` is true, else their bytes.
    """

    def __init__(
        self, chosen: dict[str, Any], threshold: float | None, single: bool, column: str, addresses: bool
    ) -> None:
        cv2.setNumThreads(1)  # the other processors have readers of their own
        self._recognizer = load_recognizer()
        self._vote = self._recognizer.vote.choose(**chosen)
        self._threshold, self._single = threshold, single
        self._column, self._addresses = column, addresses

    def __call__(self, block: pyarrow.Table) -> pyarrow.Table:
        """Return a row for each picture of a block, beside the block's other columns."""
        pictures = block.column(self._column).to_pylist()
        outcomes = self._read(pictures)
        rows = [
            outcome.as_record() | {READING_COLUMN: json.dumps(outcome.reading.as_json()) if outcome.reading else None}
            for outcome in outcomes
        ]
        table = pyarrow.Table.from_pylist(rows, SCHEMA)
        for name in block.column_names:
            if name != self._column and name not in SCHEMA.names:
                table = table.append_column(name, block.column(name))
        return table

    def _read(self, pictures: Sequence[Any]) -> list[FileResult]:
        refusals: dict[int, DigitError] = {}

        def contents() -> Iterator[Source]:
            for i, picture in enumerate(pictures):
                try:
                    yield self._content(picture)
                except DigitError as error:
                    refusals[i] = error

        readings = iter(list(self._recognizer.read_many(contents(), self._vote, self._threshold, self._single)))
        return [
            FileResult.of(name_in_words(self._name(picture)), refusals.get(i) or next(readings))
            for i, picture in enumerate(pictures)
        ]

    def _name(self, picture: Any) -> str:
        return str(picture) if self._addresses else name_in_cell(picture)

    def _content(self, picture: Any) -> Source:
        if self._addresses:
            return _fetch(picture)
        content = bytes_in_cell(picture)
        if content is None:
            raise DigitError(NO_PICTURE_IN_ROW)
        return content


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies at an address.

    Attributes:
        source: the address.
        files: what keeps them, as fsspec knows it.
        root: the place there.
        paths: all files at or below it, sorted.
    """

    source: str
    files: fsspec.AbstractFileSystem
    root: str
    paths: tuple[str, ...]

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return "file" in self.files.protocol

    @property
    def is_parquet(self) -> bool:
        """Whether it is Parquet: a file that is called so, or a folder with such files."""
        return self.source.endswith(".parquet") or any(path.endswith(".parquet") for path in self.paths)


def list_files(source: str) -> Listing:
    """List what lies at an address.

    Raises:
        DigitError: nobody knows how to go there, or what is there cannot be listed.
    """
    try:
        files, root = fsspec.core.url_to_fs(source)
        return Listing(source, files, root, tuple(sorted(files.find(root))))
    except Exception as error:  # each kind of storage raises its own, or says which package it lacks
        raise DigitError(f"{source} cannot be listed: {_in_words(error)}.") from error


def find_addresses(listing: Listing) -> list[str]:
    """Return the addresses of the pictures among what was listed, by the endings of their names.

    Raises:
        DigitError: there is no picture.
    """
    paths = [path for path in listing.paths if Path(path).suffix.lower() in PICTURE_ENDINGS]
    if not paths:
        raise DigitError(f"There is no picture in {listing.source}.")
    print(f"{len(paths):,} pictures, {len(listing.paths) - len(paths):,} other files left out", file=sys.stderr)
    return [listing.files.unstrip_protocol(path) for path in paths]


def check_folder(folder: Path, listing: Listing) -> None:
    """Make sure that Parquet may be written to a folder.

    Raises:
        OutputError: something is there already, there is no place for it, or it lies in the folder that is read.
    """
    if listing.is_local and folder.resolve().is_relative_to(Path(listing.root).resolve()):
        raise OutputError(f"{name_in_words(folder)} lies in what is read; name a folder beside it.")
    check_new_folder(folder)


def read_all(source: str, output: Path, options: argparse.Namespace) -> int:
    """Read everything and write it; return the number of rows.

    Raises:
        DigitError: the input cannot be read, or fewer or more rows were written than there are pictures.
    """
    listing = list_files(source)
    check_folder(output, listing)
    if listing.is_parquet and not listing.paths:
        raise DigitError(f"There is nothing at {source}.")
    addresses = [] if listing.is_parquet else find_addresses(listing)
    _start(options.workers)
    if listing.is_parquet:
        pictures = _open_parquet(listing, options.column)
    else:
        blocks = -(-len(addresses) // BLOCK)
        pictures = ray.data.from_items([{"file": address} for address in addresses], override_num_blocks=blocks)
    count = pictures.count()
    chosen = {name: value for name in ("model", "mean", "weight") if (value := getattr(options, name)) is not None}
    column = options.column if listing.is_parquet else "file"
    read = pictures.map_batches(
        BlockReader,
        fn_constructor_args=(chosen, options.threshold, options.single, column, not listing.is_parquet),
        batch_format="pyarrow",
        batch_size=BLOCK,
        compute=ray.data.ActorPoolStrategy(size=options.workers),
        num_cpus=1,
    )
    try:
        read.write_parquet(str(output.absolute()))
    except ray.exceptions.RayError as error:
        raise DigitError(f"Reading broke off, do not trust what is in {output}: {_in_words(error)}.") from error
    written = sum(pyarrow.parquet.read_metadata(file).num_rows for file in output.glob("*.parquet"))
    if written != count:
        raise DigitError(f"There are {count:,} pictures, but {written:,} rows in {output}; do not trust them.")
    return written


def _open_parquet(listing: Listing, column: str) -> ray.data.Dataset:
    """Return a data set of the rows of Parquet files.

    Raises:
        DigitError: they cannot be read, or have no such column.
    """
    handed = None if listing.is_local else pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(listing.files))
    try:
        pictures = ray.data.read_parquet(listing.root, filesystem=handed)
        columns = pictures.schema().names
    except Exception as error:  # Ray, Arrow and each kind of storage raise their own
        raise DigitError(f"{listing.source} cannot be read as Parquet: {_in_words(error)}.") from error
    if column not in columns:
        raise DigitError(f"{listing.source} has no column {column!r}; name the one of the pictures with --column.")
    return pictures


def _in_words(error: Exception) -> str:
    """Return what an error says in its last line, as Ray puts whole tracebacks before that."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip().rstrip(".")


@tell_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m digit_core.ray", description="Read very many pictures with Ray.")
    parser.add_argument("input", help="a folder of pictures, or Parquet with pictures' bytes; s3:// and hf:// too")
    parser.add_argument("output", type=Path, help="a new folder, which gets Parquet with a row for each picture")
    parser.add_argument("--workers", type=to_count, default=WORKERS, help=f"readers at a time (default {WORKERS})")
    parser.add_argument("--column", default="image", help="of Parquet, the column of the pictures (default image)")
    add_vote_options(parser)
    options = parser.parse_args(arguments)
    count = read_all(options.input, options.output, options)
    print(f"{count:,} rows in {options.output}")
    return 0


def _start(workers: int) -> None:
    """Start Ray on this machine, or join the cluster that `RAY_ADDRESS` names."""
    alone = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}  # one processor a reader
    here: dict[str, Any] = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": workers + 1, "include_dashboard": False}
    ray.init(runtime_env={"env_vars": alone}, log_to_driver=False, ignore_reinit_error=True, **here)


def _fetch(address: str) -> bytes | Path:
    """Return a picture's path where it is on this machine, else its bytes.

    Raises:
        DigitError: it is not there.
    """
    files, path = fsspec.core.url_to_fs(address)
    if "file" in files.protocol:
        return Path(path)
    try:
        with files.open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DigitError(f"The file could not be opened: {error}.") from error


if __name__ == "__main__":
    sys.exit(main())
