"""The place where a picture is dropped, chosen, pasted or taken with the camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from ui.components.base import parts_in

HERE = Path(__file__).parent


class Dropzone(gr.HTML):
    """Takes one picture and hands it on as the very file it was.

    `gr.Image` decodes and re-encodes before the handler sees anything, so that alpha, 16 bits and a clear word about a
    broken file are lost; `gr.File` hides its input once it holds a file. This one takes the next picture at any time.
    Handlers receive the file's path, or None. Gradio itself checks that the path is one of its own uploads.
    """

    data_model = FileData

    def __init__(self, *, elem_id: str | None = None, **props: Any) -> None:
        super().__init__(
            value=None,
            **parts_in(HERE),
            elem_id=elem_id,
            **props,
        )

    def preprocess(self, payload: FileData | None) -> Path | None:
        """Pass the uploaded file on, untouched."""
        return None if payload is None else Path(payload.path)

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "an uploaded file"}
