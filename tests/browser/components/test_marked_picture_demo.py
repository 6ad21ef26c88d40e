"""A picture with boxes beside its answer."""

import io

import pytest
from playwright.sync_api import expect

from tests.support.drawings import picture_of

COMPONENT = "marked_picture"


@pytest.fixture
def number():
    png = io.BytesIO()
    picture_of("101", width=560).save(png, format="PNG")
    return {"name": "number.png", "mimeType": "image/png", "buffer": png.getvalue()}


def test_a_box_that_is_clicked_is_shown_by_the_answer(page, number):
    page.locator("#upload-image input").set_input_files(number)
    boxes = page.locator("#upload-marked .box")
    expect(boxes).to_have_count(3)

    boxes.nth(2).click()

    expect(boxes.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#upload-panel .shapes button").nth(2)).to_have_attribute("aria-pressed", "true")


def test_a_shape_chosen_in_the_answer_is_marked_on_the_picture(page, number):
    page.locator("#upload-image input").set_input_files(number)

    page.locator("#upload-panel .shapes button").nth(1).click()

    expect(page.locator("#upload-marked .box").nth(1)).to_have_attribute("aria-pressed", "true")
