"""The Upload tab: files in a real browser on the real app, and its handlers with a recognizer that errs."""

import json

import pytest
from drawings import picture_of
from gradio_client import Client, handle_file
from playwright.sync_api import expect

from digit_core.errors import TooManyDigitsError
from ui.turns import Turns
from ui.upload import HINT, UploadHandlers


@pytest.fixture
def upload(page):
    page.get_by_role("tab", name="Upload").click()
    return lambda path: page.set_input_files("#upload-image input[type=file]", path)


@pytest.fixture
def file_of(tmp_path):
    def write(text, name="digits.png", **manner):
        path = tmp_path / name
        picture_of(text, **manner).save(path)
        return path

    return write


def test_a_file_is_read_at_once_with_a_box_around_every_digit(page, upload, file_of):
    upload(file_of("407", width=600, height=240, brush=16, ink="#223366", paper="#ece6d8"))

    expect(page.locator("#upload-answer")).to_have_text("407")
    expect(page.locator("#upload-marked .box b")).to_have_text(["4", "0", "7"])
    expect(page.locator("#upload-panel .shapes button img")).to_have_count(3)
    expect(page.locator("#upload-panel .top tr")).to_have_count(3)


def test_boxes_stand_where_the_digits_are(page, upload, file_of):
    upload(file_of("17", width=400, height=200))

    first, second = (page.locator("#upload-marked .box").nth(index).bounding_box() for index in (0, 1))
    picture = page.locator("#upload-marked img").bounding_box()
    middle = picture["x"] + picture["width"] / 2
    assert picture["x"] < first["x"] < first["x"] + first["width"] < middle < second["x"]
    assert second["x"] + second["width"] < picture["x"] + picture["width"]


def test_the_next_file_can_be_chosen_right_away(page, upload, file_of):
    upload(file_of("3", name="three.png"))
    expect(page.locator("#upload-answer")).to_have_text("3")

    upload(file_of("8", name="eight.jpg"))

    expect(page.locator("#upload-answer")).to_have_text("8")


def test_read_answers_the_present_file_again(page, upload, file_of):
    upload(file_of("2"))
    expect(page.locator("#upload-answer")).to_have_text("2")

    with page.expect_response("**/gradio_api/run/**") as response:
        page.get_by_role("button", name="Read").click()

    assert response.value.ok
    expect(page.locator("#upload-answer")).to_have_text("2")


@pytest.mark.parametrize("content", [b"", b"this is no picture", b"\x89PNG\r\n\x1a\n and then nothing"])
def test_a_broken_file_gives_a_sentence(page, upload, tmp_path, content):
    broken = tmp_path / "broken.png"
    broken.write_bytes(content)

    upload(broken)

    answer = page.locator("#upload-answer")
    expect(answer).not_to_have_text(HINT)
    expect(answer).to_have_text(" ".join(answer.text_content().split()))
    assert answer.text_content().endswith(".")
    assert "Traceback" not in page.text_content("body")


def test_an_empty_sheet_gives_a_sentence_and_is_shown(page, upload, file_of):
    upload(file_of("1", ink="white"))

    expect(page.locator("#upload-marked img")).to_be_visible()
    expect(page.locator("#upload-answer")).to_contain_text("nothing to read")


def test_a_file_name_is_shown_as_text_and_never_run(page, upload, file_of):
    name = "${alert(1)} {{alert(2)}} <img src=x onerror=alert(3)>.png"

    upload(file_of("9", name=name))

    expect(page.locator("#upload-answer")).to_have_text("9")
    expect(page.locator("#upload-image .state")).to_have_text(name)


class Refusing:
    """A recognizer that finds the same fault with every picture."""

    def read(self, *_):
        raise TooManyDigitsError("Too many shapes.")


def test_a_picture_that_could_not_be_read_is_still_shown(file_of):
    handlers = UploadHandlers(Refusing(), Turns())

    marked, answer = handlers.answer(file_of("7"), "ensemble", "arithmetic", 0.5, 0.5)

    assert (marked.picture.size, marked.digits) == ((280, 280), ())
    assert answer.sentence == "Too many shapes."


def test_a_crowd_is_sent_away_with_a_sentence(file_of):
    handlers = UploadHandlers(Refusing(), Turns(at_once=1, waiting=0))

    with handlers.turns.turn():
        marked, answer = handlers.answer(file_of("7"), "ensemble", "arithmetic", 0.5, 0.5)

    assert marked is None
    assert "try again" in answer.sentence


def test_a_box_opens_its_digits_bars_by_mouse_and_by_key(page, upload, file_of):
    upload(file_of("407", width=600, height=240, brush=16))
    expect(page.locator("#upload-answer")).to_have_text("407")
    best = page.locator("#upload-panel .bars li.best b")

    page.locator("#upload-marked .box").nth(2).click()
    expect(best).to_have_text("7")
    page.locator("#upload-marked").get_by_role("button", name="Shape 2 of 3: 0").focus()
    page.keyboard.press("Enter")

    expect(best).to_have_text("0")
    pressed = page.locator("#upload-marked .box[aria-pressed=true]")
    expect(pressed).to_have_count(1)
    expect(pressed).to_have_text("0")


def test_a_digit_in_the_answer_opens_its_bars(page, upload, file_of):
    upload(file_of("407", width=600, height=240, brush=16))
    expect(page.locator("#upload-answer")).to_have_text("407")

    page.locator("#upload-answer span").nth(2).click()

    expect(page.locator("#upload-panel .bars li.best b")).to_have_text("7")
    expect(page.locator("#upload-panel .shapes button").nth(2)).to_have_attribute("aria-pressed", "true")
    assert page.text_content("#upload-answer") == "407"


def test_the_reading_can_be_taken_along_as_the_api_tells_it(page, upload, file_of, app_url):
    sheet = file_of("47", width=400, height=200)
    upload(sheet)
    expect(page.locator("#upload-answer")).to_have_text("47")

    with page.expect_download() as download:
        page.locator("#upload-panel").get_by_role("button", name="Download as JSON").click()

    taken = json.loads(download.value.path().read_text())
    told = Client(app_url, verbose=False).predict(handle_file(sheet), api_name="/read")
    assert taken.pop("milliseconds") > 0
    assert told.pop("milliseconds") > 0
    assert taken == told
