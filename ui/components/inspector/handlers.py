"""Looks into drawings and pictures for an `Inspector`, and places one under an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from digit_core.effort import DRAWING, PICTURE, Effort
from digit_core.errors import DigitError
from digit_core.explain.saliency import explain, feature_maps, opinions
from digit_core.explain.steps import boxes_on, frame_as_it_stands, shape_at, steps_to
from digit_core.models.ensemble import Ensemble
from digit_core.models.manifest import NETWORKS
from digit_core.models.verdict import Evidence, decide_alone, limits_for
from digit_core.page.decode import DRAFT_SIDE, WORKING_SIDE, read_pixels
from digit_core.page.trace import Trace
from digit_core.recognizer import Recognizer
from digit_core.types import NOT_A_DIGIT_MARK, Mean, Model, Vote
from ui.components.controls import VoteControls, with_vote
from ui.components.inspector import NOTHING_YET, Insight, Inspector, Look, Question, UncentredFrame
from ui.components.sketchpad import Drawing
from ui.server.turns import Turns

TITLE = "Look inside: how it got there, both networks, and why"
ONE_AT_A_TIME = "inside"  # both tabs' explanations wait in one line: they take some 0.3 s of both cores


@dataclass(frozen=True, slots=True)
class InspectorHandlers:
    """Looks into drawings and pictures; an error becomes the folded part's sentence."""

    recognizer: Recognizer
    turns: Turns

    def explain_drawing(self, question: Question, drawing: Drawing, vote: Vote, threshold: float) -> Look:
        """Look into a shape on the paper."""
        return self._look(question, drawing.picture, vote, threshold, NOTHING_YET["draw"], DRAWING)

    def explain_upload(self, question: Question, path: Path | None, vote: Vote, threshold: float) -> Look:
        """Look into a shape on the uploaded picture."""
        return self._look(question, path, vote, threshold, NOTHING_YET["upload"], PICTURE)

    def _look(
        self,
        question: Question,
        source: Image.Image | Path | None,
        vote: Vote,
        threshold: float,
        nothing_yet: str,
        effort: Effort,
    ) -> Look:
        if source is None:
            return Look(question, sentence=nothing_yet)
        try:
            with self.turns.turn():
                picture = Image.fromarray(read_pixels(source, WORKING_SIDE, DRAFT_SIDE).rgb)
                trace = Trace()
                reading = self.recognizer.read(picture, vote, threshold, trace=trace, effort=effort)
                # The drawing may have fewer shapes by now than when the question was asked.
                index = min(question.index, len(reading.digits) - 1)
                shape = shape_at(reading, index)
                steps = steps_to(trace.ink, picture, shape)
                stands = frame_as_it_stands(steps.ink, steps.box, boxes_on(steps.ink, picture, reading))
            asked = shape.prediction.digit if question.target is None else question.target
            ensemble = self.recognizer.ensemble
            insight = Insight(
                reading,
                index,
                steps,
                opinions(ensemble, shape.frame, vote.weight),
                _read_without_centring(ensemble, stands, vote, threshold),
                (
                    *(explain(ensemble, shape.frame, asked, "grad-cam", Vote(name)) for name in NETWORKS),
                    explain(ensemble, shape.frame, asked, "occlusion", vote),
                ),
                {name: feature_maps(ensemble.members[name], shape.frame) for name in NETWORKS},
            )
        except DigitError as error:
            return Look(question, sentence=str(error))
        return Look(question, insight)


def build_inspector(
    name: str, source: gr.components.Component, look: Callable[..., Look], controls: VoteControls
) -> None:
    """Place the folded part under an answer; nothing is computed before somebody opens it.

    Args:
        name: the tab's, "draw" or "upload".
        source: the component that holds the drawing or the picture.
        look: the handler that looks into it.
        controls: who votes.
    """
    with gr.Accordion(TITLE, open=False, elem_id=f"{name}-inspector"):
        inspector = Inspector(name=name, elem_id=f"{name}-insight")

    inspector.look(
        with_vote(look),
        inputs=[inspector, source, *controls.inputs],
        outputs=inspector,
        concurrency_limit=1,
        concurrency_id=ONE_AT_A_TIME,
        trigger_mode="multiple",  # the script asks one at a time, and again where an answer never came
        show_progress="hidden",
        api_visibility="private",
    )


def _read_without_centring(ensemble: Ensemble, frame: np.ndarray, vote: Vote, threshold: float) -> UncentredFrame:
    predicted = opinions(ensemble, frame, vote.weight)
    [answer] = [opinion for opinion in predicted if opinion.predictor == _predictor_of(vote)]
    evidence = Evidence(answer.digitness, answer.prediction.confidence)
    decision = decide_alone(evidence, limits_for(ensemble.calibration, vote, threshold))
    text = NOT_A_DIGIT_MARK if decision.verdict == "not_a_digit" else str(answer.prediction.digit)
    return UncentredFrame(frame, predicted, text)


def _predictor_of(vote: Vote) -> Model | Mean:
    """Which of the `opinions` is the vote's."""
    return vote.mean if vote.model == "ensemble" else vote.model
