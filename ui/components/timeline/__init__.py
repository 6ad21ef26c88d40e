"""The timeline of a drawing: a strip under the paper with the ten probabilities of every answer on the way."""

from __future__ import annotations

from typing import Any, ClassVar

from digit_core.figures.colours import DIGIT_COLOURS
from ui.components.base import Component

MOST_STEPS = 200  # answers that one drawing keeps; of more, every second of those so far is let go


class Timeline(Component):
    """Shows how an answer came about, and brings any of its steps back to the paper and to the answer panel.

    It lives on the page alone and asks the server nothing; `events.py` says what it hears and sends.
    """

    holds: ClassVar[dict[str, str]] = {"type": "null", "description": "nothing: the strip is drawn by the page"}

    def __init__(self, **props: Any) -> None:
        super().__init__(colours=list(DIGIT_COLOURS), most_steps=MOST_STEPS, **props)
