"""The answer panel: what it is given, in numbers and in words."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from digit_core.types import Box, DigitReading, Prediction, Reading, Vote
from ui.components.answer import PASSED_OVER, Answer, AnswerPanel, verdict_in_words


def sure_of(digit, confidence=0.9):
    others = (1 - confidence) / 9
    return Prediction(tuple(confidence if index == digit else others for index in range(10)))


def shape(digit=7, confidence=0.9, verdict="digit", reason=None, compact=None, deep=1):
    frame = np.zeros((28, 28), np.float32)
    frame[4:24, 14] = 1
    votes = {"compact": sure_of(digit if compact is None else compact, 0.8), "deep": sure_of(deep, 0.6)}
    return DigitReading(Box(1, 2, 3, 4), frame, sure_of(digit, confidence), votes, 0.9, verdict, reason)


@pytest.fixture(scope="module")
def panel():
    return AnswerPanel(name="draw", hint="Draw a digit")


def test_every_shape_comes_with_its_votes_and_its_frame(panel):
    reading = Reading(((shape(7), shape(3)),), Vote())

    shown = panel.postprocess(Answer(reading, sequence=12))

    assert (shown["sequence"], shown["text"], shown["sentence"]) == (12, "73", "")
    first = shown["digits"][0]
    assert [voter["name"] for voter in first["voters"]] == ["ensemble", "compact", "deep"]
    assert [voter["digit"] for voter in first["voters"]] == [7, 7, 1]
    assert first["top"][0] == [7, 0.9]
    frame = Image.open(io.BytesIO(base64.b64decode(first["frame"].partition(",")[2])))
    assert (frame.size, frame.getpixel((14, 10)), frame.getpixel((0, 0))) == ((28, 28), 255, 0)


def test_the_reading_comes_as_clients_of_the_api_get_it(panel):
    reading = Reading(((shape(7), shape(3)),), Vote())

    shown = panel.postprocess(Answer(reading, milliseconds=3.5))

    assert shown["reading"] == reading.as_json() | {"milliseconds": 3.5}


def test_a_network_that_answers_alone_has_no_ensemble_beside_it(panel):
    reading = Reading(((shape(7),),), Vote("compact"))

    [digit] = panel.postprocess(Answer(reading))["digits"]

    assert [voter["name"] for voter in digit["voters"]] == ["compact", "deep"]


@pytest.mark.parametrize("answer", [None, Answer()])
def test_nothing_to_read_shows_nothing(panel, answer):
    assert panel.postprocess(answer) == {
        "sequence": 0,
        "sentence": "",
        "put_off": False,
        "passed_over": "",
        "text": "",
        "reading": None,
        "digits": [],
    }


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (shape(7, 0.934), "It is 7, 93.4% sure."),
        (shape(7, 0.99999), "It is 7, more than 99.9% sure."),
        (shape(9, 0.55, "unsure", "confidence", compact=9, deep=4), "Unsure: 9 or 4."),
        (shape(4, 0.55, "unsure", "confidence", compact=9, deep=4), "Unsure: 4 or 9."),
        (shape(7, 0.55, "unsure", "confidence", compact=7, deep=7), "Unsure: 7 or 0."),
        (shape(7, 0.55, "unsure", "confidence", compact=3, deep=5), "Unsure: 7 or 0."),
        (shape(7, 0.99, "unsure", "digitness"), "Perhaps 7, if it is a digit at all."),
        (shape(7, 0.99, "unsure", "company"), "Perhaps 7, but what stands beside it speaks against it."),
        (shape(4, 0.9, "not_a_digit"), "This does not look like a digit; the nearest is 4."),
    ],
)
def test_the_verdict_is_said_in_words(seen, words):
    assert verdict_in_words(seen) == words


@pytest.mark.parametrize(
    ("seen", "sure_from"),
    [
        (shape(7, 0.9), 0.6),
        (shape(7, 0.6), 0.6),
        (shape(7, 0.5, "unsure", "confidence"), 0.6),
        (shape(7, 0.5, "unsure", "digitness"), None),
        (shape(7, 0.9, "unsure", "company"), None),  # among many shapes that are none, nobody is sure of a digit
        (shape(7, 0.9, "not_a_digit"), None),
    ],
)
def test_the_threshold_is_told_where_it_decided(panel, seen, sure_from):
    [digit] = panel.postprocess(Answer(Reading(((seen,),), Vote()), threshold=0.6))["digits"]

    assert digit["sure_from"] == sure_from


def test_marks_that_were_passed_over_are_told_in_one_sentence(panel):
    shapes = ((shape(7),),)

    assert panel.postprocess(Answer(Reading(shapes, passed_over=True)))["passed_over"] == PASSED_OVER
    assert panel.postprocess(Answer(Reading(shapes)))["passed_over"] == ""


def test_a_panel_tells_the_page_nothing_but_json(panel):
    config = panel.get_config()

    assert json.loads(json.dumps(config))["props"]["hint"] == "Draw a digit"
