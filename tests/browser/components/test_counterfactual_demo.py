"""The question what would change an answer, with made-up findings."""

from playwright.sync_api import expect

COMPONENT = "counterfactual"


def test_a_chosen_bar_asks_and_chosen_again_it_asks_no_more(page, draw, drawing_answer):
    draw(page, strokes=[[(60, 60), (200, 60)], [(200, 60), (120, 220)]])
    drawing_answer(page)
    bar = page.get_by_role("button", name="What would make it an 8?")

    bar.click()
    expect(page.locator("#draw-counterfactual .sentence")).to_have_text("Less of these 2 strokes would be an 8.")
    bar.click()

    expect(page.locator("#draw-counterfactual .sentence")).to_be_hidden()


def test_the_finding_goes_when_the_drawing_goes_on(page, draw, drawing_answer):
    draw(page, strokes=[[(60, 60), (200, 60)]])
    drawing_answer(page)
    page.get_by_role("button", name="What would make it a 3?").click()
    expect(page.locator("#draw-counterfactual .sentence")).to_be_visible()

    draw(page, strokes=[[(200, 60), (120, 220)]])

    expect(page.locator("#draw-counterfactual .sentence")).to_be_hidden()
    expect(page.locator("#draw-counterfactual .hint")).to_be_visible()
