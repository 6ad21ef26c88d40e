"""Whether the app really reads, for whoever runs it: one drawing of our own, read by the same way as everybody's."""

from __future__ import annotations

import logging
import threading
from time import monotonic, perf_counter
from typing import Any

from PIL import Image, ImageDraw

from digit_core.pen import CANVAS_SIDE
from digit_core.recognizer import Recognizer

# The digit on the drawing that is read.
PROBE = "1"
# Seconds between two readings. Requests in between get the last answer, so that many of them cost nothing.
CHECK_EVERY = 5.0

log = logging.getLogger("digits")


class Health:
    """Reads a drawing of a one, at most every few seconds."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._lock = threading.Lock()
        self._answer: dict[str, Any] = {}
        self._next_check = 0.0

    def check(self) -> dict[str, Any]:
        """Return {"status": "ok" or "failing", "text": what was read, "milliseconds": how long it took}.

        A recognizer that raises is failing, and has read nothing.
        """
        with self._lock:
            if monotonic() >= self._next_check:
                start = perf_counter()
                text = self._read()
                took = round(1000 * (perf_counter() - start), 1)
                self._answer = {"status": "ok" if text == PROBE else "failing", "text": text, "milliseconds": took}
                self._next_check = monotonic() + CHECK_EVERY
            return self._answer

    def _read(self) -> str:
        try:
            return self._recognizer.read(_probe()).text
        except Exception:  # whatever it is, whoever asks shall learn of it
            log.exception("the drawing that tells whether the app reads could not be read")
            return ""


def _probe() -> Image.Image:
    drawing = Image.new("L", (CANVAS_SIDE, CANVAS_SIDE), 255)
    ImageDraw.Draw(drawing).line([(150, 60), (130, 220)], fill=0, width=20)
    return drawing
