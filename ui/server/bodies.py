"""The bodies of requests: received whole within a size, looked into, and handed on."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from digit_core.errors import DigitError
from digit_core.page.formats import MAX_BYTES

# Bytes of the largest request in JSON: the names of a thousand files take 1.5 MB, a drawing 10 kB.
LARGEST_JSON = 2 * 1024 * 1024
# Bytes of the largest request of an MCP client: the largest picture as a data URL, and the words around it.
LARGEST_MCP = MAX_BYTES * 4 // 3 + 64 * 1024
# Bytes of a refused body that are received, and thrown away, before the connection is closed.
MAX_DISCARDED = 64 * 1024 * 1024
# Bytes of bodies that one address may have here at a time, received or on their way: two of the largest.
MAX_OF_ONE = 2 * LARGEST_MCP
# The same in all: they take memory until they are answered.
MAX_IN_ALL = 8 * LARGEST_MCP
# Seconds after which who had no room may try again: most bodies are answered by then.
ROOM_AFTER = 10
# Seconds that a sender may be silent.
LONGEST_SILENCE = 60.0
# Bytes in a second that a sender has to manage on the whole: a phone does, even where it has only EDGE.
SLOWEST = 4 * 1024


class NoRoomError(DigitError):
    """More is being sent than is taken in at a time."""

    def __init__(self) -> None:
        super().__init__(f"Too much is being sent here at once. Please try again in {ROOM_AFTER} seconds.")


class Allowance:
    """The bytes of bodies that may be held at a time, of one address and in all."""

    def __init__(self, of_one: int = MAX_OF_ONE, in_all: int = MAX_IN_ALL) -> None:
        self._of_one = of_one
        self._in_all = in_all
        self._held: Counter[str] = Counter()

    @contextmanager
    def of(self, address: str) -> Iterator[Callable[[int], bool]]:
        """Yield what takes more bytes for a request of an address, if there is room; all are given back in the end."""
        taken = 0

        def take(count: int) -> bool:
            nonlocal taken
            if self._held[address] + count > self._of_one or self._held.total() + count > self._in_all:
                return False
            self._held[address] += count
            taken += count
            return True

        try:
            yield take
        finally:
            self._held[address] -= taken
            if not self._held[address]:
                del self._held[address]


class Sender:
    """Whoever sends a body. One that is silent for too long, or far too slow on the whole, is given up.

    Args:
        receive: what comes from it.

    Attributes:
        is_late: whether it was given up.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._start = time.monotonic()
        self._received = 0
        self._has_sent_all = False
        self.is_late = False

    async def receive(self) -> Message:
        """Receive what comes next; of a sender that is given up, that it has gone."""
        if self._has_sent_all:
            return await self._receive()
        left = self._start + LONGEST_SILENCE + self._received / SLOWEST - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), min(left, LONGEST_SILENCE))
        except TimeoutError:
            self.is_late = True
            return {"type": "http.disconnect"}
        self._received += len(message.get("body", b""))
        self._has_sent_all = not message.get("more_body")
        return message


async def receive_all(
    receive: Receive, headers: Headers, most: int, take: Callable[[int], bool] = lambda count: True
) -> bytes | None:
    """Receive a body; None where it is longer than `most`, of which nothing is kept.

    What is too long is taken in to its end all the same, where that is near, or its sender would see a broken line
    instead of the sentence. So is what there is no room for.

    Args:
        receive: what comes from the sender.
        headers: the request's.
        most: bytes.
        take: takes so many bytes of an `Allowance`; whether there was room.

    Raises:
        NoRoomError: there was not.
    """
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_DISCARDED:
        return None
    is_too_long, has_room = int(length) > most, True
    body, received = bytearray(), 0
    while received <= MAX_DISCARDED:
        message = await receive()
        part = message.get("body", b"")
        received += len(part)
        is_too_long = is_too_long or received > most
        has_room = has_room and (is_too_long or take(len(part)))
        if is_too_long or not has_room:
            body.clear()
        else:
            body += part
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            if not has_room:
                raise NoRoomError
            return None if is_too_long else bytes(body)
    return None


def replay(body: bytes, receive: Receive) -> Receive:
    """Hand over a body that has been received already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    def take() -> Awaitable[Message]:
        return _now(messages.pop()) if messages else receive()

    return take


async def _now(message: Message) -> Message:
    return message


def parse_question(body: bytes) -> tuple[dict[str, Any] | None, bool]:
    """Return a JSON object, None where it is none, and whether it names a file by a foreign address."""
    has_foreign = False

    def look(value: dict[str, Any]) -> dict[str, Any]:
        nonlocal has_foreign
        path = value.get("path")
        has_foreign = has_foreign or (isinstance(path, str) and "://" in path[:12])
        return value

    try:
        content = json.loads(body, object_hook=look)
    except (ValueError, RecursionError):  # no JSON, far too deep, or a number of thousands of digits
        return None, False
    if not isinstance(content, dict):
        return None, has_foreign
    data = content.get("data")
    values = data if isinstance(data, list) else list(content.values())
    values = [*values, *(one for value in values if isinstance(value, list) for one in value)]  # of `/read_many`
    return content, has_foreign or any(isinstance(value, str) and "://" in value[:12] for value in values)
