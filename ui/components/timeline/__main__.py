"""The timeline below a sketchpad, with an answer panel and a fake recognizer: `python -m ui.components.timeline`."""

from __future__ import annotations

import gradio as gr

from ui.components.answer import AnswerPanel
from ui.components.demo import answer_drawing, launch
from ui.components.sketchpad import Sketchpad
from ui.components.timeline import Timeline


def build_demo() -> gr.Blocks:
    """Place the three; the timeline hears the other two."""
    with gr.Blocks() as demo:
        with gr.Row():
            with gr.Column():
                pad = Sketchpad(elem_id="draw-canvas")
                Timeline(elem_id="draw-timeline")
            with gr.Column():
                panel = AnswerPanel(name="draw", hint="Draw a digit", elem_id="draw-panel")
        pad.change(answer_drawing, pad, panel, queue=False, trigger_mode="multiple", show_progress="hidden")
    return demo


if __name__ == "__main__":
    launch(build_demo())
