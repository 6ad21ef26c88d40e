"""The answer panel beside a sketchpad, with a fake recognizer: `python -m ui.components.answer`."""

from __future__ import annotations

import gradio as gr

from ui.components.answer import AnswerPanel
from ui.components.demo import answer_drawing, launch
from ui.components.sketchpad import Sketchpad


def build_demo() -> gr.Blocks:
    """Place both; every drawing is answered."""
    with gr.Blocks() as demo:
        with gr.Row():
            pad = Sketchpad(elem_id="draw-canvas")
            panel = AnswerPanel(name="draw", hint="Draw a digit", elem_id="draw-panel")
        pad.change(answer_drawing, pad, panel, queue=False, trigger_mode="multiple", show_progress="hidden")
    return demo


if __name__ == "__main__":
    launch(build_demo())
