"""Many files at once, with a fake recognizer."""

import io

import pytest
from playwright.sync_api import expect

from tests.support.drawings import picture_of
from ui.server.room import SHARE_SENTENCE

COMPONENT = "batch"


def file_of(name, text):
    png = io.BytesIO()
    picture_of(text).save(png, format="PNG")
    return {"name": name, "mimeType": "image/png", "buffer": png.getvalue()}


def test_every_file_is_a_row_and_a_picture_and_a_bad_one_too(page):
    page.get_by_text("Many pictures at once").click()
    bad = {"name": "bad.png", "mimeType": "image/png", "buffer": b"this is no picture"}
    page.locator("#batch-files input").set_input_files([file_of("one.png", "1"), file_of("nought.png", "0"), bad])
    expect(page.locator("#batch-files").get_by_role("cell", name="bad.png")).to_be_visible()

    page.get_by_role("button", name="Read all").click()
    expect(page.locator("#batch-panel .words")).to_have_text("3 read, 1 to look at again.")
    page.get_by_text("Pictures, with a box around every digit").click()

    expect(page.locator("#batch-panel tbody tr")).to_have_count(3)
    expect(page.locator("#batch-gallery img")).to_have_count(2)
    expect(page.locator("#batch-gallery .where")).to_have_text("1 to 3 of 3")


@pytest.fixture
def refusing_page(new_page, app_url):
    """The demo without a look at the browser's console, which tells of each request that fails."""
    page = new_page()
    page.goto(app_url)
    page.get_by_text("Many pictures at once").click()
    return page


def test_an_upload_for_which_there_is_no_room_is_told_with_the_servers_sentence(refusing_page):
    answer = {"error": SHARE_SENTENCE, "detail": SHARE_SENTENCE}
    refusing_page.route("**/gradio_api/upload?**", lambda route: route.fulfill(status=429, json=answer))

    refusing_page.locator("#batch-files input").set_input_files([file_of("one.png", "1")])

    expect(refusing_page.get_by_test_id("toast-text")).to_have_text(SHARE_SENTENCE)


def test_pictures_that_the_server_refused_are_asked_for_again(refusing_page):
    refused = []

    def refuse(route):
        refused.append(route)
        route.fulfill(status=429, json={"error": "Please try again.", "detail": "Please try again."})

    page = refusing_page
    page.locator("#batch-files input").set_input_files([file_of("one.png", "1")])
    expect(page.locator("#batch-files").get_by_role("cell", name="one.png")).to_be_visible()
    page.get_by_role("button", name="Read all").click()
    expect(page.locator("#batch-panel .words")).to_have_text("1 read, 0 to look at again.")
    page.route("**/gradio_api/run/**", refuse, times=2)

    page.get_by_text("Pictures, with a box around every digit").click()

    expect(page.locator("#batch-gallery img")).to_have_count(1)
    assert len(refused) == 2
