"""Which files are opened as pictures, and with which sentence others are refused.

A stranger's file may be made to cost as much as it can. So only the formats that people save handwriting in are
opened, and none that is larger, or built of more pieces, than a person's picture.
"""

from __future__ import annotations

import io
import math
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from digit_core.errors import DigitError, PictureTooLargeError, UnreadablePictureError

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")  # Pillow's names: JPEG is MPO, PPM is PGM, too
MAX_BYTES = 25 * 1024 * 1024  # a phone's photo has 2 to 12 MB
MAX_PIXELS = 50_000_000  # 50 megapixels: 200 MB once decoded, as Pillow keeps four bytes a pixel
MAX_PIXELS_OF = {  # what takes more memory than the others: bytes a pixel measured while the whole is decoded
    "WEBP": 20_000_000,  # 16 bytes a pixel
    "AVIF": 30_000_000,  # 12 bytes a pixel
    "progressive JPEG": 30_000_000,  # 8 bytes a pixel of four colours, however small it is to become
}
MAX_SIDE = 30_000  # pixels; longer than this is no picture of handwriting
MAX_READS = 400_000  # pieces a decoder asks a file for: photos take hundreds; Pillow spends some 3 microseconds on each
MAX_SCANS = 32  # passes over a progressive JPEG: encoders write about ten, and each costs as much as a whole decode
HEIC_BRANDS = {b"heic", b"heix", b"heis", b"heim", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}  # ISO 23008-12
AVIF_BRANDS = {b"avif", b"avis"}  # also carry mif1 or msf1 beside them
PDF_MAGIC_WITHIN = 1024  # bytes: where a PDF reader looks for the header

READ_FORMATS = "PNG, JPEG, WebP, AVIF, GIF, BMP, TIFF and PPM work"
HEIC_SENTENCE = "HEIC photos cannot be read here; save the photo as JPEG or PNG first."
PDF_SENTENCE = "PDF files cannot be read here; save the page as a picture, for example PNG, first."
POSTSCRIPT_SENTENCE = "PostScript files cannot be read here; save the page as a picture, for example PNG, first."
SVG_SENTENCE = "SVG drawings cannot be read here; save the drawing as PNG first."
DAMAGED_SENTENCE = f"This file could not be read as a picture: it is damaged or of an unknown kind. {READ_FORMATS}."
PIECES_SENTENCE = "This file could not be read: it is built of too many small pieces; save the picture as PNG first."

MAX_TILES = 100_000  # strips and tiles of a TIFF: 30,000 rows of three planes need no more
MAX_PLAIN_BYTES = 2_000_000  # of a PPM in written figures: Pillow reads them one by one, 0.2 s for each megabyte
SCAN_MARKER = b"\xff\xda"  # of a JPEG; within coded data 255 is always followed by 0 or a restart, so none is missed

# Of broken metadata, where the pixels decide. Filters are the whole process's: none is changed while others decode.
warnings.filterwarnings("ignore", module=r"PIL\.")


def read_file(path: Path) -> bytes:
    """Read a regular file; a pipe or a device might never end.

    Raises:
        UnreadablePictureError: there is no such file, or it cannot be opened.
        PictureTooLargeError: more than `MAX_BYTES`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            raise UnreadablePictureError(f"{path.name!r} is {kind}, not a file.")
        if status.st_size > MAX_BYTES:
            raise PictureTooLargeError(_too_many_bytes(status.st_size))
        with path.open("rb") as file:
            return file.read(status.st_size)  # not of `MAX_BYTES`, for which memory would be taken each time
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise UnreadablePictureError(f"The file {path.name!r} could not be opened.") from error


def open_file(content: bytes) -> Image.Image:
    """Open a file's bytes without decoding them yet, if it is one of `FORMATS` and not built to take long.

    Raises:
        UnreadablePictureError: it is empty, damaged, of another format, or built of too many pieces.
        PictureTooLargeError: more than `MAX_BYTES`, or far too many pixels.
    """
    if len(content) > MAX_BYTES:
        raise PictureTooLargeError(_too_many_bytes(len(content)))
    if not content:
        raise UnreadablePictureError("The file is empty: it has 0 bytes.")
    with refuse_if_it_fails(_known_sentence(content)):
        image = Image.open(_CountingReader(content), formats=FORMATS)
        tiles = getattr(image, "tile", ())
        has_many_scans = image.format in ("JPEG", "MPO") and _count_scans(content) > MAX_SCANS
        is_long_text = any(tile[0] == "ppm_plain" for tile in tiles[:1]) and len(content) > MAX_PLAIN_BYTES
        if len(tiles) > MAX_TILES or has_many_scans or is_long_text:
            raise UnreadablePictureError(PIECES_SENTENCE)
        return image


def _count_scans(content: bytes) -> int:
    """Return how many scans a JPEG has; `bytes.count` takes six times as long, a thirtieth of reading a photo."""
    marker, kind = SCAN_MARKER
    values = np.frombuffer(content, np.uint8)
    return int(np.count_nonzero((values[:-1] == marker) & (values[1:] == kind)))


def refuse_large(size: tuple[int, int], form: str | None = None) -> None:
    """Check a picture's width and height in pixels; `form` is its format, as `MAX_PIXELS_OF` names it.

    Raises:
        PictureTooLargeError: more pixels than that format may have, or more than `MAX_SIDE` on one side.
    """
    width, height = size
    most = MAX_PIXELS_OF.get(form or "", MAX_PIXELS)
    if width * height > most or max(width, height) > MAX_SIDE:
        raise PictureTooLargeError(_too_many_pixels(most))


@contextmanager
def refuse_if_it_fails(sentence: str = DAMAGED_SENTENCE) -> Iterator[None]:
    """Turn whatever a decoder raises on a broken file into a sentence; our own errors pass."""
    try:
        yield
    except DigitError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureTooLargeError(_too_many_pixels(MAX_PIXELS)) from error
    except Exception as error:  # Pillow's decoders raise almost anything on broken files
        raise UnreadablePictureError(sentence) from error


def _known_sentence(content: bytes) -> str:
    """Say what becomes of a file that no decoder here takes."""
    if content[4:8] == b"ftyp":
        end = min(int.from_bytes(content[:4], "big"), 512)
        brands = {content[8:12]} | {content[i : i + 4] for i in range(16, end, 4)}
        if brands & HEIC_BRANDS and not brands & AVIF_BRANDS:
            return HEIC_SENTENCE
    if b"%PDF-" in content[:PDF_MAGIC_WITHIN]:
        return PDF_SENTENCE
    if content.startswith((b"%!PS", b"\xc5\xd0\xd3\xc6")):
        return POSTSCRIPT_SENTENCE
    if b"<svg" in content[:PDF_MAGIC_WITHIN]:
        return SVG_SENTENCE
    return DAMAGED_SENTENCE


class _CountingReader(io.BytesIO):
    """A file that a decoder may ask for only so many pieces, whatever the file's own fields say."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._left = MAX_READS

    def read(self, size: int | None = -1) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise UnreadablePictureError(PIECES_SENTENCE)
        return super().read(size)


def _too_many_bytes(size: int) -> str:
    return f"The file has {math.ceil(size / 2**20)} MB; at most {MAX_BYTES // 2**20} MB are read."


def _too_many_pixels(most: int) -> str:
    megapixels = most // 1_000_000
    return f"The picture is too large: at most {megapixels} megapixels and {MAX_SIDE:,} pixels a side are read."
