"""Many files at once and their pictures, with a fake recognizer: `python -m ui.components.batch`."""

from __future__ import annotations

import gradio as gr

from ui.components.batch import build_batch
from ui.components.controls import build_vote_controls
from ui.components.demo import FakeRecognizer, launch
from ui.server.turns import Turns


def build_demo() -> gr.Blocks:
    """Place the folded part and the controls that it reads by."""
    recognizer = FakeRecognizer()
    with gr.Blocks() as demo:
        controls = build_vote_controls(recognizer.vote, recognizer.threshold)
        build_batch(recognizer, controls, Turns())
    return demo


if __name__ == "__main__":
    launch(build_demo())
