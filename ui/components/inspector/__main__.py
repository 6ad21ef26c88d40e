"""The look inside a shape, with made-up networks: `python -m ui.components.inspector`."""

from __future__ import annotations

import gradio as gr
import numpy as np

from digit_core.types import Explanation, FeatureMaps, FrameSteps, Method, Model, Opinion
from ui.components.answer import AnswerPanel
from ui.components.demo import FakeRecognizer, answer_drawing, launch, sure_of
from ui.components.inspector import NOTHING_YET, Insight, Inspector, Look, Question, UncentredFrame
from ui.components.sketchpad import Drawing, Sketchpad


def look(question: Question, drawing: Drawing) -> Look:
    """Make an insight up."""
    if drawing.picture is None:
        return Look(question, sentence=NOTHING_YET["draw"])
    reading = FakeRecognizer().read(drawing.picture)
    shape = reading.digits[min(question.index, len(reading.digits) - 1)]
    digit, frame = shape.prediction.digit, shape.frame
    target = digit if question.target is None else question.target
    opinions = tuple(Opinion(name, sure_of(digit), 0.97) for name in ("compact", "deep", "arithmetic", "geometric"))
    steps = FrameSteps(1 - np.asarray(drawing.picture, np.float32) / 255, shape.box, frame)
    ways: tuple[tuple[Method, Model], ...] = (("grad-cam", "compact"), ("grad-cam", "deep"), ("occlusion", "ensemble"))
    evidence = tuple(Explanation(frame, frame, target, method, model) for method, model in ways)
    maps: dict[str, tuple[FeatureMaps, ...]] = {
        name: (FeatureMaps("convolution", np.stack([frame, 1 - frame])),) for name in ("compact", "deep")
    }
    uncentred = UncentredFrame(frame, opinions, shape.text)
    return Look(question, Insight(reading, reading.digits.index(shape), steps, opinions, uncentred, evidence, maps))


def build_demo() -> gr.Blocks:
    """Place the inspector below an answer."""
    with gr.Blocks() as demo:
        with gr.Row():
            pad = Sketchpad(elem_id="draw-canvas")
            panel = AnswerPanel(name="draw", hint="Draw a digit", elem_id="draw-panel")
        inspector = Inspector(name="draw", elem_id="draw-insight")
        pad.change(answer_drawing, pad, panel, queue=False, trigger_mode="multiple", show_progress="hidden")
        inspector.look(look, [inspector, pad], inspector, queue=False, trigger_mode="multiple", show_progress="hidden")
    return demo


if __name__ == "__main__":
    launch(build_demo())
