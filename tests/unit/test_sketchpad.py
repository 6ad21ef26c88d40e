"""What the paper's component accepts from a page that may not be ours."""

import base64
import io
import struct
import zlib

import gradio as gr
import pytest
from PIL import Image

from tests.support.drawings import picture_of
from ui.components.sketchpad import LONGEST_PAYLOAD, PNG_PREFIX, Sketchpad


def data_url(picture, kind="PNG"):
    file = io.BytesIO()
    picture.save(file, format=kind)
    return url_of(file.getvalue())


def url_of(content):
    return PNG_PREFIX + base64.b64encode(content).decode()


def bomb(side):
    """A PNG of a few bytes that says it has side x side pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


@pytest.fixture(scope="module")
def paper():
    return Sketchpad()


def test_the_drawing_arrives_as_it_was_drawn(paper):
    picture = picture_of("3").convert("L")

    drawing = paper.preprocess({"sequence": 5, "picture": data_url(picture)})

    assert drawing.sequence == 5
    assert drawing.picture.tobytes() == picture.tobytes()


@pytest.mark.parametrize("size", [(280, 280), (700, 280)])
def test_both_sheets_are_accepted(paper, size):
    payload = {"sequence": 1, "picture": data_url(Image.new("L", size, 255))}

    assert paper.preprocess(payload).picture.size == size


@pytest.mark.parametrize("payload", [None, {"sequence": 2, "picture": ""}])
def test_blank_paper_is_a_drawing_without_a_picture(paper, payload):
    assert paper.preprocess(payload).picture is None


@pytest.mark.parametrize(
    "payload",
    [
        {},
        "text",
        {"sequence": "first", "picture": ""},
        {"sequence": float("inf"), "picture": ""},
        {"sequence": float("nan"), "picture": ""},
        {"sequence": "9" * 5000, "picture": ""},
        {"sequence": 1, "picture": url_of(bomb(30_000))},
        {"sequence": 1, "picture": "https://example.org/seven.png"},
        {"sequence": 1, "picture": PNG_PREFIX + "no base64 at all"},
        {"sequence": 1, "picture": url_of(b"no PNG")},
        {"sequence": 1, "picture": PNG_PREFIX + "A" * LONGEST_PAYLOAD},
        {"sequence": 1, "picture": data_url(Image.new("L", (5000, 5000)))},
        {"sequence": 1, "picture": data_url(Image.new("L", (280, 700)))},
        {"sequence": 1, "picture": data_url(Image.new("L", (700, 700)))},
        {"sequence": 1, "picture": data_url(Image.new("L", (699, 280)))},
        {"sequence": 1, "picture": data_url(Image.new("L", (28, 28)))},
        {"sequence": 1, "picture": data_url(Image.new("L", (280, 280)))[:200]},
        {"sequence": 1, "picture": data_url(Image.new("L", (280, 280)), kind="JPEG")},
    ],
)
def test_what_was_not_drawn_here_is_refused_with_a_sentence(paper, payload):
    with pytest.raises(gr.Error) as refusal:
        paper.preprocess(payload)

    assert refusal.value.message.endswith(".")
