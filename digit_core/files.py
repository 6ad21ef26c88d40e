"""Write a file whole or not at all, whenever the process or the machine stops."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, data: str | bytes, unfinished: Path | None = None) -> None:
    """Write a file's new content so that whoever looks finds the old one or the new one, and never a part of either.

    Args:
        path: the file, in a folder that exists.
        data: the content; text is encoded as UTF-8, its line breaks as they are.
        unfinished: see `whole_file`.

    Raises:
        OSError: the disk did not take it; no unfinished file stays.
    """
    with whole_file(path, unfinished) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


@contextmanager
def whole_file(path: Path, unfinished: Path | None = None) -> Iterator[Path]:
    """Lend a temporary path to write to, for libraries that want one; the file takes its place when the block ends.

    Args:
        path: the file that is to be there in the end.
        unfinished: the temporary path, on the same disk; None is a hidden name beside `path` with its suffix.

    Raises:
        OSError: the disk did not take it. Whatever ends the block with an error, `path` stays as it was.
    """
    temporary = unfinished or path.with_name(f".new-{os.getpid()}-{path.name}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force a folder's own entries to the disk; Windows cannot and need not."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
