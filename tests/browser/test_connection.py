"""The paper over a bad line: slow, broken, gone for a while; and a look at another tab."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.test_pad import ink_box, pixels, use
from tests.support.chromium import wait_until
from tests.support.drawings import strokes_of
from ui.components.answer import Answer, AnswerPanel
from ui.tabs.draw import HINT

RUN = "**/gradio_api/run/**"
ANSWERS = """() => {
    window.answers = [];
    document.addEventListener("answer-received", ({ detail: { answer } }) => {
        window.answers.push([answer.sequence, answer.text]);
    });
}"""


@pytest.fixture
def travelling_page(new_page, app_url):
    """The page of a visitor whose connection fails: what the browser's console says of that is expected."""
    page = new_page(reduced_motion="reduce")
    page.goto(app_url)
    page.locator("#draw-canvas canvas").wait_for()
    return page


def note(page):
    return page.locator("#draw-canvas .note")


def test_ink_answer_and_undo_survive_a_look_at_another_tab(page, draw, drawing_answer):
    draw(page, strokes=strokes_of("71"))
    drawing_answer(page)
    drawn = pixels(page)

    page.get_by_role("tab", name="Models").click()
    expect(page.locator("#draw-canvas canvas")).to_be_hidden()
    page.get_by_role("tab", name="Draw").click()

    assert pixels(page) == drawn
    expect(page.locator("#draw-answer")).to_have_text("71")
    use(page, "Undo")
    assert drawing_answer(page) == "7"
    use(page, "Redo")
    assert drawing_answer(page) == "71"


def test_without_a_network_the_page_says_so_and_answers_when_it_is_back(travelling_page, draw, drawing_answer):
    travelling_page.context.set_offline(True)
    expect(note(travelling_page)).to_contain_text("does not answer")
    draw(travelling_page, "4")
    drawn = pixels(travelling_page)
    expect(travelling_page.locator("#draw-answer")).to_have_text(HINT)

    travelling_page.context.set_offline(False)

    expect(travelling_page.locator("#draw-answer")).to_have_text("4")
    expect(note(travelling_page)).to_have_text("")
    assert pixels(travelling_page) == drawn


@pytest.mark.parametrize(
    "refuse", [lambda route: route.abort(), lambda route: route.fulfill(status=503, body="asleep")]
)
def test_a_server_that_sleeps_is_named_and_the_drawing_is_read_when_it_wakes(travelling_page, draw, refuse):
    page = travelling_page
    page.route("**/gradio_api/**", refuse)
    draw(page, strokes=strokes_of("74"))
    drawn = pixels(page)
    expect(note(page)).to_contain_text("does not answer")
    assert pixels(page) == drawn

    page.unroute("**/gradio_api/**")

    expect(page.locator("#draw-answer")).to_have_text("74")
    expect(note(page)).to_have_text("")
    assert pixels(page) == drawn
    use(page, "Undo")
    use(page, "Undo")
    expect(page.locator("#draw-answer")).to_have_text("7")


def test_a_server_that_takes_requests_and_hangs_is_named_and_the_drawing_is_read_when_it_wakes(travelling_page, draw):
    page = travelling_page
    page.route("**/gradio_api/**", lambda route: None)
    draw(page, "4")
    expect(note(page)).to_contain_text("does not answer")

    page.unroute("**/gradio_api/**")

    expect(note(page)).to_have_text("")
    expect(page.locator("#draw-answer")).to_have_text("4")


def test_what_is_drawn_while_the_server_is_away_is_read_too(travelling_page, draw):
    page = travelling_page
    use(page, "Wide")
    page.route("**/gradio_api/**", lambda route: route.abort())
    draw(page, strokes=strokes_of("47", width=700)[:2])
    expect(note(page)).to_contain_text("does not answer")

    draw(page, strokes=strokes_of("47", width=700)[2:])
    page.unroute("**/gradio_api/**")

    expect(page.locator("#draw-answer")).to_have_text("47")
    assert page.locator("#draw-canvas canvas").get_attribute("width") == "700"


def test_a_visitor_who_loads_the_page_again_begins_with_blank_paper(page, draw, drawing_answer):
    draw(page, "5")
    assert drawing_answer(page) == "5"

    page.reload()
    page.locator("#draw-canvas canvas").wait_for()

    assert ink_box(page) is None


def test_over_a_slow_line_answers_keep_coming_in_order_and_the_last_is_the_drawings(page, draw, drawing_answer):
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    conditions = {"offline": False, "latency": 120, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", conditions)
    page.evaluate(ANSWERS)
    paper = page.locator("#draw-canvas canvas").bounding_box()
    scale = paper["width"] / 280
    [seven, one] = strokes_of("71")

    for stroke in (seven, one):
        page.mouse.move(paper["x"] + stroke[0][0] * scale, paper["y"] + stroke[0][1] * scale)
        page.mouse.down()
        for (x, y), (next_x, next_y) in pairwise(stroke):
            for part in range(1, 11):
                before = page.evaluate("window.answers.length")
                at = (x + (next_x - x) * part / 10, y + (next_y - y) * part / 10)
                page.mouse.move(paper["x"] + at[0] * scale, paper["y"] + at[1] * scale)
                page.wait_for_function("before => window.answers.length > before", arg=before)  # while the pen is down
        page.mouse.up()

    assert drawing_answer(page) == "71"
    answers = page.evaluate("window.answers")
    sequences = [sequence for sequence, _ in answers]
    assert sequences == sorted(sequences)
    assert answers[-1] == [int(page.locator("#draw-canvas canvas").get_attribute("data-sequence")), "71"]
    assert len(answers) >= 30


def test_an_answer_that_is_overtaken_is_never_shown(page, draw, drawing_answer):
    held = []
    page.route(RUN, lambda route: held.append(route), times=1)
    page.evaluate(ANSWERS)
    draw(page, strokes=strokes_of("74"))
    assert drawing_answer(page) == "74"
    assert held

    with page.expect_response(RUN):
        held[0].continue_()

    use(page, "Undo")
    use(page, "Undo")
    assert drawing_answer(page) == "7"
    sequences = [sequence for sequence, _ in page.evaluate("window.answers")]
    assert sequences == sorted(sequences)
    assert held[0].request.post_data_json["data"][0]["sequence"] not in sequences


def put_off(route):
    answer = Answer(sentence="Later.", sequence=route.request.post_data_json["data"][0]["sequence"], put_off=True)
    route.fulfill(json={"data": [AnswerPanel().postprocess(answer)], "is_generating": False})


def test_a_drawing_that_was_put_off_is_read_without_another_stroke(page, draw):
    page.route(RUN, put_off)
    draw(page, "4")
    expect(page.locator("#draw-answer")).to_have_text("Later.")

    page.unroute(RUN)

    expect(page.locator("#draw-answer")).to_have_text("4")


def test_a_page_asks_seldom_between_a_refusal_and_the_next_answer(visit, draw):
    asked = []
    page = visit(stopped_clock=True)
    page.route(RUN, lambda route: (asked.append(route.request.post_data_json["data"][0]["sequence"]), put_off(route)))
    draw(page, strokes=[[(60, 60), (70, 60)]], lift=False)
    page.clock.run_for(150)
    expect(page.locator("#draw-answer")).to_have_text("Later.")
    before = len(asked)

    for x in range(20):  # three seconds, in which a page that is answered asks some twenty times
        page.mouse.move(300 + 5 * x, 300)
        page.clock.run_for(150)

    assert before == 1
    assert len(asked) <= 3
    page.unroute(RUN)
    page.mouse.up()
    page.clock.run_for(150)
    expect(page.locator("#draw-answer")).not_to_have_text("Later.")


def test_a_slow_server_is_not_buried_in_drawings(visit, draw):
    held = []
    page = visit(stopped_clock=True)
    page.route(RUN, lambda route: held.append(route))
    draw(page, strokes=[[(60, 60), (70, 60)]], lift=False)

    for x in range(20):
        page.mouse.move(300 + 5 * x, 300)
        page.clock.run_for(150)

    page.mouse.up()
    wait_until(page, lambda: len(held) >= 5)
    sent = [route.request.post_data_json["data"][0]["sequence"] for route in held]
    assert sent == [1, 2, 3, 4, 5]  # and the fifth only because the pen was lifted
    for route in held:
        route.continue_()
