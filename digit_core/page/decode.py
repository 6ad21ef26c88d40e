"""Decode whatever a person hands over: the first of three steps from a picture to a frame (see `page.frame`)."""

from __future__ import annotations

import io
import os
import stat
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps

from digit_core.errors import DigitError, EmptyDrawingError, PictureTooLargeError, UnreadablePictureError

MAX_BYTES = 25 * 1024 * 1024  # a phone's photo has 2 to 12 MB
MAX_PIXELS = 50_000_000  # 50 megapixels: 150 MB once decoded
MAX_SIDE = 30_000  # pixels; longer than this is no picture of handwriting


def open_picture(source: Image.Image | str | os.PathLike[str] | bytes | np.ndarray) -> Image.Image:
    """Decode a picture and bring it upright, without transparency.

    Args:
        source: a PIL image, a file's path, a file's bytes, or a uint8 array (H, W), (H, W, 3) or (H, W, 4).

    Returns:
        A PIL image of mode "L" or "RGB". Animated files give their first picture; transparent parts become the
        paper that the visible ink stands out from.

    Raises:
        EmptyDrawingError: the picture is wholly transparent, or has a side of 0 pixels.
        UnreadablePictureError: the source cannot be decoded, or its path names no regular file.
        PictureTooLargeError: more than `MAX_BYTES`, `MAX_PIXELS` or `MAX_SIDE`.
        TypeError: a source of another type.
    """
    if isinstance(source, np.ndarray):
        return _flatten(_from_array(source))
    if isinstance(source, Image.Image):
        _refuse_large(source.size)
        return _flatten(source)
    if isinstance(source, bytes):
        return _decode(source)
    if isinstance(source, str | os.PathLike):
        return _decode(_read_file(Path(source)))
    raise TypeError(f"expected a PIL image, path, bytes or uint8 array, got {type(source).__name__}")


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


def _from_array(array: np.ndarray) -> Image.Image:
    if array.dtype != np.uint8:
        raise TypeError(f"expected a uint8 array, got {array.dtype}")
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise TypeError(f"expected shape (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if array.size == 0:
        raise EmptyDrawingError()  # Pillow makes no picture of it
    _refuse_large((array.shape[1], array.shape[0]))
    return Image.fromarray(array)


def _decode(content: bytes) -> Image.Image:
    if len(content) > MAX_BYTES:
        raise PictureTooLargeError(_too_many_bytes(len(content)))
    if not content:
        raise UnreadablePictureError("The file is empty: it has 0 bytes.")
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        raise UnreadablePictureError("HEIC photos cannot be read here; save the photo as JPEG or PNG first.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken metadata: the pixels decide
            image = Image.open(io.BytesIO(content))
            _refuse_large(image.size)
            return _flatten(image)
    except DigitError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureTooLargeError(_too_many_pixels()) from error
    except Exception as error:  # Pillow's decoders raise almost anything on broken files
        raise UnreadablePictureError(
            "This file could not be read as a picture: it is damaged or of an unknown kind. PNG and JPEG work."
        ) from error


def _flatten(image: Image.Image) -> Image.Image:
    """Bring a decoded picture to "L" or "RGB": upright, 8 bits, transparency replaced by paper."""
    if 0 in image.size:
        raise EmptyDrawingError()
    image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _from_deep(np.asarray(image, dtype=np.float64))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_paper(image.convert("RGBA"))
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")


def _from_deep(values: np.ndarray) -> Image.Image:
    """Scale 16-bit or float grey to 8 bits by its own range (scanners seldom use all of 16 bits)."""
    values = np.nan_to_num(values)
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return Image.fromarray(np.zeros(values.shape, np.uint8))
    if low >= 0 and high > 255:
        low, high = (0.0, 65535.0) if high > 65535 / 4 and high <= 65535 else (0.0, high)
    return Image.fromarray(np.round((values - low) / (high - low) * 255).astype(np.uint8))


def _on_paper(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on paper that its visible ink stands out from."""
    pixels = np.asarray(image, dtype=np.float32)
    alpha = pixels[..., 3:] / 255.0
    if float(alpha.sum()) == 0.0:
        raise EmptyDrawingError()
    ink_is_light = float((pixels[..., :3] * alpha).sum() / (3 * alpha.sum())) > 127.5
    paper = 0.0 if ink_is_light and float(alpha.mean()) < 0.5 else 255.0
    return Image.fromarray(np.round(pixels[..., :3] * alpha + paper * (1 - alpha)).astype(np.uint8))


def _refuse_large(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise PictureTooLargeError(_too_many_pixels())


def _too_many_bytes(size: int) -> str:
    return f"The file has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read."


def _too_many_pixels() -> str:
    megapixels = MAX_PIXELS // 1_000_000
    return f"The picture is too large: at most {megapixels} megapixels and {MAX_SIDE:,} pixels a side are read."


ImageFile.LOAD_TRUNCATED_IMAGES = False  # half a photo would be read as if it were whole
