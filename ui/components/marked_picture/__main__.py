"""A picture with boxes beside its answer, with a fake recognizer: `python -m ui.components.marked_picture`."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from digit_core.errors import DigitError
from digit_core.page.decode import open_picture
from ui.components.answer import Answer, AnswerPanel
from ui.components.demo import FakeRecognizer, launch
from ui.components.dropzone import Dropzone
from ui.components.marked_picture import AnnotatedPicture, MarkedPicture


def answer(path: Path | None) -> tuple[AnnotatedPicture | None, Answer]:
    """Answer a picture."""
    if path is None:
        return None, Answer()
    try:
        picture = open_picture(path)
        reading = FakeRecognizer().read(picture)
    except DigitError as error:
        return None, Answer(sentence=str(error))
    return AnnotatedPicture(picture, reading.digits), Answer(reading)


def build_demo() -> gr.Blocks:
    """Place the picture below its place and beside its answer."""
    with gr.Blocks() as demo:
        with gr.Row():
            with gr.Column():
                picture = Dropzone(elem_id="upload-image")
                marked = MarkedPicture(elem_id="upload-marked")
            panel = AnswerPanel(name="upload", hint="Choose a picture", elem_id="upload-panel")
        picture.change(answer, picture, [marked, panel], queue=False, show_progress="hidden")
    return demo


if __name__ == "__main__":
    launch(build_demo())
