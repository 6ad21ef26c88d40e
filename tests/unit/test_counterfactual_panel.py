"""What would change its mind: what is asked, what is found, and how it is said."""

import base64
import io
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from digit_core.errors import TooManyDigitsError
from digit_core.explain.counterfactual import Counterfactual
from digit_core.pen import CANVASES, Stroke
from digit_core.types import Prediction, Vote
from ui.components.counterfactual import CounterfactualPanel, Finding, Question, change_in_words
from ui.components.counterfactual.handlers import CounterfactualHandlers


def believe(digit, confidence):
    others = (1 - confidence) / 9
    return Prediction(tuple(confidence if each == digit else others for each in range(10)))


def change(target, now, without, flips_answer, mark=True):
    ink = np.zeros((280, 280), np.float32)
    ink[60:220, 130:150] = 1
    return Counterfactual(target, now, without, flips_answer, ink, ink * (np.indices(ink.shape)[0] < 100) * mark)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (change(3, believe(8, 0.9), believe(3, 0.71), True), "Without the marked part it would read 3 (71%)."),
        (
            change(3, believe(8, 0.9), believe(8, 0.64), False),
            "No single part makes it a 3; the marked part speaks most against it (without it 4.0%).",
        ),
        (change(4, believe(9, 0.9), believe(4, 0.996), True), "Without the marked part it would read 4 (99.6%)."),
        (change(8, believe(1, 0.9), None, False, mark=False), "Taking ink away does not bring it nearer to an 8."),
        (change(8, believe(8, 0.9), believe(3, 0.6), True), "Without the marked part it would read 3 (60%)."),
        (
            change(8, believe(8, 0.9), believe(8, 0.55), False),
            "No single part turns it into another digit; the marked part speaks most for the 8 (without it 55%).",
        ),
        (
            change(8, believe(8, 0.9), None, False, mark=False),
            "No single part carries the 8: without any one of them it would still read 8.",
        ),
    ],
)
def test_what_was_found_is_said_in_one_sentence(found, words):
    assert change_in_words(found) == words


@pytest.fixture(scope="module")
def panel():
    return CounterfactualPanel(name="draw")


def open_url(url):
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def test_the_mark_fits_the_paper_and_is_clear_where_nothing_goes(panel):
    shown = panel.postprocess(Finding(4, change(3, believe(8, 0.9), believe(3, 0.71), True)))

    marked = open_url(shown["mark"])
    assert (shown["question"], marked.size, marked.mode) == (4, (280, 280), "RGBA")
    assert [marked.getpixel(place)[3] for place in ((140, 80), (140, 200), (10, 10))] == [255, 0, 0]
    assert open_url(shown["picture"]).size == (20, 160)
    assert shown["alt"] == "The drawing; the marked part is at the top."


def test_an_error_becomes_the_findings_sentence(panel):
    def refuse(*_, **__):
        raise TooManyDigitsError("Too many shapes.")

    question = Question(7, 3, 0, (Stroke(np.zeros((1, 2), np.float32), 20),), CANVASES[0])

    finding = CounterfactualHandlers(SimpleNamespace(read=refuse)).find(question, Vote(), 0.5)

    assert panel.postprocess(finding) == {"question": 7, "sentence": "Too many shapes."}


def question_as_sent(**changes):
    strokes = [{"width": 20, "erases": False, "points": [[10, 20], [30, 40]]}]
    return {"question": 3, "target": 4, "index": 0, "size": [280, 280], "strokes": strokes} | changes


def test_a_question_arrives_as_it_was_asked(panel):
    question = panel.preprocess(question_as_sent(size=[700, 280]))

    assert (question.number, question.target, question.index, question.size) == (3, 4, 0, (700, 280))
    assert question.strokes[0].points.tolist() == [[10, 20], [30, 40]]


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "3",
        [],
        {},
        question_as_sent(target="4"),
        question_as_sent(target=None),
        question_as_sent(index=0.5),
        question_as_sent(question=True),
        question_as_sent(size=[281, 280]),
        question_as_sent(strokes=[{"width": 1e9, "points": [[0, 0]]}]),
        question_as_sent(strokes=[{"width": 20, "points": [[0, float("nan")]]}]),
        question_as_sent(strokes="strokes"),
    ],
)
def test_what_was_not_asked_here_is_refused_with_a_sentence(panel, payload):
    with pytest.raises(gr.Error) as refusal:
        panel.preprocess(payload)

    assert refusal.value.message.endswith(".")
