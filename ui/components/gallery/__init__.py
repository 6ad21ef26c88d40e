"""The pictures of many files, small and with boxes, a page of them at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr
from PIL import Image

from digit_core.errors import DigitError
from digit_core.page.decode import read_pixels
from ui.components.base import Component
from ui.components.data_urls import jpeg_url
from ui.server.turns import Turns

PAGE_SIZE = 24  # pictures shown at a time: what is not shown is kept neither here nor in the browser
THUMBNAIL_SIDE = 240  # pixels, sharp on a phone's screen; some 6 kB


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small copy of one file's picture.

    Attributes:
        index: which of the files, counted from 0.
        file: its name.
        source: the copy as a JPEG data URL; empty where the file is no picture.
        width: of the upright picture itself, in pixels, to place boxes by.
        height: likewise.
    """

    index: int
    file: str
    source: str = ""
    width: int = 1
    height: int = 1


class Gallery(Component):
    """Shows the files that a `BatchPanel` has read; its `turn` event asks for the pictures of one page.

    Handlers receive the indices that are wanted and return `Thumbnail`s.
    """

    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "small pictures"}

    def __init__(self, **props: Any) -> None:
        super().__init__(page_size=PAGE_SIZE, **props)

    def preprocess(self, payload: dict[str, Any] | None) -> tuple[int, ...]:
        """Turn what the page sent into indices.

        Args:
            payload: {"wanted": at most `PAGE_SIZE` indices, counted from 0}.

        Raises:
            gr.Error: the payload was not made by this page.
        """
        wanted = payload.get("wanted") if isinstance(payload, dict) else None
        if not isinstance(wanted, list) or len(wanted) > PAGE_SIZE:
            raise gr.Error(f"A page has at most {PAGE_SIZE} pictures.", print_exception=False)
        return tuple(index for index in wanted if isinstance(index, int) and index >= 0)

    def postprocess(self, value: tuple[Thumbnail, ...] | None) -> dict[str, Any] | None:
        """Turn thumbnails into what the script draws."""
        if value is None:
            return None
        return {
            "thumbnails": [
                {"index": one.index, "file": one.file, "source": one.source, "width": one.width, "height": one.height}
                for one in value
            ]
        }


@dataclass(frozen=True, slots=True)
class GalleryHandlers:
    """Makes the small pictures that are looked at, and keeps none."""

    turns: Turns

    def thumbnails(self, wanted: tuple[int, ...], files: list[str] | None) -> tuple[Thumbnail, ...]:
        """Shrink the wanted ones of the chosen files; what is no longer among them is left out."""
        chosen = files or []
        return tuple(self._thumbnail(index, Path(chosen[index])) for index in wanted if index < len(chosen))

    def _thumbnail(self, index: int, file: Path) -> Thumbnail:
        try:
            with self.turns.turn(can_be_refused=False):  # one refused would stay without its picture
                pixels = read_pixels(file, THUMBNAIL_SIDE)
                url = jpeg_url(Image.fromarray(pixels.rgb), THUMBNAIL_SIDE)
                return Thumbnail(index, file.name, url, pixels.width, pixels.height)
        except DigitError:
            return Thumbnail(index, file.name)
