"""The bodies of requests: received whole within a size, looked into, and handed on."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from digit_core.page.formats import MAX_BYTES

# Bytes of the largest request in JSON: the names of a thousand files take 1.5 MB, a drawing 10 kB.
LARGEST_JSON = 2 * 1024 * 1024
# Bytes of the largest request of an MCP client: the largest picture as a data URL, and the words around it.
LARGEST_MCP = MAX_BYTES * 4 // 3 + 64 * 1024
# Bytes of a refused body that are received, and thrown away, before the connection is closed.
MOST_DISCARDED = 64 * 1024 * 1024


async def receive_all(receive: Receive, headers: Headers, most: int) -> bytes | None:
    """Receive a body; None where it is longer than `most`, of which nothing is kept.

    What is too long is taken in to its end all the same, where that is near, or its sender would see a broken line
    instead of the sentence.
    """
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MOST_DISCARDED:
        return None
    is_too_long = int(length) > most
    body, received = bytearray(), 0
    while received <= MOST_DISCARDED:
        message = await receive()
        part = message.get("body", b"")
        received += len(part)
        is_too_long = is_too_long or received > most
        if is_too_long:
            body.clear()
        else:
            body += part
        if message["type"] == "http.disconnect" or not message.get("more_body"):
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
