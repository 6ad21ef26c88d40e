"""The question whether an answer was wrong, with nothing that keeps it: `python -m ui.components.correction`."""

from __future__ import annotations

import gradio as gr

from ui.components.answer import AnswerPanel
from ui.components.correction import Correction, CorrectionPanel, CorrectionResult, UndoRequest, UndoResult, refusal
from ui.components.demo import answer_drawing, launch
from ui.components.sketchpad import Sketchpad


def keep(correction: Correction | UndoRequest) -> CorrectionResult:
    """Say that it was kept, and forget it."""
    if not isinstance(correction, Correction):
        raise refusal()
    return CorrectionResult("Thank you. It is kept.", kept=True, receipt="a receipt", label=correction.label)


def take_back(wish: Correction | UndoRequest) -> UndoResult:
    """Say that it was removed."""
    if not isinstance(wish, UndoRequest):
        raise refusal()
    return UndoResult("Taken back.", wish.receipt)


def build_demo() -> gr.Blocks:
    """Place the question under an answer."""
    with gr.Blocks() as demo:
        with gr.Row():
            pad = Sketchpad(elem_id="draw-canvas")
            with gr.Column():
                panel = AnswerPanel(name="draw", hint="Draw a digit", elem_id="draw-panel")
                question = CorrectionPanel(name="draw", kept_where="It is kept nowhere.", elem_id="draw-correction")
        pad.change(answer_drawing, pad, panel, queue=False, trigger_mode="multiple", show_progress="hidden")
        question.submit(keep, question, question, queue=False, show_progress="hidden")
        question.undo(take_back, question, question, queue=False, show_progress="hidden")
    return demo


if __name__ == "__main__":
    launch(build_demo())
