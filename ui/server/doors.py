"""Who is let in to what: one ASGI middleware before all of Gradio.

`ui.server.routes` says which routes are open, `ui.server.origins` which sites' pages may ask, `ui.server.bodies` how
large a request may be, `ui.server.uploads` whether there is room for a file, and `ui.server.turns` whose turn it is.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from gradio.brotli_middleware import BrotliMiddleware
from gradio.route_utils import CustomCORSMiddleware
from gradio.routes import App
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.sentences import NOT_JSON, refuse
from ui.server.bodies import (
    LARGEST_JSON,
    LARGEST_MCP,
    ROOM_AFTER,
    Allowance,
    NoRoomError,
    Sender,
    parse_question,
    receive_all,
    replay,
)
from ui.server.downloads import guard_downloads
from ui.server.fair_queue import FairQueue
from ui.server.origins import Origins
from ui.server.refusals import refusals
from ui.server.routes import API, ASKING, HEALTH, MCP, is_foreign, is_open
from ui.server.turns import AT_ONCE, WAITING, SupersededError, TooBusyError
from ui.server.uploads import pass_upload
from ui.server.visitors import Visitor, current_visitor

FOREIGN_SENTENCE = "Pictures are not fetched from other addresses here: upload the file and send its path."
# How a browser calls pages of other origins: "same-site" are those of another port, or of a neighbouring name.
OTHER_SITES = ("cross-site", "same-site")
CROSS_SITE_SENTENCE = "Other web sites' pages may not ask here."
SLOW_SENTENCE = "This request came too slowly. Please try again over a better line."
NUMBER_SENTENCE = "The number of an event, fn_index, must be a whole number."
LIVE_SENTENCE = "Many people are drawing just now. Yours is read in a moment."


@dataclass(frozen=True, slots=True)
class LiveEvents:
    """What the page asks while the pen moves.

    Attributes:
        functions: the numbers of the events that do.
        put_off: makes the answer to a drawing that has to wait, from its sequence number and a sentence.
    """

    functions: Collection[int] = ()
    put_off: Callable[[int, str], dict[str, Any]] = lambda sequence, sentence: {}


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues that requests pass before Gradio sees them.

    Attributes:
        live: drawings. Two are read at a time, as there are two cores; the newest of each page waits for at most a
            second and a half, so that with the reading it is answered within two.
        others: everything else that makes the app work; most of it waits for `Turns` or is answered at once. As many
            are let in as `Turns` takes.
    """

    live: FairQueue = field(default_factory=lambda: FairQueue(2, 400, 1.5, newest_only=True))
    others: FairQueue = field(default_factory=lambda: FairQueue(AT_ONCE + WAITING, 64, 60.0))


class _RefusedError(Exception):
    """A request that is answered before Gradio has it, with a status of HTTP and a sentence.

    Attributes:
        retry_after: after so many seconds it may be tried again; None says nothing of it.
    """

    def __init__(self, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after = retry_after


class Doors:
    """Lets through what page, clients and MCP need, and refuses the rest before Gradio parses it."""

    def __init__(
        self,
        app: ASGIApp,
        live: LiveEvents | None = None,
        health: Callable[[], dict[str, Any]] = dict,
        queues: Queues | None = None,
        has_mcp: bool = False,
        allowance: Allowance | None = None,
    ) -> None:
        self.app = app
        self._has_mcp = has_mcp
        self._allowance = allowance or Allowance()
        self._live = live or LiveEvents()
        self._health = health
        self._queues = queues or Queues()
        self._origins = Origins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, self._origins.with_headers(scope, send))
        else:  # Gradio has no websockets
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        method, headers = scope["method"], Headers(scope=scope)
        address = client_address(scope)
        current_visitor.set(Visitor(address))
        if method == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204)(scope, receive, send)
        elif path == HEALTH and method in ("GET", "HEAD"):
            answer = await asyncio.to_thread(self._health)
            status = HTTPStatus.SERVICE_UNAVAILABLE if answer.get("status") == "failing" else HTTPStatus.OK
            await JSONResponse(answer, status)(scope, receive, send)  # Docker's HEALTHCHECK looks at the status alone
        elif not is_open(method, path, self._has_mcp) or is_foreign(path):
            await refuse(scope, receive, send, 404, "Not found.")
        elif method == "POST" and headers.get("sec-fetch-site") in OTHER_SITES and not self._origins.allow(headers):
            await refuse(scope, receive, send, 403, CROSS_SITE_SENTENCE)
        elif method != "POST":
            await self._get(scope, receive, send)
        elif path == f"{API}/upload":
            await self._upload(scope, receive, send)
        else:
            with self._allowance.of(address) as take:
                await self._ask(scope, receive, send, path, address, take)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let an upload through whose sender is not given up."""
        sender = Sender(receive)

        async def send_in_time(message: Message) -> None:
            if not sender.is_late:
                await send(message)

        await pass_upload(self.app, scope, sender.receive, send_in_time)
        if sender.is_late:
            await refuse(scope, receive, send, 408, SLOW_SENTENCE)

    async def _get(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request without a body through; one for a stream that does not exist leaves no traceback."""
        try:
            await self.app(scope, receive, send)
        except RuntimeError as error:  # Starlette's, once an answer has begun: the stream itself has said what is wrong
            if not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body", "body": b""})

    async def _ask(
        self, scope: Scope, receive: Receive, send: Send, path: str, address: str, take: Callable[[int], bool]
    ) -> None:
        """Receive a small body whole, look into it, and let it wait for its turn."""
        is_mcp = path.startswith(MCP)
        try:
            most = LARGEST_MCP if is_mcp else LARGEST_JSON
            body = await _receive_body(Sender(receive), Headers(scope=scope), most, take)
            content = {} if is_mcp else _look_into(body)
        except _RefusedError as error:
            await refuse(scope, receive, send, error.status, str(error), error.retry_after)
            return
        visitor = Visitor(address, str(content.get("session_hash") or ""))
        current_visitor.set(visitor)
        if is_mcp or path.startswith(ASKING):
            await self._ask_in_turn(scope, replay(body, receive), send, visitor, content)
        else:
            await self.app(scope, replay(body, receive), send)

    async def _ask_in_turn(
        self, scope: Scope, receive: Receive, send: Send, visitor: Visitor, content: dict[str, Any]
    ) -> None:
        """Let a request wait in its queue; a drawing that a newer one overtakes changes nothing on the page."""
        is_live = content.get("fn_index") in self._live.functions
        try:
            async with (self._queues.live if is_live else self._queues.others).turn(visitor):
                await self.app(scope, receive, send)
        except SupersededError:
            await JSONResponse(_answer_of({"__type__": "update"}))(scope, receive, send)  # Gradio's "no change"
        except TooBusyError as error:
            if is_live:
                refusals.count(TooBusyError.__name__)
                await JSONResponse(_answer_of(self._live.put_off(_sequence(content), LIVE_SENTENCE)))(
                    scope, receive, send
                )
            else:
                await refuse(scope, receive, send, 429, str(error), error.seconds)


async def _receive_body(sender: Sender, headers: Headers, most: int, take: Callable[[int], bool]) -> bytes:
    """Receive a body of at most `most` bytes, for which `take` finds room.

    Raises:
        _RefusedError: it is larger, there is no room for it, or it comes too slowly.
    """
    try:
        body = await receive_all(sender.receive, headers, most, take)
    except NoRoomError as error:
        raise _RefusedError(429, str(error), ROOM_AFTER) from error
    if sender.is_late:
        raise _RefusedError(408, SLOW_SENTENCE)
    if body is None:
        raise _RefusedError(413, f"This request is too large: at most {most // 2**20} MB are taken.")
    return body


def _look_into(body: bytes) -> dict[str, Any]:
    """Return what a request of Gradio's asks.

    Raises:
        _RefusedError: it is no JSON, names a foreign address, or its event's number is none.
    """
    content, has_foreign = parse_question(body)
    if content is None:  # nobody else may make more of it than was looked at here
        raise _RefusedError(422, NOT_JSON)
    if has_foreign:
        raise _RefusedError(400, FOREIGN_SENTENCE)
    number = content.get("fn_index")
    if number is not None and type(number) is not int:  # Gradio would make a number of "5", 5.0 and true
        raise _RefusedError(422, NUMBER_SENTENCE)
    return content


class CompressPage(BrotliMiddleware):
    """Compresses the page's own document, of which a sixth remains: Gradio compresses only what has a file's ending."""

    def _is_compressible_file_type(self, scope: Scope) -> bool:
        return scope.get("path") == "/"


def shut_doors(
    live: LiveEvents | None = None, health: Callable[[], dict[str, Any]] = dict
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Make the lifespan that puts `Doors` before everything of Gradio's, in place of its rules for other origins.

    It guards downloads, too, and tells what was refused when the app ends.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        replaced: object = CustomCORSMiddleware
        kept = [middleware for middleware in app.user_middleware if middleware.cls is not replaced]
        has_mcp = isinstance(app, App) and app.get_blocks().mcp_server
        doors = Middleware(Doors, live=live, health=health, has_mcp=has_mcp)
        app.user_middleware = [doors, Middleware(CompressPage), *kept]
        app.middleware_stack = app.build_middleware_stack()
        guard_downloads()
        yield
        refusals.flush()

    return lifespan


def client_address(scope: Scope) -> str:
    """Return who asks: on a Space the last address that the platform's proxy has added, elsewhere the connection's.

    Whatever stands before the last one was sent by the client itself. Uvicorn looks through a proxy on this machine,
    and through those that FORWARDED_ALLOW_IPS names.
    """
    address = (scope.get("client") or ("",))[0]
    if os.environ.get("SYSTEM") == "spaces":
        forwarded = Headers(scope=scope).getlist("x-forwarded-for")
        address = forwarded[-1].split(",")[-1].strip() if forwarded else address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return (
            str(ipaddress.ip_network((parsed, 64), strict=False)) if not parsed.ipv4_mapped else str(parsed.ipv4_mapped)
        )
    return str(parsed)


def _sequence(content: dict[str, Any]) -> int:
    try:
        return int(content["data"][0]["sequence"])
    except (KeyError, IndexError, TypeError, ValueError, OverflowError):  # the last of 1e999, which is infinite
        return 0


def _answer_of(value: dict[str, Any]) -> dict[str, Any]:
    """Return what Gradio's page takes for an event's answer."""
    return {"data": [value], "is_generating": False, "duration": 0, "average_duration": 0, "render_config": None}
