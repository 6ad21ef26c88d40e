"""Decode whatever a person hands over: the first step from a picture to a reading.

A stranger's file may be made to cost as much as it can. So only the formats that people save handwriting in are
opened, a large picture is shrunk while it is decoded and in narrow bands, and large ones are decoded one at a time.
"""

from __future__ import annotations

import io
import os
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageStat

from digit_core.errors import DigitError, EmptyDrawingError, PictureTooLargeError, UnreadablePictureError

Source = Image.Image | str | os.PathLike[str] | bytes | np.ndarray

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")  # Pillow's names: JPEG is MPO, PPM is PGM, too
MAX_BYTES = 25 * 1024 * 1024  # a phone's photo has 2 to 12 MB
MAX_PIXELS = 50_000_000  # 50 megapixels: 200 MB once decoded, as Pillow keeps four bytes a pixel
MAX_PIXELS_OF = {  # what takes more memory than the others: bytes a pixel measured while the whole is decoded
    "WEBP": 20_000_000,  # 16 bytes a pixel
    "AVIF": 30_000_000,  # 12 bytes a pixel
    "progressive JPEG": 30_000_000,  # 8 bytes a pixel of four colours, however small it is to become
}
MAX_SIDE = 30_000  # pixels; longer than this is no picture of handwriting
LARGE_PIXELS = (
    4_000_000  # from here up one picture is decoded at a time: 50 megapixels of TIFF in one strip take 410 MB
)
WHITE = 255  # the brightest of 8 bits
BAND_PIXELS = 500_000  # pixels converted at a time, so that only the decoded picture itself is ever held whole
WORKING_SIDE = 4032  # pixels: the longest side of a phone's photo of 12 megapixels; larger pictures are read so large
DRAFT_SIDE = 2000  # pixels: so large a JPEG's decoder may leave a photo, which takes a third of the time
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
SIDEWAYS = (5, 6, 7, 8)  # Exif's orientations that exchange width and height
UPRIGHT = {  # what undoes each of Exif's orientations
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_large_decoding = Lock()


@dataclass(frozen=True, eq=False)
class Pixels:
    """A picture's pixels, small enough to work on.

    Attributes:
        values: (height, width) or (height, width, 3) uint8, upright and opaque: grey, or red, green and blue.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
    """

    values: np.ndarray
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the upright original for each of these, at least 1."""
        return max(self.width, self.height) / max(self.values.shape[:2])

    @cached_property
    def rgb(self) -> np.ndarray:
        """(height, width, 3) uint8."""
        return self.values if self.values.ndim == 3 else cv2.cvtColor(self.values, cv2.COLOR_GRAY2RGB)

    @cached_property
    def grey(self) -> np.ndarray:
        """(height, width) uint8."""
        return to_grey(self.values)


def to_grey(picture: Image.Image | np.ndarray) -> np.ndarray:
    """Return how bright an upright picture is, (height, width) uint8, by the weights of ITU-R BT.601.

    Args:
        picture: an opaque PIL image or a uint8 array (H, W) or (H, W, 3).

    Raises:
        TypeError: a source of another type.
        EmptyDrawingError: it has no pixels.
    """
    if not isinstance(picture, np.ndarray):
        return np.asarray(picture.convert("L"))
    if picture.dtype != np.uint8 or (picture.ndim != 2 and picture.shape[2:] != (3,)) or not picture.size:
        return to_grey(open_picture(picture))
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def open_picture(source: Source) -> Image.Image:
    """Decode a picture and bring it upright, without transparency.

    Args:
        source: a PIL image, a file's path, a file's bytes, or a uint8 array (H, W), (H, W, 3) or (H, W, 4).

    Returns:
        A PIL image of mode "L" or "RGB" in full size; `read_pixels` takes far less memory. Animated files give their
        first picture; transparent parts become the paper that the visible ink stands out from.

    Raises:
        EmptyDrawingError: the picture is wholly transparent, or has a side of 0 pixels.
        UnreadablePictureError: the source cannot be decoded, or its path names no regular file.
        PictureTooLargeError: more than `MAX_BYTES`, `MAX_PIXELS` or `MAX_SIDE`.
        TypeError: a source of another type.
    """
    return _decode(source, None)[0]


def read_pixels(source: Source, longest: int, least: int | None = None) -> Pixels:
    """Decode a picture at the size it is worked on, holding as little of it as its format allows.

    Args:
        source: as `open_picture` takes it.
        longest: pixels; a picture with a longer side is shrunk until no side is longer ...
        least: ... and where its decoder can leave out what is too fine, at a fraction of the time, until its longest
            side has so many pixels at least; None is as many as `longest`.

    Returns:
        What `open_picture` gives, small.

    Raises:
        DigitError: as `open_picture` does.
        TypeError: a source of another type.
        ValueError: `longest` is not positive.
    """
    if longest < 1:
        raise ValueError(f"expected a longest side of at least 1 pixel, got {longest}")
    if isinstance(source, np.ndarray):
        _check_array(source)
        if source.ndim == 2 or source.shape[2] == 3:
            height, width = source.shape[:2]
            return Pixels(_shrink(source, longest), width, height)
    picture, (width, height) = _decode(source, longest, least)
    return Pixels(np.asarray(picture), width, height)


def _decode(source: Source, longest: int | None, least: int | None = None) -> tuple[Image.Image, tuple[int, int]]:
    """Return the picture, upright and opaque, and the upright original's size; see `read_pixels`."""
    if isinstance(source, np.ndarray):
        _check_array(source)
        image = Image.fromarray(source)
    elif isinstance(source, Image.Image):
        image = source
    elif isinstance(source, bytes | str | os.PathLike):
        content = source if isinstance(source, bytes) else _read_file(Path(source))
        image = _open(content)
    else:
        raise TypeError(f"expected a PIL image, path, bytes or uint8 array, got {type(source).__name__}")
    if 0 in image.size:
        raise EmptyDrawingError()
    _refuse_large(image.size, "progressive JPEG" if image.info.get("progressive") else image.format)
    with _unreadable_if_it_fails(), _one_large_at_a_time(image.size):
        size = image.size
        if longest is not None and image is not source:  # a caller's own image stays as it is
            _draft(image, least or longest)
        image.load()
        turn = _orientation(image)  # only now: Pillow turns a TIFF upright while it loads it
        small = _reduce(image, longest)
        del image  # the memory, before another copy is made
        small = _make_opaque(_fit(small, longest))
        if turn in UPRIGHT:
            small = small.transpose(UPRIGHT[turn])
            small.info = {}  # or whoever opens the result again would turn it again
        return small, (size[::-1] if turn in SIDEWAYS else size)


def _check_array(array: np.ndarray) -> None:
    if array.dtype != np.uint8:
        raise TypeError(f"expected a uint8 array, got {array.dtype}")
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise TypeError(f"expected shape (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if array.size == 0:
        raise EmptyDrawingError()  # Pillow makes no picture of it
    _refuse_large((array.shape[1], array.shape[0]))


def _read_file(path: Path) -> bytes:
    """Read a regular file; a pipe or a device might never end."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            raise UnreadablePictureError(f"{path.name!r} is {kind}, not a file.")
        if status.st_size > MAX_BYTES:
            raise PictureTooLargeError(_too_many_bytes(status.st_size))
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise UnreadablePictureError(f"The file {path.name!r} could not be opened.") from error


def _open(content: bytes) -> Image.Image:
    """Open a file's bytes without decoding them yet, if it is one of `FORMATS` and not built to take long."""
    if len(content) > MAX_BYTES:
        raise PictureTooLargeError(_too_many_bytes(len(content)))
    if not content:
        raise UnreadablePictureError("The file is empty: it has 0 bytes.")
    with _unreadable_if_it_fails(_known_sentence(content)):
        image = Image.open(_CountingReader(content), formats=FORMATS)
        tiles = getattr(image, "tile", ())
        has_many_scans = image.format in ("JPEG", "MPO") and content.count(SCAN_MARKER) > MAX_SCANS
        is_long_text = any(tile[0] == "ppm_plain" for tile in tiles[:1]) and len(content) > MAX_PLAIN_BYTES
        if len(tiles) > MAX_TILES or has_many_scans or is_long_text:
            raise UnreadablePictureError(PIECES_SENTENCE)
        return image


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


@contextmanager
def _unreadable_if_it_fails(sentence: str = DAMAGED_SENTENCE) -> Iterator[None]:
    """Turn whatever a decoder raises on a broken file into a sentence; our own errors pass."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken metadata: the pixels decide
            yield
    except DigitError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureTooLargeError(_too_many_pixels(MAX_PIXELS)) from error
    except Exception as error:  # Pillow's decoders raise almost anything on broken files
        raise UnreadablePictureError(sentence) from error


@contextmanager
def _one_large_at_a_time(size: tuple[int, int]) -> Iterator[None]:
    """Hold a large picture's decoding back while another one is decoded."""
    with _large_decoding if size[0] * size[1] >= LARGE_PIXELS else nullcontext():
        yield


def _draft(image: Image.Image, least: int) -> None:
    """Let a JPEG's decoder shrink it, by 2, 4 or 8, where its longest side keeps so many pixels."""
    ratio = min(1.0, least / max(image.size))
    image.draft(image.mode, (max(1, int(image.width * ratio)), max(1, int(image.height * ratio))))


def _orientation(image: Image.Image) -> int:
    """Return how a camera was held, by Exif's numbers; broken metadata says upright."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - Pillow's parsers raise almost anything on broken metadata, and the pixels count
        return 1


def _reduce(image: Image.Image, longest: int | None) -> Image.Image:
    """Return the picture as "L", "RGB" or "RGBa" of 8 bits, shrunk by a whole factor to no less than `longest`.

    It is converted band by band and shrunk at once: the wider pixels of a conversion are held for one band only.
    """
    factor = max(image.size) // longest if longest else 1
    factor = max(1, min(factor, *image.size))
    to_eight_bits = _converter(image)
    if factor == 1 and to_eight_bits is None:
        small = image
    else:
        rows = max(1, BAND_PIXELS // (factor * image.width)) * factor
        small = Image.new("L", (1, 1))
        for top in range(0, image.height, rows):
            band = image.crop((0, top, image.width, min(top + rows, image.height)))
            band = (to_eight_bits(band) if to_eight_bits else band).reduce(factor)
            if top == 0:
                small = Image.new(band.mode, (band.width, -(-image.height // factor)))
            small.paste(band, (0, top // factor))
    return small


def _fit(small: Image.Image, longest: int | None) -> Image.Image:
    """Shrink a picture until no side is longer than `longest`."""
    if longest is None or max(small.size) <= longest:
        return small
    shrunk = _shrink(np.asarray(small), longest)
    return Image.frombuffer(small.mode, (shrunk.shape[1], shrunk.shape[0]), shrunk, "raw", small.mode, 0, 1)


def _shrink(values: np.ndarray, longest: int) -> np.ndarray:
    """Shrink (height, width, ...) uint8 until no side is longer; the array itself where none is."""
    height, width = values.shape[:2]
    ratio = longest / max(height, width)
    if ratio >= 1:
        return values
    return cv2.resize(
        values, (max(1, round(width * ratio)), max(1, round(height * ratio))), interpolation=cv2.INTER_AREA
    )


def _converter(image: Image.Image) -> Callable[[Image.Image], Image.Image] | None:
    """Return what brings a band of the picture to "L", "RGB" or, where it is transparent, "RGBa"; None for nothing."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        low, high = _deep_range(image)
        return lambda band: _to_eight_bits(band, low, high)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return lambda band: band.convert("RGBA").convert("RGBa")  # premultiplied: what nobody sees does not blur in
    if image.mode in ("L", "RGB"):
        return None
    mode = "L" if image.mode == "1" else "RGB"
    return lambda band: band.convert(mode)


def _deep_range(image: Image.Image) -> tuple[float, float]:
    """Return what becomes black and white in 16-bit or float grey (scanners seldom use all of 16 bits)."""
    low, high = np.inf, -np.inf
    rows = max(1, BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        values = _deep_values(image.crop((0, top, image.width, min(top + rows, image.height))))
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low >= 0 and high > 255:
        return 0.0, 65535.0 if 65535 / 4 < high <= 65535 else high
    return low, high


def _deep_values(band: Image.Image) -> np.ndarray:
    """Return a band's values as (height, width) float64, what is no number as 0."""
    return np.nan_to_num(np.asarray(band, dtype=np.float64), posinf=0.0, neginf=0.0)


def _to_eight_bits(band: Image.Image, low: float, high: float) -> Image.Image:
    values = _deep_values(band)
    if high <= low:
        return Image.fromarray(np.zeros(values.shape, np.uint8))
    return Image.fromarray(np.round((values - low) / (high - low) * 255).astype(np.uint8))


def _make_opaque(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on paper that its visible ink stands out from."""
    if image.mode != "RGBa":
        return image
    red, green, blue, alpha = ImageStat.Stat(image).sum
    if alpha == 0:
        raise EmptyDrawingError()
    ink_is_light = (red + green + blue) / (3 * alpha) > 0.5
    mostly_clear = alpha / (255 * image.width * image.height) < 0.5
    pixels = np.asarray(image)
    paper = 0 if ink_is_light and mostly_clear else 255 - pixels[..., 3:]
    return Image.fromarray(pixels[..., :3] + paper)


def _refuse_large(size: tuple[int, int], form: str | None = None) -> None:
    width, height = size
    most = MAX_PIXELS_OF.get(form or "", MAX_PIXELS)
    if width * height > most or max(width, height) > MAX_SIDE:
        raise PictureTooLargeError(_too_many_pixels(most))


def _too_many_bytes(size: int) -> str:
    return f"The file has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read."


def _too_many_pixels(most: int) -> str:
    megapixels = most // 1_000_000
    return f"The picture is too large: at most {megapixels} megapixels and {MAX_SIDE:,} pixels a side are read."


ImageFile.LOAD_TRUNCATED_IMAGES = False  # half a photo would be read as if it were whole
