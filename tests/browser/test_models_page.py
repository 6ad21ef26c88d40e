"""The Models tab in a real browser: nothing heavy before it is opened."""

import json
import re

import gradio as gr
import pytest
from playwright.sync_api import expect

from digit_core.models.manifest import MODELS_DIR
from digit_core.types import MODELS
from ui.tabs.models import build_models_tab
from ui.theme import PAGE_STYLE, page_theme

PLOTS = 11
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def measured_url(small_recognizer, measured_models):
    """The address of a page whose second tab is Models, with everything measured."""
    with gr.Blocks(analytics_enabled=False) as page, gr.Tabs():
        gr.Tab("First")
        build_models_tab(small_recognizer, measured_models)
    _, url, _ = page.launch(
        theme=page_theme(),
        css=PAGE_STYLE,
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        server_name="127.0.0.1",
    )
    yield url
    page.close()


@pytest.fixture
def open_models(new_page, measured_url):
    """Opens the measured page's tab in one manner and waits for its plots."""

    def visit_models(**manner):
        page = new_page(**manner)
        page.goto(measured_url)
        page.get_by_role("tab", name="Models").click()
        expect(page.locator("#models .js-plotly-plot .svg-container")).to_have_count(PLOTS)
        return page

    return visit_models


def test_plots_of_what_ships_come_only_with_the_tab(visit):
    ensemble = json.loads((MODELS_DIR / "ensemble" / "metrics.json").read_text(encoding="utf-8"))
    page = visit()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("tab", name="Upload").click()
    expect(page.locator("#upload-image")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not any("Plotly" in url for url in asked)

    page.get_by_role("tab", name="Models").click()

    expect(page.locator("#models .js-plotly-plot")).to_have_count(PLOTS)
    assert any("Plotly" in url for url in asked)
    expect(page.locator("#models-facts")).to_contain_text("compact")
    expect(page.locator("#models-compact .bars path").first).to_be_visible()
    expect(page.locator("#models-vote")).to_contain_text("the better of its two networks")
    shown = page.locator("#models-weight-mnist .scatterlayer .trace")
    expect(shown).to_have_count(4 if "by_weight" in ensemble else 0)


def test_a_block_tells_its_layer_when_pointed_at(open_models):
    page = open_models(viewport=WIDE)

    page.locator("#models-deep .bars path").nth(1).hover(force=True)

    expect(page.locator("#models-deep .hoverlayer")).to_contain_text("conv1_conv")
    expect(page.locator("#models-deep .hoverlayer")).to_contain_text("500 parameters")


# Colours do not depend on the width, nor the order of things on the colours: each of both is looked at once.
@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide-light", "phone-dark"])
def test_tables_unfold_for_each_voter_nothing_sticks_out_and_words_can_be_read(open_models, viewport, scheme):
    page = open_models(viewport=viewport, color_scheme=scheme)
    tables = [page.locator(f"#models-scores-{name} table") for name in MODELS]
    for table in tables:
        expect(table).to_be_hidden()

    page.get_by_role("button", name="Precision and recall of each digit").click()

    for name, table in zip(MODELS, tables, strict=True):
        expect(table).to_be_visible()
        assert table.evaluate("table => table.scrollWidth <= table.closest('div').clientWidth")
        expect(page.locator(f"#models-scores-{name}")).to_contain_text(f"{name}, MNIST's test set (1,001)")
        cells = table.locator("tbody tr").evaluate_all("rows => rows.map(row => [...row.cells].map(c => c.innerText))")
        assert [row[0] for row in cells] == [*map(str, range(10)), "mean"]
        assert cells[3] == ["3", "90.0", "90.0", "90.0", "100"]

    for label in page.locator("#models .label-wrap").all():
        if "open" not in label.get_attribute("class").split():
            label.click()
    expect(page.locator("#models-peers table")).to_be_visible()

    widest = page.locator("#models .js-plotly-plot").evaluate_all(
        "plots => Math.max(...plots.map(plot => plot.getBoundingClientRect().right))"
    )
    words = page.locator("#models-weight-mnist .xtitle").evaluate("text => getComputedStyle(text).fill")

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert widest <= viewport["width"]
    brightness = sum(map(int, re.findall(r"\d+", words)[:3])) / 3
    assert brightness > 180 if scheme == "dark" else brightness < 100


def test_a_finger_on_a_plot_scrolls_the_page(open_models):
    page = open_models(viewport=PHONE, has_touch=True, is_mobile=True)
    plot = page.locator("#models-training")
    plot.scroll_into_view_if_needed()
    before, box = page.evaluate("window.scrollY"), plot.bounding_box()

    start = min(max(box["y"], 0) + 300, PHONE["height"] - 40)
    finger = page.context.new_cdp_session(page)
    points = [[{"x": box["x"] + 150, "y": start - 20 * step}] for step in range(12)]
    for kind, touched in [("touchStart", points[0]), *(("touchMove", point) for point in points[1:]), ("touchEnd", [])]:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    page.wait_for_function("before => window.scrollY > before + 50", arg=before)
