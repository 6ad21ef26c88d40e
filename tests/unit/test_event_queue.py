"""Events wait fairly and not without end, and answers that nobody fetches are forgotten."""

import asyncio
import json

import gradio as gr
import httpx
import pytest
from gradio.routes import App

from tests.support.loops import run_apart
from tests.support.waiting import until
from ui.sentences import HANDLERS, SentenceBlocks
from ui.server.doors import Doors
from ui.server.event_queue import MAX_KEPT, MAX_KEPT_OF_ONE, MAX_WAITING, MAX_WAITING_OF_ONE

SENTENCE = "Many pictures are being read just now. Please try again in 15 seconds."


class Place:
    """A page's server whose one event waits until it may answer; visitors ask from addresses of their own."""

    def __init__(self):
        self.may_answer = asyncio.Event()
        self.answered = []
        with SentenceBlocks(analytics_enabled=False) as self.page:
            text = gr.Textbox()
            text.submit(self._answer, text, text, api_name="look", concurrency_limit=1)
        self.queue = self.page._queue
        self.doors = Doors(App.create_app(self.page, app_kwargs={"exception_handlers": HANDLERS}, mcp_server=False))

    async def _answer(self, name):
        if name != "quick":
            await self.may_answer.wait()
        self.answered.append(name)
        return name

    def visitor(self, address):
        transport = httpx.ASGITransport(self.doors, client=(f"198.51.100.{address}", 1))
        return httpx.AsyncClient(transport=transport, base_url="http://app/gradio_api")

    async def join(self, address, name, session=None):
        body = {"data": [name], "fn_index": 0, "session_hash": session or name}
        async with self.visitor(address) as http:
            return await http.post("/queue/join", json=body)

    async def call(self, address, name):
        async with self.visitor(address) as http:
            return await http.post("/call/look", json={"data": [name]})

    async def answer_of(self, session):
        [*_, answer] = await self.answers_of(session)
        return answer

    async def answers_of(self, session):
        """All answers that a session gets before its stream ends."""
        async with self.visitor(1) as http:
            told = await http.get("/queue/data", params={"session_hash": session})
        messages = [json.loads(line.removeprefix("data: ")) for line in told.text.splitlines() if line]
        return [message for message in messages if message["msg"] == "process_completed"]


def at_a_place(scene):
    """Let a scene, which takes a `Place`, run beside its queue; return what it returns."""

    async def run():
        place = Place()
        place.page.run_startup_events()
        try:
            return await scene(place)
        finally:
            place.may_answer.set()
            place.page._queue.close()

    return run_apart(run())


def test_addresses_take_turns_however_much_one_asks():
    async def scene(place):
        for number in range(4):
            await place.join(1, f"a{number}")
        await place.join(2, "b0")
        await place.join(3, "c0")
        await place.join(2, "b1")
        place.may_answer.set()
        await until(lambda: len(place.answered) == 7)
        return place.answered

    assert sorted(at_a_place(scene)[:4]) == ["a0", "a1", "b0", "c0"]


def test_whoever_lets_too_many_events_wait_is_told_so_where_the_answer_would_have_come():
    async def scene(place):
        joins = [await place.join(1, f"a{number}") for number in range(MAX_WAITING_OF_ONE + 5)]
        return joins, await place.answer_of(f"a{MAX_WAITING_OF_ONE + 4}"), len(place.queue)

    joins, told, waiting = at_a_place(scene)
    assert {answer.status_code for answer in joins} == {200}
    assert (told["success"], told["output"]["error"]) == (False, SENTENCE)
    assert waiting == MAX_WAITING_OF_ONE


def test_by_plain_http_too_many_events_get_a_status_and_after_how_many_seconds_to_come_back():
    async def scene(place):
        calls = [await place.call(1, f"a{number}") for number in range(MAX_WAITING_OF_ONE + 5)]
        return calls[-1], await place.call(2, "b"), len(place.queue.pending_event_ids_session)

    refused, other, sessions = at_a_place(scene)
    assert (refused.status_code, refused.json()["error"], refused.headers["retry-after"]) == (429, SENTENCE, "15")
    assert other.status_code == 200
    assert sessions <= MAX_WAITING_OF_ONE + 2


def test_in_a_full_queue_the_newest_event_of_whoever_has_most_makes_room():
    async def scene(place):
        addresses = range(1, 2 + MAX_WAITING // MAX_WAITING_OF_ONE)
        for address in addresses:
            for number in range(MAX_WAITING_OF_ONE):
                await place.join(address, f"{address} {number}")
        joined = [await place.join(99, "z0"), await place.join(99, "z1")]
        place.may_answer.set()
        await until(lambda: "z1" in place.answered)
        return joined, place.answered

    joined, answered = at_a_place(scene)
    assert [answer.status_code for answer in joined] == [200, 200]
    assert answered.index("z0") < 20
    assert answered.index("z1") < 20


def test_the_queue_never_grows_beyond_its_end():
    async def scene(place):
        lengths = []
        for address in range(8):
            for number in range(MAX_WAITING_OF_ONE):
                await place.join(address, f"{address} {number}")
            lengths.append(len(place.queue))
        return max(lengths)

    assert at_a_place(scene) == MAX_WAITING


def test_answers_that_nobody_fetches_keep_others_of_their_address_out_until_they_are_forgotten(monkeypatch):
    async def scene(place):
        place.may_answer.set()
        for number in range(MAX_KEPT_OF_ONE):
            await place.call(1, str(number))
            await until(lambda: not place.queue.event_ids_to_events)
        refused, other = await place.call(1, "one more"), await place.call(2, "another's")
        await until(lambda: not place.queue.event_ids_to_events)
        monkeypatch.setattr("ui.server.event_queue.FORGET_AFTER", 0.0)
        place.queue.forget()
        kept = len(place.queue.pending_event_ids_session), len(place.queue.pending_messages_per_session)
        return refused.status_code, other.status_code, kept, (await place.call(1, "again")).status_code

    assert at_a_place(scene) == (429, 200, (0, 0), 200)


def test_who_lost_an_answer_still_gets_the_next_one(monkeypatch):
    async def scene(place):
        await place.join(1, "quick", session="page")
        await until(lambda: not place.queue.event_ids_to_events)
        await place.join(1, "slow", session="page")
        place.queue.forget()
        monkeypatch.setattr("ui.server.event_queue.FORGET_AFTER", 0.0)
        place.queue.forget()
        place.may_answer.set()
        return await place.answers_of("page")

    assert at_a_place(scene)[-1]["output"]["data"] == ["slow"]


def test_an_answer_that_was_fetched_is_no_longer_kept():
    async def scene(place):
        place.may_answer.set()
        told = []
        for number in range(MAX_KEPT_OF_ONE + 2):
            await place.join(1, f"a{number}", session="page")
            told.append((await place.answer_of("page"))["output"]["data"])
        return told

    assert at_a_place(scene)[-1] == [f"a{MAX_KEPT_OF_ONE + 1}"]


def test_of_very_many_answers_the_oldest_are_forgotten_first(monkeypatch):
    monkeypatch.setattr("ui.server.event_queue.MAX_KEPT", 5)

    async def scene(place):
        place.may_answer.set()
        for number in range(10):
            await place.join(number, str(number))
            await until(lambda: not place.queue.event_ids_to_events)
        place.queue.forget()
        return list(place.queue.pending_event_ids_session)

    assert at_a_place(scene) == ["5", "6", "7", "8", "9"]
    assert MAX_KEPT > MAX_WAITING


@pytest.mark.parametrize("path", ["run/look", "api/look"])
def test_no_request_passes_the_queue_by(path):
    async def scene(place):
        async with place.visitor(1) as http:
            return await http.post(f"/{path}", json={"data": ["a"]})

    assert at_a_place(scene).status_code == 404
