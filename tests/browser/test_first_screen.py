"""What a visitor's browser is given and asked for: little, from one server alone, and nothing that stays behind."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.drawings import picture_of

ROOT = Path(__file__).parents[2]
FIRST_SCREEN = 1_000_000  # bytes over the wire until the paper can be drawn on and the network rests
OUR_SHARE = 80_000  # bytes of it that are not Gradio's own bundle: the document with our components, colours, icon
UNNOTICED_SHIFT = 0.02  # of the screen's area times the way that it moved: web.dev calls up to 0.1 good
GRADIOS_OWN = ("/assets/", "/static/")  # what the package brings, whatever the app
SHIFT = """() => new Promise((done) => {
    let shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shift += entry.value)))
        .observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => done(shift)));
})"""
TABS = ("Draw", "Upload", "Models")


@pytest.fixture
def blank_page(chromium):
    """A tab of its own, before any address."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_the_first_screen_is_under_a_megabyte(blank_page, app_url):
    paths, sizes = {}, {}
    network = blank_page.context.new_cdp_session(blank_page)
    network.send("Network.enable")
    network.on("Network.requestWillBeSent", lambda event: paths.update({event["requestId"]: event["request"]["url"]}))
    network.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))

    blank_page.goto(app_url)
    blank_page.locator("#draw-canvas canvas").wait_for()
    blank_page.wait_for_load_state("networkidle")

    of_gradio = sum(size for key, size in sizes.items() if urlsplit(paths[key]).path.startswith(GRADIOS_OWN))
    ours = sum(sizes.values()) - of_gradio
    print(f"first screen: {of_gradio:,.0f} bytes of Gradio's bundle and {ours:,.0f} of ours")
    assert not any("Plotly" in path for path in paths.values())
    assert 100_000 < sum(sizes.values()) < FIRST_SCREEN
    assert ours < OUR_SHARE


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_as_the_page_comes_up(new_page, app_url, width):
    page = new_page(viewport={"width": width, "height": 844})

    page.goto(app_url)
    page.locator("#draw-canvas canvas").wait_for()
    page.wait_for_load_state("networkidle")

    assert page.evaluate(SHIFT) < UNNOTICED_SHIFT


def test_a_visit_loads_nothing_that_only_the_api_needs(visit):
    page = visit()

    loaded = page.evaluate(
        "() => window.gradio_config.components.filter((one) => one.props.visible !== false).map((one) => one.type)"
    )

    assert "html" in loaded
    assert not {"json", "number", "dropdown"} & set(loaded)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browser_complains_of_nothing_and_asks_nobody_else(chromium, app_url, draw, drawing_answer, scheme):
    server, asked, complaints = urlsplit(app_url).netloc, set(), []
    with chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url)))
        page.on("websocket", lambda socket: asked.add(urlsplit(socket.url)))
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda response: response.ok or complaints.append(f"{response.status} {response.url}"))

        page.goto(app_url)
        page.locator("#draw-canvas canvas").wait_for()
        draw(page, "7")
        drawing_answer(page)
        page.get_by_role("button", name="Look inside").first.click()
        expect(page.locator("#draw-insight .why img")).to_have_count(3)
        for tab in TABS[1:]:
            page.get_by_role("tab", name=tab).click()
            expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        plots = page.locator("#models .js-plotly-plot")
        expect(plots.first).to_be_visible()
        page.wait_for_load_state("networkidle")

    assert {address.netloc for address in asked if address.scheme not in ("data", "blob")} == {server}
    assert complaints == []


def test_nothing_of_a_visit_stays_in_the_browser(new_page, app_url, draw, drawing_answer):
    page = new_page()
    page.goto(app_url)
    page.locator("#draw-canvas canvas").wait_for()
    draw(page, "7")
    drawing_answer(page)

    assert page.context.cookies() == []
    for store in ("localStorage", "sessionStorage"):
        held = page.evaluate(f"Object.entries({store}).join()")
        assert "image/png" not in held


def test_nothing_of_a_drawing_stays_on_the_server(page, app_folder, draw, drawing_answer):
    before = {path for path in app_folder.rglob("*") if path.is_file()}

    draw(page, "7")
    drawing_answer(page)
    page.get_by_role("button", name="Look inside").first.click()
    expect(page.locator("#draw-insight .why img")).to_have_count(3)

    assert {path for path in app_folder.rglob("*") if path.is_file()} - before == set()


def test_an_upload_is_known_by_its_own_address_alone(new_page, app_url, tmp_path):
    """What is uploaded lies under an address that holds its own sum: nobody lists or guesses the others'."""
    page = new_page()
    picture_of("7").save(tmp_path / "seven.png")
    page.goto(app_url)
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#upload-image input[type=file]", tmp_path / "seven.png")
    expect(page.locator("#upload-answer")).to_have_text("7")

    for address in ("/gradio_api/file=/tmp/gradio", "/gradio_api/file=/tmp/gradio/", "/gradio_api/file=app.py"):
        assert page.request.get(app_url + address).status in (403, 404)
