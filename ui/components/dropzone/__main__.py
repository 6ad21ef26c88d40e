"""The place for a picture, with the file that arrived below it: `python -m ui.components.dropzone`."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ui.components.demo import launch
from ui.components.dropzone import Dropzone


def describe(path: Path | None) -> str:
    """Say which file arrived."""
    return f"{path.name}, {path.stat().st_size} bytes" if path else ""


def build_demo() -> gr.Blocks:
    """Place the component and its output."""
    with gr.Blocks() as demo:
        picture = Dropzone(elem_id="upload-image")
        arrived = gr.Textbox(label="Arrived", elem_id="arrived")
        picture.change(describe, picture, arrived, queue=False, show_progress="hidden")
    return demo


if __name__ == "__main__":
    launch(build_demo())
