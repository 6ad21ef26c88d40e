"""Refuse to write where something would be lost, before any work is done for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digit_core.command.pictures import PICTURE_ENDINGS, name_in_words
from digit_core.errors import OutputError


def check_output(path: Path, inputs: Iterable[Path], is_ours: Callable[[Path], bool]) -> None:
    """Make sure that a file may be written to a path, before anything is read.

    Args:
        path: where the file is to be.
        inputs: what will be read.
        is_ours: tells whether a file that is there already is an earlier output, whose place may be taken.

    Raises:
        OutputError: the path is no place for a file, or what is there must not be lost.
    """
    name = name_in_words(path)
    with _refuse_unknowable(path):
        if path.name in ("", "..") or path.is_dir():
            raise OutputError(f"The output must be a file, and {name!r} is a folder.")
        if not path.parent.is_dir():
            raise OutputError(f"There is no folder {name_in_words(path.parent)!r} to write to.")
        if path.suffix.lower() in PICTURE_ENDINGS:
            raise OutputError(f"{name!r} is called like a picture, and the output is none; name another file.")
        if not path.exists():
            if not os.access(path.parent, os.W_OK):
                raise OutputError(f"The folder {name_in_words(path.parent)!r} may not be written to.")
            return
        if not path.is_file():
            raise OutputError(f"{name!r} is a pipe or a device; the output needs a file.")
        if any(_is_same_file(read, path) for read in inputs):
            raise OutputError(f"{name!r} is to be read; the output must not take its place.")
        if not is_ours(path):
            raise OutputError(f"{name!r} is there already and is no output of this command; it stays as it is.")
        if not os.access(path, os.W_OK):
            raise OutputError(f"{name!r} may not be written to.")


def check_new_folder(path: Path) -> None:
    """Make sure that a folder can be made, or is there and empty, before anything is read.

    Raises:
        OutputError: it holds something, or is none.
    """
    name = name_in_words(path)
    with _refuse_unknowable(path):
        if path.exists() and not path.is_dir():
            raise OutputError(f"{name!r} is a file, and a folder is needed.")
        if path.is_dir() and any(path.iterdir()):
            raise OutputError(f"The folder {name!r} is not empty; name a new one.")
        if not path.exists() and not path.parent.is_dir():
            raise OutputError(f"There is no folder {name_in_words(path.parent)!r} to write to.")


def is_json_of(path: Path, is_ours: Callable[[Any], bool]) -> bool:
    """Tell whether a file is empty, or JSON whose content is recognized as an earlier output."""
    try:
        text = path.read_text(encoding="utf-8")
        return not text.strip() or is_ours(json.loads(text))
    except (OSError, ValueError):
        return False


@contextmanager
def _refuse_unknowable(path: Path) -> Iterator[None]:
    """Say that nothing can be written to a path that the system cannot tell anything of, as one too long."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a name with a null character, before Python 3.13
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise OutputError(f"{name_in_words(path)!r} is no place to write to: {reason}.") from error


def _is_same_file(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file; a path that leads to none is another."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False
