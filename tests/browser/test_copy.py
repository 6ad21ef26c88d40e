"""The button that copies what was read."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_pad import use
from tests.support.drawings import picture_of, strokes_of

PASTED = "() => navigator.clipboard.readText()"
WITHOUT_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
NOTHING_COPIES = f"{WITHOUT_CLIPBOARD} document.execCommand = () => false;"


@pytest.fixture
def clerk(visit):
    """The page of a visitor whose clipboard the test may read."""
    return visit(permissions=["clipboard-read", "clipboard-write"])


def test_copy_takes_what_was_read_and_says_so_until_the_answer_changes(clerk, draw, drawing_answer):
    page = clerk
    draw(page, strokes=strokes_of("71"))
    drawing_answer(page)
    panel = page.locator("#draw-panel")

    panel.get_by_role("button", name="Copy").click()

    expect(panel.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert page.evaluate(PASTED) == "71"
    expect(page.locator("#draw-answer")).to_have_text("71")
    use(page, "Undo")
    assert drawing_answer(page) == "7"
    expect(panel.get_by_text("Copied")).to_have_count(0)


def test_rows_of_a_picture_are_copied_as_lines(clerk, tmp_path):
    page = clerk
    picture = Image.new("RGB", (600, 500), "white")
    picture.paste(picture_of("123", width=600, height=200), (0, 20))
    picture.paste(picture_of("45", width=400, height=200), (0, 280))
    picture.save(tmp_path / "rows.png")
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#upload-image input[type=file]", tmp_path / "rows.png")
    expect(page.locator("#upload-marked .box")).to_have_count(5)

    page.locator("#upload-panel").get_by_role("button", name="Copy").click()

    expect(page.locator("#upload-panel").get_by_text("Copied")).to_be_visible()
    assert page.evaluate(PASTED) == page.text_content("#upload-answer") == "123\n45"


@pytest.mark.parametrize(("browser", "sentence"), [(WITHOUT_CLIPBOARD, "Copied"), (NOTHING_COPIES, "does not let")])
def test_an_older_way_copies_where_the_clipboard_is_closed_and_else_the_page_says_so(
    clerk, draw, drawing_answer, browser, sentence
):
    draw(clerk, "4")
    drawing_answer(clerk)
    clerk.evaluate(browser)

    clerk.locator("#draw-panel").get_by_role("button", name="Copy").click()

    expect(clerk.locator("#draw-panel .copied")).to_contain_text(sentence)


def test_there_is_nothing_to_copy_from_blank_paper(page):
    expect(page.locator("#draw-panel").get_by_role("button", name="Copy")).to_be_hidden()
