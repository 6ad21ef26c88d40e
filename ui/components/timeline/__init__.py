"""The timeline of a drawing: a strip under the paper with the ten probabilities of every answer on the way."""

from __future__ import annotations

from typing import Any, ClassVar

from digit_core.figures.colours import DIGIT_COLOURS
from ui.components.base import Component

# Answers that are kept of one drawing. When there are more, every second one is dropped.
MAX_STEPS = 200


class Timeline(Component):
    """Shows how an answer came about, and brings any of its steps back to the paper and to the answer panel.

    It lives on the page alone and asks the server nothing; `events.py` says what it hears and sends.
    """

    holds: ClassVar[dict[str, str]] = {"type": "null", "description": "nothing: the strip is drawn by the page"}

    def __init__(self, **props: Any) -> None:
        super().__init__(colours=list(DIGIT_COLOURS), max_steps=MAX_STEPS, **props)
