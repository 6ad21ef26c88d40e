"""Answers the questions of a `CounterfactualPanel`, and places one under an answer panel."""

from __future__ import annotations

from dataclasses import dataclass

from digit_core import Vote
from digit_core.errors import DigitError
from digit_core.explain.counterfactual import find_counterfactual
from digit_core.recognizer import Recognizer
from ui.components.controls import VoteControls, with_vote
from ui.components.counterfactual import CounterfactualPanel, Finding, Question
from ui.components.events import send_on_failure
from ui.components.inspector.handlers import ONE_AT_A_TIME


@dataclass(frozen=True, slots=True)
class CounterfactualHandlers:
    """Answers questions; an error becomes the finding's sentence."""

    recognizer: Recognizer

    def find(self, question: Question, vote: Vote, threshold: float) -> Finding:
        """Look for the part of the drawing that stands in a digit's way; the threshold does not matter to that."""
        try:
            change = find_counterfactual(
                self.recognizer, question.strokes, question.size, question.target, vote, question.index
            )
        except DigitError as error:
            return Finding(question.number, sentence=str(error))
        return Finding(question.number, change)


def build_counterfactual(name: str, recognizer: Recognizer, controls: VoteControls) -> None:
    """Place the panel under the answer panel `name`; nothing is computed before somebody chooses a bar."""
    panel = CounterfactualPanel(elem_id=f"{name}-counterfactual")
    asking = panel.submit(
        with_vote(CounterfactualHandlers(recognizer).find),
        inputs=[panel, *controls.inputs],
        outputs=panel,
        concurrency_limit=1,
        concurrency_id=ONE_AT_A_TIME,
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )
    lost = send_on_failure("question-failed", f"{name}-counterfactual")
    asking.failure(None, js=lost, api_visibility="private")
