"""Timeline: the strip remembers every answer, and brings each back to the paper and to the answer panel."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.drawings import strokes_of
from ui.components.timeline import MAX_STEPS

COMPONENT = "timeline"

SEVEN, BAR = strokes_of("7")[0], [(100, 150), (180, 146)]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TOLD = re.compile(r"step (\d+) of (\d+): (\d, (more than )?\d+(\.\d)?%|no digit, nearest \d|nothing read)")


@pytest.fixture
def strip():
    return lambda page: page.get_by_role("slider", name="Prediction over time")


@pytest.fixture
def two_strokes(draw, drawing_answer):
    """Draws one stroke and then another; returns what the page showed after the first and after the second."""

    def draw_twice(page):
        shown = []
        for stroke in (SEVEN, BAR):
            draw(page, strokes=[stroke])
            drawing_answer(page)
            shown.append(look(page))
        return shown

    return draw_twice


def look(page):
    """The ink on the paper, and all that the answer panel says of it."""
    return page.evaluate(
        """() => {
            const panel = document.querySelector("#draw-panel");
            const texts = (selector) => [...panel.querySelectorAll(selector)].map((each) => each.textContent);
            return {
                ink: document.querySelector("#draw-canvas canvas").toDataURL(),
                text: panel.querySelector("#draw-answer").textContent,
                frame: panel.querySelector(".frame").src,
                bars: texts(".bars .percent"),
                votes: texts(".voters td"),
                verdict: texts(".verdict"),
            };
        }"""
    )


def step_and_count(strip):
    return int(strip.get_attribute("aria-valuenow")), int(strip.get_attribute("aria-valuemax"))


def go_to(page, strip, share):
    """Press where the strip shows this share of its steps."""
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()


def test_the_strip_waits_for_the_second_answer(page, two_strokes, strip):
    expect(page.locator("#draw-timeline .strip")).to_be_hidden()

    two_strokes(page)

    expect(strip(page)).to_be_visible()
    step, count = step_and_count(strip(page))
    assert step == count >= 2
    assert page.locator("#draw-timeline path").count() == 10


def test_every_key_of_a_slider_moves_it_and_it_says_where_it_is(page, two_strokes, strip):
    two_strokes(page)
    slider = strip(page)
    _, count = step_and_count(slider)
    slider.focus()

    places = []
    for key in ("Home", "ArrowRight", "ArrowLeft", "ArrowLeft", "PageUp", "End", "ArrowLeft", "PageDown", "Escape"):
        slider.press(key)
        told = TOLD.fullmatch(slider.get_attribute("aria-valuetext"))
        assert told
        assert (int(told[1]), int(told[2])) == step_and_count(slider)
        places.append(int(told[1]))

    last = count
    expected = [1, min(2, last), 1, 1, min(11, last), last, last - 1, max(1, last - 11), last]
    assert places == expected


def test_an_earlier_step_brings_back_its_ink_and_its_answer(page, draw, drawing_answer, strip):
    draw(page, strokes=[SEVEN])
    drawing_answer(page)
    earlier = look(page)
    drawn = page.locator("#draw-timeline [data-count]").get_attribute("data-count")
    draw(page, strokes=[BAR])
    drawing_answer(page)
    now = look(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    slider = strip(page)
    slider.focus()
    slider.press("Home")
    for _ in range(int(drawn) - 1):
        slider.press("ArrowRight")

    assert step_and_count(slider)[0] == int(drawn)
    assert look(page) == earlier != now
    slider.press("End")
    assert look(page) == now
    assert [url for url in asked if "gradio_api" in url] == []


def test_the_mouse_scrubs_and_lets_go_at_the_end_into_the_present(page, two_strokes, strip):
    _, now = two_strokes(page)
    slider = strip(page)
    box = slider.bounding_box()

    go_to(page, slider, 0.01)
    assert step_and_count(slider)[0] == 1
    assert look(page)["ink"] != now["ink"]
    page.mouse.move(box["x"] + box["width"] + 40, box["y"] + 5)
    page.mouse.up()

    assert look(page) == now
    expect(page.get_by_role("button", name="Back to now")).to_be_hidden()


def test_the_step_stays_when_the_mouse_lets_go_and_a_button_leads_back(page, two_strokes, strip):
    _, now = two_strokes(page)

    go_to(page, strip(page), 0.01)
    page.mouse.up()
    assert look(page)["ink"] != now["ink"]
    page.get_by_role("button", name="Back to now").click()

    assert look(page) == now
    expect(strip(page)).to_be_focused()


def test_a_finger_scrubs(visit, draw, drawing_answer, strip):
    page = visit(**PHONE)
    for stroke in (SEVEN, BAR):
        draw(page, strokes=[stroke])
        drawing_answer(page)
    now = look(page)
    slider = strip(page)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box["height"] >= 40
    finger = page.context.new_cdp_session(page)
    places = [{"x": box["x"] + share * box["width"], "y": box["y"] + 20} for share in (0.8, 0.4, 0.01)]

    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:1]})
    for place in places[1:]:
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    expect(slider).to_have_attribute("aria-valuenow", "1")
    assert look(page)["ink"] != now["ink"]
    page.get_by_role("button", name="Back to now").tap()
    expect(page.locator("#draw-panel .bars .percent")).to_have_text(now["bars"])
    assert look(page) == now


def test_who_draws_on_an_earlier_step_is_back_in_the_present_first(page, two_strokes, draw, drawing_answer, strip):
    two_strokes(page)
    _, before = step_and_count(strip(page))
    go_to(page, strip(page), 0.01)
    page.mouse.up()

    draw(page, strokes=[[(60, 60), (61, 62)]])
    drawing_answer(page)

    ink = "([x, y]) => document.querySelector('#draw-canvas canvas').getContext('2d').getImageData(x, y, 1, 1).data[0]"
    assert [page.evaluate(ink, place) for place in ([60, 60], [140, 148], [130, 66], [20, 20])] == [0, 0, 0, 255]
    step, count = step_and_count(strip(page))
    assert step == count > before


def test_blank_paper_empties_the_strip(page, two_strokes, strip):
    two_strokes(page)
    go_to(page, strip(page), 0.01)
    page.mouse.up()

    page.get_by_role("button", name="Clear").click()

    expect(page.locator("#draw-timeline .strip")).to_be_hidden()
    expect(page.locator("#draw-answer")).to_have_text("Draw a digit")
    assert page.locator("#draw-canvas canvas").evaluate(
        "paper => paper.getContext('2d').getImageData(0, 0, 280, 280).data.every(value => value === 255)"
    )


def test_what_is_drawn_after_an_earlier_step_was_cleared_is_answered(page, two_strokes, draw, drawing_answer, strip):
    two_strokes(page)
    go_to(page, strip(page), 0.01)
    page.mouse.up()
    page.get_by_role("button", name="Clear").click()

    draw(page, "3")

    assert len(drawing_answer(page)) == 1


def test_undo_on_an_earlier_step_undoes_in_the_present(page, two_strokes, drawing_answer, strip):
    first, _ = two_strokes(page)
    go_to(page, strip(page), 0.01)
    page.mouse.up()

    page.get_by_role("button", name="Undo").click()
    drawing_answer(page)

    assert look(page) == first


def test_an_earlier_step_of_a_sheet_that_was_widened_is_where_the_sheet_has_it_now(
    page, two_strokes, drawing_answer, strip
):
    two_strokes(page)
    page.get_by_role("button", name="Wide").click()
    drawing_answer(page)

    strip(page).focus()
    strip(page).press("Home")

    ink = "([x, y]) => document.querySelector('#draw-canvas canvas').getContext('2d').getImageData(x, y, 1, 1).data[0]"
    x, y = (round(number) for number in SEVEN[0])
    assert [page.evaluate(ink, place) for place in ([x + 210, y], [x, y])] == [0, 255]


def test_a_step_of_an_example_has_the_ink_that_was_written_by_then_and_no_more(visit):
    page = visit(reduced_motion="no-preference")
    page.evaluate(
        """() => {
            window.counts = [];
            document.addEventListener("drawing-changed", ({ detail: { strokes } }) => {
                window.counts.push(strokes.reduce((sum, { points }) => sum + points.length, 0));
            });
        }"""
    )

    page.get_by_role("button", name="Example").click()

    page.wait_for_function("new Set(window.counts).size > 2")
    counts = page.evaluate("window.counts")
    assert counts == sorted(counts)


def test_of_a_number_the_strip_shows_the_first_digit_and_says_so(page, draw, drawing_answer, strip):
    page.get_by_role("slider", name="Brush width").fill("12")

    draw(page, "71")
    text = drawing_answer(page)
    assert len(text) == 2

    expect(page.locator("#draw-timeline .said")).to_contain_text("first digit")
    assert f": {text[0]}, " in strip(page).get_attribute("aria-valuetext")


def test_the_strip_keeps_a_bounded_number_of_steps_the_last_one_always(page, two_strokes, strip):
    two_strokes(page)

    page.evaluate(
        """count => {
            const digit = (best) => ({
                verdict: "digit", top: [[best, 1]], words: "", text: String(best), compact: [], deep: [], voters: [],
                frame: "data:,", probabilities: Array.from({ length: 10 }, (_, each) => Number(each === best)),
            });
            const tab = document.querySelector(".gradio-container");
            const tell = (name, detail) => tab.dispatchEvent(new CustomEvent(name, { detail }));
            for (let sequence = 1000; sequence < 1000 + count; sequence += 1) {
                tell("drawing-changed", { sequence, blank: false, strokes: [], size: [280, 280], byPage: false });
                tell("answer-received", { answer: { sequence, text: "5", digits: [digit(sequence % 10)] } });
            }
        }""",
        3 * MAX_STEPS + 8,
    )

    step, count = step_and_count(strip(page))
    assert MAX_STEPS / 2 <= step == count <= MAX_STEPS
    assert strip(page).get_attribute("aria-valuetext").endswith(": 7, more than 99.9%")


def test_nothing_of_the_strip_sticks_out_of_a_phone(visit, draw, drawing_answer, strip):
    page = visit(**PHONE)
    for stroke in (SEVEN, BAR):
        draw(page, strokes=[stroke])
        drawing_answer(page)

    strip(page).focus()
    strip(page).press("Home")

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.get_by_role("button", name="Back to now")).to_be_in_viewport()
