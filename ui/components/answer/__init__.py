"""The answer panel that Draw and Upload share: what was read, how sure, what each network voted, what they saw."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from digit_core.page.frame import FRAME_SIZE
from digit_core.types import DigitReading, Prediction, Reading
from ui.components.base import Component
from ui.components.data_urls import png_url
from ui.components.format import in_words, percent

SHOWN_DECIMALS = 4  # of a probability: the page shows tenths of a per cent
PASSED_OVER = "Marks that are no digits were passed over."


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a panel shows.

    Attributes:
        reading: what was read; None when there is nothing to read, or it could not be.
        sentence: what the person should know instead of a reading; empty for the panel's own hint.
        sequence: which drawing this answers, so that the panel drops what comes too late.
        milliseconds: how long the reading took.
        threshold: the confidence in [0, 1] from which the reading was sure; None draws no line.
        put_off: whether the drawing had no turn yet, so that the page asks for it again by itself.
    """

    reading: Reading | None = None
    sentence: str = ""
    sequence: int = 0
    milliseconds: float = 0.0
    threshold: float | None = None
    put_off: bool = False


class AnswerPanel(Component):
    """Shows an `Answer`: the digits large, then for the chosen one verdict, ten bars, votes, top three and frame.

    The element `<name>-answer` holds exactly the reading's text.
    """

    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "what the answer panel shows"}

    def __init__(self, *, name: str = "", hint: str = "", bars_can_be_chosen: bool = False, **props: Any) -> None:
        """Place the panel.

        Args:
            name: the tab's, which the ids of its parts begin with.
            hint: what it says while there is nothing to read.
            bars_can_be_chosen: whether a digit's bar is a button that sends "digit-chosen".
            props: see `Component`.
        """
        super().__init__(name=name, hint=hint, bars_can_be_chosen=bars_can_be_chosen, frame_size=FRAME_SIZE, **props)

    def postprocess(self, value: Answer | None) -> dict[str, Any]:
        """Turn an answer into what the panel's script draws: numbers, fixed words and small pictures."""
        answer = value or Answer()
        reading = answer.reading
        return {
            "sequence": answer.sequence,
            "sentence": answer.sentence,
            "put_off": answer.put_off,
            "passed_over": PASSED_OVER if reading and reading.passed_over else "",
            "text": reading.text if reading else "",
            "reading": reading_as_json(reading, answer.milliseconds) if reading else None,
            "digits": _describe_digits(reading, answer.threshold) if reading else [],
        }


def milliseconds_since(start: float) -> float:
    """How long ago `start`, a `perf_counter` time, was."""
    return round(1000 * (perf_counter() - start), 1)


def reading_as_json(reading: Reading, milliseconds: float) -> dict[str, Any]:
    """Everything a client of the API learns about a reading, and whoever downloads it from the page."""
    return reading.as_json() | {"milliseconds": milliseconds}


def frame_url(frame: np.ndarray) -> str:
    """Encode a (28, 28) frame in [0, 1] as a PNG data URL, ink bright as the networks see it."""
    return png_url(Image.fromarray(np.rint(frame * 255).astype(np.uint8)))


def verdict_in_words(digit: DigitReading) -> str:
    """Say in one sentence what was made of a shape."""
    best, confidence = digit.prediction.digit, digit.prediction.confidence
    if digit.verdict == "not_a_digit":
        return f"This does not look like a digit; the nearest is {best}."
    if digit.verdict == "unsure":
        return {
            "digitness": f"Perhaps {best}, if it is a digit at all.",
            "company": f"Perhaps {best}, but what stands beside it speaks against it.",
        }.get(digit.reason or "", "Unsure: {} or {}.".format(*_likeliest_two(digit)))
    return f"It is {best}, {in_words(percent(confidence))} sure."


def _likeliest_two(digit: DigitReading) -> tuple[int, int]:
    """The two digits an unsure shape may be: what the two networks say where they differ, else the likeliest two."""
    (best, _), (second, _) = digit.prediction.top(2)
    said = {vote.digit for vote in digit.votes.values()}
    if len(said) == 2 and best in said:
        [second] = said - {best}
    return best, second


def _deciding_threshold(digit: DigitReading, threshold: float | None) -> float | None:
    """Return the threshold that made it sure or unsure; None where something else did, such as too many non-digits."""
    return threshold if digit.verdict == "digit" or digit.reason == "confidence" else None


def _describe_digits(reading: Reading, threshold: float | None) -> list[dict[str, Any]]:
    return [_describe_digit(digit, reading.vote.model, threshold) for digit in reading.digits]


def _describe_digit(digit: DigitReading, model: str, threshold: float | None) -> dict[str, Any]:
    """Everything the panel's script needs about one shape."""
    voters = {"ensemble": digit.prediction, **digit.votes} if model == "ensemble" else digit.votes
    return {
        "text": digit.text,
        "verdict": digit.verdict,
        "words": verdict_in_words(digit),
        "probabilities": _round_probabilities(digit.prediction),
        "compact": _round_probabilities(digit.votes["compact"]),
        "deep": _round_probabilities(digit.votes["deep"]),
        "top": [[best, round(p, SHOWN_DECIMALS)] for best, p in digit.prediction.top(3)],
        "voters": [
            {"name": name, "digit": vote.digit, "confidence": round(vote.confidence, SHOWN_DECIMALS)}
            for name, vote in voters.items()
        ],
        "model": model,
        "sure_from": _deciding_threshold(digit, threshold),
        "frame": frame_url(digit.frame),
    }


def _round_probabilities(prediction: Prediction) -> list[float]:
    return [round(float(p), SHOWN_DECIMALS) for p in prediction.probabilities]
