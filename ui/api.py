"""The named endpoints: thin, typed functions over the recognizer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import gradio as gr
from gradio.data_classes import JsonData
from PIL import Image

from digit_core import Vote
from digit_core.errors import DigitError, EmptyDrawingError
from digit_core.explain.images import explanation_picture
from digit_core.explain.saliency import explain, shape_at
from digit_core.recognizer import Recognizer
from digit_core.types import MEANS, METHODS, MODELS, Mean, Method, Model, Reading
from ui.components.answer import milliseconds_since, told
from ui.components.batch import MOST_FILES
from ui.limits import TooBusyError, Turns

NO_PICTURE = "Send a picture as image."
NO_FILES = "Send pictures as files."
BATCHES_AT_ONCE = 2  # requests of many pictures that are read at a time ...
BATCHES_WAITING = 4  # ... and that may wait: each holds one of the server's 40 threads for up to a minute
TOO_MANY_FILES = f"Send at most {MOST_FILES} pictures at once."


class Told(gr.JSON):
    """What clients are told: the same JSON over HTTP and, as text, over MCP, where Gradio sends `str` of a value."""

    is_template = True  # on the page it is a `gr.JSON` like any other

    def postprocess(self, value: dict[str, Any] | list[Any] | None) -> JsonData | None:
        """Let a value be JSON wherever it becomes text."""
        told = super().postprocess(value)
        return None if told is None else _JsonAsText(told.root)


class _JsonAsText(JsonData):
    def __str__(self) -> str:
        return json.dumps(self.root, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What clients can ask for; every failure they can cause is an HTTP 500 whose "error" is a sentence."""

    recognizer: Recognizer
    turns: Turns
    batches: Turns = field(default_factory=lambda: Turns(BATCHES_AT_ONCE, BATCHES_WAITING))

    def read(
        self,
        image: str | None = None,
        model: Model | None = None,
        mean: Mean | None = None,
        weight: float | None = None,
        threshold: float | None = None,
        single: bool = False,
    ) -> dict[str, Any]:
        """Read the handwritten digits on a picture.

        Args:
            image: the picture's file, of any format, size and colour; an MCP client sends an http, https or data URL.
            model: who answers: "ensemble", "compact" or "deep".
            mean: how the ensemble pools its two networks: "arithmetic" or "geometric".
            weight: the share of deep in the ensemble, from 0 to 1.
            threshold: the confidence below which a digit is "unsure", from 0 to 1.
            single: whether the whole picture is one digit.

        Returns:
            The text, and for each digit its probabilities, verdict, box and votes.
        """
        if not image:
            raise gr.Error(NO_PICTURE, print_exception=False)
        default = self.recognizer.vote
        start = perf_counter()
        try:
            vote = Vote(
                model or default.model,
                mean or default.mean,
                default.weight if weight is None else weight,
            )
            with self.turns.turn():
                reading = self.recognizer.read(image, vote, threshold, single=bool(single))
        except EmptyDrawingError as error:
            return told(Reading((), vote), milliseconds_since(start)) | {"message": str(error)}
        except DigitError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return told(reading, milliseconds_since(start))

    def read_many(self, files: list[str] | None = None) -> list[dict[str, Any]]:
        """Read the handwritten digits on many pictures.

        Args:
            files: the pictures' files; an MCP client sends http, https or data URLs. One that cannot be read does
                not keep the others from being read.

        Returns:
            A row for each file, in the order they came: its name, an error's sentence or null, and its reading.
        """
        if not files:
            raise gr.Error(NO_FILES, print_exception=False)
        if len(files) > MOST_FILES:
            raise gr.Error(TOO_MANY_FILES, print_exception=False)
        try:
            with self.batches.turn():
                return [self._row(Path(file)) for file in files]
        except TooBusyError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def explain(
        self,
        image: str | None = None,
        digit_index: int | None = None,
        target: int | None = None,
        method: Method | None = None,
        model: Model | None = None,
    ) -> Image.Image:
        """Show where on a picture's digit the evidence for a digit stands.

        Args:
            image: the picture's file; an MCP client sends an http, https or data URL.
            digit_index: which of the shapes on it, counted from 0 in reading order; null is the first.
            target: the digit asked about, 0 to 9; null asks about the one that was read.
            method: "grad-cam", which null means too, or "occlusion".
            model: whose evidence: "ensemble", "compact" or "deep".

        Returns:
            The shape in its frame; green speaks for the target, red against it.
        """
        if not image:
            raise gr.Error(NO_PICTURE, print_exception=False)
        default = self.recognizer.vote
        try:
            vote = Vote(model or default.model, default.mean, default.weight)
            with self.turns.turn():
                shape = shape_at(self.recognizer.read(image, vote), digit_index or 0)
            asked = shape.prediction.digit if target is None else target
            explanation = explain(self.recognizer.ensemble, shape.frame, asked, method or METHODS[0], vote)
            return explanation_picture(explanation)
        except DigitError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def models(self) -> dict[str, Any]:
        """Say which networks answer: their sizes, checksums, revisions and measured figures.

        Returns:
            The public part of the manifest.
        """
        return self.recognizer.public_manifest()

    def _row(self, file: Path) -> dict[str, Any]:
        """Read one of many files; what goes wrong is a sentence beside an empty reading."""
        start = perf_counter()
        reading, sentence = Reading((), self.recognizer.vote), None
        try:
            with self.turns.turn(patient=True):
                reading = self.recognizer.read(file)
        except DigitError as error:
            sentence = str(error)
        return {"file": file.name, "error": sentence} | told(reading, milliseconds_since(start))


def build_api(recognizer: Recognizer, turns: Turns) -> None:
    """Offer `/read`, `/read_many`, `/explain` and `/models`.

    What takes a picture hangs on hidden components rather than on `gr.api`, because only a `gr.File` hands over the
    raw file that a client uploaded.
    """
    endpoints = Endpoints(recognizer, turns)
    with gr.Row(visible=False):
        _offer_read(endpoints)
        _offer_read_many(endpoints)
        _offer_explain(endpoints)
        _offer_models(endpoints)


def _offer_read(endpoints: Endpoints) -> None:
    recognizer = endpoints.recognizer
    image = gr.File(label="image", type="filepath")
    model = _choice("model", MODELS, recognizer.vote.model)
    mean = _choice("mean", MEANS, recognizer.vote.mean)
    weight = gr.Number(recognizer.vote.weight, label="weight of deep, 0 to 1")
    threshold = gr.Number(recognizer.threshold, label="confidence below which a digit is unsure, 0 to 1")
    single = gr.Checkbox(False, label="the whole picture is one digit")
    gr.Button("Read").click(
        endpoints.read,
        inputs=[image, model, mean, weight, threshold, single],
        outputs=Told(label="reading"),
        api_name="read",
        api_description="Read the handwritten digits on a picture, one or many.",
        queue=False,
    )


def _offer_read_many(endpoints: Endpoints) -> None:
    gr.Button("Read many").click(
        endpoints.read_many,
        inputs=gr.File(label="files", file_count="multiple", type="filepath"),
        outputs=Told(label="readings"),
        api_name="read_many",
        api_description="Read the handwritten digits on many pictures; a bad file is one row with its reason.",
        queue=False,
    )


def _offer_explain(endpoints: Endpoints) -> None:
    image = gr.File(label="image", type="filepath")
    digit_index = gr.Number(0, label="which shape, counted from 0")
    target = gr.Number(None, label="the digit asked about, or null for the one that was read")
    method = _choice("method", METHODS, METHODS[0])
    model = _choice("model", MODELS, endpoints.recognizer.vote.model)
    gr.Button("Explain").click(
        endpoints.explain,
        inputs=[image, digit_index, target, method, model],
        outputs=gr.Image(label="explanation", format="png"),
        api_name="explain",
        api_description="Show where on a picture's digit the evidence for a digit stands.",
        queue=False,
    )


def _offer_models(endpoints: Endpoints) -> None:
    gr.Button("Models").click(
        endpoints.models,
        outputs=Told(label="models"),
        api_name="models",
        api_description="Say which networks answer: their sizes, checksums, revisions and measured figures.",
        queue=False,
    )


def _choice(label: str, names: Sequence[str], value: str) -> gr.Dropdown:
    """A choice that lets any text through, so that a wrong name is answered by our sentence."""
    return gr.Dropdown(list(names), value=value, label=label, allow_custom_value=True)
