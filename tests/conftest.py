"""Fixtures that several modules share: the shipped networks, the real app in a process of its own, a real browser.

Each is made once for a worker, when a test asks for it.
"""

import gc
import os
import shutil
from collections import defaultdict
from math import dist
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from playwright.sync_api import Error, expect, sync_playwright

import ui  # noqa: F401 - before any test imports Gradio, which takes half as long then
from tests.support.chromium import CHROMIUM, DEADLINE, QUIET_CHROMIUM, TICK, WIDE, open_with_stopped_clock
from tests.support.drawings import strokes_of
from tests.support.running_app import running_app
from tests.support.scheduling import WholeFiles, rank_of

# The Hub's client reads these when it is imported, and app and tests inherit them: whatever the shell says, the tests'
# Hub is the one on loopback.
for setting in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
    os.environ.pop(setting, None)

ROOT = Path(__file__).parents[1]
OF_A_PAGE = {"viewport", "color_scheme", "reduced_motion"}  # settings that need no context of their own
MOUSE_STEPS = 30, 150  # least and most pixels of the screen between two reports of the mouse: a hurried hand


expect.set_options(timeout=DEADLINE)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: rank_of(item.nodeid))


def pytest_collection_finish():
    gc.freeze()  # what was imported stays, and the garbage collector need not look at it again and again


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return WholeFiles(config, log)


@pytest.fixture(scope="session")
def recognizer():
    """The shipped networks, from this folder."""
    from digit_core import load_recognizer  # most tests need no networks, and these take seconds to import

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_MODEL_SOURCE", "bundled")
        return load_recognizer()


@pytest.fixture(scope="session")
def small_models(tmp_path_factory, worker_id):
    """A models folder of untrained networks, with their ONNX files; who changes one takes `models`, a copy.

    The first worker that asks makes it for all.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "small models"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            from tests.support.small_models import write_models

            write_models(own / "unfinished", onnx=True)
            (own / "unfinished").rename(folder)
    return folder


@pytest.fixture
def models(small_models, tmp_path):
    """A models folder to spoil."""
    return shutil.copytree(small_models, tmp_path / "models")


@pytest.fixture(scope="session")
def measured_models(small_models, tmp_path_factory):
    """A models folder with everything that evaluation writes."""
    from tests.support.small_figures import write_all_measures

    folder = shutil.copytree(small_models, tmp_path_factory.mktemp("measured") / "models")
    write_all_measures(folder)
    return folder


@pytest.fixture(scope="session")
def small_recognizer(small_models):
    """The untrained networks of `small_models`."""
    from digit_core import load_recognizer

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_MODEL_SOURCE", "bundled")
        return load_recognizer(small_models)


@pytest.fixture
def corrections_hub(tmp_path, monkeypatch):
    """A Hub on loopback, and a folder of its own for what waits to be sent there."""
    from tests.support.hub_server import HubServer
    from ui.components.correction import store

    monkeypatch.setattr(store, "UNSENT_FOLDER", tmp_path / "unsent")
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


@pytest.fixture
def private_repo(corrections_hub):
    """The private repo for corrections on that Hub."""
    from huggingface_hub import HfApi

    from tests.support.corrections import REPO
    from tests.support.hub_server import WRITER

    HfApi(corrections_hub.endpoint, WRITER).create_repo(REPO, repo_type="dataset", private=True)
    return corrections_hub.repos[f"datasets/{REPO}"]


@pytest.fixture(scope="session")
def app_folder(tmp_path_factory):
    """The folder that the real app has for whatever it writes."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="session")
def app_url(app_folder, tmp_path_factory):
    """The address of the real app with the bundled weights."""
    places = dict.fromkeys(("TMPDIR", "GRADIO_TEMP_DIR", "HOME"), str(app_folder))
    places["KERAS_HOME"] = str(tmp_path_factory.mktemp("keras"))  # Keras keeps settings of its own
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled", **places) as address:
        yield address


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser_context(playwright, tmp_path_factory):
    """A headless Chromium that keeps the page's scripts, compiled: a page then opens with a quarter of the work.

    It is the system's own, or else the one that playwright installs.
    """
    profile = tmp_path_factory.mktemp("profile")
    try:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=QUIET_CHROMIUM, viewport=WIDE
        )
    except Error:
        pytest.skip("no Chromium here: install it with `python -m playwright install chromium`")
    context.set_default_timeout(DEADLINE)
    yield context
    context.close()


@pytest.fixture(scope="session")
def chromium(browser_context):
    """The same Chromium, for contexts of their own."""
    return browser_context.browser


@pytest.fixture(scope="session")
def kept_contexts(browser_context):
    """Contexts that later tests may use again, by what they were made for; the browser's own fits most pages."""
    return defaultdict(list, {"any page": [browser_context]})


@pytest.fixture
def new_page(chromium, kept_contexts):
    """Opens blank pages; each finds nothing of what an earlier one stored, and all are closed in the end.

    No two pages of a test share a context. One that is `alone` has a new one, which nobody uses again.
    """
    own_contexts, used_contexts, origins = [], [], set()

    def make_context(**settings):
        context = chromium.new_context(**{"viewport": WIDE, **settings})
        context.set_default_timeout(DEADLINE)
        return context

    def open_blank(alone=False, permissions=(), **settings):
        if alone:
            own_contexts.append(make_context(permissions=permissions, **settings))
            return own_contexts[-1].new_page()
        fits_any = settings.keys() <= OF_A_PAGE
        kept = kept_contexts["any page" if fits_any else repr(sorted(settings.items()))]
        context = next((context for context in kept if context not in used_contexts), None)
        if context is None:
            context = make_context(**({} if fits_any else settings))
            context.new_page()  # stays open, so that a later test can clear what the others stored
            kept.append(context)
        used_contexts.append(context)
        context.grant_permissions(list(permissions))
        page = context.new_page()
        if fits_any:
            page.set_viewport_size(settings.pop("viewport", WIDE))
            page.emulate_media(**settings)
        page.on("framenavigated", lambda frame: origins.add(urlsplit(frame.url)._replace(path="", query="").geturl()))
        return page

    yield open_blank
    for context in own_contexts:
        context.close()
    timers_are_real = [clear(context, origins) for context in used_contexts]
    assert all(timers_are_real), "a clock was installed for all later tests: open the page with stopped_clock=True"


def clear(context, origins):
    """Close a context's pages but the first, forget what sites stored, and tell whether its timers are real."""
    context.unroute_all()
    context.set_offline(False)
    context.clear_permissions()
    first, *others = context.pages
    timers_are_real = "[native code]" in first.evaluate("String(setTimeout)")
    for page in others:
        page.close()
    keeper = context.new_cdp_session(first)
    for origin in origins:
        keeper.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb"})
    keeper.detach()
    return timers_are_real


@pytest.fixture
def watch(app_url):
    """Watches pages; whatever the browser complains about fails the test in the end."""
    complaints = []

    def complain_about(request):
        if not request.url.startswith((app_url, "data:", "blob:")):
            complaints.append(f"asked for {request.url}")

    def listen(page):
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", complain_about)

    yield listen
    assert complaints == []


@pytest.fixture
def visit(new_page, watch, app_url):
    """Opens the page as a visitor would; whatever the browser complains about fails the test in the end."""

    def open_page(stopped_clock=False, **settings):
        page = new_page(alone=stopped_clock, **settings)
        watch(page)
        if stopped_clock:
            open_with_stopped_clock(page, app_url)
        else:
            page.goto(app_url)
            page.locator("#draw-canvas canvas").wait_for()
        return page

    return open_page


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
            start, *points = [(paper["x"] + x * scale, paper["y"] + y * scale) for x, y in stroke]
            page.mouse.move(*start)
            page.mouse.down()
            for point in points:
                if dist(start, point) >= MOUSE_STEPS[0] or point is points[-1]:
                    page.mouse.move(*point, steps=1 + round(dist(start, point) / MOUSE_STEPS[1]))
                    start = point
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
            }""",
            polling=TICK,
        )
        return page.text_content("#draw-answer")

    return wait_for_answer
