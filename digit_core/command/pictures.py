"""Find the pictures that a person names: files, wildcards and folders; and those in the rows of a table."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from digit_core.page.formats import FORMATS

Image.init()  # registers every format of this Pillow
# How the names of pictures end, in lower case: of the formats that are read, and of those that get a sentence.
PICTURE_ENDINGS = frozenset(
    {ending for ending, form in Image.registered_extensions().items() if form in FORMATS} | {".heic", ".heif"}
)
# Stands in place of a reading where a table's row holds no picture's bytes.
NO_PICTURE_IN_ROW = "There is no picture in this row."
# So many names of files that were left out are told; the rest is a number.
MAX_NAMES = 3
# What moves the cursor or ends a line: nothing of a file's name may do so on a console or in a table.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Pictures:
    """What was found.

    Attributes:
        files: in the order in which they were named, those of a folder sorted.
        left_out: sentences about what was not taken.
    """

    files: tuple[Path, ...]
    left_out: tuple[str, ...]


def find_pictures(names: Iterable[str], recursive: bool = False) -> Pictures:
    """Find the pictures that are meant by names of files and folders.

    Args:
        names: files, folders, or patterns with *, ? and [...], which not every shell expands. A file that does not
            exist stays in the list: reading it says so.
        recursive: take the pictures in a folder's subfolders, too.

    Returns:
        The files. In folders, hidden files are passed over, and so are files whose names do not end as a picture's
        does; the latter are told of.
    """
    files: list[Path] = []
    sentences: list[str] = []
    for path in (path for name in names for path in _expand(name)):
        if not _is_folder(path):
            files.append(path)
            continue
        found, others, folders = _walk(path, recursive, sentences)
        files += found
        if others:
            sentences.append(f"{name_in_words(path)}: {count_names(others)} not called like a picture and left out.")
        if folders:
            sentences.append(
                f"{name_in_words(path)}: {count_names(folders)} left out; --recursive reads subfolders, too."
            )
        if not found:
            sentences.append(f"{name_in_words(path)}: there is no picture in this folder.")
    return Pictures(tuple(files), tuple(sentences))


def name_in_words(path: str | os.PathLike[str]) -> str:
    """Return a file's name as it can be printed and stored: bytes that are no UTF-8 and control characters escaped."""
    readable = os.fsencode(path).decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), readable)


def bytes_in_cell(cell: Any) -> bytes | None:
    """Return a picture's bytes from a cell of a table, None where it holds none.

    Tables come from strangers. So text is never taken for the path of a file, which would be one of this machine's.

    Args:
        cell: the bytes, or {"bytes": ..., "path": ...} as the library `datasets` keeps pictures.
    """
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    return content if isinstance(content, bytes) else None


def name_in_cell(cell: Any) -> str:
    """Return what such a cell says its picture is called; empty where it says nothing."""
    path = cell.get("path") if isinstance(cell, dict) else None
    return path if isinstance(path, str) else ""


def count_names(names: Sequence[str]) -> str:
    """Say how many there are, and what the first ones are called: "4 (a.txt, b.txt, c.txt and others) were"."""
    shown = ", ".join(map(name_in_words, names[:MAX_NAMES])) + (" and others" if len(names) > MAX_NAMES else "")
    return f"{len(names):,} ({shown}) {'was' if len(names) == 1 else 'were'}"


def _expand(name: str) -> Iterator[Path]:
    """Yield what a name or pattern stands for; itself where that is nothing, so that it is missed by its name."""
    if not glob.has_magic(name) or os.path.lexists(name):
        yield Path(name)
        return
    found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 (a Path's own takes no absolute pattern)
    yield from map(Path, found or [name])


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # ValueError: a name with a null character, before Python 3.13
        return False


def _walk(folder: Path, recursive: bool, sentences: list[str]) -> tuple[list[Path], list[str], list[str]]:
    """Return a folder's pictures, and the names of other files and of subfolders that were left out."""

    def complain(error: OSError) -> None:
        sentences.append(f"{name_in_words(error.filename)}: this folder could not be opened.")

    pictures: list[Path] = []
    others: list[str] = []
    for place, subfolders, names in os.walk(folder, onerror=complain):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            if Path(name).suffix.lower() in PICTURE_ENDINGS:
                pictures.append(Path(place, name))
            else:
                others.append(name)
        if not recursive:
            return pictures, others, subfolders
    return pictures, others, []
