"""The answer panel beside a sketchpad: it shows what comes and drops what comes too late."""

from playwright.sync_api import expect

COMPONENT = "answer"


def test_each_shape_can_be_chosen_in_the_text_and_below_it(page, draw, drawing_answer):
    page.get_by_role("slider", name="Brush width").fill("12")
    draw(page, "10")
    text = drawing_answer(page)
    assert len(text) == 2

    page.locator("#draw-answer span").nth(1).click()

    expect(page.locator("#draw-panel .shapes button").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#draw-panel .bars li.best b")).to_have_text(text[1])
    expect(page.locator("#draw-panel .verdict")).to_have_text(f"It is {text[1]}, 91.0% sure.")


def test_blank_paper_is_answered_by_the_hint_at_once(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)

    page.get_by_role("button", name="Clear").click()

    expect(page.locator("#draw-answer")).to_have_text("Draw a digit")
    expect(page.locator("#draw-panel .bars li.best")).to_have_count(0)
