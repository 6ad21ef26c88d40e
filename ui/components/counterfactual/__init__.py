"""What would change the answer: a digit's bar is chosen, and the strokes that stand in that digit's way are marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import gradio as gr

from digit_core.errors import StrokesError
from digit_core.explain.images import draw_change, mark_picture
from digit_core.pen import CANVASES, Stroke, strokes_from
from ui.components.base import Component
from ui.components.data_urls import png_url
from ui.components.format import rough_percent, with_article

if TYPE_CHECKING:  # brings TensorFlow
    from digit_core.explain.counterfactual import Counterfactual


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a visitor wants to know of the drawing.

    Attributes:
        number: counts what the page has asked, so that it can tell a late answer.
        target: the digit whose bar was chosen; checked by the core.
        index: which shape of the drawing, counted from 0.
        strokes: what stands on the paper.
        size: the paper's width and height in pixels.
    """

    number: int
    target: int
    index: int
    strokes: tuple[Stroke, ...]
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What is answered to a question.

    Attributes:
        number: the question's.
        change: what would change the answer; None where only a sentence is said.
        sentence: what the person should know instead; empty where there is a change.
    """

    number: int = 0
    change: Counterfactual | None = None
    sentence: str = ""


class CounterfactualPanel(Component):
    """Shows a `Finding`: one sentence, and the drawing with the part it speaks of marked; the paper marks it, too.

    Follows the answer panel of its tab. Handlers of its `submit` receive a `Question`.
    """

    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "a drawing's strokes and the digit asked about"}

    def preprocess(self, payload: dict[str, Any] | None) -> Question:
        """Turn what the page sent into a question.

        Args:
            payload: {"question": int, "target": int, "index": int, "size": [width, height], "strokes": [...]}, see
                `strokes_from`.

        Raises:
            gr.Error: the payload was not made by this page.
        """
        try:
            if not isinstance(payload, dict):
                raise StrokesError("A question needs a drawing and a digit.")
            numbers = [payload.get(name) for name in ("question", "target", "index")]
            if any(isinstance(number, bool) or not isinstance(number, int) for number in numbers):
                raise StrokesError("A question, its digit and its shape need whole numbers.")
            number, target, index = (int(each) for each in numbers if each is not None)
            return Question(number, target, index, *strokes_from(payload, CANVASES))
        except StrokesError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def postprocess(self, value: Finding | None) -> dict[str, Any]:
        """Turn a finding into what the script shows: a sentence and small pictures."""
        finding = value or Finding()
        if finding.change is None:
            return {"question": finding.number, "sentence": finding.sentence}
        change = finding.change
        shown: dict[str, Any] = {"question": finding.number, "sentence": change_in_words(change), "explained": True}
        if change.without is not None:
            shown |= {
                "picture": png_url(draw_change(change)),
                "mark": png_url(mark_picture(change)),
                "alt": f"The drawing; the marked part is at the {change.place}.",
            }
        return shown


def change_in_words(change: Counterfactual) -> str:
    """Say in one sentence what the marked part does."""
    target, after = change.target, change.without
    asked_of_answer = change.now.digit == target
    a_target = with_article(target)
    if after is None:
        if asked_of_answer:
            return f"No single part carries the {target}: without any one of them it would still read {target}."
        return f"Taking ink away does not bring it nearer to {a_target}."
    if change.flips_answer:
        return f"Without the marked part it would read {after.digit} ({rough_percent(after.confidence)})."
    chance = rough_percent(after.probabilities[target])
    if asked_of_answer:
        none, most = "turns it into another digit", f"for the {target}"
    else:
        none, most = f"makes it {a_target}", "against it"
    return f"No single part {none}; the marked part speaks most {most} (without it {chance})."
