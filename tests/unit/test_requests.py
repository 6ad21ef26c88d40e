"""What the doors let through to Gradio, and what they refuse before it."""

import json

import httpx
import pytest
from starlette.responses import JSONResponse

from tests.support.loops import run_apart
from ui.doors import Doors, LiveEvents

LIVE_EVENT = 1


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

    def ask(path, **sent):
        async def talk():
            transport = httpx.ASGITransport(Doors(gradio, LiveEvents((LIVE_EVENT,))), client=("198.51.100.1", 1))
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
