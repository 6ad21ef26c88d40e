"""The endpoints as tools for MCP clients: off until asked for, then with descriptions a model can work by."""

import base64
import io
import json
from pathlib import Path

import httpx
import jsonschema
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image

from tests.support.drawings import picture_of, strokes_of
from tests.support.loops import run_apart
from tests.support.running_app import running_app

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def mcp_url():
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled", GRADIO_MCP_SERVER="True") as url:
        yield f"{url}/gradio_api/mcp/"


@pytest.fixture
def ask(mcp_url):
    """Asks the app's MCP server with the protocol's own client."""

    def call(what):
        async def talk():
            async with streamablehttp_client(mcp_url) as (read, write, _), ClientSession(read, write) as session:
                await session.initialize()
                return await what(session)

        return run_apart(talk())

    return call


def data_url(text):
    png = io.BytesIO()
    picture_of(text, width=400, height=200, brush=14).save(png, format="PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")


def test_the_endpoints_are_tools_with_every_argument_described(ask):
    tools = {tool.name: tool for tool in ask(lambda session: session.list_tools()).tools}

    assert sorted(tools) == ["explain", "models", "read", "read_many", "read_strokes"]
    for tool in tools.values():
        assert len(tool.description) > 20
        assert all(argument.get("description") for argument in tool.inputSchema["properties"].values())
    assert tools["read"].inputSchema["properties"]["model"]["enum"] == ["compact", "deep", "ensemble"]


def test_every_tools_schema_resolves_and_takes_what_clients_send(ask):
    tools = ask(lambda session: session.list_tools()).tools
    sent = {
        "read": {"image": data_url("1"), "model": "deep", "single": True},
        "read_strokes": {"strokes": [[[0, 0], [1, 1, 5]]], "width": 2, "height": 2},
        "read_many": {"files": [data_url("1"), "https://example.org/1.png"]},
        "explain": {"image": "https://example.org/1.png", "target": 3},
        "models": {},
    }

    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool.inputSchema)
        jsonschema.Draft202012Validator(tool.inputSchema).validate(sent[tool.name])
        assert set(sent[tool.name]) <= set(tool.inputSchema["properties"])


def test_many_pictures_are_rows(ask):
    files = [data_url("12"), "data:image/png;base64,bm8gcGljdHVyZQ==", data_url("3")]

    answer = ask(lambda session: session.call_tool("read_many", {"files": files}))

    assert not answer.isError
    rows = json.loads(answer.content[0].text)
    assert [row["text"] for row in rows] == ["12", "", "3"]
    assert [row["error"] is None for row in rows] == [True, False, True]


def test_strokes_are_read(ask):
    answer = ask(lambda session: session.call_tool("read_strokes", {"strokes": strokes_of("58", 400, 200)}))

    assert not answer.isError
    assert json.loads(answer.content[0].text)["text"] == "58"


@pytest.mark.parametrize(
    "image", ["/etc/hostname", "ui/page.png", {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}]
)
def test_a_file_of_the_server_is_not_opened(ask, image):
    answer = ask(lambda session: session.call_tool("read", {"image": image}))

    assert answer.isError
    assert "upload" in answer.content[0].text


def test_a_digit_is_read_and_told_as_json(ask):
    answer = ask(lambda session: session.call_tool("read", {"image": data_url("47")}))

    assert not answer.isError
    reading = json.loads(answer.content[0].text)
    assert reading["text"] == "47"
    assert [digit["verdict"] for digit in reading["digits"]] == ["digit", "digit"]


def test_an_explanation_is_a_picture(ask):
    asked = {"image": data_url("7"), "target": 1, "method": "occlusion"}  # Grad-CAM would load TensorFlow first

    answer = ask(lambda session: session.call_tool("explain", asked))

    assert not answer.isError
    assert Image.open(io.BytesIO(base64.b64decode(answer.content[0].data))).size == (280, 280)


def test_models_tells_which_weights_answer(ask):
    answer = ask(lambda session: session.call_tool("models", {}))

    assert sorted(json.loads(answer.content[0].text)["networks"]) == ["compact", "deep", "finder"]


def test_what_a_client_does_wrong_is_answered_by_a_sentence(ask):
    wrong = {"image": data_url("7"), "weight": 7}

    answer = ask(lambda session: session.call_tool("read", wrong))

    assert answer.isError
    assert "between 0 and 1" in answer.content[0].text


def test_nobody_is_a_client_where_it_was_not_asked_for(app_url):
    assert httpx.get(f"{app_url}/gradio_api/mcp/schema").status_code == 404
