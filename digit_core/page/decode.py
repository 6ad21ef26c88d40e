"""Decode whatever a person hands over: the first step from a picture to a reading.

`page.formats` says which files are opened. A large picture is shrunk while it is decoded and in narrow bands
(`page.conversion`), and large ones are decoded one at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from PIL import ExifTags, Image

from digit_core.errors import EmptyDrawingError
from digit_core.page.conversion import convert_in_bands, make_opaque, shrink_array, shrink_image
from digit_core.page.formats import open_file, read_file, refuse_if_it_fails, refuse_large

Source = Image.Image | str | os.PathLike[str] | bytes | np.ndarray

LARGE_PIXELS = 4_000_000  # from here up one picture is decoded at a time: a TIFF of 50 megapixels may take 410 MB
WHITE = 255  # the brightest of 8 bits
WORKING_SIDE = 4032  # pixels: the longest side of a phone's photo of 12 megapixels; larger pictures are read so large
DRAFT_SIDE = 2000  # pixels: so large a JPEG's decoder may leave a photo, which takes a third of the time
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

    @property
    def count(self) -> int:
        """How many there are, of one or of three colours each."""
        return self.values.shape[0] * self.values.shape[1]

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
        longest: the longest side of the result, in pixels; a larger picture is shrunk to it.
        least: how short the longest side may become, in pixels, where the decoder can leave out what is too fine in a
            fraction of the time; None is `longest`.

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
            return Pixels(shrink_array(source, longest), width, height)
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
        content = source if isinstance(source, bytes) else read_file(Path(source))
        image = open_file(content)
    else:
        raise TypeError(f"expected a PIL image, path, bytes or uint8 array, got {type(source).__name__}")
    if 0 in image.size:
        raise EmptyDrawingError()
    refuse_large(image.size, "progressive JPEG" if image.info.get("progressive") else image.format)
    with refuse_if_it_fails(), _one_large_at_a_time(image.size):
        size = image.size
        if longest is not None and image is not source:  # a caller's own image stays as it is
            _draft(image, least or longest)
        image.load()
        turn = _orientation(image)  # only now: Pillow turns a TIFF upright while it loads it
        small = convert_in_bands(image, longest)
        del image  # the memory, before another copy is made
        small = make_opaque(shrink_image(small, longest))
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
    refuse_large((array.shape[1], array.shape[0]))


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
