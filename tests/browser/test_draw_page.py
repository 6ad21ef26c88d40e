"""The Draw tab by hand, in a real browser on the real app."""

import pytest
from playwright.sync_api import expect

from tests.support.chromium import wait_until
from ui.components.sketchpad import BRUSH
from ui.tabs.draw import HINT


def test_a_blank_page_asks_for_a_digit_and_every_one_drawn_with_the_mouse_is_read(page, draw, drawing_answer):
    expect(page.locator("#draw-canvas canvas")).to_have_count(1)
    hint = page.text_content("#draw-answer")
    assert hint == HINT
    assert not any(letter.isdigit() for letter in hint)

    answers = {}
    for digit in "0123456789":
        draw(page, digit)
        answers[digit] = drawing_answer(page)
        page.get_by_role("button", name="Clear").click()

    assert answers == {digit: digit for digit in "0123456789"}


def test_digits_side_by_side_are_read_in_a_row_and_each_can_be_looked_at(page, draw, drawing_answer):
    page.get_by_role("slider", name="Brush width").fill("12")

    draw(page, "174")

    assert drawing_answer(page) == "174"
    shapes = page.locator("#draw-panel .shapes button")
    expect(shapes).to_have_count(3)
    shapes.nth(2).click()
    expect(page.locator("#draw-panel .bars li.best b")).to_have_text("4")


def test_the_answer_comes_while_the_pen_is_still_down(page, draw):
    draw(page, "7", lift=False)

    expect(page.locator("#draw-answer")).to_have_text("7")


def test_a_pen_that_only_touches_the_paper_leaves_a_dot_as_wide_as_the_brush(page, draw, drawing_answer):
    draw(page, strokes=[[(140, 140)]])
    drawing_answer(page)

    ink = """() => {
        const { data } = document.querySelector("#draw-canvas canvas").getContext("2d").getImageData(0, 140, 280, 1);
        return data.filter((value, at) => at % 4 === 0 && value < 128).length;
    }"""
    assert page.evaluate(ink) == pytest.approx(BRUSH, abs=1)


def test_the_panel_shows_ten_bars_top_three_both_votes_and_the_frame(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)

    panel = page.locator("#draw-panel")
    expect(panel.locator(".bars li")).to_have_count(10)
    expect(panel.locator(".bars li.best")).to_contain_text("7")
    expect(panel.locator(".top tr")).to_have_count(3)
    expect(panel.locator(".voters tr td:first-child")).to_have_text(["ensemble", "compact", "deep"])
    expect(panel.locator(".verdict")).to_contain_text("7")
    assert panel.locator(".frame").evaluate("frame => [frame.naturalWidth, frame.naturalHeight]") == [28, 28]


def test_clear_blanks_paper_and_panel(page, draw, drawing_answer):
    draw(page, "3")
    assert drawing_answer(page) == "3"

    page.get_by_role("button", name="Clear").click()

    expect(page.locator("#draw-answer")).to_have_text(HINT)
    expect(page.locator("#draw-panel .top tr")).to_have_count(0)
    assert page.locator("#draw-canvas canvas").evaluate(
        "paper => paper.getContext('2d').getImageData(0, 0, 280, 280).data.every(value => value === 255)"
    )


def test_an_answer_that_comes_after_clear_is_never_shown(page, draw, drawing_answer):
    held = []
    page.route("**/gradio_api/run/**", lambda route: held.append(route), times=1)
    draw(page, "8")
    page.get_by_role("button", name="Clear").click()
    page.evaluate(
        """() => {
            const answer = document.querySelector("#draw-answer");
            window.shown = [answer.textContent];
            new MutationObserver(() => window.shown.push(answer.textContent))
                .observe(answer, { childList: true, characterData: true, subtree: true });
        }"""
    )
    wait_until(page, lambda: held)

    held[0].continue_()

    drawing_answer(page)
    assert set(page.evaluate("window.shown")) == {HINT}


def test_changing_the_network_answers_the_present_drawing_again(page, draw, drawing_answer):
    draw(page, "2")
    drawing_answer(page)

    page.get_by_role("radio", name="compact").check()

    expect(page.locator("#draw-panel .voters .answers td:first-child")).to_have_text("compact")
    expect(page.locator("#draw-answer")).to_have_text("2")
    expect(page.locator("#vote-weight input[type=range]")).to_be_disabled()


def test_a_threshold_that_no_digit_reaches_makes_it_unsure(page, draw, drawing_answer):
    draw(page, "5")
    drawing_answer(page)

    page.locator("#vote-threshold input[type=number]").fill("1")

    expect(page.locator("#draw-panel .verdict")).to_contain_text("Unsure")
    expect(page.locator("#draw-answer")).to_have_text("5")
