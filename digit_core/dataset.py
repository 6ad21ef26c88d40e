"""Read a data set of pictures on the Hub: `python -m digit_core.dataset OWNER/NAME OWNER/READINGS`.

An optional part, which needs `requirements-dataset.txt`. The data set holds Parquet with a column of pictures, as the
library `datasets` writes it, or the pictures themselves. The readings become a data set, too: Parquet with the columns
`image`, `text`, `error` and `reading`, and whatever else the rows had.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import pyarrow
import pyarrow.parquet
from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError

from digit_core import load_recognizer
from digit_core.command.options import tell_errors
from digit_core.command.pictures import NO_PICTURE_IN_ROW, PICTURE_ENDINGS, bytes_in_cell, name_in_cell
from digit_core.errors import DigitError, OutputError
from digit_core.hub import hub_sentence, use_plain_http
from digit_core.types import Reading

# Rows that are held at a time, so that a data set of any size fits into memory.
ROWS_AT_ONCE = 100
# What a picture is in Parquet, for the library `datasets` and for the Hub's viewer.
IMAGE = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
TEXT_FEATURE = {"dtype": "string", "_type": "Value"}
OURS = {"image": IMAGE, "text": pyarrow.string(), "error": pyarrow.string(), "reading": pyarrow.string()}
# An input's own column of one of our names is kept under its name with this in front.
GIVEN = "given_"

# How the card of readings begins, by which they are known as this command's.
HEADING = "# Digits read from "
CARD = """---
tags:
- handwriting
- digits
---

HEADING{source}

`text` is what was read on `image`: a line for each row, `?` where a shape is no digit. `error` says why nothing was
read, `reading` is everything that is known about each digit, as JSON. {rows:,} pictures of
[{source}](https://huggingface.co/datasets/{source}/tree/{revision}) were read. {origin}
""".replace("HEADING", HEADING)


class BytesReader(Protocol):
    """What is needed of a recognizer."""

    origin: str

    def read(self, image: bytes) -> Reading:
        """Read every digit on a picture."""
        ...


def read_dataset(source: str, target: str, column: str, private: bool, reader: BytesReader, api: HfApi) -> int:
    """Read every picture of a data set and publish the readings as another, in one commit.

    Args:
        source: OWNER/NAME of the pictures.
        target: OWNER/NAME of the readings; it is made if need be.
        column: of the pictures, where the source is Parquet.
        private: whether a new target is private.
        reader: reads pictures.
        api: speaks to the Hub.

    Returns:
        The number of pictures.

    Raises:
        OutputError: the target is the source, or holds something else than readings.
        DigitError: the Hub refuses or cannot be reached, or there is no picture.
    """
    use_plain_http()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output")
        try:
            info = api.dataset_info(source)
            _check_target(api, info.id, target)
            revision, files = str(info.sha), sorted(file.rfilename for file in info.siblings or [])
            parts = _parts(api, source, revision, files, Path(folder, "input"), column)
            rows = sum(_write(part, output / "data" / name, reader) for name, part in parts)
        except DigitError:
            raise
        except pyarrow.ArrowInvalid as error:
            raise DigitError(f"A Parquet file of {source} is damaged: {error}.") from error
        except Exception as error:  # the client raises its own, its HTTP library's and the system's
            raise DigitError(f"The data set could not be read: {hub_sentence(error, source)}.") from error
        if not rows:
            raise DigitError(f"The data set {source} holds neither Parquet nor pictures.")
        card = CARD.format(source=source, rows=rows, revision=revision, origin=reader.origin)
        (output / "README.md").write_text(card, encoding="utf-8")
        try:
            api.create_repo(target, repo_type="dataset", private=private or None, exist_ok=True)
            api.upload_folder(
                repo_id=target,
                repo_type="dataset",
                folder_path=output,
                commit_message=f"Read {rows:,} pictures",
                delete_patterns="data/*",
            )
        except Exception as error:  # as above
            why = hub_sentence(error, target, token="your token", writing=True)
            raise DigitError(f"The readings could not be published: {why}.") from error
    return rows


def _check_target(api: HfApi, source: str, target: str) -> None:
    """Make sure that no data set of somebody's is replaced by readings, before anything is read.

    Args:
        api: speaks to the Hub.
        source: the data set that is read, by the name that the Hub gives it.
        target: where the readings are to go.

    Raises:
        OutputError: that is the source, by whatever name, or holds something else than readings.
    """
    try:
        info = api.dataset_info(target)
    except RepositoryNotFoundError:
        return
    if info.id == source:
        raise OutputError(f"{target} is to be read; the readings need a data set of their own.")
    files = {file.rfilename for file in info.siblings or []} - {".gitattributes"}
    card = ""
    if "README.md" in files:
        card = Path(api.hf_hub_download(target, "README.md", repo_type="dataset")).read_text("utf-8", "replace")
    if files and f"\n{HEADING}" not in card:
        raise OutputError(f"{target} is there already and holds no readings of this command; it stays as it is.")


def _parts(
    api: HfApi, source: str, revision: str, files: Sequence[str], folder: Path, column: str
) -> Iterator[tuple[str, Iterator[pyarrow.Table]]]:
    """Yield each Parquet file of a data set, or all of its pictures, as a name and tables that have an `image`."""

    def fetch(file: str) -> Path:
        return Path(api.hf_hub_download(source, file, repo_type="dataset", revision=revision, local_dir=folder))

    parquet = [file for file in files if file.endswith(".parquet")]
    for i, file in enumerate(parquet):
        yield f"train-{i:05}-of-{len(parquet):05}.parquet", _from_parquet(fetch(file), file, column)
    pictures = [file for file in files if PurePosixPath(file).suffix.lower() in PICTURE_ENDINGS]
    if pictures and not parquet:
        yield "train-00000-of-00001.parquet", _from_pictures(pictures, fetch)


def _from_parquet(path: Path, name: str, column: str) -> Iterator[pyarrow.Table]:
    """Yield a Parquet file's rows, the pictures' column as `image`, and take the file off the disk."""
    with pyarrow.parquet.ParquetFile(path) as file:
        if column not in file.schema_arrow.names:
            raise DigitError(f"{name} has no column {column!r}; name the one of the pictures with --column.")
        for batch in file.iter_batches(ROWS_AT_ONCE):
            table = pyarrow.Table.from_batches([batch])
            images = [_as_image(value) for value in table.column(column).to_pylist()]
            rest = table.drop_columns([column])
            kept = rest.rename_columns([GIVEN + other if other in OURS else other for other in rest.column_names])
            yield kept.append_column("image", pyarrow.array(images, IMAGE))
    path.unlink()


def _from_pictures(files: Sequence[str], fetch: Callable[[str], Path]) -> Iterator[pyarrow.Table]:
    """Yield rows of pictures that lie in a data set as files."""
    for start in range(0, len(files), ROWS_AT_ONCE):
        images = []
        for file in files[start : start + ROWS_AT_ONCE]:
            path = fetch(file)
            images.append({"bytes": path.read_bytes(), "path": file})
            path.unlink()
        yield pyarrow.table({"image": pyarrow.array(images, IMAGE)})


def _as_image(value: Any) -> dict[str, Any]:
    """Take a picture as the library `datasets` keeps it, or its bytes alone."""
    return {"bytes": bytes_in_cell(value), "path": name_in_cell(value) or None}


def _write(tables: Iterator[pyarrow.Table], path: Path, reader: BytesReader) -> int:
    """Read tables of pictures and write them with what was read; return the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer, rows = None, 0
    try:
        for table in tables:
            read = [_read(image, reader) for image in table.column("image").to_pylist()]
            for name in ("text", "error", "reading"):
                table = table.append_column(name, pyarrow.array([row[name] for row in read], OURS[name]))
            writer = writer or pyarrow.parquet.ParquetWriter(path, _with_features(table.schema))
            writer.write_table(table.cast(writer.schema))
            rows += table.num_rows
            print(f"{rows:,} pictures of {path.name}", file=sys.stderr, flush=True)
    finally:
        if writer:
            writer.close()
    return rows


def _with_features(schema: pyarrow.Schema) -> pyarrow.Schema:
    """Say in a schema which column holds pictures, as the library `datasets` does, so that the Hub shows them."""
    info = json.loads((schema.metadata or {}).get(b"huggingface", b"{}")).get("info", {})
    given = info.get("features", {})
    ours = {"image": {"_type": "Image"}} | dict.fromkeys(("text", "error", "reading"), TEXT_FEATURE)
    known = {name: ours.get(name) or given.get(name.removeprefix(GIVEN)) for name in schema.names}
    plain = {
        name: TEXT_FEATURE if pyarrow.types.is_string(field) else {"dtype": str(field), "_type": "Value"}
        for name, field in zip(schema.names, schema.types, strict=True)
        if pyarrow.types.is_integer(field) or pyarrow.types.is_boolean(field) or pyarrow.types.is_string(field)
    }
    features = {name: feature or plain.get(name) for name, feature in known.items()}
    if not all(features.values()):
        return schema.remove_metadata()  # half a description would be none that `datasets` takes
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _read(image: dict[str, Any], reader: BytesReader) -> dict[str, str | None]:
    """Read one picture; what goes wrong is a sentence in its row."""
    if image["bytes"] is None:
        return {"text": None, "error": NO_PICTURE_IN_ROW, "reading": None}
    try:
        reading = reader.read(image["bytes"])
    except DigitError as error:
        return {"text": None, "error": str(error), "reading": None}
    return {"text": reading.text, "error": None, "reading": json.dumps(reading.as_json())}


@tell_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m digit_core.dataset", description="Read a data set on the Hub.")
    parser.add_argument("source", help="OWNER/NAME of a data set of pictures")
    parser.add_argument("target", help="OWNER/NAME of the data set that gets the readings")
    parser.add_argument("--column", default="image", help="of Parquet, the column of the pictures (default image)")
    parser.add_argument("--private", action="store_true", help="make a new data set private")
    options = parser.parse_args(arguments)
    if options.source == options.target:
        parser.error("the readings need a data set of their own")
    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=os.environ.get("HF_TOKEN"))
    rows = read_dataset(options.source, options.target, options.column, options.private, load_recognizer(), api)
    print(f"{rows:,} pictures of {options.source} are read in {options.target}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
