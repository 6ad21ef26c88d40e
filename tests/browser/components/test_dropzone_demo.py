"""The place for a picture: the very file arrives."""

from playwright.sync_api import expect

COMPONENT = "dropzone"


def test_the_file_arrives_as_it_was(page):
    page.locator("#upload-image input").set_input_files(
        {"name": "seven.png", "mimeType": "image/png", "buffer": b"no picture, and yet untouched"}
    )

    expect(page.locator("#arrived textarea")).to_have_value("seven.png, 29 bytes")
    expect(page.locator("#upload-image .state")).to_have_text("seven.png")
