"""The sketchpad alone, with what it sends below it: `python -m ui.components.sketchpad`."""

from __future__ import annotations

import gradio as gr

from ui.components.demo import launch
from ui.components.sketchpad import Drawing, Sketchpad


def describe(drawing: Drawing) -> str:
    """Say what was sent."""
    if drawing.picture is None:
        return f"{drawing.sequence}: blank paper"
    width, height = drawing.picture.size
    ink = sum(drawing.picture.histogram()[:128])
    return f"{drawing.sequence}: {width}×{height}, {ink} pixels of ink{', by the page' if drawing.by_page else ''}"


def build_demo() -> gr.Blocks:
    """Place the component and its output."""
    with gr.Blocks() as demo:
        pad = Sketchpad(elem_id="draw-canvas")
        sent = gr.Textbox(label="Sent", elem_id="sent")
        pad.change(describe, pad, sent, queue=False, trigger_mode="multiple", show_progress="hidden")
    return demo


if __name__ == "__main__":
    launch(build_demo())
