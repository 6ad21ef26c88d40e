"""Make any picture one of 8 bits, opaque and small enough to work on, in narrow bands of little memory."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from digit_core.errors import EmptyDrawingError

OUTLINE = 0.2  # of the range of brightness: what borders on nothing and differs so much from the rest is its outline
BAND_PIXELS = 500_000  # pixels converted at a time, so that only the decoded picture itself is ever held whole


def convert_in_bands(image: Image.Image, longest: int | None) -> Image.Image:
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


def shrink_image(small: Image.Image, longest: int | None) -> Image.Image:
    """Shrink a picture until no side is longer than `longest`."""
    if longest is None or max(small.size) <= longest:
        return small
    shrunk = shrink_array(np.asarray(small), longest)
    return Image.frombuffer(small.mode, (shrunk.shape[1], shrunk.shape[0]), shrunk, "raw", small.mode, 0, 1)


def shrink_array(values: np.ndarray, longest: int) -> np.ndarray:
    """Shrink (height, width, ...) uint8 or float32 until no side is longer; the array itself where none is."""
    height, width = values.shape[:2]
    ratio = longest / max(height, width)
    if ratio >= 1:
        return values
    return cv2.resize(
        values, (max(1, round(width * ratio)), max(1, round(height * ratio))), interpolation=cv2.INTER_AREA
    )


def make_opaque(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on paper that its visible ink stands out from; an outline merges with the paper.

    Args:
        image: "RGBa", as `convert_in_bands` gives it; one of another mode is returned as it is.

    Raises:
        EmptyDrawingError: all of it is transparent.
    """
    if image.mode != "RGBa":
        return image
    pixels = np.asarray(image)
    if not pixels[..., 3].any():
        raise EmptyDrawingError()
    paper = 0 if _suits_black_paper(pixels) else 255 - pixels[..., 3:]
    return Image.fromarray(pixels[..., :3] + paper)


def _suits_black_paper(pixels: np.ndarray) -> bool:
    """Whether (height, width, 4) RGBa belongs on black paper: what is on it has a dark outline, or is light itself."""
    visible = (pixels[..., 3] >= 128).view(np.uint8)
    core = cv2.erode(visible, np.ones((3, 3), np.uint8))
    rim = visible - core
    if core.any() and rim.any():
        lighter_by = _brightness(pixels, rim) - _brightness(pixels, core)
        if abs(lighter_by) > OUTLINE:
            return lighter_by < 0
    mostly_clear = cv2.mean(pixels)[3] / 255 < 0.5
    return mostly_clear and _brightness(pixels) > 0.5


def _brightness(pixels: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Return the mean brightness in [0, 1] of what is visible of (height, width, 4) RGBa."""
    red, green, blue, alpha = cv2.mean(pixels, mask)
    return (red + green + blue) / (3 * alpha)


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
