"""What the demos of the components share: a recognizer without networks, and a page that looks like the real one."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from digit_core.errors import EmptyDrawingError
from digit_core.page.decode import open_picture
from digit_core.page.frame import FRAME_SIZE
from digit_core.types import Box, DigitReading, Prediction, Reading, Vote
from ui.components.answer import Answer
from ui.components.sketchpad import Drawing
from ui.theme import PAGE_STYLE, page_theme

PIXELS_A_DIGIT = 1000  # pixels of ink: so much more ink is taken for the next digit
CONFIDENCE = 0.91


class FakeRecognizer:
    """Reads how much ink there is instead of what it shows, so that a demo needs no networks.

    Each piece of ink that stands apart from the others, seen from above, is a shape; one of some 3,000 pixels is a 3.
    """

    vote = Vote()
    threshold = 0.8
    origin = "No network answers here."

    def read(
        self, image: Image.Image | Path, vote: Vote | None = None, threshold: float | None = None, single: bool = False
    ) -> Reading:
        """Read a picture with dark ink on light paper."""
        ink = 1 - np.asarray(open_picture(image).convert("L"), np.float32) / 255
        columns = np.flatnonzero(ink.max(axis=0) > 0.5)
        if not columns.size:
            raise EmptyDrawingError()
        pieces = [columns] if single else np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
        return Reading((tuple(_shape(ink, int(piece[0]), int(piece[-1]) + 1) for piece in pieces),), vote or self.vote)


def answer_drawing(drawing: Drawing) -> Answer:
    """Answer a drawing of the sketchpad as the fake recognizer reads it."""
    try:
        reading = FakeRecognizer().read(drawing.picture) if drawing.picture else None
    except EmptyDrawingError:
        reading = None
    return Answer(reading, sequence=drawing.sequence, threshold=FakeRecognizer.threshold)


def sure_of(digit: int, confidence: float = CONFIDENCE) -> Prediction:
    """Return a prediction that spreads what it is not sure of over the other nine digits."""
    return Prediction(tuple(confidence if each == digit else (1 - confidence) / 9 for each in range(10)))


def launch(demo: gr.Blocks, prevent_thread_lock: bool = False) -> str:
    """Show a demo as the page would, and return its address."""
    _, address, _ = demo.launch(
        theme=page_theme(), css=PAGE_STYLE, footer_links=[], quiet=True, prevent_thread_lock=prevent_thread_lock
    )
    return address


def _shape(ink: np.ndarray, left: int, right: int) -> DigitReading:
    rows = np.flatnonzero(ink[:, left:right].max(axis=1) > 0.5)
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    piece = ink[top:bottom, left:right]
    small = Image.fromarray(piece).resize((FRAME_SIZE, FRAME_SIZE), Image.Resampling.BOX)
    digit = round(float(piece.sum()) / PIXELS_A_DIGIT) % 10
    votes = {"compact": sure_of(digit, 0.8), "deep": sure_of(digit, 0.95)}
    box = Box(left, top, right - left, bottom - top)
    return DigitReading(box, np.asarray(small, np.float32), sure_of(digit), votes, CONFIDENCE, "digit")
