"""The named endpoints, asked by plain HTTP and by Gradio's own client."""

import io
import json

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from tests.support.drawings import picture_of
from ui.api import Endpoints
from ui.limits import Turns


@pytest.fixture(scope="module")
def http(app_url):
    with httpx.Client(base_url=f"{app_url}/gradio_api", timeout=30) as client:
        yield client


@pytest.fixture
def send(http):
    """Uploads a picture, or any bytes, and returns it as endpoints take it."""

    def upload(content, name="digits.png"):
        if not isinstance(content, bytes):
            file = io.BytesIO()
            content.save(file, format="PNG")
            content = file.getvalue()
        path = http.post("/upload", files={"files": (name, content)}).json()[0]
        return {"path": path, "meta": {"_type": "gradio.FileData"}}

    return upload


@pytest.fixture
def read(http, send):
    """Asks `/read` by plain HTTP with all arguments in order."""

    def ask(content, model="ensemble", mean="arithmetic", weight=0.5, threshold=0.5, single=False):
        image = None if content is None else send(content)
        return http.post("/run/read", json={"data": [image, model, mean, weight, threshold, single]})

    return ask


@pytest.fixture
def explain(http, send):
    """Asks `/explain` by plain HTTP with all arguments in order."""

    def ask(content, digit_index=0, target=None, method="grad-cam", model="ensemble"):
        image = None if content is None else send(content)
        return http.post("/run/explain", json={"data": [image, digit_index, target, method, model]})

    return ask


@pytest.fixture
def call(http):
    """Asks an endpoint by named JSON and returns the event and its data."""

    def ask(name, **arguments):
        event = http.post(f"/call/v2/{name}", json=arguments).json()["event_id"]
        kind, data = http.get(f"/call/{name}/{event}").text.splitlines()[:2]
        return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    return ask


def test_a_number_is_read_with_everything_a_client_may_want(read):
    answer = read(picture_of("407", width=600, height=240, brush=16)).json()["data"][0]

    assert answer["text"] == "407"
    assert answer["model"] == "ensemble"
    assert answer["milliseconds"] > 0
    assert [digit["digit"] for digit in answer["digits"]] == [4, 0, 7]
    for digit in answer["digits"]:
        assert len(digit["probabilities"]) == 10
        assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-4)
        assert digit["confidence"] == max(digit["probabilities"])
        assert digit["top3"][0] == [digit["digit"], digit["confidence"]]
        assert len(digit["top3"]) == 3
        assert sorted(digit["votes"]) == ["compact", "deep"]
        assert 0 <= digit["digitness"] <= 1
        left, top, width, height = digit["box"]
        assert 0 <= left < left + width <= 600
        assert 0 <= top < top + height <= 240


def test_one_network_alone_answers_with_its_own_vote(read):
    digit = read(picture_of("2"), model="deep").json()["data"][0]["digits"][0]

    assert digit["probabilities"] == pytest.approx(digit["votes"]["deep"], abs=1e-6)


def test_the_threshold_decides_what_is_unsure(read):
    [digit] = read(picture_of("3"), threshold=1).json()["data"][0]["digits"]

    assert digit["verdict"] == "unsure"


def test_single_takes_the_whole_picture_for_one_digit(read):
    answer = read(picture_of("11"), single=True).json()["data"][0]

    assert len(answer["digits"]) == 1


def test_the_picture_alone_is_enough(call, send):
    kind, [answer] = call("read", image=send(picture_of("5")))

    assert (kind, answer["text"]) == ("complete", "5")


def test_a_blank_picture_has_no_digits_and_says_why(read):
    answer = read(picture_of("1", ink="white")).json()["data"][0]

    assert (answer["text"], answer["digits"]) == ("", [])
    assert answer["message"].endswith(".")


@pytest.mark.parametrize(
    ("content", "settings", "words"),
    [
        (b"this is no picture", {}, "picture"),
        (b"", {}, "empty"),
        (None, {}, "picture"),
        (picture_of("7"), {"model": "nobody"}, "compact, deep, ensemble"),
        (picture_of("7"), {"mean": "median"}, "arithmetic, geometric"),
        (picture_of("7"), {"weight": 1.5}, "between 0 and 1"),
        (picture_of("7"), {"weight": "heavy"}, "between 0 and 1"),
        (picture_of("7"), {"threshold": -1}, "between 0 and 1"),
    ],
)
def test_what_a_client_does_wrong_is_answered_by_a_sentence(read, content, settings, words):
    response = read(content, **settings)

    assert response.status_code == 500
    assert words in response.json()["error"]
    assert response.json()["error"].endswith(".")


def test_a_forgotten_picture_is_answered_by_a_sentence(call):
    kind, answer = call("read")

    assert kind == "error"
    assert answer["error"].endswith(".")


def test_a_file_that_was_not_uploaded_is_not_opened(http):
    image = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}

    response = http.post("/run/read", json={"data": [image, "ensemble", "arithmetic", 0.5, 0.5, False]})

    assert response.status_code == 500
    assert response.json()["error"]


def test_many_files_are_rows_in_their_order_and_a_bad_one_is_a_row_with_its_reason(http, send):
    contents = {"a.png": picture_of("12"), "b.png": b"no picture", "c.png": picture_of("1", ink="white")}
    files = [send(content, name) for name, content in contents.items()]

    rows = http.post("/run/read_many", json={"data": [files]}).json()["data"][0]

    assert [row["file"] for row in rows] == ["a.png", "b.png", "c.png"]
    assert [row["text"] for row in rows] == ["12", "", ""]
    assert rows[0]["error"] is None
    assert [digit["digit"] for digit in rows[0]["digits"]] == [1, 2]
    assert all(row["error"].endswith(".") and row["digits"] == [] for row in rows[1:])


@pytest.mark.parametrize("files", [None, []])
def test_no_files_are_answered_by_a_sentence(http, files):
    response = http.post("/run/read_many", json={"data": [files]})

    assert response.status_code == 500
    assert response.json()["error"] == "Send pictures as files."


def test_a_crowd_with_many_files_each_is_sent_away_with_a_sentence():
    endpoints = Endpoints(None, Turns(), batches=Turns(at_once=1, waiting=0))

    with endpoints.batches.turn(), pytest.raises(gr.Error, match="try again in a moment"):
        endpoints.read_many(["1.png"])


@pytest.mark.parametrize("method", ["grad-cam", "occlusion"])
@pytest.mark.parametrize("model", ["ensemble", "compact", "deep"])
def test_an_explanation_is_a_picture_that_follows_the_digit_asked_about(http, explain, method, model):
    sheet = picture_of("47", width=400, height=200)
    asked = {"as read": None, "seven": 7, "one": 1}
    pictures = {}

    for name, target in asked.items():
        picture = explain(sheet, 1, target, method, model).json()["data"][0]
        pictures[name] = http.get(f"/file={picture['path']}").content

    assert Image.open(io.BytesIO(pictures["as read"])).size == (280, 280)
    assert pictures["as read"] == pictures["seven"] != pictures["one"]


@pytest.mark.parametrize(
    ("content", "settings", "words"),
    [
        (None, {}, "Send a picture"),
        (b"this is no picture", {}, "picture"),
        (picture_of("1", ink="white"), {}, "nothing to read"),
        (picture_of("7"), {"digit_index": 1}, "1 shape was found"),
        (picture_of("7"), {"digit_index": -1}, "1 shape was found"),
        (picture_of("7"), {"digit_index": "first"}, "1 shape was found"),
        (picture_of("7"), {"target": 10}, "from 0 to 9, not 10"),
        (picture_of("7"), {"target": "x"}, "from 0 to 9, not 'x'"),
        (picture_of("7"), {"method": "guess"}, "grad-cam or occlusion"),
        (picture_of("7"), {"model": "nobody"}, "compact, deep, ensemble"),
    ],
)
def test_an_explanation_that_cannot_be_given_is_answered_by_a_sentence(explain, content, settings, words):
    response = explain(content, **settings)

    assert response.status_code == 500
    assert words in response.json()["error"]
    assert response.json()["error"].endswith(".")


def test_the_picture_alone_is_enough_for_an_explanation(call, send):
    kind, [picture] = call("explain", image=send(picture_of("5")))

    assert (kind, picture["path"].endswith(".png")) == ("complete", True)


def test_models_names_both_networks(call):
    kind, [manifest] = call("models")

    assert kind == "complete"
    assert {"compact", "deep"} <= set(json.dumps(manifest).replace('"', " ").split())


def test_gradios_own_client_reads_a_file(app_url, tmp_path):
    picture_of("64").save(tmp_path / "number.png")
    client = Client(app_url, verbose=False)

    answer = client.predict(handle_file(tmp_path / "number.png"), api_name="/read")

    assert answer["text"] == "64"


def test_only_the_named_endpoints_are_public(http):
    info = http.get("/info").json()

    assert sorted(info["named_endpoints"]) == ["/explain", "/models", "/read", "/read_many"]
    assert info["unnamed_endpoints"] == {}
