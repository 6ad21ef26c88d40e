"""Drawings that cannot be read in time are put off before anything looks into them."""

import asyncio
import json

import httpx
import pytest
from starlette.responses import JSONResponse

from tests.support.loops import run_apart
from ui.server.doors import LIVE_SENTENCE, Doors, LiveEvents, Queues
from ui.server.fair_queue import FairQueue

LIVE_EVENT = 7
LONG = 60.0  # seconds that no test waits for


class Reader:
    """Stands in for Gradio: notes what reaches it, and answers when it is told to."""

    def __init__(self):
        self.reached = []
        self.may_answer = asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.reached.append(dict(scope["headers"])[b"x-number"].decode())
        await self.may_answer.wait()
        await JSONResponse({"data": [{"text": "4"}]})(scope, receive, send)


async def draw(doors, number, session, sequence=None):
    drawing = {"sequence": "HERE", "picture": "data:image/png;base64,what is no picture"}
    body = {"data": [drawing], "fn_index": LIVE_EVENT, "session_hash": session}
    transport = httpx.ASGITransport(doors, client=(f"198.51.100.{number}", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
        content = json.dumps(body).replace('"HERE"', sequence or str(number))
        headers = {"X-Number": str(number), "Content-Type": "application/json"}
        answer = await http.post("/gradio_api/run/predict", content=content, headers=headers)
    return answer.json()["data"][0]


async def settle():
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("sequence", "understood"), [("6", 6), ("1e999", 0), ('"six"', 0), ("null", 0)])
def test_with_as_many_waiting_as_may_the_next_drawing_is_put_off_at_once_and_never_looked_into(sequence, understood):
    async def scene():
        reader = Reader()
        live = LiveEvents((LIVE_EVENT,), lambda sequence, sentence: {"sequence": sequence, "sentence": sentence})
        doors = Doors(reader, live, queues=Queues(live=FairQueue(2, 3, LONG, newest_only=True)))
        early = [asyncio.create_task(draw(doors, number, f"page {number}")) for number in range(1, 6)]
        await settle()

        late = await asyncio.wait_for(draw(doors, 6, "page 6", sequence), LONG)

        reached = list(reader.reached)
        reader.may_answer.set()
        return late, reached, await asyncio.gather(*early), reader.reached

    late, reached, early, reached_in_all = run_apart(scene())
    assert late == {"sequence": understood, "sentence": LIVE_SENTENCE}
    assert reached == ["1", "2"]
    assert early == [{"text": "4"}] * 5
    assert reached_in_all == ["1", "2", "3", "4", "5"]
