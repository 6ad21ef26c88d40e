"""The named endpoints, asked by plain HTTP and by Gradio's own client."""

import base64
import io
import json
import re
from pathlib import Path

import gradio as gr
import httpx
import jsonschema
import openapi_spec_validator
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from tests.support.drawings import picture_of, strokes_of
from ui.api import Endpoints
from ui.exchange import NO_PICTURES, SentPicture
from ui.server.turns import Turns

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def http(app_url):
    with httpx.Client(base_url=f"{app_url}/gradio_api", timeout=300) as client:
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

    def ask(
        content,
        model="ensemble",
        mean="arithmetic",
        weight=0.5,
        threshold=0.5,
        single=False,
        digits=None,
        rows=None,
        alternatives=0,
    ):
        image = None if content is None else send(content)
        values = [image, model, mean, weight, threshold, single, digits, rows, alternatives]
        return http.post("/run/read", json={"data": values})

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


def data_url(picture):
    png = io.BytesIO()
    picture.save(png, format="PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")


def file_data(path, **more):
    return {"path": path, "meta": {"_type": "gradio.FileData"}} | more


NO_FILES = [  # what clients send where a picture is expected, and a word of the answer
    ("seven.png", "Send"),
    ("/etc/hostname", "Send"),
    ("file:///etc/hostname", "not fetched"),
    (data_url(picture_of("7")).partition(",")[2], "Send"),
    (7, "Send"),
    (True, "Send"),
    ([[1, 2], [3, 4]], "Send"),
    ({"path": "/etc/hostname"}, "Send"),
    ({"path": "/etc/hostname", "meta": {}}, "Send"),
    ({"path": "/etc/hostname", "meta": "gradio.FileData"}, "needed"),
    ({"url": "http://127.0.0.1/seven.png"}, "Send"),
    (file_data("/etc/hostname"), "uploaded"),
    (file_data("../../etc/hostname"), "uploaded"),
    (file_data("ui/page.png"), "uploaded"),
    (file_data("ui/page.png", is_stream=True), "uploaded"),
    (file_data("a\0b"), "needed"),
    (file_data("http://127.0.0.1:1/seven.png"), "not fetched"),
    ("http://127.0.0.1:1/seven.png", "not fetched"),
    ("HTTPS://example.org/seven.png", "not fetched"),
    ("data:image/png;base64,no base64", "damaged"),
    ("data:", "empty"),
]


def is_a_sentence_of_ours(response):
    """Whether the answer is Gradio's status and one sentence that tells nothing of the server."""
    error = response.json()["error"]
    return (
        response.status_code in (400, 500)
        and re.fullmatch(r"[A-Z][^\n]{10,200}\.", error)
        and not re.search(r"/(tmp|home|work|root|etc|usr)|gradio|pydantic|Errno|Traceback|<class", error, re.I)
    )


@pytest.mark.parametrize("name", ["read", "explain"])
@pytest.mark.parametrize(("image", "word"), NO_FILES)
def test_what_is_no_uploaded_picture_is_answered_by_a_sentence(http, name, image, word):
    rest = {"read": [None, None, None, None, False, None, None, 0], "explain": [None, None, None, None]}[name]

    response = http.post(f"/run/{name}", json={"data": [image, *rest]})

    assert is_a_sentence_of_ours(response), response.text
    assert word in response.json()["error"]


@pytest.mark.parametrize(
    "files",
    [
        "seven.png",
        7,
        {"path": "x"},
        [7],
        ["seven.png"],
        [file_data("/etc/hostname")],
        [None],
        ["http://127.0.0.1:1/7.png"],
    ],
)
def test_what_are_no_uploaded_pictures_is_answered_by_a_sentence(http, files):
    response = http.post("/run/read_many", json={"data": [files]})

    assert is_a_sentence_of_ours(response), response.text


@pytest.mark.parametrize("value", ["no", "true", 2, -1, [], [True], {}, "NaN"])
def test_single_is_true_or_false(read, value):
    response = read(picture_of("7"), single=value)

    assert is_a_sentence_of_ours(response), response.text
    assert response.json()["error"].startswith("Single must be true or false")


@pytest.mark.parametrize("place", ["weight", "threshold"])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "[0.5]", "{}", '"0.5"', "1e400"])
def test_numbers_that_are_none_are_answered_by_a_sentence(http, place, number):
    values = [json.dumps(data_url(picture_of("7"))), "null", "null", "null", "null", "false", "null", "null", "0"]
    values[{"weight": 3, "threshold": 4}[place]] = number

    response = http.post("/run/read", content=f'{{"data": [{", ".join(values)}]}}', headers=JSON)

    assert is_a_sentence_of_ours(response), response.text
    assert "between 0 and 1" in response.json()["error"]


@pytest.mark.parametrize("place", ["model", "mean"])
@pytest.mark.parametrize("value", [["deep"], 7, {}, "", "x" * 100_000])
def test_choices_that_do_not_exist_are_answered_by_a_sentence(read, place, value):
    response = read(picture_of("7"), **{place: value})

    assert is_a_sentence_of_ours(response), response.text[:1000]


@pytest.mark.parametrize("values", [[], ["compact"], ["ensemble", "arithmetic", 0.5, 0.5, False]])
def test_values_that_are_left_out_at_the_end_are_the_defaults(http, values):
    response = http.post("/run/read", json={"data": [data_url(picture_of("407")), *values]})

    assert response.json()["data"][0]["text"] == "407"


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_a_known_number_of_digits_is_what_the_reading_has(read, digits):
    answer = read(picture_of("407"), digits=digits).json()["data"][0]

    assert sum(character.isdigit() for character in answer["text"]) == digits


def test_the_next_best_texts_come_with_their_probabilities(read):
    answer = read(picture_of("407"), alternatives=2).json()["data"][0]

    (first, likely), (second, unlikely) = answer["alternatives"]
    assert len({"407", first, second}) == 3
    assert 1 > likely >= unlikely > 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"digits": 0}, "number of digits must be between 1 and 200"),
        ({"digits": 2.5}, "number of digits must be between 1 and 200"),
        ({"rows": 2}, "Of rows only 1 can be told"),
        ({"alternatives": 11}, "Between 0 and 10 alternatives"),
        ({"alternatives": -1}, "Between 0 and 10 alternatives"),
    ],
)
def test_what_nobody_can_know_of_a_picture_is_answered_by_a_sentence(read, settings, words):
    response = read(picture_of("7"), **settings)

    assert is_a_sentence_of_ours(response), response.text
    assert words in response.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/run/reed", '{"data": []}', 404),
        ("/call/reed", '{"data": []}', 404),
        ("/call/v2/reed", "{}", 404),
        ("/call/v2/read", '{"picture": 1}', 422),
        ("/call/v2/read", "[]", 422),
        ("/run/read", "seven", 422),
        ("/run/read", "{}", 422),
        ("/run/read", '{"data": 7}', 422),
    ],
)
def test_a_request_that_reaches_no_endpoint_is_answered_by_a_sentence(http, path, body, status):
    response = http.post(path, content=body, headers=JSON)

    assert response.status_code == status
    assert re.fullmatch(r"[A-Z].{10,200}\.", response.json()["error"])


def test_a_data_url_is_a_picture(http):
    response = http.post(
        "/run/read", json={"data": [data_url(picture_of("53")), None, None, None, None, None, None, None, None]}
    )

    assert response.json()["data"][0]["text"] == "53"


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
    assert response.json()["error"] == NO_PICTURES


def test_a_crowd_with_many_files_each_is_sent_away_with_a_sentence():
    endpoints = Endpoints(None, Turns(), batches=Turns(at_once=1, waiting=0))
    picture = SentPicture(Path("1.png"))

    with endpoints.batches.turn(), pytest.raises(gr.Error, match="try again in a second"):
        endpoints.read_many([picture])


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


def test_strokes_are_read_like_a_picture(call):
    strokes = strokes_of("407", width=600, height=240)

    kind, [answer] = call("read_strokes", strokes=strokes, width=600, height=240, brush=16, model="deep")

    assert (kind, answer["text"], answer["model"]) == ("complete", "407", "deep")
    assert set(answer) == {"text", "digits", "model", "milliseconds", "passed_over"}
    left, top, width, height = answer["digits"][0]["box"]
    assert 0 < left < left + width < 200
    assert 0 < top < top + height < 240


def test_strokes_alone_are_enough_in_any_unit_and_with_times(http):
    strokes = [[[x / 1000, y / 1000, i * 10] for i, (x, y) in enumerate(line)] for line in strokes_of("62", 400, 200)]

    answer = http.post("/run/read_strokes", json={"data": [strokes, *[None] * 11]}).json()["data"][0]

    assert answer["text"] == "62"


def test_strokes_beyond_the_paper_are_nothing_to_read(call):
    kind, [answer] = call("read_strokes", strokes=[[[9, 9], [9, 12]]], width=5, height=5)

    assert (kind, answer["text"], answer["digits"]) == ("complete", "", [])
    assert answer["message"].endswith(".")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([None], "lists of points"),
        (["seven"], "lists of points"),
        ([[]], "lists of points"),
        ([[[["1", "2"]]]], "lists of points"),
        ([{"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}], "uploaded"),
        ([[[[0, 0], [1, 1]]], 5], "height must be a number above 0"),
        ([[[[0, 0], [1, 1]]], None, None, "wide"], "brush must be a number above 0"),
        ([[[[0, 0], [1, 1]]], None, None, None, "nobody"], "compact, deep, ensemble"),
        ([[[[0, 0], [1, 1]]], None, None, None, None, None, None, None, "no", None, None, None], "true or false"),
    ],
)
def test_what_are_no_strokes_is_answered_by_a_sentence(http, arguments, words):
    response = http.post("/run/read_strokes", json={"data": [*arguments, *[None] * (12 - len(arguments))]})

    assert is_a_sentence_of_ours(response), response.text
    assert words in response.json()["error"]


def test_the_openapi_description_is_valid_and_takes_what_clients_send(http, send):
    description = http.get("/openapi.json").json()

    openapi_spec_validator.validate(description)
    sent = {
        "read": {"image": send(picture_of("1")), "model": "deep", "weight": 0.5, "single": False},
        "read_strokes": {"strokes": [[[0, 0], [1, 1, 5]]], "width": 2},
        "read_many": {"files": [send(picture_of("1")), "data:,"]},
        "explain": {"image": "data:,", "digit_index": 0, "method": "occlusion"},
        "models": {},
    }
    for name, arguments in sent.items():
        body = description["paths"][f"/gradio_api/call/v2/{name}"]["post"]["requestBody"]
        schema = body["content"]["application/json"]["schema"]
        jsonschema.Draft4Validator.check_schema(schema)
        jsonschema.Draft4Validator(schema).validate(arguments)
        assert set(arguments) <= set(schema["properties"])


def test_every_type_that_clients_are_told_of_is_a_valid_schema(http):
    for endpoint in http.get("/info").json()["named_endpoints"].values():
        for value in endpoint["parameters"] + endpoint["returns"]:
            jsonschema.Draft202012Validator.check_schema(value["type"])


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

    assert sorted(info["named_endpoints"]) == ["/explain", "/models", "/read", "/read_many", "/read_strokes"]
    assert info["unnamed_endpoints"] == {}
