"""What programs send and are sent: pictures, strokes and JSON, each with a schema that a validator can check."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import gradio as gr
from gradio import processing_utils
from gradio.data_classes import JsonData
from gradio_client import handle_file
from gradio_client.utils import is_file_obj_with_meta

from digit_core.errors import UnreadablePictureError

NO_PICTURE = "Send a picture as image: an uploaded file or a data URL."
NO_PICTURES = "Send pictures as files: a list of uploaded files or data URLs."
SAMPLE = "https://raw.githubusercontent.com/gradio-app/gradio/main/test/test_files/bus.png"  # in "Use via API"

PICTURE_SCHEMA = {
    "anyOf": [
        {"type": "string", "description": "a data URL, and of an MCP client an http or https URL"},
        {
            "type": "object",
            "description": "an uploaded file",
            "properties": {
                "path": {"type": "string", "description": "what the upload returned"},
                "meta": {"type": "object", "properties": {"_type": {"type": "string", "enum": ["gradio.FileData"]}}},
            },
            "required": ["path", "meta"],
        },
    ]
}
STROKES_SCHEMA = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}},
}


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture that a client sent.

    Attributes:
        source: the file that it uploaded, or the URL that it named: `ui.server.doors` lets MCP clients alone do so.
    """

    source: Path | str

    @property
    def name(self) -> str:
        """What a row about it is called."""
        if isinstance(self.source, Path):
            return self.source.name
        return "data URL" if is_data_url(self.source) else PurePosixPath(unquote(urlsplit(self.source).path)).name

    def content(self, folder: str) -> Path | bytes:
        """Return what can be read: the file, fetched into `folder` if need be by `ui.server.downloads`, or its bytes.

        Raises:
            UnreadablePictureError: there is no picture behind the URL, or no room for it.
        """
        if isinstance(self.source, Path):
            return self.source
        if is_data_url(self.source):
            return _decode_data_url(self.source)
        try:
            return Path(processing_utils.ssrf_protected_download(self.source, folder))
        except gr.Error as error:  # it says itself what is the matter
            raise UnreadablePictureError(error.message) from error
        except Exception as error:  # of the network, the resolver and the answering server alike
            raise UnreadablePictureError("The picture's URL could not be fetched.") from error


class Picture(gr.File):
    """One picture. Handlers receive a `SentPicture`, or None where nothing was sent.

    `gr.File` alone answers what is no file with a validator's complaint, and its list of files has a schema that leads
    nowhere for MCP clients.
    """

    is_template = True  # on the page it is a `gr.File` like any other

    def __init__(self, label: str, visible: bool = False) -> None:
        super().__init__(label=label, type="filepath", visible=visible)
        self.data_model = None  # or Gradio would validate, in its own words, before `preprocess` could

    def preprocess(self, payload: Any) -> SentPicture | None:
        """Take what a client sent for a picture, or refuse it with a sentence."""
        return None if payload is None else _to_sent_picture(payload, NO_PICTURE)

    def api_info(self) -> dict[str, Any]:
        return PICTURE_SCHEMA

    def example_payload(self) -> Any:
        return handle_file(SAMPLE)


class Pictures(gr.File):
    """Many pictures. Handlers receive a list of `SentPicture`, empty where nothing was sent."""

    is_template = True

    def __init__(self, label: str, visible: bool = False) -> None:
        super().__init__(label=label, type="filepath", file_count="multiple", visible=visible)
        self.data_model = None

    def preprocess(self, payload: Any) -> list[SentPicture]:
        """Take what a client sent for pictures, or refuse it with a sentence."""
        if payload is None:
            return []
        if not isinstance(payload, list):
            raise gr.Error(NO_PICTURES, print_exception=False)
        return [_to_sent_picture(one, NO_PICTURES) for one in payload]

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": PICTURE_SCHEMA}

    def example_payload(self) -> Any:
        return [handle_file(SAMPLE)]


class Strokes(gr.JSON):
    """Pen strokes; whoever draws them checks them."""

    is_template = True

    def api_info(self) -> dict[str, Any]:
        return STROKES_SCHEMA

    def example_payload(self) -> Any:
        return [[[18, 6], [82, 6], [42, 98]]]


class JsonAnswer(gr.JSON):
    """What clients are told: the same JSON over HTTP and, as text, over MCP, where Gradio sends `str` of a value."""

    is_template = True

    def __init__(self, label: str, kind: str = "object", visible: bool = False) -> None:
        super().__init__(label=label, visible=visible)
        self.kind = kind

    def postprocess(self, value: dict[str, Any] | list[Any] | None) -> JsonData | None:
        """Let a value be JSON wherever it becomes text."""
        answer = super().postprocess(value)
        return None if answer is None else _JsonAsText(answer.root)

    def api_info(self) -> dict[str, Any]:
        return {"type": self.kind, "description": "described in docs/api.md"} | (
            {"items": {"type": "object"}} if self.kind == "array" else {}
        )


class _JsonAsText(JsonData):
    def __str__(self) -> str:
        return json.dumps(self.root, ensure_ascii=False)


def is_data_url(url: str) -> bool:
    """Whether a URL holds what it stands for."""
    return url[:5].lower() == "data:"


def _to_sent_picture(payload: Any, refusal: str) -> SentPicture:
    """Tell an uploaded file, which Gradio has found where uploads lie, and a URL from all else."""
    if isinstance(payload, dict) and is_file_obj_with_meta(payload):
        return SentPicture(Path(payload["path"]))
    if isinstance(payload, str) and payload[:8].lower().startswith(("http://", "https://", "data:")):
        return SentPicture(payload)
    raise gr.Error(refusal, print_exception=False)


def _decode_data_url(url: str) -> bytes:
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadablePictureError("The data URL's base64 is damaged.") from error
