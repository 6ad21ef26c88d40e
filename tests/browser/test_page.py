"""The page as a whole, in a real browser: phone, dark, and what it says about itself."""

import pytest
from playwright.sync_api import expect

from tests.support.drawings import picture_of

PHONE = {"viewport": {"width": 375, "height": 780}}


def test_nothing_sticks_out_of_a_phone(visit, draw, drawing_answer, tmp_path):
    page = visit(**PHONE)
    picture_of("1234567890", width=1600, height=200, brush=14).save(tmp_path / "row.png")
    fits = "document.documentElement.scrollWidth <= window.innerWidth"

    draw(page, "47")
    drawing_answer(page)
    assert page.evaluate(fits)

    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#upload-image input[type=file]", tmp_path / "row.png")
    expect(page.locator("#upload-marked .box")).to_have_count(10)
    assert page.evaluate(fits)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_paper_is_white_whatever_the_page_is(visit, scheme):
    page = visit(color_scheme=scheme)

    corner = page.locator("#draw-canvas canvas").evaluate(
        "paper => [paper.width, paper.height, ...paper.getContext('2d').getImageData(0, 0, 1, 1).data]"
    )

    assert corner == [280, 280, 255, 255, 255, 255]
    assert page.locator("body").evaluate("body => body.classList.contains('dark')") == (scheme == "dark")


def test_the_page_says_what_is_kept_and_which_weights_answer(page):
    expect(page.locator("#kept")).to_contain_text("deleted within two hours")
    expect(page.locator("#kept")).to_contain_text("weights")
