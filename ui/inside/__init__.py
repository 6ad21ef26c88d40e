"""The folded part of Draw and Upload: how a shape got into its frame, what each voice says of it, and why."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from digit_core import Vote
from digit_core.errors import DigitError
from digit_core.explain import explain, feature_maps, opinions, shape_at, steps_to
from digit_core.imaging import open_picture
from digit_core.manifest import NETWORKS
from digit_core.pictures import explanation_picture, feature_picture, step_pictures
from digit_core.recognizer import Recognizer
from digit_core.types import Explanation, FeatureMaps, Mean, Model, Opinion, Reading, Steps
from ui.answer import NEARLY_CERTAIN
from ui.controls import VoteControls
from ui.sketchpad import Drawing
from ui.turns import Turns

TITLE = "Look inside: how it got there, both networks, and why"
AS_READ = "as read"
TARGETS = (AS_READ, *"0123456789")
NOTHING_DRAWN = "There is nothing to look into yet: draw a digit first."
NOTHING_CHOSEN = "There is nothing to look into yet: choose a picture first."
STEP_CAPTIONS = ("The ink that was found, and the shape's box", "The ink in the box", "The frame the networks see")
ONE_AT_A_TIME = "inside"  # both tabs' explanations wait in one line: they take some 0.3 s of both cores
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, eq=False)
class Insight:
    """Everything the folded part shows of one shape.

    Attributes:
        reading: what it belongs to.
        index: which of the reading's shapes, counted from 0.
        steps: how it got into its frame.
        opinions: what each voice says of it.
        explanations: evidence for the digit asked about: each network's Grad-CAM, then the vote's occlusion.
        features: each network's feature maps.
    """

    reading: Reading
    index: int
    steps: Steps
    opinions: tuple[Opinion, ...]
    explanations: tuple[Explanation, ...]
    features: dict[str, tuple[FeatureMaps, ...]]


class Inside(gr.HTML):
    """Shows an `Insight`, or a sentence instead."""

    def __init__(self, *, elem_id: str | None = None, **props: Any) -> None:
        super().__init__(
            value=None,
            html_template=(HERE / "template.html").read_text(encoding="utf-8"),
            css_template=(HERE / "style.css").read_text(encoding="utf-8"),
            js_on_load=(HERE / "script.js").read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=elem_id,
            **props,
        )

    def postprocess(self, value: Insight | str | None) -> dict[str, Any]:
        """Turn an insight into what the script draws: small pictures, numbers and fixed words."""
        if not isinstance(value, Insight):
            return {"sentence": value or ""}
        shape = shape_at(value.reading, value.index)
        pictures = step_pictures(value.steps)
        asked = value.explanations[0].target
        return {
            "sentence": "",
            "title": _title(value),
            "steps": [_figure(*step) for step in zip(pictures, STEP_CAPTIONS, strict=True)],
            "voices": {"words": voices_in_words(value.opinions), "rows": [_row(voice) for voice in value.opinions]},
            "why": {
                "words": f"Why {asked}?" if asked == shape.prediction.digit else f"Why not {asked}?",
                "figures": [_figure(explanation_picture(e), evidence_in_words(e)) for e in value.explanations],
            },
            "features": [
                _figure(feature_picture(maps), f"{name}, {maps.layer}: {len(maps.maps)} filters")
                for name, layers in value.features.items()
                for maps in layers
            ],
        }

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "what the folded part shows"}


@dataclass(frozen=True, slots=True)
class InsideHandlers:
    """Looks into drawings and pictures; an error becomes the folded part's sentence."""

    recognizer: Recognizer
    turns: Turns

    def drawn(
        self,
        drawing: Drawing,
        which: int | None,
        target: str,
        model: Model,
        mean: Mean,
        weight: float,
        threshold: float,
    ) -> Insight | str:
        """Look into a shape on the paper."""
        if drawing.picture is None:
            return NOTHING_DRAWN
        return self._look(drawing.picture, which, target, (model, mean, weight), threshold)

    def uploaded(
        self,
        path: Path | None,
        which: int | None,
        target: str,
        model: Model,
        mean: Mean,
        weight: float,
        threshold: float,
    ) -> Insight | str:
        """Look into a shape on the uploaded picture."""
        if path is None:
            return NOTHING_CHOSEN
        return self._look(path, which, target, (model, mean, weight), threshold)

    def _look(
        self,
        source: Image.Image | Path,
        which: int | None,
        target: str,
        voters: tuple[Model, Mean, float],
        threshold: float,
    ) -> Insight | str:
        try:
            vote = Vote(*voters)
            with self.turns.turn():
                picture = open_picture(source)
                reading = self.recognizer.read(picture, vote, threshold)
                count = len(reading.digits)
                if which is None or which not in range(1, count + 1):
                    return f"Choose a shape from 1 to {count}." if count > 1 else "There is one shape only."
                shape = shape_at(reading, which - 1)
                steps = steps_to(picture, shape)
            asked = shape.prediction.digit if target == AS_READ else int(target)
            ensemble = self.recognizer.ensemble
            return Insight(
                reading,
                which - 1,
                steps,
                opinions(ensemble, shape.frame, vote.weight),
                (
                    *(explain(ensemble, shape.frame, asked, "grad-cam", Vote(name)) for name in NETWORKS),
                    explain(ensemble, shape.frame, asked, "occlusion", vote),
                ),
                {name: feature_maps(ensemble.members[name], shape.frame) for name in NETWORKS},
            )
        except DigitError as error:
            return str(error)


def build_inside(
    name: str, source: gr.components.Component, look: Callable[..., Insight | str], controls: VoteControls
) -> None:
    """Place the folded part under an answer; nothing is computed before somebody opens it.

    Args:
        name: the tab's, "draw" or "upload".
        source: the component that holds the drawing or the picture.
        look: the handler that looks into it.
        controls: who votes.
    """
    with gr.Accordion(TITLE, open=False, elem_id=f"{name}-inside") as folded:
        with gr.Row(elem_classes="inside-controls", equal_height=False):
            target = gr.Radio(list(TARGETS), value=AS_READ, label="Evidence for", scale=5, min_width=280)
            which = gr.Number(1, label="Which shape", precision=0, minimum=1, scale=1, min_width=110)
            again = gr.Button("Look again", scale=1, min_width=110)
        inside = Inside(elem_id=f"{name}-insight")

    gr.on(
        [folded.expand, again.click, target.change, which.change],
        look,
        inputs=[source, which, target, *controls.inputs],
        outputs=inside,
        concurrency_limit=1,
        concurrency_id=ONE_AT_A_TIME,
        trigger_mode="always_last",
        show_progress="minimal",
        api_visibility="private",
    )


def voices_in_words(voices: tuple[Opinion, ...]) -> str:
    """Say whether the networks agree, and where the two means do not."""
    said = {opinion.voice: opinion.prediction.digit for opinion in voices}
    if said["compact"] == said["deep"]:
        return f"Both networks say {said['compact']}."
    apart = f"Compact says {said['compact']}, deep says {said['deep']}"
    if said["arithmetic"] == said["geometric"]:
        return f"{apart}; together they say {said['arithmetic']}."
    return f"{apart}; the arithmetic mean makes it {said['arithmetic']}, the geometric mean {said['geometric']}."


def evidence_in_words(explanation: Explanation) -> str:
    """Say in one sentence what an explanation's picture means."""
    target = explanation.target
    if explanation.method == "occlusion":
        who = "the vote" if explanation.model == "ensemble" else explanation.model
        return f"Occlusion: without its green ink {who} finds {target} less probable, without its red ink more."
    if not explanation.evidence.any():
        return f"Grad-CAM: {explanation.model} finds nothing that speaks for {target}."
    return f"Grad-CAM: green is where the last convolution of {explanation.model} finds what speaks for {target}."


def _title(insight: Insight) -> str:
    shape = insight.reading.digits[insight.index]
    count = len(insight.reading.digits)
    place = f"Shape {insight.index + 1} of {count}" if count > 1 else "The only shape"
    return f"{place}, read as {shape.text}."


def _row(opinion: Opinion) -> list[str]:
    (best, confidence), (second, next_best) = opinion.prediction.top(2)
    return [
        opinion.voice,
        str(best),
        _percent(confidence),
        f"{second} ({_percent(next_best)})",
        _percent(opinion.digitness),
    ]


def _percent(share: float) -> str:
    return ">99.9%" if share > NEARLY_CERTAIN else f"{share:.1%}"


def _figure(picture: Image.Image, caption: str) -> dict[str, str]:
    """A picture as a PNG data URL, nothing is written to disk, and what it shows."""
    png = io.BytesIO()
    picture.save(png, format="PNG")
    return {"source": "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii"), "caption": caption}
