"""The named endpoints: thin, typed functions over the recognizer."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from time import perf_counter
from typing import Any, get_type_hints

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from digit_core import Vote
from digit_core.errors import DigitError, EmptyDrawingError
from digit_core.explain.images import explanation_picture
from digit_core.explain.saliency import explain
from digit_core.explain.steps import shape_at
from digit_core.recognizer import Recognizer
from digit_core.types import MAX_ALTERNATIVES, MEANS, METHODS, MODELS, Mean, Method, Model, Reading
from ui.components.answer import milliseconds_since, reading_as_json
from ui.components.batch import MAX_FILES
from ui.exchange import NO_PICTURE, NO_PICTURES, JsonAnswer, Picture, Pictures, SentPicture, Strokes
from ui.server.turns import Turns

# Requests of many pictures that are read at a time.
BATCHES_AT_ONCE = 2
# Requests of many pictures that may wait. Each of them holds one of the server's 40 threads for up to a minute.
BATCHES_WAITING = 4
TOO_MANY_FILES = f"Send at most {MAX_FILES} pictures at once."


class ArgumentError(DigitError, ValueError):
    """An endpoint was called with a missing or invalid argument."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What clients can ask for; every failure they can cause is an HTTP 500 whose "error" is a sentence.

    The descriptions of arguments are shown by MCP clients, which take one line for each.
    """

    recognizer: Recognizer
    turns: Turns
    batches: Turns = field(default_factory=lambda: Turns(BATCHES_AT_ONCE, BATCHES_WAITING))

    def read(
        self,
        image: SentPicture | None = None,
        model: Model | None = None,
        mean: Mean | None = None,
        weight: float | None = None,
        threshold: float | None = None,
        single: bool | None = None,
        digits: int | None = None,
        rows: int | None = None,
        alternatives: int | None = None,
    ) -> dict[str, Any]:
        """Read the handwritten digits on a picture.

        Args:
            image: the picture, of any size and colour: an uploaded file, a data URL or, over MCP, an http(s) URL.
            model: who answers: "ensemble", "compact" or "deep".
            mean: how the ensemble pools its two networks: "arithmetic" or "geometric".
            weight: the share of deep in the ensemble, from 0 to 1.
            threshold: the confidence below which a digit is "unsure", from 0 to 1.
            single: whether the whole picture is one digit.
            digits: how many digits each row has, where that is known, as of a form's field.
            rows: 1 where all stands in one row.
            alternatives: how many of the likeliest other texts to tell, at most 10.

        Returns:
            The text, and for each digit its probabilities, verdict, box and votes.
        """
        with _errors_as_sentences():
            content = _content(image)
            choices = _as_arguments(single, digits, rows, alternatives)
            return self._read_in_turn(
                lambda vote: self.recognizer.read(content, vote, threshold, **choices),
                self.recognizer.vote.choose(model, mean, weight),
            )

    def read_strokes(
        self,
        strokes: Any = None,
        width: float | None = None,
        height: float | None = None,
        brush: float | None = None,
        model: Model | None = None,
        mean: Mean | None = None,
        weight: float | None = None,
        threshold: float | None = None,
        single: bool | None = None,
        digits: int | None = None,
        rows: int | None = None,
        alternatives: int | None = None,
    ) -> dict[str, Any]:
        """Read the handwritten digits that a pen wrote.

        Args:
            strokes: a list of strokes, each a list of points [x, y] or [x, y, time], in any unit, y pointing down.
            width: the paper's width in that unit, from x = 0; needs the height too. Without, paper lies around all.
            height: the paper's height in that unit, from y = 0.
            brush: the pen's width in that unit; without, it is the pen that the networks know best.
            model: who answers: "ensemble", "compact" or "deep".
            mean: how the ensemble pools its two networks: "arithmetic" or "geometric".
            weight: the share of deep in the ensemble, from 0 to 1.
            threshold: the confidence below which a digit is "unsure", from 0 to 1.
            single: whether all strokes are one digit.
            digits: how many digits each row has, where that is known, as of a form's field.
            rows: 1 where all stands in one row.
            alternatives: how many of the likeliest other texts to tell, at most 10.

        Returns:
            The same as for a picture, boxes in the strokes' unit.
        """
        with _errors_as_sentences():
            size: Any = None if width is None and height is None else (width, height)
            choices = _as_arguments(single, digits, rows, alternatives)
            return self._read_in_turn(
                lambda vote: self.recognizer.read_strokes(strokes, size, brush, vote, threshold, **choices),
                self.recognizer.vote.choose(model, mean, weight),
            )

    def read_many(self, files: list[SentPicture] | None = None) -> list[dict[str, Any]]:
        """Read the handwritten digits on many pictures.

        Args:
            files: the pictures: uploaded files, data URLs or, over MCP, http(s) URLs; a bad one is a row of its own.

        Returns:
            A row for each file, in the order they came: its name, an error's sentence or null, and its reading.
        """
        with _errors_as_sentences():
            if not files:
                raise ArgumentError(NO_PICTURES)
            if len(files) > MAX_FILES:
                raise ArgumentError(TOO_MANY_FILES)
            with self.batches.turn():
                return [self._row(file) for file in files]

    def explain(
        self,
        image: SentPicture | None = None,
        digit_index: int | None = None,
        target: int | None = None,
        method: Method | None = None,
        model: Model | None = None,
    ) -> Image.Image:
        """Show where on a picture's digit the evidence for a digit stands.

        Args:
            image: the picture: an uploaded file, a data URL or, over MCP, an http(s) URL.
            digit_index: which of the shapes on it, counted from 0 in reading order; without, the first.
            target: the digit asked about, 0 to 9; without, the one that was read.
            method: "grad-cam" or "occlusion".
            model: whose evidence: "ensemble", "compact" or "deep".

        Returns:
            The shape in its frame; green speaks for the target, red against it.
        """
        with _errors_as_sentences():
            content, vote = _content(image), self.recognizer.vote.choose(model)
            with self.turns.turn():
                shape = shape_at(self.recognizer.read(content, vote), 0 if digit_index is None else digit_index)
                asked = shape.prediction.digit if target is None else target
                way = METHODS[0] if method is None else method
                explanation = explain(self.recognizer.ensemble, shape.frame, asked, way, vote)
            return explanation_picture(explanation)

    def models(self) -> dict[str, Any]:
        """Say which networks answer: their sizes, checksums, revisions and measured figures.

        Returns:
            The public part of the manifest.
        """
        return self.recognizer.public_manifest()

    def _read_in_turn(self, read: Callable[[Vote], Reading], vote: Vote) -> dict[str, Any]:
        """Read when it is this request's turn; nothing to read is a reading, too."""
        start = perf_counter()
        try:
            with self.turns.turn():
                reading = read(vote)
        except EmptyDrawingError as error:
            return reading_as_json(Reading((), vote), milliseconds_since(start)) | {"message": str(error)}
        return reading_as_json(reading, milliseconds_since(start))

    def _row(self, file: SentPicture) -> dict[str, Any]:
        """Read one of many files; what goes wrong is a sentence beside an empty reading."""
        start = perf_counter()
        reading, sentence = Reading((), self.recognizer.vote), None
        try:
            content = _content(file)
            with self.turns.turn(can_be_refused=False):
                reading = self.recognizer.read(content)
        except DigitError as error:
            sentence = str(error)
        return {"file": file.name, "error": sentence} | reading_as_json(reading, milliseconds_since(start))


@contextmanager
def _errors_as_sentences() -> Iterator[None]:
    """Let what a client did wrong become the sentence that Gradio sends."""
    try:
        yield
    except DigitError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _content(image: SentPicture | None) -> Any:
    if image is None:
        raise ArgumentError(NO_PICTURE)
    return image.content(get_upload_folder())


def _flag(value: Any, name: str) -> bool:
    if value is not None and not isinstance(value, bool):
        raise ArgumentError(f"{name.capitalize()} must be true or false, not {reprlib.repr(value)}.")
    return bool(value)


def _as_arguments(single: Any, digits: Any, rows: Any, alternatives: Any) -> dict[str, Any]:
    """Turn what a client says about a picture into `Recognizer.read`'s arguments of the same names."""
    counts = {"digits": digits, "rows": rows, "alternatives": 0 if alternatives is None else alternatives}
    return {"single": _flag(single, "single")} | {name: _whole(value) for name, value in counts.items()}


def _whole(value: Any) -> Any:
    """Return a number without a fraction as an integer: JSON, and Gradio's number field, know only one kind."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def build_api(recognizer: Recognizer, turns: Turns) -> None:
    """Offer `/read`, `/read_strokes`, `/read_many`, `/explain` and `/models`.

    What takes a picture hangs on hidden components rather than on `gr.api`, because only a `gr.File` lets clients
    upload the raw file.
    """
    endpoints = Endpoints(recognizer, turns)
    with gr.Row(visible=False) as row:
        choices = _choice_components(recognizer)
        _offer_read(endpoints, choices)
        _offer_read_strokes(endpoints, choices)
        _offer_read_many(endpoints)
        _offer_explain(endpoints)
        _offer_models(endpoints)
    _hide(row)


def _hide(block: gr.blocks.Block) -> None:
    """Hide whatever stands in a block, one by one: else a page loads the scripts and styles of what nobody sees."""
    block.visible = False
    for inner in getattr(block, "children", ()):
        _hide(inner)


def _in_one_thread(handler: Callable[..., Any], inputs: Sequence[gr.components.Component]) -> Callable[..., Any]:
    """Let a handler's own thread make values of what was sent, for an event with `preprocess=False`.

    Gradio takes one more thread for each input, one after the other: a third of what it spends on `/read`.
    """

    @wraps(handler)
    def handle(*sent: Any) -> Any:
        return handler(*(component.preprocess(value) for component, value in zip(inputs, sent, strict=True)))

    handle.__annotations__ = get_type_hints(handler)  # Gradio reads them at each call, and text takes longer
    return handle


def _offer_read(endpoints: Endpoints, choices: list[gr.components.Component]) -> None:
    inputs = [Picture("image"), *choices]
    gr.Button("Read").click(
        _in_one_thread(endpoints.read, inputs),
        inputs=inputs,
        preprocess=False,
        outputs=JsonAnswer("reading"),
        api_name="read",
        api_description="Read the handwritten digits on a picture, one or many.",
        queue=False,
    )


def _offer_read_strokes(endpoints: Endpoints, choices: list[gr.components.Component]) -> None:
    sizes = [
        gr.Number(None, label=label) for label in ("width of the paper", "height of the paper", "width of the pen")
    ]
    inputs = [Strokes(label="strokes"), *sizes, *choices]
    gr.Button("Read strokes").click(
        _in_one_thread(endpoints.read_strokes, inputs),
        inputs=inputs,
        preprocess=False,
        outputs=JsonAnswer("reading"),
        api_name="read_strokes",
        api_description="Read the handwritten digits that a pen wrote, from its strokes.",
        queue=False,
    )


def _offer_read_many(endpoints: Endpoints) -> None:
    gr.Button("Read many").click(
        endpoints.read_many,
        inputs=Pictures("files"),
        outputs=JsonAnswer("readings", "array"),
        api_name="read_many",
        api_description="Read the handwritten digits on many pictures; a bad file is one row with its reason.",
        queue=False,
    )


def _offer_explain(endpoints: Endpoints) -> None:
    digit_index = gr.Number(0, label="which shape, counted from 0")
    target = gr.Number(None, label="the digit asked about, or null for the one that was read")
    method = _choice("method", METHODS, METHODS[0])
    model = _choice("model", MODELS, endpoints.recognizer.vote.model)
    inputs = [Picture("image"), digit_index, target, method, model]
    gr.Button("Explain").click(
        _in_one_thread(endpoints.explain, inputs),
        inputs=inputs,
        preprocess=False,
        outputs=gr.Image(label="explanation", format="png"),
        api_name="explain",
        api_description="Show where on a picture's digit the evidence for a digit stands.",
        queue=False,
    )


def _offer_models(endpoints: Endpoints) -> None:
    gr.Button("Models").click(
        endpoints.models,
        outputs=JsonAnswer("models"),
        api_name="models",
        api_description="Say which networks answer: their sizes, checksums, revisions and measured figures.",
        queue=False,
    )


def _choice_components(recognizer: Recognizer) -> list[gr.components.Component]:
    """Return the inputs that `read` and `read_strokes` share, in the order of their parameters; new ones come last."""
    return [
        _choice("model", MODELS, recognizer.vote.model),
        _choice("mean", MEANS, recognizer.vote.mean),
        gr.Number(recognizer.vote.weight, label="weight of deep, 0 to 1"),
        gr.Number(recognizer.threshold, label="confidence below which a digit is unsure, 0 to 1"),
        gr.Checkbox(False, label="the whole picture is one digit"),
        gr.Number(None, label="how many digits each row has, or null"),
        gr.Number(None, label="1 where all stands in one row, or null"),
        gr.Number(0, label=f"how many other texts to tell, at most {MAX_ALTERNATIVES}"),
    ]


def _choice(label: str, names: Sequence[str], value: str) -> gr.Dropdown:
    """A choice that lets any text through, so that a wrong name is answered by our sentence."""
    return gr.Dropdown(list(names), value=value, label=label, allow_custom_value=True)
