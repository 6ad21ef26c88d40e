"""The folded part of Draw and Upload: how a shape got into its frame, what each network predicts, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import gradio as gr
import numpy as np
from PIL import Image

from digit_core.explain.images import explanation_picture, feature_picture, step_pictures
from digit_core.types import NOT_A_DIGIT_MARK, Explanation, FeatureMaps, FrameSteps, Opinion, Reading, Vote
from ui.components.answer import frame_url
from ui.components.base import Component
from ui.components.data_urls import png_url
from ui.components.format import percent

NOTHING_YET = {
    "draw": "There is nothing to look into yet: draw a digit first.",
    "upload": "There is nothing to look into yet: choose a picture first.",
}
CHANGED = "This belongs to an earlier answer; the present one is being looked into."
LOOKING = "Looking inside …"
# Milliseconds that the pen must rest before a new drawing is explained.
REST_MS = 500
# Milliseconds after which a question without an answer counts as lost, as when the network broke, and the next is sent.
LOST_MS = 10_000
STEP_CAPTIONS = ("The ink that was found, and the shape's box", "The ink in the box", "The frame the networks see")


@dataclass(frozen=True, slots=True)
class Question:
    """What the page asks about.

    Attributes:
        version: counts the page's answers; what comes back says it again, so that nobody takes it for a later one.
        index: which of the shapes, counted from 0 in reading order.
        target: the digit whose evidence is wanted, or None for the one that was read.
    """

    version: int = 0
    index: int = 0
    target: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class UncentredFrame:
    """A shape in the frame that it would have if it stayed where it stands.

    Attributes:
        frame: (28, 28) float32 in [0, 1].
        opinions: what each network, and both together under each mean, predict.
        text: the digit the vote would answer, or "?" where it would be none.
    """

    frame: np.ndarray
    opinions: tuple[Opinion, ...]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Insight:
    """Everything the folded part shows of one shape.

    Attributes:
        reading: what it belongs to.
        index: which of the reading's shapes, counted from 0.
        steps: how it got into its frame.
        opinions: what each network, and both together under each mean, predict.
        uncentred: the same had it not been cut out and centred.
        explanations: evidence for the digit asked about: each network's Grad-CAM, then the vote's occlusion.
        features: each network's feature maps.
    """

    reading: Reading
    index: int
    steps: FrameSteps
    opinions: tuple[Opinion, ...]
    uncentred: UncentredFrame
    explanations: tuple[Explanation, ...]
    features: dict[str, tuple[FeatureMaps, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a question found: an insight, or the sentence that says why there is none."""

    question: Question
    insight: Insight | None = None
    sentence: str = ""


class Inspector(Component):
    """Shows an `Insight` into the shape that the answer panel of its tab shows, never an earlier one unsaid.

    Its `look` event asks; handlers receive a `Question` and return a `Look`.
    """

    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "what the folded part shows"}

    def __init__(self, *, name: str = "draw", **props: Any) -> None:
        super().__init__(
            name=name,
            nothing=NOTHING_YET[name],
            changed=CHANGED,
            looking=LOOKING,
            rest_ms=REST_MS,
            lost_ms=LOST_MS,
            **props,
        )

    def preprocess(self, payload: dict[str, Any] | None) -> Question:
        """Turn what the page sent into a question.

        Args:
            payload: {"version": int, "index": int, "target": 0 to 9 or null}.

        Raises:
            gr.Error: the payload was not made by this page.
        """
        match payload:
            case {"version": int(version), "index": int(index), "target": None | int() as target} if index >= 0 and (
                target is None or target in range(10)
            ):
                return Question(version, index, target)
        raise gr.Error("A question needs a version, a shape's index and a target digit.", print_exception=False)

    def postprocess(self, value: Look | None) -> dict[str, Any] | None:
        """Turn a look into what the script draws: small pictures, numbers and fixed words."""
        if value is None:
            return None
        answer = {"question": asdict(value.question), "sentence": value.sentence}
        return answer | (_describe(value.insight) if value.insight else {})


def predictions_in_words(opinions: tuple[Opinion, ...]) -> str:
    """Say whether the networks agree, and where the two means do not."""
    predicted = {opinion.predictor: opinion.prediction.digit for opinion in opinions}
    if predicted["compact"] == predicted["deep"]:
        return f"Both networks predict {predicted['compact']}."
    apart = f"Compact predicts {predicted['compact']}, deep predicts {predicted['deep']}"
    if predicted["arithmetic"] == predicted["geometric"]:
        return f"{apart}; together they predict {predicted['arithmetic']}."
    return (
        f"{apart}; the arithmetic mean predicts {predicted['arithmetic']}, the geometric mean {predicted['geometric']}."
    )


def centring_in_words(as_it_stands: str, centred: str) -> str:
    """Say what it changes that a shape is cut out and centred, by the texts that are read without and with it."""
    if as_it_stands == centred == NOT_A_DIGIT_MARK:
        return "Either way it does not look like a digit."
    learned = "the networks learned from digits of one size, in the middle"
    if as_it_stands == centred:
        return f"Read as {centred} either way. Where digits are small or aside it matters more: {learned}."
    return f"As it stands it would be {_in_words(as_it_stands)}, centred it is {_in_words(centred)}: {learned}."


def evidence_in_words(explanation: Explanation) -> str:
    """Say in one sentence what an explanation's picture means."""
    target = explanation.target
    if explanation.method == "occlusion":
        who = "the vote" if explanation.model == "ensemble" else explanation.model
        return f"Occlusion: without its green ink {who} finds {target} less probable, without its red ink more."
    if not explanation.evidence.any():
        return f"Grad-CAM: {explanation.model} finds nothing that speaks for {target}."
    return f"Grad-CAM: green is where the last convolution of {explanation.model} finds what speaks for {target}."


def _in_words(text: str) -> str:
    return "taken for no digit" if text == NOT_A_DIGIT_MARK else f"read as {text}"


def _describe(insight: Insight) -> dict[str, Any]:
    shape = insight.reading.digits[insight.index]
    asked = insight.explanations[0].target
    return {
        "title": _title(insight),
        "steps": [_figure(*step) for step in zip(step_pictures(insight.steps), STEP_CAPTIONS, strict=True)],
        "centring": _centring(insight),
        "predictions": {
            "words": predictions_in_words(insight.opinions),
            "rows": [_row(opinion) for opinion in insight.opinions],
        },
        "why": {
            "words": f"Why {asked}?" if asked == shape.prediction.digit else f"Why not {asked}?",
            "figures": [_figure(explanation_picture(e), evidence_in_words(e)) for e in insight.explanations],
        },
        "features": [
            _figure(feature_picture(maps), f"{name}, {maps.layer}: {len(maps.maps)} filters")
            for name, layers in insight.features.items()
            for maps in layers
        ],
    }


def _centring(insight: Insight) -> dict[str, Any]:
    """The pair of frames, as the shape stands and centred, each with the votes on it."""
    reading, uncentred = insight.reading, insight.uncentred
    shape = reading.digits[insight.index]
    part = "with the whole picture" if len(reading.digits) == 1 else "with the paper around it"
    pair = (
        (uncentred.frame, uncentred.opinions, f"As it stands, shrunk {part}"),
        (shape.frame, insight.opinions, "Cut out and centred"),
    )
    return {
        "words": centring_in_words(uncentred.text, shape.text),
        "pair": [
            {"source": frame_url(frame), "caption": caption, "votes": _votes(opinions, reading.vote)}
            for frame, opinions, caption in pair
        ],
    }


def _votes(opinions: tuple[Opinion, ...], vote: Vote) -> list[list[str]]:
    """Each network's vote and, where both answer together, the ensemble's."""
    names = {"compact": "compact", "deep": "deep"} | ({vote.mean: "ensemble"} if vote.model == "ensemble" else {})
    return [
        [names[opinion.predictor], str(opinion.prediction.digit), percent(opinion.prediction.confidence)]
        for opinion in opinions
        if opinion.predictor in names
    ]


def _title(insight: Insight) -> str:
    shape = insight.reading.digits[insight.index]
    count = len(insight.reading.digits)
    place = f"Shape {insight.index + 1} of {count}" if count > 1 else "The only shape"
    return f"{place}, read as {shape.text}."


def _row(opinion: Opinion) -> list[str]:
    (best, confidence), (second, next_best) = opinion.prediction.top(2)
    return [
        opinion.predictor,
        str(best),
        percent(confidence),
        f"{second} ({percent(next_best)})",
        percent(opinion.digitness),
    ]


def _figure(picture: Image.Image, caption: str) -> dict[str, str]:
    """A picture and what it shows."""
    return {"source": png_url(picture), "caption": caption}
