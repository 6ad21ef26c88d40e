"""Bodies of requests: looked into as they came, from senders that keep on sending, and only so many bytes at a time."""

import asyncio
import json

import pytest
from starlette.datastructures import Headers

from tests.support.loops import run_apart
from ui.server.bodies import Allowance, NoRoomError, Sender, parse_question, receive_all


@pytest.mark.parametrize("data", [[["data:,a", "data:,b"], None], [[["deep"]], 4], []])
def test_a_body_is_handed_on_as_it_was_sent(data):
    content, has_foreign = parse_question(json.dumps({"data": data}).encode())

    assert content == {"data": data}
    assert not has_foreign


def test_parsing_finds_a_foreign_address_within_a_list_of_pictures():
    _, has_foreign = parse_question(b'{"data": [["data:,a", "https://example.com/b.png"]]}')

    assert has_foreign


def part(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


async def silence():
    await asyncio.Event().wait()


def sender_of(*parts):
    """Sends parts, and then nothing more."""
    left = list(parts)

    async def receive():
        return left.pop(0) if left else await silence()

    return Sender(receive)


def test_a_sender_that_is_silent_for_too_long_is_given_up(monkeypatch):
    sender = sender_of(part(b"a"))

    async def scene():
        first = await sender.receive()
        monkeypatch.setattr("ui.server.bodies.LONGEST_SILENCE", 0.05)  # not yet for the first, however busy the machine
        return [first, await sender.receive()]

    assert run_apart(scene()) == [part(b"a"), {"type": "http.disconnect"}]
    assert sender.is_late


def test_a_sender_of_a_byte_now_and_then_is_given_up(monkeypatch):
    monkeypatch.setattr("ui.server.bodies.LONGEST_SILENCE", 0.2)

    async def trickle():
        await asyncio.sleep(0.02)
        return part(b"a")

    sender = Sender(trickle)

    async def scene():
        while (await sender.receive())["type"] != "http.disconnect":
            pass

    run_apart(scene())
    assert sender.is_late


def test_whoever_has_sent_all_may_wait_for_the_answer_as_long_as_it_takes(monkeypatch):
    sender = sender_of(part(b"a", more=False))

    async def scene():
        await sender.receive()
        monkeypatch.setattr("ui.server.bodies.LONGEST_SILENCE", 0.01)
        waiting = asyncio.create_task(sender.receive())
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        waiting.cancel()
        return done

    assert run_apart(scene()) == set()
    assert not sender.is_late


def test_one_address_has_room_for_its_part_and_gives_it_back():
    allowance = Allowance(of_one=10, in_all=25)

    with allowance.of("a") as take, allowance.of("a") as take_more, allowance.of("b") as take_another:
        assert (take(6), take_more(4), take_more(1), take_another(10)) == (True, True, False, True)
        with allowance.of("c") as take_last:
            assert (take_last(6), take_last(5)) == (False, True)
    with allowance.of("a") as take:
        assert take(10)


def test_a_body_without_room_is_received_to_its_end_and_not_kept():
    sender = sender_of(part(b"12345"), part(b"67890"), part(b"end", more=False))
    allowance = Allowance(of_one=8)

    with allowance.of("a") as take, pytest.raises(NoRoomError, match="try again in 10 seconds"):
        run_apart(receive_all(sender.receive, Headers(), 100, take))

    assert not sender.is_late
