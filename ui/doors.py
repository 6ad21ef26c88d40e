"""Which of Gradio's routes are open, to whom, and for how large a request: one ASGI middleware before all of Gradio.

Gradio registers far more routes than a page and its clients need; some fetch foreign addresses, run programs or write
to disk. So what is not named in `OPEN` is shut, and a test knows every route that Gradio registers as open or shut.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from gradio import processing_utils
from gradio.brotli_middleware import BrotliMiddleware
from gradio.route_utils import CustomCORSMiddleware
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digit_core.page.decode import MAX_BYTES
from ui.downloads import download_picture
from ui.limits import FairQueue, SupersededError, TooBusyError, Visitor, current_visitor, refusals
from ui.sentences import NOT_JSON

API = "/gradio_api"
HEALTH = "/health"
OPEN = {  # route -> methods
    "/": ("GET", "HEAD"),
    "/config": ("GET",),
    "/config/": ("GET",),
    "/svelte/{path:path}": ("GET",),
    "/static/{path:path}": ("GET",),
    "/assets/{path:path}": ("GET",),
    "/favicon.ico": ("GET",),
    "/robots.txt": ("GET",),
    "/manifest.json": ("GET",),
    "/pwa_icon": ("GET",),
    "/theme.css": ("GET",),
    f"{API}/theme.css": ("GET",),
    f"{API}/info": ("GET",),
    f"{API}/info/": ("GET",),
    f"{API}/openapi.json": ("GET",),
    f"{API}/app_id": ("GET",),
    f"{API}/app_id/": ("GET",),
    f"{API}/startup-events": ("GET",),
    f"{API}/heartbeat/{{session_hash}}": ("GET",),
    f"{API}/file={{path_or_url:path}}": ("GET", "HEAD"),  # of a file in the upload folder, see `_is_foreign`
    f"{API}/upload": ("POST",),
    f"{API}/upload_progress": ("GET",),
    f"{API}/run/{{api_name}}": ("POST",),
    f"{API}/run/{{api_name}}/": ("POST",),
    f"{API}/api/{{api_name}}": ("POST",),
    f"{API}/api/{{api_name}}/": ("POST",),
    f"{API}/call/v2/{{api_name}}": ("POST",),
    f"{API}/call/v2/{{api_name}}/": ("POST",),
    f"{API}/call/{{api_name}}": ("POST",),
    f"{API}/call/{{api_name}}/": ("POST",),
    f"{API}/call/{{api_name}}/{{event_id}}": ("GET",),
    f"{API}/call/v2/{{api_name}}/{{event_id}}": ("GET",),
    f"{API}/queue/join": ("POST",),
    f"{API}/queue/data": ("GET",),
    f"{API}/cancel": ("POST",),
    f"{API}/reset": ("POST",),
    f"{API}/reset/": ("POST",),
    f"{API}/mcp": ("GET", "POST", "DELETE"),
    f"{API}/mcp/": ("GET", "POST", "DELETE"),
    f"{API}/mcp/http": ("GET", "POST", "DELETE"),
    f"{API}/mcp/http/": ("GET", "POST", "DELETE"),
    f"{API}/mcp/schema": ("GET", "HEAD"),
}
ASKING = tuple(f"{API}/{name}/" for name in ("run", "api", "call")) + (f"{API}/queue/join",)  # what makes the app work
LARGEST_JSON = 2 * 1024 * 1024  # bytes: a thousand chosen files are named in 1.5 MB, a drawing takes 10 kB
LARGEST_MCP = MAX_BYTES * 4 // 3 + 64 * 1024  # bytes: the largest picture as a data URL, and the words around it
MOST_DISCARDED = 64 * 1024 * 1024  # bytes of a refused body that are taken in, none of them kept
KEPT_FREE = 200 * 1024 * 1024  # bytes of disk that uploads never take: the networks' cache and the log need room
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"}
LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # names of this machine
EMBEDDERS = ("https://huggingface.co",)  # a Space stands in a frame of this site

FOREIGN_SENTENCE = "Pictures are not fetched from other addresses here: upload the file and send its path."
FULL_SENTENCE = "There is no room for uploads just now. Please try again later."
LENGTH_SENTENCE = "An upload must say how long it is: send a Content-Length."
CROSS_SITE_SENTENCE = "Other web sites' pages may not ask here."
LIVE_SENTENCE = "Many people are drawing just now. Yours is read in a moment."


@dataclass(frozen=True, slots=True)
class Live:
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
        others: everything else that makes the app work; most of it waits for `Turns` or is answered at once.
    """

    live: FairQueue = field(default_factory=lambda: FairQueue(2, 400, 1.5, newest_only=True))
    others: FairQueue = field(default_factory=lambda: FairQueue(16, 64, 60.0))


class Doors:
    """Lets through what page, clients and MCP need, and refuses the rest before Gradio parses it."""

    def __init__(
        self,
        app: ASGIApp,
        live: Live | None = None,
        health: Callable[[], dict[str, Any]] = dict,
        queues: Queues | None = None,
    ) -> None:
        self.app = app
        self._live = live or Live()
        self._health = health
        self._queues = queues or Queues()
        self._routes = [(compile_path(path)[0], methods) for path, methods in OPEN.items()]
        self._origins = {*EMBEDDERS, *os.environ.get("DIGIT_ORIGINS", "").split()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, self._with_headers(scope, send))
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
            await JSONResponse(await asyncio.to_thread(self._health))(scope, receive, send)
        elif not self._is_open(method, path) or _is_foreign(path):
            await _refuse(scope, receive, send, 404, "Not found.")
        elif method == "POST" and headers.get("sec-fetch-site") == "cross-site" and not self._is_allowed(headers):
            await _refuse(scope, receive, send, 403, CROSS_SITE_SENTENCE)
        elif method != "POST":
            await self._get(scope, receive, send)
        elif path == f"{API}/upload":
            await self._upload(scope, receive, send)
        else:
            await self._ask(scope, receive, send, path, address)

    def _is_open(self, method: str, path: str) -> bool:
        return any(method in methods and pattern.match(path) for pattern, methods in self._routes)

    async def _get(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request without a body through; who asks for a stream that is none is told so, and the log is not."""
        try:
            await self.app(scope, receive, send)
        except RuntimeError as error:  # Starlette's, once an answer has begun: the stream itself has said what is wrong
            if not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body", "body": b""})

    async def _ask(self, scope: Scope, receive: Receive, send: Send, path: str, address: str) -> None:
        """Receive a small body whole, look into it, and let it wait for its turn."""
        is_mcp = path.startswith(f"{API}/mcp")
        body = await _receive_all(receive, Headers(scope=scope), LARGEST_MCP if is_mcp else LARGEST_JSON)
        if body is None:
            most = (LARGEST_MCP if is_mcp else LARGEST_JSON) // 2**20
            await _refuse(scope, receive, send, 413, f"This request is too large: at most {most} MB are taken.")
            return
        content, has_foreign = ({}, False) if is_mcp else _parse(body)
        if content is None:  # nobody else may make more of it than was looked at here
            await _refuse(scope, receive, send, 422, NOT_JSON)
            return
        if has_foreign:
            await _refuse(scope, receive, send, 400, FOREIGN_SENTENCE)
            return
        visitor = Visitor(address, str(content.get("session_hash") or ""))
        current_visitor.set(visitor)
        number = content.get("fn_index")
        is_live = isinstance(number, int | float) and number in self._live.functions
        if not (is_mcp or path.startswith(ASKING)):
            await self.app(scope, _replay(body, receive), send)
            return
        try:
            async with (self._queues.live if is_live else self._queues.others).turn(visitor):
                await self.app(scope, _replay(body, receive), send)
        except SupersededError:
            await JSONResponse(_answer_of({"__type__": "update"}))(scope, receive, send)  # Gradio's "no change"
        except TooBusyError as error:
            refusals.count(TooBusyError.__name__)
            if is_live:
                await JSONResponse(_answer_of(self._live.put_off(_sequence(content), LIVE_SENTENCE)))(
                    scope, receive, send
                )
            else:
                await _refuse(scope, receive, send, 429, str(error))

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let an upload through while the disk has room; a disk that runs full meanwhile gets its sentence, too."""
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        if not length.isdecimal():
            await _refuse(scope, receive, send, 411, LENGTH_SENTENCE)
            return
        if _free_for_uploads() < int(length):
            await _receive_all(receive, headers, 0)
            await _refuse(scope, receive, send, 507, FULL_SENTENCE)
            return
        has_started = is_full = False

        async def receive_with_room() -> Message:
            nonlocal is_full
            message = await receive()
            is_full = _free_for_uploads() < 0
            if is_full or message["type"] == "http.disconnect":
                raise MultiPartException(FULL_SENTENCE)  # for this alone Gradio deletes what has come so far
            return message

        async def note_start(message: Message) -> None:
            nonlocal has_started
            has_started = True
            if not is_full:
                await send(message)

        try:
            await self.app(scope, receive_with_room, note_start)
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            if has_started or not is_full:
                raise
        if is_full:
            await _refuse(scope, receive, send, 507, FULL_SENTENCE)

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        """Set on every answer what a browser has to know; other sites' pages may read it only where they are named."""
        request = Headers(scope=scope)
        origin = request.get("origin")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if origin and self._is_allowed(request):
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Allow-Credentials"] = "true"
                    headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
                    headers["Access-Control-Allow-Headers"] = request.get("access-control-request-headers", "*")
                    headers.add_vary_header("Origin")
            await send(message)

        return send_with_headers

    def _is_allowed(self, headers: Headers) -> bool:
        """Whether a page of this origin may read the answers: the app's own, the site around a Space, a named one."""
        origin = headers.get("origin", "")
        try:
            host, asked = urlsplit(origin), urlsplit(f"//{headers.get('host', '')}")
        except ValueError:  # half an IPv6 address
            return False
        both_local = host.hostname in LOOPBACK and asked.hostname in LOOPBACK
        return origin in self._origins or bool(host.netloc and host.netloc == asked.netloc) or both_local


class CompressPage(BrotliMiddleware):
    """Compresses the page's own document, of which a sixth remains: Gradio compresses only what has a file's ending."""

    def _is_compressible_file_type(self, scope: Scope) -> bool:
        return scope.get("path") == "/"


def shut_doors(
    live: Live | None = None, health: Callable[[], dict[str, Any]] = dict
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Make the lifespan that puts `Doors` before everything of Gradio's, in place of its rules for other origins."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        replaced: object = CustomCORSMiddleware
        kept = [middleware for middleware in app.user_middleware if middleware.cls is not replaced]
        app.user_middleware = [Middleware(Doors, live=live, health=health), Middleware(CompressPage), *kept]
        app.middleware_stack = app.build_middleware_stack()
        processing_utils.async_ssrf_protected_download = download_picture
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


def _free_for_uploads() -> int:
    """Return how many bytes uploads may still take, negative where the disk has fewer than `KEPT_FREE`."""
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
    return shutil.disk_usage(folder if folder.exists() else tempfile.gettempdir()).free - KEPT_FREE


def _is_foreign(path: str) -> bool:
    """Whether Gradio would fetch another address for this path."""
    name = path.removeprefix(f"{API}/file=")
    return name != path and "://" in unquote(name)


def _parse(body: bytes) -> tuple[dict[str, Any] | None, bool]:
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
    values += [one for value in values if isinstance(value, list) for one in value]  # as `/read_many` takes pictures
    return content, has_foreign or any(isinstance(value, str) and "://" in value[:12] for value in values)


def _sequence(content: dict[str, Any]) -> int:
    try:
        return int(content["data"][0]["sequence"])
    except (KeyError, IndexError, TypeError, ValueError):
        return 0


def _answer_of(value: dict[str, Any]) -> dict[str, Any]:
    """Return what Gradio's page takes for an event's answer."""
    return {"data": [value], "is_generating": False, "duration": 0, "average_duration": 0, "render_config": None}


async def _receive_all(receive: Receive, headers: Headers, most: int) -> bytes | None:
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


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand over a body that has been received already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    def take() -> Awaitable[Message]:
        return _now(messages.pop()) if messages else receive()

    return take


async def _now(message: Message) -> Message:
    return message


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    refusals.count(HTTPStatus(status).phrase.lower())
    headers = {"Connection": "close"} if status == 413 else {}  # or the rest of the body would be read
    await JSONResponse({"error": sentence, "detail": sentence}, status, headers)(scope, receive, send)
