"""What would change the answer: a bar is chosen, and the ink that stands in its digit's way lights up."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.drawings import strokes_of


def sentence(page):
    return page.locator("#draw-counterfactual .sentence")


def mark(page):
    return page.locator("#draw-canvas .mark")


BAR = [(95, 60), (118, 135), (95, 215)]  # closes a three's open sides: an eight
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MARKED_COLUMNS = """mark => {
    const sheet = Object.assign(document.createElement("canvas"), { width: 280, height: 280 }).getContext("2d");
    sheet.drawImage(mark, 0, 0);
    const { data } = sheet.getImageData(0, 0, 280, 280);
    return [...Array(280).keys()].filter((x) => [...Array(280).keys()].some((y) => data[4 * (280 * y + x) + 3] > 128));
}"""


@pytest.fixture
def three_closed_to_eight(draw, drawing_answer):
    def draw_it(page):
        draw(page, strokes=[*strokes_of("3"), BAR])
        drawing_answer(page)
        expect(page.locator("#draw-panel .bars li.best b")).to_have_text("8")

    return draw_it


def bar_of(page, digit):
    return page.get_by_role("button", name=re.compile(f"What would make it an? {digit}"))


def test_the_bar_that_closed_a_three_lights_up_on_the_paper(page, three_closed_to_eight):
    three_closed_to_eight(page)
    ink = "paper => paper.toDataURL()"
    before = page.locator("#draw-canvas canvas").evaluate(ink)

    bar_of(page, 3).click()

    expect(sentence(page)).to_contain_text("Without the marked part it would read 3 (")
    expect(mark(page)).to_be_visible()
    columns = mark(page).evaluate(MARKED_COLUMNS)
    assert columns
    assert max(columns) < 130  # nothing of the three's own curves
    expect(page.get_by_role("img", name="the marked part is at the")).to_be_visible()
    expect(bar_of(page, 3)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#draw-counterfactual .source")).to_contain_text("Wachter et al. 2018")
    assert page.locator("#draw-canvas canvas").evaluate(ink) == before


def test_the_keyboard_reaches_every_bar(page, three_closed_to_eight):
    three_closed_to_eight(page)

    bar_of(page, 8).focus()
    for key in ("End", "Home", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(bar_of(page, 3)).to_be_focused()
    page.keyboard.press("Enter")

    expect(sentence(page)).to_contain_text("it would read 3 (")


def test_a_finger_finds_a_bar_and_is_shown_the_finding(visit, draw, drawing_answer):
    page = visit(**PHONE)
    draw(page, strokes=[*strokes_of("3"), BAR])
    drawing_answer(page)
    assert bar_of(page, 3).bounding_box()["height"] >= 40

    bar_of(page, 3).tap()

    expect(sentence(page)).to_contain_text("it would read 3 (")
    expect(sentence(page)).to_be_in_viewport()
    expect(page.locator("#draw-counterfactual .marked")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_mark_goes_when_the_bar_is_chosen_again_or_the_drawing_goes_on(
    page, three_closed_to_eight, draw, drawing_answer
):
    three_closed_to_eight(page)
    bar_of(page, 3).click()
    expect(mark(page)).to_be_visible()

    bar_of(page, 3).click()

    expect(mark(page)).to_be_hidden()
    expect(sentence(page)).to_be_hidden()
    expect(bar_of(page, 3)).to_have_attribute("aria-pressed", "false")

    bar_of(page, 3).click()
    expect(mark(page)).to_be_visible()
    draw(page, strokes=[[(60, 60), (61, 62)]])
    drawing_answer(page)

    expect(mark(page)).to_be_hidden()
    expect(sentence(page)).to_be_hidden()


def test_a_finding_that_comes_after_clear_is_never_shown(page, three_closed_to_eight):
    three_closed_to_eight(page)
    asked = []
    page.on("request", lambda request: "queue/join" in request.url and asked.append(request))
    page.evaluate(
        """() => {
            const sentence = document.querySelector("#draw-counterfactual .sentence");
            window.said = [];
            new MutationObserver(() => window.said.push(sentence.textContent)).observe(sentence, { childList: true });
        }"""
    )
    page.evaluate(
        """() => {
            document.querySelectorAll("#draw-panel .ask")[3].click();
            document.querySelector("#draw-canvas [data-tool=clear]").click(); // before any finding can have come
        }"""
    )
    expect(sentence(page)).to_be_hidden()

    three_closed_to_eight(page)
    bar_of(page, 1).click()
    expect(page.locator("#draw-counterfactual .source")).to_be_visible()

    assert len(asked) == 2
    # One question is answered after the other: the answer to the first has come by now, and was not shown.
    assert "it would read 3" not in " ".join(page.evaluate("window.said"))


def test_a_question_that_is_refused_waits_for_no_answer(page, three_closed_to_eight):
    three_closed_to_eight(page)
    page.evaluate(
        """() => {
            const stroke = { width: 20, erases: false, points: [[60, 60], [61, 61]] };
            const strokes = Array(301).fill(stroke);
            const detail = { sequence: 1, blank: false, strokes, size: [280, 280], byPage: false };
            const tab = document.querySelector("#draw-canvas").closest("[role=tabpanel]");
            tab.dispatchEvent(new CustomEvent("drawing-changed", { detail }));
        }"""
    )

    bar_of(page, 3).click()

    expect(sentence(page)).to_have_text("This could not be answered.")
    expect(page.get_by_text("at most 300 are looked into")).to_be_visible()


def test_blank_paper_offers_no_bar(page, three_closed_to_eight):
    for digit in range(10):
        expect(bar_of(page, digit)).to_be_disabled()
    expect(page.locator("#draw-counterfactual .hint")).to_be_hidden()

    three_closed_to_eight(page)
    expect(bar_of(page, 3)).to_be_enabled()
    expect(page.locator("#draw-counterfactual .hint")).to_be_visible()

    page.get_by_role("button", name="Clear").click()
    expect(bar_of(page, 3)).to_be_disabled()
    expect(page.locator("#draw-counterfactual .hint")).to_be_hidden()


def test_of_a_number_the_chosen_digit_is_asked_about(page, draw, drawing_answer):
    page.get_by_role("slider", name="Brush width").fill("12")
    draw(page, "79")
    assert drawing_answer(page) == "79"
    page.locator("#draw-panel .shapes button").nth(1).click()

    bar_of(page, 4).click()

    expect(sentence(page)).to_contain_text("it would read 4 (")
    assert min(mark(page).evaluate(MARKED_COLUMNS)) > 140


def test_an_earlier_step_can_be_asked_too(page, draw, drawing_answer):
    draw(page, "3")
    assert drawing_answer(page) == "3"
    step = page.locator("#draw-timeline [data-count]").get_attribute("data-count")
    draw(page, strokes=[BAR])
    drawing_answer(page)
    slider = page.get_by_role("slider", name="Prediction over time")
    slider.focus()
    slider.press("Home")
    for _ in range(int(step) - 1):
        slider.press("ArrowRight")

    bar_of(page, 3).click()

    expect(page.locator("#draw-counterfactual .source")).to_be_visible()
    expect(sentence(page)).not_to_contain_text("it would read 3 (")  # it reads that: there is no bar yet


@pytest.mark.parametrize(("motion", "count"), [("no-preference", 1), ("reduce", 0)])
def test_the_mark_lights_up_slowly_only_where_motion_is_welcome(visit, draw, drawing_answer, motion, count):
    page = visit(reduced_motion=motion)
    draw(page, strokes=[*strokes_of("3"), BAR])
    drawing_answer(page)
    begun = """mark => {
        window.begun = 0;
        mark.addEventListener("transitionrun", () => (window.begun += 1));
        mark.addEventListener("transitionend", () => (window.ended = true));
    }"""
    mark(page).evaluate(begun)

    bar_of(page, 3).click()
    expect(mark(page)).to_be_visible()

    if count:
        page.wait_for_function("window.ended")
    assert page.evaluate("window.begun") == count
    assert mark(page).evaluate("mark => getComputedStyle(mark).transitionDuration") == ("0.4s" if count else "0s")


def test_uploads_have_no_strokes_and_no_bars_to_ask(page):
    expect(page.locator("#upload-panel .ask")).to_have_count(0)
    expect(page.locator("#draw-panel .ask")).to_have_count(10)
