"""The Draw tab: paper on one side, the answer on the other, live while the pen moves."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import gradio as gr

from digit_core import Vote
from digit_core.effort import DRAWING
from digit_core.errors import DigitError, EmptyDrawingError
from digit_core.recognizer import Recognizer
from ui.components.answer import Answer, AnswerPanel, milliseconds_since
from ui.components.controls import VoteControls, with_vote
from ui.components.correction.handlers import CorrectionHandlers, build_correction
from ui.components.correction.store import CorrectionStore
from ui.components.counterfactual.handlers import build_counterfactual
from ui.components.inspector.handlers import InspectorHandlers, build_inspector
from ui.components.sketchpad import Drawing, Sketchpad
from ui.components.timeline import Timeline
from ui.server.doors import LiveEvents
from ui.server.turns import Turns

HINT = "Draw a digit"


@dataclass(frozen=True, slots=True)
class DrawHandlers:
    """What the Draw tab does with a recognizer."""

    recognizer: Recognizer

    def answer(self, drawing: Drawing, vote: Vote, threshold: float) -> Answer:
        """Read the paper as it stands; an error becomes the answer's sentence, since the live path shows no toast."""
        if drawing.picture is None:
            return Answer(sequence=drawing.sequence)
        start = perf_counter()
        try:
            reading = self.recognizer.read(drawing.picture, vote, threshold, effort=DRAWING)
        except EmptyDrawingError:
            return Answer(sequence=drawing.sequence)
        except DigitError as error:
            return Answer(sentence=str(error), sequence=drawing.sequence)
        return Answer(reading, sequence=drawing.sequence, milliseconds=milliseconds_since(start), threshold=threshold)


def live_events(page: gr.Blocks) -> LiveEvents:
    """Name the events that read while the pen moves, and how one is put off when many people draw."""
    handlers = {number: getattr(event.fn, "handler", None) for number, event in page.fns.items()}
    live = {number for number, each in handlers.items() if getattr(each, "__func__", None) is DrawHandlers.answer}
    (panel,) = {output for number in live for output in page.fns[number].outputs}

    def put_off(sequence: int, sentence: str) -> dict[str, Any]:
        return panel.postprocess(Answer(sentence=sentence, sequence=sequence, put_off=True))

    return LiveEvents(live, put_off)


def build_draw_tab(
    recognizer: Recognizer, controls: VoteControls, turns: Turns, corrections: CorrectionStore | None = None
) -> None:
    """Place the tab's components, then wire them; corrections are asked for where a store keeps them."""
    with gr.Tab("Draw", id="draw"):
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=300):
                paper = Sketchpad(elem_id="draw-canvas")
                Timeline(elem_id="draw-timeline")
            with gr.Column(scale=5, min_width=300):
                panel = AnswerPanel(name="draw", hint=HINT, bars_can_be_chosen=True, elem_id="draw-panel")
                build_counterfactual("draw", recognizer, controls)
                if corrections:
                    keep = CorrectionHandlers(recognizer, turns, corrections).keep_for_drawing
                    build_correction("draw", paper, keep, controls, corrections)
        build_inspector("draw", paper, InspectorHandlers(recognizer, turns).explain_drawing, controls)

    # Strokes come faster than answers over a slow line, so several may be on their way; the panel drops late ones.
    # Of the controls only the last position matters.
    for events, trigger_mode in (([paper.change], "multiple"), (controls.changes, "always_last")):
        gr.on(
            events,
            with_vote(DrawHandlers(recognizer).answer),
            inputs=[paper, *controls.inputs],
            outputs=panel,
            queue=False,
            trigger_mode=trigger_mode,
            show_progress="hidden",
            api_visibility="private",
        )
