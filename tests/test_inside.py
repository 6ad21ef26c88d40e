"""The folded part of Draw and Upload: what it holds, in words and pictures, and how it behaves in a browser."""

import base64
import io

import pytest
from drawings import picture_of
from PIL import Image
from playwright.sync_api import expect

from digit_core import load_recognizer
from digit_core.types import Opinion, Prediction
from ui.inside import AS_READ, NOTHING_CHOSEN, NOTHING_DRAWN, Inside, InsideHandlers, voices_in_words
from ui.sketchpad import Drawing
from ui.turns import Turns

VOTE = ("ensemble", "arithmetic", 0.5, 0.5)


@pytest.fixture(scope="module")
def handlers():
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_MODEL_SOURCE", "bundled")
        return InsideHandlers(load_recognizer(), Turns())


@pytest.fixture(scope="module")
def inside():
    return Inside()


def voice(name, digit):
    return Opinion(name, Prediction(tuple(1.0 if index == digit else 0.0 for index in range(10))), 0.9)


def opened(figure):
    return Image.open(io.BytesIO(base64.b64decode(figure["source"].partition(",")[2])))


def test_everything_is_shown_of_the_chosen_shape(handlers, inside):
    drawing = Drawing(1, picture_of("17", brush=12).convert("L"))

    shown = inside.postprocess(handlers.drawn(drawing, 2, AS_READ, *VOTE))

    assert shown["title"] == "Shape 2 of 2, read as 7."
    assert [opened(step).size for step in shown["steps"]][::2] == [(280, 280), (28, 28)]
    assert [row[0] for row in shown["voices"]["rows"]] == ["compact", "deep", "arithmetic", "geometric"]
    assert shown["why"]["words"] == "Why 7?"
    assert len(shown["why"]["figures"]) == 3
    assert all(" 7" in figure["caption"] and figure["caption"].endswith(".") for figure in shown["why"]["figures"])
    assert len(shown["features"]) == 6 + 9


def test_another_digit_can_be_asked_about(handlers, inside, tmp_path):
    picture_of("7").save(tmp_path / "seven.png")

    seven, one = (
        inside.postprocess(handlers.uploaded(tmp_path / "seven.png", 1, target, *VOTE))["why"] for target in "71"
    )

    assert (seven["words"], one["words"]) == ("Why 7?", "Why not 1?")
    assert all(a["source"] != b["source"] for a, b in zip(seven["figures"], one["figures"], strict=True))


@pytest.mark.parametrize("which", [None, 0, 2])
def test_a_shape_that_does_not_exist_is_answered_by_a_sentence(handlers, inside, which):
    drawing = Drawing(1, picture_of("7").convert("L"))

    shown = inside.postprocess(handlers.drawn(drawing, which, AS_READ, *VOTE))

    assert shown == {"sentence": "There is one shape only."}


def test_nothing_to_look_into_is_said_in_a_sentence(handlers, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"this is no picture")

    assert handlers.drawn(Drawing(), 1, AS_READ, *VOTE) == NOTHING_DRAWN
    assert handlers.uploaded(None, 1, AS_READ, *VOTE) == NOTHING_CHOSEN
    assert handlers.uploaded(tmp_path / "broken.png", 1, AS_READ, *VOTE).endswith(".")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((4, 4, 4, 4), "Both networks say 4."),
        ((4, 9, 4, 4), "Compact says 4, deep says 9; together they say 4."),
        ((4, 9, 4, 9), "Compact says 4, deep says 9; the arithmetic mean makes it 4, the geometric mean 9."),
    ],
)
def test_agreement_is_said_in_words(said, words):
    voices = ("compact", "deep", "arithmetic", "geometric")

    assert voices_in_words(tuple(voice(name, digit) for name, digit in zip(voices, said, strict=True))) == words


def test_nothing_is_computed_before_somebody_looks(page, draw, drawing_answer):
    asked = []
    page.on("request", lambda request: "/queue/join" in request.url and asked.append(request.url))

    draw(page, "7")
    drawing_answer(page)

    assert asked == []
    expect(page.locator("#draw-insight .why img")).to_have_count(0)


def test_a_drawing_opens_and_answers_why_and_why_not(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)

    page.get_by_role("button", name="Look inside").first.click()

    insight = page.locator("#draw-insight")
    expect(insight.locator(".steps img")).to_have_count(3)
    expect(insight.locator(".voices tbody tr")).to_have_count(4)
    expect(insight.locator(".why-words")).to_have_text("Why 7?")
    page.locator("#draw-inside").get_by_role("radio", name="1").check()
    expect(insight.locator(".why-words")).to_have_text("Why not 1?")
    expect(insight.locator(".why img")).to_have_count(3)
    insight.get_by_text("Feature maps").click()
    expect(insight.locator(".features img").last).to_be_visible()


def test_an_upload_opens_and_the_second_shape_can_be_chosen(page, tmp_path):
    picture_of("407", width=600, height=240, brush=16).save(tmp_path / "number.png")
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#upload-image input[type=file]", tmp_path / "number.png")
    expect(page.locator("#upload-answer")).to_have_text("407")

    page.locator("#upload-inside").get_by_role("button", name="Look inside").click()
    expect(page.locator("#upload-insight .title")).to_have_text("Shape 1 of 3, read as 4.")
    page.get_by_label("Which shape").fill("3")

    expect(page.locator("#upload-insight .title")).to_have_text("Shape 3 of 3, read as 7.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_the_folded_part_sticks_out_of_a_phone(visit, draw, drawing_answer, scheme):
    page = visit(viewport={"width": 375, "height": 780}, color_scheme=scheme)
    draw(page, "4")
    drawing_answer(page)

    page.get_by_role("button", name="Look inside").first.click()
    expect(page.locator("#draw-insight .why img")).to_have_count(3)

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
