"""The uploaded picture with a box and a digit over every shape that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from PIL import Image

from digit_core.types import Box, DigitReading
from ui.components.base import Component
from ui.components.data_urls import jpeg_url

LONGEST_SHOWN_SIDE = 1024  # pixels: sharp on any screen, and a twelve-megapixel photo becomes some 200 kB


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedPicture:
    """A picture, upright, and the shapes that were found on it.

    Attributes:
        picture: as it is shown, perhaps smaller than it came.
        digits: their boxes in pixels of the picture as it came.
        scale: pixels of the picture as it came for each pixel of `picture`.
    """

    picture: Image.Image
    digits: tuple[DigitReading, ...] = ()
    scale: float = 1.0


class MarkedPicture(Component):
    """Shows an `AnnotatedPicture`, or nothing at all; a box that is clicked is shown by the answer panel of its tab."""

    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "a picture and the boxes over it"}

    def postprocess(self, value: AnnotatedPicture | None) -> dict[str, Any] | None:
        """Turn a marked picture into what the template draws: one small JPEG and boxes in per cent of its sides."""
        if value is None:
            return None
        width, height = (side * value.scale for side in value.picture.size)
        return {
            "picture": jpeg_url(value.picture, LONGEST_SHOWN_SIDE),
            "boxes": [
                {"text": digit.text, "verdict": digit.verdict, **_in_percent(digit.box, width, height)}
                for digit in value.digits
            ],
        }


def _in_percent(box: Box, width: float, height: float) -> dict[str, float]:
    """Express a box as shares of its picture, so that it fits however large the picture is shown."""
    return {
        "left": 100 * box.left / width,
        "top": 100 * box.top / height,
        "width": 100 * box.width / width,
        "height": 100 * box.height / height,
    }
