"""The look inside a shape, with made-up networks."""

from playwright.sync_api import expect

COMPONENT = "inspector"


def test_the_look_inside_follows_the_answer_and_the_digit_that_is_asked_about(page, draw, drawing_answer):
    insight = page.locator("#draw-insight")
    expect(insight.locator(".sentence")).to_contain_text("draw a digit first")

    draw(page, "7")
    text = drawing_answer(page)
    expect(insight.locator(".title")).to_have_text(f"The only shape, read as {text}.")
    expect(insight.locator(".why-words")).to_have_text(f"Why {text}?")
    other = "4" if text != "4" else "5"
    insight.get_by_role("radio", name=other).check(force=True)

    expect(insight.locator(".why-words")).to_have_text(f"Why not {other}?")
    expect(insight.locator(".predictions tbody tr")).to_have_count(4)
