"""Every tab in every state against WCAG 2 A and AA, by axe-core: light and dark, on a wide screen and on a phone.

axe-core comes with the package `axe-playwright-python`; nothing is fetched. What a rule finds in Gradio's own elements
and cannot be mended from here stands in `GRADIOS_OWN`, each with its reason.
"""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.support.drawings import picture_of, strokes_of

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
FADED = "document.getAnimations().every(({ playState }) => playState !== 'running')"
GRADIOS_OWN = {  # rule -> (CSS selector of Gradio's elements, reason)
    "nested-interactive": ("#batch-files .icon-button", "gr.File wraps its own upload button in another button"),
    "target-size": ("#batch-files button", "gr.File's two nested upload buttons are one target of 20 pixels"),
    "scrollable-region-focusable": ("#models .prose", "gr.Markdown takes no tabindex; Chromium and Firefox add it"),
}


@pytest.fixture
def faults(visit):
    """Opens the page in one manner; the function it hands over lists what axe-core finds wrong with it just now."""

    def open_page(**manner):
        page = visit(**manner)
        page.evaluate(AXE_SCRIPT)

        def find_faults():
            page.wait_for_function(FADED)  # while colours fade in a fault would be none
            found = page.evaluate("tags => axe.run({ runOnly: tags, resultTypes: ['violations'] })", STANDARDS)
            return [
                f"{fault['id']} ({fault['impact']}): {node['html'][:160]} — {node['failureSummary']}"
                for fault in found["violations"]
                for node in fault["nodes"]
                if not is_gradios_own(page, fault["id"], node["target"][-1])
            ]

        return page, find_faults

    return open_page


def is_gradios_own(page, rule, target):
    if rule not in GRADIOS_OWN or not isinstance(target, str):
        return False
    selector, _ = GRADIOS_OWN[rule]
    return page.locator(target).first.evaluate("(element, selector) => element.matches(selector)", selector)


def draw_blank(page, **_):
    expect(page.locator("#draw-answer")).to_be_visible()


def draw_answered(page, draw, drawing_answer, **_):
    first, *others = strokes_of("47")
    for strokes in ([first], others):  # answered one after the other: there are two steps to look back at
        draw(page, strokes=strokes)
        drawing_answer(page)


def draw_inside(page, **_):
    page.locator("#draw-inspector").get_by_role("button", name="Look inside").click()
    expect(page.locator("#draw-insight .why img")).to_have_count(3)
    page.locator("#draw-insight summary").first.click()


def draw_looked_back(page, **_):
    page.get_by_role("slider", name="Prediction over time").press("Home")
    page.locator("#draw-panel .ask").nth(1).click()
    expect(page.locator("#draw-counterfactual .source")).to_be_visible()


def upload_blank(page, **_):
    page.get_by_role("tab", name="Upload").click()
    expect(page.locator("#upload-answer")).to_be_visible()


def upload_read(page, picture, **_):
    page.set_input_files("#upload-image input[type=file]", picture)
    expect(page.locator("#upload-answer")).to_have_text("407")


def upload_inside(page, **_):
    page.locator("#upload-inspector").get_by_role("button", name="Look inside").click()
    expect(page.locator("#upload-insight .why img")).to_have_count(3)


def many_read(page, picture, broken, **_):
    page.locator("#batch").get_by_role("button", name="Many pictures at once").click()
    page.set_input_files("#batch-files input[type=file]", [picture, broken])
    expect(page.locator("#batch-files").get_by_role("cell", name="broken.png")).to_be_visible()
    page.locator("#batch").get_by_role("button", name="Read all").click()
    expect(page.locator("#batch-panel tbody tr")).to_have_count(2)
    page.locator("#batch").get_by_text("Pictures, with a box").click()
    expect(page.locator("#batch-gallery img")).to_have_count(1)


def models_open(page, **_):
    page.get_by_role("tab", name="Models").click()
    expect(page.locator("#models .js-plotly-plot")).to_have_count(11)
    for folded in page.locator("#models .label-wrap:visible").all():
        if folded.get_attribute("aria-expanded") != "true":
            folded.click()
    expect(page.locator("#models-measured table").first).to_be_visible()


STATES = {  # of a tab, each reached from the one before
    "draw": [draw_blank, draw_answered, draw_inside, draw_looked_back],
    "upload": [upload_blank, upload_read, upload_inside, many_read],
    "models": [models_open],
}


# Colours do not depend on the width, nor the order of things on the colours: each of both is looked at in every state.
@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide-light", "phone-dark"])
@pytest.mark.parametrize("tab", STATES)
def test_axe_finds_nothing(faults, draw, drawing_answer, tmp_path, tab, viewport, scheme):
    picture, broken = tmp_path / "number.png", tmp_path / "broken.png"
    picture_of("407", width=600, height=240, brush=16).save(picture)
    broken.write_bytes(b"this is no picture")
    page, find_faults = faults(viewport=viewport, color_scheme=scheme)

    found = []
    for reach in STATES[tab]:
        reach(page, draw=draw, drawing_answer=drawing_answer, picture=picture, broken=broken)
        found += [f"{reach.__name__}: {fault}" for fault in find_faults()]

    assert not found, "\n\n".join(found)
