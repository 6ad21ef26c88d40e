"""A page that answers what it cannot take with a sentence of ours, whoever asks and by whatever way."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction
from gradio.exceptions import InvalidPathError
from gradio.state_holder import SessionState

NOT_UPLOADED = "Only files that were uploaded here are read: upload yours first, then send the path that it was given."


class Page(gr.Blocks):
    """`gr.Blocks` whose complaints about arguments are sentences of ours.

    Gradio's own name the server's folders, its components and the validator. Events of the page, calls over HTTP and
    MCP tools all come through here.
    """

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """Turn what was sent into what the handler takes."""
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error:
            raise
        except InvalidPathError as error:
            raise gr.Error(NOT_UPLOADED, print_exception=False) from error
        except Exception as error:
            raise gr.Error(_refusal(block_fn, inputs), print_exception=False) from error


def _refusal(block_fn: BlockFunction, inputs: Sequence[Any]) -> str:
    """Say what was wrong with arguments that no component could take."""
    if block_fn.fn and len(inputs) < len(block_fn.inputs):
        names = ", ".join(list(signature(block_fn.fn).parameters)[: len(block_fn.inputs)])
        return f"Send all values in this order, null for a default: {names}."
    return "What was sent is not what is needed here."
