"""The controls both tabs share: their place on a phone, and what of them outlives loading the page again."""

import json
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ui.components.controls import BRING_BACK, KEPT_VOTE

# Where a share's name and number stand, both at the same moment.
BOXES = """share => ["[data-testid=block-info]", "input[type=number]"].map(
    (part) => share.querySelector(part).getBoundingClientRect().toJSON())"""
CHOSEN = ["compact", "arithmetic", 0.25, 0.35]
MANIFEST = json.loads((Path(__file__).parents[2] / "models" / "manifest.json").read_text(encoding="utf-8"))
SHIPPED = [*(MANIFEST["vote"][part] for part in ("model", "mean", "weight")), MANIFEST["confidence_threshold"]]


def choose(page, model, mean, weight, threshold):
    page.wait_for_function("document.documentElement.dataset.vote")
    page.get_by_role("radio", name=mean).check()
    page.locator("#vote-weight input[type=number]").fill(str(weight))
    page.locator("#vote-threshold input[type=number]").fill(str(threshold))
    page.get_by_role("radio", name=model).check()
    chosen = [model, mean, weight, threshold]
    page.wait_for_function(
        "([key, chosen]) => sessionStorage.getItem(key) === JSON.stringify(chosen)", arg=[KEPT_VOTE, chosen]
    )


def expect_chosen(page, model, mean, weight, threshold):
    expect(page.get_by_role("radio", name=model)).to_be_checked()
    expect(page.get_by_role("radio", name=mean)).to_be_checked()
    expect(page.locator("#vote-weight input[type=number]")).to_have_value(str(weight))
    expect(page.locator("#vote-threshold input[type=number]")).to_have_value(str(threshold))


def test_on_a_phone_each_share_stands_on_one_line_with_its_name(visit):
    page = visit(viewport={"width": 360, "height": 844}, has_touch=True)

    for width, share in product((360, 390, 420), ("#vote-weight", "#vote-threshold")):
        page.set_viewport_size({"width": width, "height": 844})
        name, number = page.locator(share).evaluate(BOXES)
        middle = number["y"] + number["height"] / 2
        assert name["y"] <= middle <= name["y"] + name["height"]
        assert name["x"] + name["width"] <= number["x"]
        assert number["x"] + number["width"] <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_part_of_a_track_that_counts_stands_out(visit, scheme):
    page = visit(color_scheme=scheme)

    colours = page.locator("#vote-weight input[type=range]").evaluate(
        """slider => ["--slider-color", "--neutral-200", "--body-background-fill"].map((name) => {
            const canvas = new OffscreenCanvas(1, 1).getContext("2d");
            canvas.fillStyle = getComputedStyle(slider).getPropertyValue(name);
            canvas.fillRect(0, 0, 1, 1);
            return canvas.getImageData(0, 0, 1, 1).data[0];
        })"""
    )

    counts, rest, page_itself = colours
    assert abs(counts - page_itself) > 2 * abs(rest - page_itself)


def test_what_was_chosen_outlives_loading_the_page_again(page, draw, drawing_answer):
    choose(page, *CHOSEN)

    page.reload()
    page.locator("#draw-canvas canvas").wait_for()

    expect_chosen(page, *CHOSEN)
    expect(page.locator("#vote-weight input[type=range]")).to_be_disabled()
    draw(page, "7")
    assert drawing_answer(page) == "7"
    expect(page.locator("#draw-panel .voters .answers td:first-child")).to_have_text("compact")
    expect(page.locator("#draw-panel .sure")).to_have_text("sure from 35%")


def test_after_a_request_that_failed_the_drawing_is_read_as_its_visitor_chose(new_page, app_url, draw):
    page = new_page(reduced_motion="reduce")
    page.goto(app_url)
    page.locator("#draw-canvas canvas").wait_for()
    choose(page, *CHOSEN)
    page.evaluate("window.before = true")
    page.route("**/gradio_api/**", lambda route: route.abort())
    draw(page, "7")
    expect(page.locator("#draw-canvas .note")).to_contain_text("does not answer")
    asked = []
    page.on("request", lambda request: "picture" in (request.post_data or "") and asked.append(request))

    page.unroute("**/gradio_api/**")

    page.wait_for_function("!window.before && document.documentElement.dataset.vote")
    expect(page.locator("#draw-answer")).to_have_text("7")
    expect(page.locator("#draw-panel .voters .answers td:first-child")).to_have_text("compact")
    expect_chosen(page, *CHOSEN)
    [*_, last] = asked
    assert last.post_data_json["data"][1:] == CHOSEN


def test_bringing_back_what_was_chosen_asks_nothing_of_a_blank_page(page):
    page.evaluate(
        "([key, kept]) => sessionStorage.setItem(key, kept)", [KEPT_VOTE, json.dumps(["ensemble", *CHOSEN[1:]])]
    )
    asked = []
    page.on("request", lambda request: "/gradio_api/run/" in request.url and asked.append(request.post_data))

    page.reload()
    page.wait_for_function("document.documentElement.dataset.vote")

    expect_chosen(page, "ensemble", *CHOSEN[1:])
    page.wait_for_load_state("networkidle")
    assert asked == []


def test_what_no_control_can_hold_is_not_brought_back(page):
    wrong = (
        "no JSON",
        "null",
        "7",
        '["compact"]',
        '["other", "arithmetic", 0.5, 0.5]',
        '["compact", "median", 0.5, 0.5]',
        '["compact", "arithmetic", 2, 0.5]',
        '["compact", "arithmetic", 0.5, "0.5"]',
    )
    for kept in wrong:
        page.evaluate("([key, kept]) => sessionStorage.setItem(key, kept)", [KEPT_VOTE, kept])
        assert page.evaluate(f"shipped => ({BRING_BACK})(...shipped)", SHIPPED) == SHIPPED

    page.reload()
    page.wait_for_function("document.documentElement.dataset.vote")

    expect_chosen(page, *SHIPPED)


def test_another_tab_begins_with_the_pages_own_choice(visit):
    choose(visit(), *CHOSEN)

    expect_chosen(visit(), *SHIPPED)


def test_another_vote_about_the_same_drawing_is_no_further_step(page, draw, drawing_answer):
    for stroke in ([(60, 60), (200, 60)], [(200, 60), (120, 220)]):
        draw(page, strokes=[stroke])
        drawing_answer(page)
    strip = page.get_by_role("slider", name="Prediction over time")
    count = strip.get_attribute("aria-valuemax")
    strip.press("Home")

    page.get_by_role("radio", name="compact").check()

    expect(page.locator("#draw-panel .voters .answers td:first-child")).to_have_text("compact")
    expect(strip).to_have_attribute("aria-valuenow", count)
    expect(strip).to_have_attribute("aria-valuemax", count)
