"""The folded part of Draw and Upload: what it holds, in words and pictures."""

import base64
import io

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from digit_core.effort import DRAWING
from digit_core.page.trace import Trace
from digit_core.types import Opinion, Prediction, Vote
from tests.support.drawings import draw_crowded_pair, picture_of
from ui.components.inspector import (
    NOTHING_YET,
    Inspector,
    Question,
    centring_in_words,
    predictions_in_words,
)
from ui.components.inspector.handlers import InspectorHandlers
from ui.components.sketchpad import Drawing
from ui.server.turns import Turns

VOTE = (Vote(), 0.5)


@pytest.fixture(scope="module")
def handlers(recognizer):
    return InspectorHandlers(recognizer, Turns())


@pytest.fixture(scope="module")
def inside():
    return Inspector()


def opinion_of(name, digit):
    return Opinion(name, Prediction(tuple(1.0 if index == digit else 0.0 for index in range(10))), 0.9)


def open_figure(figure):
    return Image.open(io.BytesIO(base64.b64decode(figure["source"].partition(",")[2])))


def test_everything_is_shown_of_the_chosen_shape(handlers, inside):
    drawing = Drawing(1, picture_of("17", brush=12).convert("L"))

    shown = inside.postprocess(handlers.explain_drawing(Question(5, index=1), drawing, *VOTE))

    assert shown["question"] == {"version": 5, "index": 1, "target": None}
    assert shown["title"] == "Shape 2 of 2, read as 7."
    assert [open_figure(step).size for step in shown["steps"]][::2] == [(280, 280), (28, 28)]
    assert [row[0] for row in shown["predictions"]["rows"]] == ["compact", "deep", "arithmetic", "geometric"]
    assert shown["why"]["words"] == "Why 7?"
    assert len(shown["why"]["figures"]) == 3
    assert all(" 7" in figure["caption"] and figure["caption"].endswith(".") for figure in shown["why"]["figures"])
    assert len(shown["features"]) == 6 + 9


def test_on_a_photo_the_ink_is_shown_that_the_finder_found(handlers, tmp_path):
    paper = np.random.default_rng(3).normal(190, 6, (280, 560)).clip(0, 255).astype(np.uint8)
    Image.fromarray(np.minimum(paper, np.asarray(picture_of("47", width=560, brush=12).convert("L")))).save(
        tmp_path / "photo.png"
    )

    looked = handlers.explain_upload(Question(1), tmp_path / "photo.png", *VOTE)

    trace = Trace()
    handlers.recognizer.read(tmp_path / "photo.png", trace=trace)
    assert "finder frames" in trace.pictures
    assert np.array_equal(looked.insight.steps.ink, trace.ink)


def test_the_shapes_are_those_of_the_live_answer(handlers):
    crowded = draw_crowded_pair()

    looked = handlers.explain_drawing(Question(1), Drawing(1, crowded), *VOTE)

    assert looked.insight.reading.text == handlers.recognizer.read(crowded, *VOTE, effort=DRAWING).text
    assert looked.insight.reading.text != handlers.recognizer.read(crowded, *VOTE).text


def test_another_digit_can_be_asked_about(handlers, inside, tmp_path):
    picture_of("7").save(tmp_path / "seven.png")

    seven, one = (
        inside.postprocess(handlers.explain_upload(Question(target=target), tmp_path / "seven.png", *VOTE))["why"]
        for target in (7, 1)
    )

    assert (seven["words"], one["words"]) == ("Why 7?", "Why not 1?")
    assert all(a["source"] != b["source"] for a, b in zip(seven["figures"], one["figures"], strict=True))


def test_a_shape_that_is_no_longer_there_gives_way_to_the_last_one(handlers, inside):
    drawing = Drawing(1, picture_of("7").convert("L"))

    shown = inside.postprocess(handlers.explain_drawing(Question(index=3), drawing, *VOTE))

    assert shown["title"] == "The only shape, read as 7."


def test_nothing_to_look_into_is_said_in_a_sentence(handlers, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"this is no picture")

    assert handlers.explain_drawing(Question(), Drawing(), *VOTE).sentence == NOTHING_YET["draw"]
    assert handlers.explain_upload(Question(), None, *VOTE).sentence == NOTHING_YET["upload"]
    assert handlers.explain_upload(Question(), tmp_path / "broken.png", *VOTE).sentence.endswith(".")


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        "7",
        {"version": 1, "index": -1, "target": None},
        {"version": 1, "index": 0, "target": 10},
        {"version": 1, "index": "0", "target": 1},
        {"version": 1, "index": 0, "target": "<b>"},
    ],
)
def test_a_question_that_the_page_would_not_ask_is_refused(inside, payload):
    with pytest.raises(gr.Error, match="A question needs"):
        inside.preprocess(payload)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((4, 4, 4, 4), "Both networks predict 4."),
        ((4, 9, 4, 4), "Compact predicts 4, deep predicts 9; together they predict 4."),
        ((4, 9, 4, 9), "Compact predicts 4, deep predicts 9; the arithmetic mean predicts 4, the geometric mean 9."),
    ],
)
def test_agreement_is_said_in_words(said, words):
    predictors = ("compact", "deep", "arithmetic", "geometric")

    assert (
        predictions_in_words(tuple(opinion_of(name, digit) for name, digit in zip(predictors, said, strict=True)))
        == words
    )


@pytest.mark.parametrize(
    ("as_it_stands", "centred", "words"),
    [
        ("1", "4", "As it stands it would be read as 1, centred it is read as 4: "),
        ("?", "4", "As it stands it would be taken for no digit, centred it is read as 4: "),
        ("4", "?", "As it stands it would be read as 4, centred it is taken for no digit: "),
        ("4", "4", "Read as 4 either way. "),
        ("?", "?", "Either way it does not look like a digit."),
    ],
)
def test_what_centring_changes_is_said_in_words(as_it_stands, centred, words):
    assert centring_in_words(as_it_stands, centred).startswith(words)


def test_the_frame_as_it_stands_is_voted_on_beside_the_centred_one(handlers, inside):
    aside = Image.new("L", (280, 280), 255)
    aside.paste(picture_of("4", 110, 110, brush=8).convert("L"), (10, 20))

    shown = inside.postprocess(handlers.explain_drawing(Question(), Drawing(1, aside), *VOTE))["centring"]

    before, after = shown["pair"]
    assert [open_figure(frame).size for frame in (before, after)] == [(28, 28), (28, 28)]
    assert open_figure(before).getbbox()[2] <= 13
    assert [vote[0] for vote in before["votes"]] == ["compact", "deep", "ensemble"]
    assert [vote[1] for vote in after["votes"]] == ["4", "4", "4"]
    assert before["votes"] != after["votes"]
    assert "4" in shown["words"]


def test_of_a_number_the_chosen_shape_stands_alone(handlers, inside):
    drawing = Drawing(1, picture_of("17", 700, 280).convert("L"))

    shown = [
        inside.postprocess(handlers.explain_drawing(Question(index=index), drawing, Vote("compact"), 0.5))["centring"][
            "pair"
        ][0]
        for index in (0, 1)
    ]

    one, seven = (open_figure(frame).getbbox() for frame in shown)
    assert one[2] - one[0] < seven[2] - seven[0] < 20
    assert [vote[0] for vote in shown[0]["votes"]] == ["compact", "deep"]
