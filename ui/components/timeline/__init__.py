"""The timeline of a drawing: a strip under the paper with the ten probabilities of every answer on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from digit_core.figures.colours import DIGIT_COLOURS
from ui.components.base import parts_in

MOST_STEPS = 200  # answers that one drawing keeps; of more, every second of those so far is let go
HERE = Path(__file__).parent


class Timeline(gr.HTML):
    """Shows how an answer came about, and brings any of its steps back to the paper and to the answer panel.

    It lives on the page alone and asks the server nothing. The paper of the Draw tab tells it of every drawing that it
    sends ("paper-sent"), the answer panel of every answer ("drawing-answered"); both show the step that the strip
    names ("belief-step"; null is the present again).
    """

    def __init__(self, *, elem_id: str | None = None, **props: Any) -> None:
        super().__init__(
            value=None,
            **parts_in(HERE),
            elem_id=elem_id,
            colours=list(DIGIT_COLOURS),
            most_steps=MOST_STEPS,
            **props,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "null", "description": "nothing: the strip is drawn by the page"}
