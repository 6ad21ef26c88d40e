"""What the doors let through to Gradio, and what they refuse before it."""

import asyncio
import json

import gradio as gr
import httpx
import pytest
from gradio.routes import App
from starlette.responses import JSONResponse

from tests.support.loops import run_apart
from ui.sentences import HANDLERS, SentenceBlocks
from ui.server.bodies import Allowance
from ui.server.doors import Doors, LiveEvents

LIVE_EVENT = 1
TOO_SLOW = "This request came too slowly. Please try again over a better line."


class Gradio:
    """Stands in for Gradio: notes what reaches it, and answers at once."""

    def __init__(self):
        self.reached = []

    async def __call__(self, scope, receive, send):
        self.reached.append((await receive())["body"])
        await JSONResponse({"event_id": "1"})(scope, receive, send)


@pytest.fixture
def gradio():
    return Gradio()


@pytest.fixture
def post(gradio):
    """Posts to the doors in front of the stand-in."""

    def ask(path, doors=None, **sent):
        asked = doors or Doors(gradio, LiveEvents((LIVE_EVENT,)))

        async def talk():
            transport = httpx.ASGITransport(asked, client=("198.51.100.1", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
                return await http.post(f"/gradio_api/{path}", **sent)

        return run_apart(talk())

    return ask


@pytest.mark.parametrize("number", ["1", "x", "", 1.0, 1.5, True, False, [1], {}])
@pytest.mark.parametrize("path", ["run/predict", "queue/join", "call/read"])
def test_the_number_of_an_event_is_a_whole_number_and_nothing_that_gradio_would_make_one_of(gradio, post, path, number):
    answer = post(path, json={"data": [], "fn_index": number, "session_hash": "s"})

    assert answer.status_code == 422
    assert answer.json()["error"] == "The number of an event, fn_index, must be a whole number."
    assert gradio.reached == []


@pytest.mark.parametrize("sent", [{"fn_index": 1}, {"fn_index": None}, {}])
def test_an_event_is_named_by_its_number_or_by_the_path_alone(gradio, post, sent):
    assert post("run/predict", json={"data": [], **sent}).status_code == 200

    assert [json.loads(body) for body in gradio.reached] == [{"data": [], **sent}]


@pytest.mark.parametrize("path", ["mcp", "mcp/", "mcp/http", "mcp/http/"])
def test_the_routes_for_mcp_clients_are_open_only_where_the_app_serves_them(gradio, post, path):
    refused = post(path, json={})
    answered = post(path, Doors(gradio, has_mcp=True), json={})

    assert (refused.status_code, answered.status_code) == (404, 200)
    assert gradio.reached == [b"{}"]


def test_whoever_sends_too_much_at_once_learns_after_how_many_seconds_to_come_back(gradio, post):
    answer = post("run/predict", Doors(gradio, allowance=Allowance(of_one=10)), content=b" " * 11)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    assert answer.json()["error"] == "Too much is being sent here at once. Please try again in 10 seconds."
    assert gradio.reached == []


async def stop_sending(*parts):
    for part in parts:
        yield part
    await asyncio.Event().wait()


def test_whoever_stops_sending_is_given_up_with_a_sentence(gradio, post, monkeypatch):
    monkeypatch.setattr("ui.server.bodies.LONGEST_SILENCE", 0.05)

    answer = post("run/predict", content=stop_sending(b"{"), headers={"Content-Length": "100"})

    assert (answer.status_code, answer.json()["error"]) == (408, TOO_SLOW)
    assert gradio.reached == []


def test_of_an_upload_that_stops_nothing_is_left(post, monkeypatch, tmp_path):
    monkeypatch.setattr("ui.server.bodies.LONGEST_SILENCE", 0.2)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with SentenceBlocks(analytics_enabled=False) as page:
        gr.File()
    page.max_file_size = None  # as `launch` sets it
    app = App.create_app(page, app_kwargs={"exception_handlers": HANDLERS}, mcp_server=False)
    start = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\npicture'
    headers = {"Content-Length": "1000", "Content-Type": "multipart/form-data; boundary=x"}

    answer = post("upload", Doors(app), content=stop_sending(start), headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (408, TOO_SLOW)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
