"""The paper people draw on: one canvas for mouse, finger, pen and keyboard, with a brush and an eraser."""

from __future__ import annotations

import base64
import binascii
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr
from PIL import Image

from digit_core.pen import CANVAS_SIDE, CANVASES, WIDE_CANVAS
from ui.components.base import Component

# Pixels of the brush when the page opens: about as wide on this paper as MNIST's strokes are in their frames. Figures
# are measured with it, too: `training.data.frames.BRUSHES`.
BRUSH = 20
# Pixels of the other brushes: a thinner stroke vanishes in the frame, and a wider one closes loops.
THINNEST_BRUSH, WIDEST_BRUSH = 8, 36
# Milliseconds between two readings while the pen moves: at most ten a second.
LIVE_EVERY_MS = 100
# Drawings that may wait for an answer at the same time: enough for ten answers a second over a line that takes 0.3 s.
MAX_UNANSWERED = 4
# Characters of the longest drawing that is accepted; a full paper takes about 10,000.
LONGEST_PAYLOAD = 400_000
PNG_PREFIX = "data:image/png;base64,"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What stood on the paper at one moment.

    Attributes:
        sequence: counts what the page has sent, so that it can tell a late answer.
        picture: black ink on white paper of a size in `pen.CANVASES`, mode "L", or None when the paper is blank.
        by_page: whether all of it is an example that the page wrote and nobody has changed.
    """

    sequence: int = 0
    picture: Image.Image | None = None
    by_page: bool = False


class Sketchpad(Component):
    """A sheet of white paper for mouse, finger and pen that sends what is drawn while it is drawn.

    `gr.Sketchpad` reports a stroke only when the pen is lifted, draws without anti-aliasing and needs a click on its
    brush first, so this is a canvas of our own. Handlers receive a `Drawing`.
    """

    scripts = ("handwriting.js", "pad.js", "connection.js", "example.js", "pointer.js", "script.js")
    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "a sequence number and a PNG data URL"}

    def __init__(self, *, elem_id: str | None = None, **props: Any) -> None:
        super().__init__(
            elem_id=elem_id,
            side=CANVAS_SIDE,
            wide=WIDE_CANVAS[0],
            brush=BRUSH,
            thinnest=THINNEST_BRUSH,
            widest=WIDEST_BRUSH,
            live_every_ms=LIVE_EVERY_MS,
            max_unanswered=MAX_UNANSWERED,
            handwriting=json.loads((HERE / "handwriting.json").read_text(encoding="utf-8")),
            **props,
        )

    def preprocess(self, payload: dict[str, Any] | None) -> Drawing:
        """Turn what the page sent into a drawing.

        Args:
            payload: {"sequence": int, "picture": a PNG data URL, or "" for blank paper, "by_page": bool}; None before
                the first stroke.

        Raises:
            gr.Error: the payload was not made by this page.
        """
        if payload is None:
            return Drawing()
        try:
            sequence, url = int(payload["sequence"]), str(payload["picture"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:  # OverflowError: an infinite number
            raise gr.Error("A drawing needs a sequence number and a picture.", print_exception=False) from error
        return Drawing(sequence, _decode(url) if url else None, payload.get("by_page") is True)


def _decode(url: str) -> Image.Image:
    """Decode the paper's PNG data URL; whatever could not have come from the paper raises `gr.Error`."""
    refusal = gr.Error("The drawing could not be read: it must be the paper's own PNG.", print_exception=False)
    if len(url) > LONGEST_PAYLOAD or not url.startswith(PNG_PREFIX):
        raise refusal
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(url.removeprefix(PNG_PREFIX), validate=True)), formats=["PNG"])
        if picture.size not in CANVASES:
            raise refusal
        return picture.convert("L")
    except (binascii.Error, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise refusal from error
