"""One's own pictures: a subfolder for each digit, and one for what is none."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

from digit_core.command.pictures import count_names, name_in_words
from digit_core.errors import DigitError
from digit_core.page.decode import open_picture
from digit_core.page.frame import FRAME_SIZE, to_mnist_frame
from digit_core.page.ink import to_ink
from training.data.frames import FrameSet
from training.data.sources import MARK_OR_LETTER
from training.errors import DataError

LABELS = {str(digit): digit for digit in range(10)} | {"not_a_digit": MARK_OR_LETTER}
WISH = "it needs a subfolder of pictures for each digit, named 0 to 9, and may have one named not_a_digit"
# One of so many pictures validates where nothing else does.
VALIDATION_SHARE = 10


def find_extra(folder: Path) -> list[tuple[Path, int]]:
    """List one's own pictures.

    Args:
        folder: holds subfolders named 0 to 9 or not_a_digit, any of which may be missing, with files at any depth.
            Hidden files and folders are ignored; files beside the subfolders have no label and are named on stderr.

    Returns:
        (file, label), sorted; the label of what is no digit is `MARK_OR_LETTER`. Whether a file is a picture shows when
        it is read: no name's ending decides it.

    Raises:
        DataError: the folder is missing, has another subfolder, or its subfolders hold no file.
    """
    name = name_in_words(folder)
    if not folder.is_dir():
        raise DataError(f"Your own pictures were to be in {name}, and there is no such folder; {WISH}.")
    found: list[tuple[Path, int]] = []
    unlabelled: list[str] = []
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):
        if not path.is_dir():
            unlabelled.append(path.name)
            continue
        if path.name not in LABELS:
            raise DataError(f"The subfolder {name_in_words(path.name)!r} in {name} names no digit; {WISH}.")
        found += [(file, LABELS[path.name]) for file in sorted(path.rglob("*")) if _is_visible_file(file, path)]
    if unlabelled:
        print(f"{name}: {count_names(unlabelled)} in no subfolder and left out.", file=sys.stderr)
    if not found:
        raise DataError(f"There is no picture in {name}; {WISH}.")
    return found


def read_extra(folder: Path) -> FrameSet:
    """Read one's own pictures, see `find_extra`.

    Raises:
        DataError: the folder cannot be used, or none of its files can be read.
    """
    files = find_extra(folder)
    pictures = from_files(files)
    if not len(pictures):
        raise DataError(f"None of the {len(files):,} files in {name_in_words(folder)} could be read; {WISH}.")
    return pictures


def from_files(files: Sequence[tuple[Path, int]]) -> FrameSet:
    """Read pictures of one digit each, as serving does with `single=True`.

    What cannot be read is left out, each named with the reason on stderr, and in the end their number.
    """
    frames, labels = [], []
    for path, label in tqdm(files, desc="extra pictures", disable=None):
        try:
            frames.append(to_mnist_frame(to_ink(open_picture(path))))
            labels.append(label)
        except DigitError as error:
            tqdm.write(f"{name_in_words(path)}: {error}", file=sys.stderr)
    if len(frames) < len(files):
        print(
            f"{len(files) - len(frames):,} of {len(files):,} files could not be read and are left out.", file=sys.stderr
        )
    pictures = np.stack(frames) if frames else np.zeros((0, FRAME_SIZE, FRAME_SIZE), np.float32)
    drawn = np.round(pictures * 255).astype(np.uint8)
    return FrameSet(drawn, np.array(labels, np.int8), np.full(len(labels), "", dtype="<U32"))


def select_part(pictures: FrameSet, part: Literal["training", "validation"] | None) -> FrameSet:
    """Return the pictures that train, or the tenth that validates, by a hash of each, so that copies stay together.

    Args:
        pictures: one's own.
        part: which of the two; None is all of them, where something else validates.
    """
    if part is None:
        return pictures
    first = np.array([hashlib.sha256(frame.tobytes()).digest()[0] for frame in pictures.frames], np.int64)
    validates = first % VALIDATION_SHARE == 0
    return pictures.take(np.flatnonzero(validates if part == "validation" else ~validates))


def by_kind(pictures: FrameSet) -> dict[str, FrameSet]:
    """Return one's own validation pictures as "extra", the digits, and "letters", what is none.

    Raises:
        DataError: there is no digit among them.
    """
    digits = pictures.labels >= 0
    if not digits.any():
        raise DataError(
            f"Of your own pictures every {VALIDATION_SHARE}th, by chance, is to choose the network by, and none is a "
            "digit; add more pictures."
        )
    sets = {"extra": pictures.take(np.flatnonzero(digits))}
    return sets if digits.all() else sets | {"letters": pictures.take(np.flatnonzero(~digits))}


def _is_visible_file(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
