"""Where training's data comes from: a given file, the folder `DIGIT_DATA_DIR`, or its public source.

What is downloaded lies in `downloads_folder()` afterwards and is not fetched again. Whatever is missing or damaged
raises `DataError` with what was looked for, where, and what to do.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pooch
from tqdm import tqdm

from digit_core.files import write_whole
from training.data.strokes import Drawing
from training.data.unipen import DIGITS, OTHER_CHARACTERS, read_parsed, read_pendigits, read_unipen
from training.errors import DataError

UCI_ZIP = "https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip"  # CC BY 4.0
PENDIGITS_MEMBER = "pendigits-orig.tra.Z"
ZENODO_RECORD = "https://zenodo.org/api/records/1195803"  # UNIPEN train_r01_v07, CC BY 4.0

pooch.get_logger().setLevel("WARNING")  # it would tell the checksum of every file without one

DATA_VARIABLE = "DIGIT_DATA_DIR"
RUN_VARIABLE = "DIGIT_RUN_DIR"
RUN_FOLDER = Path("~/.cache/digit-reader")  # where runs and downloads go without DIGIT_RUN_DIR

TIMEOUT = 60  # seconds without a byte before a download is given up
HEADERS = {"User-Agent": "handwritten-digits-training"}  # some archives refuse Python's own name

TRAIN_COUNT, TEST_COUNT = 60_000, 10_000
FRAME = (28, 28)
FIRST_LABELS = (5, 0, 4, 1, 9, 2, 1, 3, 1, 4)  # MNIST's own order, which the validation rows count in

VALIDATION_ROWS = Path(__file__).with_name("mnist_validation_rows.txt")

MARK = -2  # the label of what is passed over beside digits: a sign, print, a bit of a rule or of grain
MARK_OR_LETTER = -3  # of what may be either, as an x
NOT_A_DIGIT = -1  # the label of what is no digit: pictures in a subfolder "not_a_digit", letters, scribbles


@dataclass(frozen=True, slots=True, eq=False)
class Mnist:
    """The MNIST digits in their public order.

    Attributes:
        x_train: (60000, 28, 28) uint8, ink is bright.
        y_train: (60000,) uint8, 0 to 9.
        x_test: (10000, 28, 28) uint8.
        y_test: (10000,) uint8.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def find_mnist(file: Path | None = None) -> Mnist:
    """Load MNIST from `file`, else from `DIGIT_DATA_DIR`/mnist.npz, else through Keras, which downloads it once.

    Args:
        file: an npz file with the four arrays of `Mnist`; None looks in the other places.

    Raises:
        DataError: there is no such file, it is damaged or not MNIST, or the download failed.
    """
    path = file or _in_data_folder("mnist.npz")
    if path is None:
        return _download_mnist()
    try:
        with np.load(path, allow_pickle=False) as arrays:
            mnist = Mnist(*(arrays[field.name] for field in fields(Mnist)))
    except FileNotFoundError:
        raise DataError(f"MNIST was to be at {path}, and there is no such file; correct the path given.") from None
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"MNIST in {path} cannot be read ({error}); give a whole npz file with x_train, y_train, x_test and y_test."
        ) from error
    return _check_mnist(mnist, str(path))


def find_drawn_digits() -> list[Drawing]:
    """Load the digits of both collections of pen strokes.

    Raises:
        DataError: one of them is missing or damaged.
    """
    return find_pendigits() + find_unipen()


def find_pendigits() -> list[Drawing]:
    """Load UCI's pen digits from `DIGIT_DATA_DIR`/pendigits-orig.tra.gz or .Z, else download them once.

    Raises:
        DataError: the file is damaged or the download failed.
    """
    return read_pendigits(pendigits_path())


def find_unipen() -> list[Drawing]:
    """Load UNIPEN's digits from an archive or folder in `DIGIT_DATA_DIR`, else download the archive once.

    Raises:
        DataError: the archive is damaged or the download failed.
    """
    return read_unipen(unipen_path(), categories=DIGITS)


def find_other_characters() -> list[Drawing]:
    """Load UNIPEN's letters and symbols from `DIGIT_DATA_DIR`, else download the archive once.

    In `DIGIT_DATA_DIR` unipen_other.npz comes before an archive or folder train_r01_v07. The archive has many
    more of them than that file, which is a sample over all writers.

    Raises:
        DataError: the file is damaged or the download failed.
    """
    path = other_characters_path()
    return read_parsed(path) if path.suffix == ".npz" else read_unipen(path, categories=OTHER_CHARACTERS)


def pendigits_path() -> Path:
    """Return where UCI's pen digits are; downloads them where they are nowhere, see `find_pendigits`."""
    names = "pendigits-orig.tra.gz", "pendigits-orig.tra.Z", "pendigits-orig.tra"
    return _in_data_folder(*names) or _download_pendigits()


def unipen_path() -> Path:
    """Return where UNIPEN's digits are; downloads them where they are nowhere, see `find_unipen`."""
    return _in_data_folder("unipen-originals.tar.xz", "train_r01_v07*") or _download_unipen()


def other_characters_path() -> Path:
    """Return where UNIPEN's letters are; downloads them where they are nowhere, see `find_other_characters`."""
    return _in_data_folder("unipen_other.npz", "train_r01_v07*") or _download_unipen()


def mnist_validation_rows() -> np.ndarray:
    """Load the rows of MNIST's training set that only validate: every digit of some fifty of its 539 writers.

    Returns:
        (rows,) int64, ascending: about a tenth, half of them from each of NIST's two groups of writers.
    """
    lines = VALIDATION_ROWS.read_text(encoding="utf-8").splitlines()
    rows = [int(row) for line in lines if not line.startswith("#") for row in line.split()]
    return np.sort(np.array(rows, dtype=np.int64))


def run_dir() -> Path:
    """Return the folder of runs, drawn frames and downloads: `DIGIT_RUN_DIR`, or `RUN_FOLDER`."""
    return Path(os.environ.get(RUN_VARIABLE) or RUN_FOLDER).expanduser()


def downloads_folder() -> Path:
    """Return the folder of what was downloaded."""
    return run_dir() / "downloads"


def download(address: str, target: Path, md5: str | None = None) -> Path:
    """Fetch a file with a progress bar; the target appears only when it is whole.

    Args:
        address: where it is.
        target: what it will be called; a file that is there already and has the checksum is not fetched again.
        md5: the checksum its source states, None where it states none.

    Raises:
        DataError: the source does not answer, breaks off, or sent something else than its checksum says.
    """
    advice = f"check the connection and start again, or put the file into a folder and set {DATA_VARIABLE} to it"
    # pooch sets the total, but takes a bar that has none yet for no bar at all
    bar = tqdm(desc=target.name, total=1, unit="B", unit_scale=True, unit_divisor=1024)
    try:
        pooch.retrieve(
            address,
            known_hash=f"md5:{md5}" if md5 else None,
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(progressbar=bar, headers=HEADERS, timeout=TIMEOUT),
        )
    except ValueError as error:
        raise DataError(f"What {address} sent does not have the checksum {md5} that it states; {advice}.") from error
    except OSError as error:
        raise DataError(f"{target.name} could not be downloaded from {address} ({error}); {advice}.") from error
    finally:
        bar.close()
    return target


def _in_data_folder(*names: str) -> Path | None:
    """Find the first of these files (or patterns) in `DIGIT_DATA_DIR`; None if there is none, or no such folder."""
    folder = os.environ.get(DATA_VARIABLE)
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise DataError(f"{DATA_VARIABLE} is {folder}, and there is no such folder; correct it or unset it.")
    found = (path for name in names for path in sorted(Path(folder).glob(name)))
    return next(found, None)


def _download_mnist() -> Mnist:
    try:
        import keras

        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception where the download fails
        raise DataError(
            f"MNIST could not be had from Keras ({error}); check the connection, or put mnist.npz into a folder and "
            f"set {DATA_VARIABLE} to it."
        ) from error
    return _check_mnist(Mnist(x_train, y_train, x_test, y_test), "what Keras loaded")


def _check_mnist(mnist: Mnist, place: str) -> Mnist:
    for name, pictures, labels, count in (
        ("train", mnist.x_train, mnist.y_train, TRAIN_COUNT),
        ("test", mnist.x_test, mnist.y_test, TEST_COUNT),
    ):
        if pictures.shape != (count, *FRAME) or pictures.dtype != np.uint8:
            raise DataError(
                f"MNIST's x_{name} is uint8 {(count, *FRAME)}, but {place} has {pictures.dtype} {pictures.shape}; "
                "give the npz file that Keras uses."
            )
        if labels.shape != (count,) or labels.dtype != np.uint8 or labels.max() > 9:
            raise DataError(
                f"MNIST's y_{name} is uint8 ({count},) from 0 to 9, and {place} has something else; "
                "give the npz file that Keras uses."
            )
    if tuple(mnist.y_train[: len(FIRST_LABELS)].tolist()) != FIRST_LABELS:
        raise DataError(f"The digits in {place} are not in MNIST's own order; give the npz file that Keras uses.")
    return mnist


def _download_pendigits() -> Path:
    target = downloads_folder() / PENDIGITS_MEMBER
    if target.is_file():
        return target
    archive = download(UCI_ZIP, target.with_name("pendigits.zip"))
    try:
        content = _member(archive.read_bytes(), PENDIGITS_MEMBER)
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{UCI_ZIP} was to hold {PENDIGITS_MEMBER} ({error}); start again, or put that file into a folder and set "
            f"{DATA_VARIABLE} to it."
        ) from error
    finally:
        archive.unlink()
    write_whole(target, content)
    return target


def _member(archive: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(name)


def _download_unipen() -> Path:
    """Fetch the record's archive, whatever it is called, into a folder of its own."""
    folder = downloads_folder() / "unipen"
    if folder.is_dir() and (present := sorted(path for path in folder.iterdir() if not path.name.startswith("."))):
        return present[0]
    listing = download(ZENODO_RECORD, folder.with_name("unipen.json"))
    try:
        files: Sequence[dict] = json.loads(listing.read_bytes())["files"]
        archive = max(files, key=lambda file: file["size"])
        name, address = Path(archive["key"]).name, archive["links"]["self"]
        kind, _, checksum = archive.get("checksum", "").partition(":")
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{ZENODO_RECORD} did not list its files as expected ({error!r}); download the archive from "
            f"https://doi.org/10.5281/zenodo.1195803 into a folder as train_r01_v07.tar.gz or .zip, and set "
            f"{DATA_VARIABLE} to it."
        ) from error
    finally:
        listing.unlink()
    return download(address, folder / name, checksum if kind == "md5" else None)
