"""Fixtures that several modules share: the real app in a process of its own, and a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from itertools import pairwise
from math import dist
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.support.chromium import QUIET_CHROMIUM, WIDE
from tests.support.drawings import strokes_of

# The Hub's client reads these when it is imported, and app and tests inherit them: whatever the shell says, the tests'
# Hub is the one on loopback.
for setting in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
    os.environ.pop(setting, None)

ROOT = Path(__file__).parents[1]
MOUSE_STEP = 60  # pixels of the screen between two reports of the mouse: a hurried hand


@pytest.fixture(scope="session")
def app_url():
    """The address of the real app with the bundled weights, started once for all tests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "DIGIT_MODEL_SOURCE": "bundled",
        "PYTHONUNBUFFERED": "1",
    }
    app = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in app.stdout:
        said.append(line)
        if "Running on local URL" in line:
            break
    else:
        pytest.fail(f"app.py ended with {app.wait()}:\n{''.join(said)}")
    threading.Thread(target=lambda: said.extend(app.stdout), daemon=True).start()  # or the full pipe would stop it
    yield f"http://127.0.0.1:{port}"
    app.terminate()
    app.wait()


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright):
    """One headless Chromium: the system's own, or else the one that playwright installs."""
    try:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET_CHROMIUM)
    except Error:
        pytest.skip("no Chromium here: install it with `python -m playwright install chromium`")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def returning(playwright, chromium, tmp_path_factory):
    """A Chromium that keeps the page's scripts, compiled: a page then opens with a quarter of the work."""
    browser = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), executable_path=shutil.which("chromium"), args=QUIET_CHROMIUM, viewport=WIDE
    )
    yield browser
    browser.close()


@pytest.fixture
def new_page(chromium, returning):
    """Opens blank pages; each finds nothing of what an earlier one laid by, and all are closed in the end."""
    contexts, pages, origins = [], [], set()

    def open_blank(**manner):
        if pages or not manner.keys() <= {"viewport", "color_scheme", "reduced_motion"}:  # what a page can have alone
            contexts.append(chromium.new_context(**{"viewport": WIDE, **manner}))
            return contexts[-1].new_page()
        pages.append(returning.new_page())
        pages[0].set_viewport_size(manner.pop("viewport", WIDE))
        pages[0].emulate_media(**manner)
        pages[0].on(
            "framenavigated", lambda frame: origins.add(urlsplit(frame.url)._replace(path="", query="").geturl())
        )
        return pages[0]

    yield open_blank
    for context in contexts:
        context.close()
    if not pages:
        return
    returning.unroute_all()
    returning.set_offline(False)
    returning.clear_permissions()
    first, *others = returning.pages
    for page in others:
        page.close()
    keeper = returning.new_cdp_session(first)
    for origin in origins:
        keeper.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb"})


@pytest.fixture
def visit(new_page, app_url):
    """Opens the page as a visitor would; whatever the browser complains about fails the test in the end."""
    complaints = []

    def complain_about(request):
        if not request.url.startswith((app_url, "data:", "blob:")):
            complaints.append(f"asked for {request.url}")

    def open_page(**manner):
        page = new_page(**manner)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", complain_about)
        page.goto(app_url)
        page.locator("#draw-canvas canvas").wait_for()
        return page

    yield open_page
    assert complaints == []


@pytest.fixture
def page(visit):
    """The page on a wide screen."""
    return visit()


@pytest.fixture
def draw():
    """Draws strokes on the page's paper with the mouse, in the paper's own pixels."""

    def draw_with_mouse(page, text="7", strokes=None, lift=True):
        canvas = page.locator("#draw-canvas canvas")
        paper = canvas.bounding_box()
        scale = paper["width"] / int(canvas.get_attribute("width"))
        for stroke in strokes or strokes_of(text):
            points = [(paper["x"] + x * scale, paper["y"] + y * scale) for x, y in stroke]
            page.mouse.move(*points[0])
            page.mouse.down()
            for last, point in pairwise(points):
                page.mouse.move(*point, steps=1 + round(dist(last, point) / MOUSE_STEP))
            if lift:
                page.mouse.up()

    return draw_with_mouse


@pytest.fixture
def drawing_answer():
    """The answer to the paper as it stands now, once it has come."""

    def wait_for_answer(page):
        page.wait_for_function(
            """() => {
                const asked = document.querySelector("#draw-canvas canvas").dataset.sequence;
                return asked && asked === document.querySelector("#draw-answer").dataset.sequence;
            }"""
        )
        return page.text_content("#draw-answer")

    return wait_for_answer
