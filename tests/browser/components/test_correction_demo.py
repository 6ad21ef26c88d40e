"""The question whether an answer was wrong, with nothing that keeps it."""

from playwright.sync_api import expect

COMPONENT = "correction"


def test_a_correction_is_sent_once_agreed_to_and_can_be_taken_back(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)
    panel = page.locator("#draw-correction")
    panel.get_by_text("Was it wrong?").click()
    send = panel.get_by_role("button", name="Send the correction")

    panel.get_by_role("radio", name="8").check(force=True)
    expect(send).to_be_disabled()
    panel.get_by_role("checkbox").check()
    send.click()
    expect(panel.get_by_text("“it was an 8”, is kept")).to_be_visible()
    panel.get_by_role("button", name="Take it back").click()

    expect(panel.locator(".said")).to_have_text("Taken back.")


def test_nobody_is_asked_about_what_the_page_wrote(visit, drawing_answer):
    page = visit(reduced_motion="reduce")

    page.get_by_role("button", name="Example").click()
    drawing_answer(page)

    expect(page.locator("#draw-correction details")).to_be_hidden()
