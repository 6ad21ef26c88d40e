"""The place for a picture: the very file arrives."""

import pytest
from playwright.sync_api import expect

COMPONENT = "dropzone"
SMALL = {"name": "seven.png", "mimeType": "image/png", "buffer": b"some bytes"}


@pytest.fixture
def refused_page(new_page, app_url):
    """The demo without a look at the browser's console, which tells of each upload that fails."""
    page = new_page()
    page.goto(app_url)
    page.locator("#upload-image input").wait_for(state="attached")
    return page


def test_the_file_arrives_as_it_was(page):
    page.locator("#upload-image input").set_input_files(
        {"name": "seven.png", "mimeType": "image/png", "buffer": b"no picture, and yet untouched"}
    )

    expect(page.locator("#arrived textarea")).to_have_value("seven.png, 29 bytes")
    expect(page.locator("#upload-image .state")).to_have_text("seven.png")


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (507, '{"error": "There is no room.", "detail": "There is no room."}', "There is no room."),
        (429, '{"error": "Too much for an hour.", "detail": ""}', "Too much for an hour."),
        (500, "Internal Server Error", "the connection broke, or the server failed"),
        (500, '{"error": null}', "the connection broke, or the server failed"),
    ],
)
def test_an_upload_that_is_refused_is_told_with_the_servers_sentence_where_it_has_one(
    refused_page, status, body, sentence
):
    refused_page.route("**/upload*", lambda route: route.fulfill(status=status, body=body))

    refused_page.locator("#upload-image input").set_input_files(SMALL)

    expect(refused_page.locator("#upload-image .state")).to_contain_text(sentence)


def test_only_a_picture_that_is_too_large_is_called_so(refused_page):
    refused_page.evaluate("Object.defineProperty(File.prototype, 'size', { get: () => 60 * 2 ** 20 })")
    refused_page.route("**/upload*", lambda route: route.fulfill(status=413, body="File size exceeded"))

    refused_page.locator("#upload-image input").set_input_files(SMALL)

    expect(refused_page.locator("#upload-image .state")).to_contain_text("it is larger than 50 MB.")
