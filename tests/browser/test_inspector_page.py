"""The folded part of Draw and Upload: how it behaves in a browser."""

from playwright.sync_api import expect

from tests.support.chromium import wait_until
from tests.support.drawings import picture_of, strokes_of
from ui.components.inspector import CHANGED, NOTHING_YET

# The classes of what is wider than the part it stands in.
STICKING_OUT = """(part) => [...part.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > part.getBoundingClientRect().right + 1)
    .map((one) => one.className || one.tagName)"""


def test_a_small_drawing_aside_is_read_right_and_the_pair_says_what_centring_did(page, draw, drawing_answer):
    draw(page, strokes=[[(20 + 0.4 * x, 20 + 0.4 * y) for x, y in stroke] for stroke in strokes_of("4")])
    assert drawing_answer(page) == "4"

    page.get_by_role("button", name="Look inside").first.click()

    pair = page.locator("#draw-insight .pair figure")
    expect(pair).to_have_count(2)
    expect(pair.first).to_be_visible()
    expect(page.locator("#draw-insight .centring-words")).to_contain_text("read as 4", ignore_case=True)
    expect(pair.nth(1).locator("tr td:nth-child(2)")).to_have_text(["4", "4", "4"])
    assert pair.nth(0).locator("table").inner_text() != pair.nth(1).locator("table").inner_text()


def test_a_drawing_opens_and_answers_why_and_why_not_and_nothing_is_computed_before(page, draw, drawing_answer):
    asked = []
    page.on("request", lambda request: "/queue/join" in request.url and asked.append(request.url))
    draw(page, "7")
    drawing_answer(page)
    assert asked == []
    expect(page.locator("#draw-insight .why img")).to_have_count(0)

    page.get_by_role("button", name="Look inside").first.click()

    insight = page.locator("#draw-insight")
    expect(insight.locator(".steps img")).to_have_count(3)
    expect(insight.locator(".predictions tbody tr")).to_have_count(4)
    expect(insight.locator(".why-words")).to_have_text("Why 7?")
    insight.get_by_role("radio", name="1").check()
    expect(insight.locator(".why-words")).to_have_text("Why not 1?")
    expect(insight.locator(".why img")).to_have_count(3)
    insight.get_by_text("Feature maps").click()
    expect(insight.locator(".features img").last).to_be_visible()


def test_a_new_drawing_is_looked_into_while_the_part_is_open(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)
    page.get_by_role("button", name="Look inside").first.click()
    expect(page.locator("#draw-insight .title")).to_have_text("The only shape, read as 7.")

    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#draw-insight .sentence")).to_have_text(NOTHING_YET["draw"])
    expect(page.locator("#draw-insight .insight")).to_be_hidden()
    draw(page, "2")

    expect(page.locator("#draw-insight .title")).to_have_text("The only shape, read as 2.")
    expect(page.locator("#draw-insight .sentence")).to_have_text("")


def test_an_earlier_drawing_says_that_it_is_one_until_the_present_one_is_there(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)
    page.get_by_role("button", name="Look inside").first.click()
    expect(page.locator("#draw-insight .title")).to_have_text("The only shape, read as 7.")
    held = []
    page.route("**/queue/join**", lambda route: held.append(route), times=1)

    page.get_by_role("slider", name="Brush width").fill("12")
    draw(page, strokes=[[(20, 40), (21, 240)]])

    expect(page.locator("#draw-insight .sentence")).to_have_text(CHANGED)
    expect(page.locator("#draw-insight .title")).to_have_text("The only shape, read as 7.")
    expect(page.locator("#draw-insight").get_by_role("button", name="Look again")).to_be_visible()
    wait_until(page, lambda: held)
    held[0].continue_()
    expect(page.locator("#draw-insight .title")).to_contain_text("of 2, read as")
    expect(page.locator("#draw-insight .sentence")).to_have_text("")


def test_look_again_asks_anew_where_a_question_was_lost(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)
    page.get_by_role("button", name="Look inside").first.click()
    insight = page.locator("#draw-insight")
    expect(insight.locator(".title")).to_have_text("The only shape, read as 7.")
    lost = []
    page.route("**/queue/join**", lambda route: lost.append(route), times=1)
    insight.get_by_role("radio", name="3").check()
    wait_until(page, lambda: lost)

    insight.get_by_role("button", name="Look again").click()

    expect(insight.locator(".why-words")).to_have_text("Why not 3?")
    expect(insight.locator(".sentence")).to_have_text("")


def test_a_question_asked_while_folded_away_is_answered_when_it_unfolds(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)
    fold = page.get_by_role("button", name="Look inside").first
    fold.click()
    expect(page.locator("#draw-insight .title")).to_have_text("The only shape, read as 7.")
    fold.click()
    expect(page.locator("#draw-insight")).to_be_hidden()
    asked = []
    page.on("request", lambda request: "/queue/join" in request.url and asked.append(request.url))

    page.get_by_role("button", name="Clear").click()
    draw(page, "1")
    assert drawing_answer(page) == "1"
    assert asked == []
    fold.click()

    expect(page.locator("#draw-insight .title")).to_have_text("The only shape, read as 1.")


def test_the_chosen_digit_of_a_number_is_the_one_looked_into(page, tmp_path):
    picture_of("407", width=600, height=240, brush=16).save(tmp_path / "number.png")
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#upload-image input[type=file]", tmp_path / "number.png")
    expect(page.locator("#upload-answer")).to_have_text("407")

    page.locator("#upload-inspector").get_by_role("button", name="Look inside").click()
    expect(page.locator("#upload-insight .title")).to_have_text("Shape 1 of 3, read as 4.")
    page.locator("#upload-marked .box").nth(2).click()
    expect(page.locator("#upload-insight .title")).to_have_text("Shape 3 of 3, read as 7.")
    page.locator("#upload-answer span").nth(1).click()

    expect(page.locator("#upload-insight .title")).to_have_text("Shape 2 of 3, read as 0.")


def test_nothing_of_the_folded_part_sticks_out_of_a_phone(visit, draw, drawing_answer):
    page = visit(viewport={"width": 375, "height": 780})
    draw(page, "4")
    drawing_answer(page)

    page.get_by_role("button", name="Look inside").first.click()
    expect(page.locator("#draw-insight .why img")).to_have_count(3)

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("#draw-insight").evaluate(STICKING_OUT) == []


def test_the_look_inside_stays_with_the_present(page, draw, drawing_answer):
    for stroke in ([(60, 60), (200, 60)], [(200, 60), (120, 220)]):
        draw(page, strokes=[stroke])
        drawing_answer(page)
    page.locator("#draw-inspector").get_by_role("button", name="Look inside").click()
    insight = page.locator("#draw-insight")
    expect(insight.locator(".why img")).to_have_count(3)
    expect(insight.locator(".sentence")).to_be_hidden()

    for key in ("Home", "End"):
        page.get_by_role("slider", name="Prediction over time").press(key)

        assert insight.locator(".sentence").text_content() == ""  # at once: nothing is looked into again
