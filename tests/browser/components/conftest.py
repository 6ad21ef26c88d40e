"""Components looked at alone: each module names its `COMPONENT`, whose demo takes the place of the app."""

import importlib

import pytest

from ui.components.demo import launch


@pytest.fixture(scope="module")
def app_url(request):
    """The address of the demo of the module's component, which a fake recognizer answers."""
    demo = importlib.import_module(f"ui.components.{request.module.COMPONENT}.__main__").build_demo()
    yield launch(demo, prevent_thread_lock=True).rstrip("/")
    demo.close()


@pytest.fixture
def visit(new_page, app_url):
    """Opens the demo; whatever the browser complains about fails the test in the end."""
    complaints = []

    def open_page(**manner):
        page = new_page(**manner)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(app_url)
        page.wait_for_function("window.gradio_config && document.querySelector('.gradio-container button')")
        return page

    yield open_page
    assert complaints == []
