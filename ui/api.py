"""The named endpoints: thin, typed functions over the recognizer."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import gradio as gr

from digit_core import Vote
from digit_core.errors import DigitError, EmptyDrawingError
from digit_core.recognizer import Recognizer
from digit_core.types import MEANS, MODELS, Mean, Model, Reading
from ui.turns import Turns

NO_PICTURE = "Send a picture as image."


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What clients can ask for; every failure they can cause is an HTTP 500 whose "error" is a sentence."""

    recognizer: Recognizer
    turns: Turns

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
            image: the picture's file, of any format, size and colour.
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
            return _as_json(Reading((), vote), start) | {"message": str(error)}
        except DigitError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return _as_json(reading, start)

    def models(self) -> dict[str, Any]:
        """Say which networks answer: their sizes, checksums, revisions and measured figures.

        Returns:
            The public part of the manifest.
        """
        return self.recognizer.public_manifest()


def build_api(recognizer: Recognizer, turns: Turns) -> None:
    """Offer `/read` and `/models`.

    `/read` hangs on hidden components rather than on `gr.api`, because only a `gr.File` hands over the raw file that
    a client uploaded.
    """
    endpoints = Endpoints(recognizer, turns)
    with gr.Row(visible=False):
        image = gr.File(label="image", type="filepath")
        # Any text is let through, so that a wrong name is answered by our sentence.
        model = gr.Dropdown(list(MODELS), value=recognizer.vote.model, label="model", allow_custom_value=True)
        mean = gr.Dropdown(list(MEANS), value=recognizer.vote.mean, label="mean", allow_custom_value=True)
        weight = gr.Number(recognizer.vote.weight, label="weight of deep, 0 to 1")
        threshold = gr.Number(recognizer.threshold, label="confidence below which a digit is unsure, 0 to 1")
        single = gr.Checkbox(False, label="the whole picture is one digit")
        reading = gr.JSON(label="reading")
        ask = gr.Button("Read")

    ask.click(
        endpoints.read,
        inputs=[image, model, mean, weight, threshold, single],
        outputs=reading,
        api_name="read",
        api_description="Read the handwritten digits on a picture, one or many.",
        queue=False,
    )
    gr.api(endpoints.models, api_name="models", queue=False)


def _as_json(reading: Reading, start: float) -> dict[str, Any]:
    """Everything a client learns about a reading that began at `start`, a `perf_counter` time."""
    return reading.as_json() | {"milliseconds": round(1000 * (perf_counter() - start), 1)}
