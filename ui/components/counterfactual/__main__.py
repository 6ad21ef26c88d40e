"""The panel that says what would change an answer, with made-up findings: `python -m ui.components.counterfactual`."""

from __future__ import annotations

import gradio as gr

from ui.components.answer import AnswerPanel
from ui.components.counterfactual import CounterfactualPanel, Finding, Question
from ui.components.demo import answer_drawing, launch
from ui.components.format import with_article
from ui.components.sketchpad import Sketchpad


def find(question: Question) -> Finding:
    """Make a finding up."""
    strokes = len(question.strokes)
    return Finding(
        question.number, sentence=f"Less of these {strokes} strokes would be {with_article(question.target)}."
    )


def build_demo() -> gr.Blocks:
    """Place the panel under an answer; a bar that is chosen asks."""
    with gr.Blocks() as demo:
        with gr.Row():
            pad = Sketchpad(elem_id="draw-canvas")
            with gr.Column():
                panel = AnswerPanel(name="draw", hint="Draw a digit", bars_can_be_chosen=True, elem_id="draw-panel")
                asking = CounterfactualPanel(elem_id="draw-counterfactual")
        pad.change(answer_drawing, pad, panel, queue=False, trigger_mode="multiple", show_progress="hidden")
        asking.submit(find, asking, asking, queue=False, show_progress="hidden")
    return demo


if __name__ == "__main__":
    launch(build_demo())
