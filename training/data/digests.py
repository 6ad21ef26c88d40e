"""What a run's result depends on, told from anything else by its SHA-256: code, data, fonts, frames."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from training.data import sources
from training.data.frames import FrameSet
from training.data.pages.compose import find_fonts

ROOT = Path(__file__).resolve().parents[2]
# The code and tables that decide how a frame looks, below `ROOT`.
DRAWING_FILES = ("digit_core/**/*.py", "training/data/**/*.py", "training/data/**/*.json", "training/data/**/*.txt")


def digest_of_files(patterns: Iterable[str]) -> str:
    """Return the SHA-256 of all files below `ROOT` that match one of some patterns, names included."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern)}):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def digests_of_pages() -> dict[str, str]:
    """Return the SHA-256 of what pages are composed from, by kind: pen strokes, and this machine's fonts."""
    fonts = hashlib.sha256("".join(digest_of(path) for path in find_fonts()).encode()).hexdigest()
    return {"digits": digest_of_digits(), "other characters": digest_of_others(), "fonts": fonts}


def digest_of_frames(kind: FrameSet) -> str:
    """Return the SHA-256 of a set's frames and labels."""
    digest = hashlib.sha256(str(kind.frames.shape).encode())
    digest.update(np.ascontiguousarray(kind.frames).data)
    digest.update(np.ascontiguousarray(kind.labels).data)
    return digest.hexdigest()


def digest_of_digits() -> str:
    """Return the SHA-256 of the pen strokes of digits, of both data sets one after the other."""
    return digest_of(sources.pendigits_path()) + digest_of(sources.unipen_path())


def digest_of_others() -> str:
    """Return the SHA-256 of the pen strokes of other characters."""
    return digest_of(sources.other_characters_path())


@cache
def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files in a folder, their names included."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(below for below in path.rglob("*") if below.is_file()):
        digest.update(file.relative_to(path.parent).as_posix().encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
