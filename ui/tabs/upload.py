"""The Upload tab: a picture comes in, its digits come out with boxes around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import gradio as gr
from PIL import Image

from digit_core import Vote
from digit_core.errors import DigitError
from digit_core.page.decode import read_pixels
from digit_core.recognizer import Recognizer
from ui.components.answer import Answer, AnswerPanel, milliseconds_since
from ui.components.batch import build_batch
from ui.components.controls import VoteControls, with_vote
from ui.components.correction.handlers import CorrectionHandlers, build_correction
from ui.components.correction.store import CorrectionStore
from ui.components.dropzone import Dropzone
from ui.components.inspector.handlers import InspectorHandlers, build_inspector
from ui.components.marked_picture import LONGEST_SHOWN_SIDE, AnnotatedPicture, MarkedPicture
from ui.server.turns import Turns

HINT = "Choose a picture"


@dataclass(frozen=True, slots=True)
class UploadHandlers:
    """What the Upload tab does with a recognizer, one turn at a time."""

    recognizer: Recognizer
    turns: Turns

    def answer(self, path: Path | None, vote: Vote, threshold: float) -> tuple[AnnotatedPicture | None, Answer]:
        """Read the uploaded file; show it even when nothing on it could be read."""
        if path is None:
            return None, Answer()
        marked = None
        try:
            with self.turns.turn():
                pixels = read_pixels(path, LONGEST_SHOWN_SIDE)
                marked = AnnotatedPicture(Image.fromarray(pixels.rgb), scale=pixels.scale)
                start = perf_counter()
                reading = self.recognizer.read(path, vote, threshold)
        except DigitError as error:
            return marked, Answer(sentence=str(error))
        answer = Answer(reading, milliseconds=milliseconds_since(start), threshold=threshold)
        return replace(marked, digits=reading.digits), answer


def build_upload_tab(
    recognizer: Recognizer, controls: VoteControls, turns: Turns, corrections: CorrectionStore | None = None
) -> None:
    """Place the tab's components, then wire them; corrections are asked for where a store keeps them."""
    with gr.Tab("Upload", id="upload"):
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=300):
                picture = Dropzone(elem_id="upload-image")
                read = gr.Button("Read", elem_id="upload-read")
                marked = MarkedPicture(name="upload", elem_id="upload-marked")
            with gr.Column(scale=5, min_width=300):
                panel = AnswerPanel(name="upload", hint=HINT, elem_id="upload-panel")
                if corrections:
                    keep = CorrectionHandlers(recognizer, turns, corrections).keep_for_upload
                    build_correction("upload", picture, keep, controls, corrections)
        build_inspector("upload", picture, InspectorHandlers(recognizer, turns).explain_upload, controls)
        build_batch(recognizer, controls, turns)

    gr.on(
        [picture.change, read.click, *controls.changes],
        with_vote(UploadHandlers(recognizer, turns).answer),
        inputs=[picture, *controls.inputs],
        outputs=[marked, panel],
        queue=False,
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )
