"""Pictures as data URLs: they reach the page inside its values, and nothing is written to disk."""

from __future__ import annotations

import base64
import io

from PIL import Image

JPEG_QUALITY = 85  # of 100: these copies are looked at, and never read


def png_url(picture: Image.Image) -> str:
    """Encode a picture as a PNG data URL, pixel for pixel."""
    png = io.BytesIO()
    picture.save(png, format="PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")


def jpeg_url(picture: Image.Image, longest_side: int) -> str:
    """Encode a small copy of a picture as a JPEG data URL.

    Args:
        picture: upright, of any mode.
        longest_side: of the copy, in pixels; smaller pictures stay as they are.
    """
    small = picture.convert("RGB")
    small.thumbnail((longest_side, longest_side))
    jpeg = io.BytesIO()
    small.save(jpeg, format="JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode("ascii")
