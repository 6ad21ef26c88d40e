"""A page that answers what it cannot take with a sentence of ours, whoever asks and by whatever way."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from http import HTTPStatus
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from gradio.blocks import BlockFunction
from gradio.exceptions import InvalidPathError
from gradio.route_utils import FnIndexInferError
from gradio.state_holder import SessionState
from starlette.types import Receive, Scope, Send

from ui.server.event_queue import FairEventQueue
from ui.server.refusals import refusals
from ui.server.turns import TooBusyError

NOT_UPLOADED = "Only files that were uploaded here are read: upload yours first, then send the path that it was given."
NO_ENDPOINT = "There is no such endpoint; /gradio_api/info lists all."
NO_SUCH_VALUES = "The names of the values are not those of the endpoint; /gradio_api/info lists all."
NAMELESS = "Each file of an upload needs a name."
NOT_JSON = 'The body must be JSON, {"data": [...]} or the values by their names.'


class SentenceBlocks(gr.Blocks):
    """`gr.Blocks` whose complaints about arguments are sentences of ours.

    Gradio's own name the server's folders, its components and the validator. Events of the page, calls over HTTP and
    MCP tools all come through here.
    """

    def queue(self, *args: Any, **settings: Any) -> Any:
        """Make the queue of events as `gr.Blocks` does, but a fair one with an end, which no request can pass by."""
        super().queue(*args, **{"api_open": False, **settings})
        made = self._queue
        self._queue = FairEventQueue(
            live_updates=made.live_updates,
            concurrency_count=made.max_thread_count,
            update_intervals=made.update_intervals,
            max_size=made.max_size,
            blocks=self,
            default_concurrency_limit=made.default_concurrency_limit,
        )
        return self

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """Turn what was sent into what the handler takes."""
        try:
            return await super().preprocess_data(block_fn, _complete(block_fn, inputs), state, explicit_call)
        except gr.Error:
            raise
        except InvalidPathError as error:
            raise gr.Error(NOT_UPLOADED, print_exception=False) from error
        except Exception as error:  # what was sent is wrong, or our own code is: the log tells them apart
            refusals.count(_place_of(error))
            raise gr.Error(_refusal(block_fn, inputs), print_exception=False) from error

    def launch(self, *args: Any, app_kwargs: dict[str, Any] | None = None, **settings: Any) -> Any:
        """Serve as `gr.Blocks` does, with sentences for requests that reach no handler, too.

        Gradio's look at its own page is left out: where a crowd waits for the start, the page may need longer than the
        three seconds after which Gradio would end.
        """
        settings.setdefault("_frontend", False)
        return super().launch(*args, app_kwargs={"exception_handlers": HANDLERS, **(app_kwargs or {})}, **settings)


def _answer_malformed(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": NOT_JSON}, 422)


def _answer_unknown_endpoint(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": NO_ENDPOINT}, 404)


def _answer_unknown_name(request: Request, error: Exception) -> JSONResponse:
    """Answer a call by names that Gradio looks up in vain; what is wrong elsewhere is a fault and stays one."""
    if request.url.path.endswith("/upload") and isinstance(error, TypeError):  # Gradio's, for a field that is no file
        return JSONResponse({"error": NAMELESS}, 400)
    if "/call/v2/" not in request.url.path:
        raise error
    if isinstance(error, KeyError):
        return _answer_unknown_endpoint(request, error)
    return JSONResponse({"error": NO_SUCH_VALUES}, 422)


def _answer_crowd(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that came while too many wait; it has been counted where it was turned away."""
    assert isinstance(error, TooBusyError)
    return _answer(429, str(error), error.seconds)


HANDLERS = {
    TooBusyError: _answer_crowd,
    RequestValidationError: _answer_malformed,
    FnIndexInferError: _answer_unknown_endpoint,
    KeyError: _answer_unknown_name,
    TypeError: _answer_unknown_name,
}


def _complete(block_fn: BlockFunction, inputs: list[Any]) -> list[Any]:
    """Add the defaults of values that are left out at the end, so that an endpoint may get new ones."""
    parameters = list(signature(block_fn.fn).parameters.values()) if block_fn.fn else []
    missing = [parameter.default for parameter in parameters[len(inputs) : len(block_fn.inputs)]]
    return inputs if Parameter.empty in missing else [*inputs, *missing]


def _refusal(block_fn: BlockFunction, inputs: Sequence[Any]) -> str:
    """Say what was wrong with arguments that no component could take."""
    if block_fn.fn and len(inputs) < len(block_fn.inputs):
        names = ", ".join(list(signature(block_fn.fn).parameters)[: len(block_fn.inputs)])
        return f"Send all values in this order, null for a default: {names}."
    return "What was sent is not what is needed here."


def _place_of(error: Exception) -> str:
    """Say of what kind an error is and which line raised it, not what it says, which may quote what was sent."""
    while isinstance(error.__cause__, Exception):  # Gradio raises one of its own in place of a component's
        error = error.__cause__
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno}"


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: int, sentence: str, retry_after: int | None = None
) -> None:
    """Answer a request with a sentence and a status, and count the refusal.

    Args:
        scope: the request, as are `receive` and `send`.
        receive: as ASGI has it.
        send: as ASGI has it.
        status: of HTTP.
        sentence: what the person should know.
        retry_after: after so many seconds it may be tried again; None says nothing of it.
    """
    refusals.count(HTTPStatus(status).phrase.lower())
    await _answer(status, sentence, retry_after)(scope, receive, send)


def _answer(status: int, sentence: str, retry_after: int | None) -> JSONResponse:
    headers = {"Connection": "close"} if status in (408, 413) else {}  # or the rest of the body would be read
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)
