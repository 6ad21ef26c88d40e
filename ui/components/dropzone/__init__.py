"""The place where a picture is dropped, chosen, pasted or taken with the camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from gradio.data_classes import FileData

from ui.components.base import Component

LARGEST_UPLOAD_MB = 50  # MB of 2^20 bytes: what is larger is not even received; the core's own limits are stricter


class Dropzone(Component):
    """Takes one picture and hands it on as the very file it was.

    `gr.Image` decodes and re-encodes before the handler sees anything, so that alpha, 16 bits and a clear word about a
    broken file are lost; `gr.File` hides its input once it holds a file. This one takes the next picture at any time.
    Handlers receive the file's path, or None. Gradio itself checks that the path is one of its own uploads.
    """

    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "an uploaded file"}

    data_model = FileData

    def __init__(self, **props: Any) -> None:
        super().__init__(largest_upload_mb=LARGEST_UPLOAD_MB, **props)

    def preprocess(self, payload: FileData | None) -> Path | None:
        """Pass the uploaded file on, untouched."""
        return None if payload is None else Path(payload.path)
