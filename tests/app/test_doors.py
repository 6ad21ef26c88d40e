"""Only what page, clients and MCP need is open, for requests of a bearable size."""

import socket

import gradio as gr
import httpx
import pytest
from gradio.routes import App

from tests.support.loops import run_apart
from ui.server.bodies import LARGEST_JSON
from ui.server.doors import client_address
from ui.server.downloads import DownloadError, download_picture, is_public
from ui.server.routes import HEALTH, OPEN

SHUT = {  # known, and needed by nobody here
    "/gradio_api/component_server",
    "/gradio_api/component_server/",
    "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}",
    "/gradio_api/deep_link",
    "/gradio_api/dev/reload",
    "/gradio_api/file/{path:path}",
    "/gradio_api/login_check",
    "/gradio_api/login_check/",
    "/gradio_api/mcp/messages/{path:path}",
    "/gradio_api/mcp/sse",
    "/gradio_api/mcp/{path:path}",
    "/gradio_api/process_recording",
    "/gradio_api/proxy={url_path:path}",
    "/gradio_api/queue/status",
    "/gradio_api/run-history/buckets",
    "/gradio_api/run-history/connect",
    "/gradio_api/run-history/records",
    "/gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id}",
    "/gradio_api/runs",
    "/gradio_api/runs/",
    "/gradio_api/stream/{event_id}",
    "/gradio_api/stream/{event_id}/close",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    "/gradio_api/token",
    "/gradio_api/token/",
    "/gradio_api/undo-vibe-edit",
    "/gradio_api/undo-vibe-edit/",
    "/gradio_api/user",
    "/gradio_api/user/",
    "/gradio_api/vibe-code",
    "/gradio_api/vibe-code/",
    "/gradio_api/vibe-edit",
    "/gradio_api/vibe-edit/",
    "/gradio_api/vibe-starter-queries",
    "/gradio_api/vibe-starter-queries/",
    "/login",
    "/login/",
    "/logout",
    "/monitoring",
    "/monitoring/summary",
    "/monitoring/{key}",
    "/openapi.json",
    "/pwa_icon/{size}",
}


@pytest.fixture(scope="module")
def http(app_url):
    with httpx.Client(base_url=app_url, timeout=60) as client:
        yield client


def routes_of(routes, prefix=""):
    """Every path and method that an app answers, those of routers and mounted apps within it, too."""
    for route in routes:
        path = prefix + getattr(route, "path", "")
        inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        if inner is not None:
            yield from routes_of(inner, path)
        elif hasattr(route, "methods"):
            yield from ((method, path) for method in route.methods)
        else:
            yield "ANY", path.rstrip("/") + "/{path:path}"


@pytest.fixture(scope="module")
def routes_of_gradio():
    with gr.Blocks(analytics_enabled=False) as page:
        gr.Button("Read").click(lambda: None, api_name="read")
    return set(routes_of(App.create_app(page, mcp_server=True).routes))


def test_every_route_that_gradio_registers_is_known_as_open_or_shut(routes_of_gradio):
    known = {(method, path) for path, methods in OPEN.items() for method in methods}

    unknown = {(method, path) for method, path in routes_of_gradio if (method, path) not in known and path not in SHUT}

    assert len(routes_of_gradio) > 60
    assert unknown == set()


def test_no_route_is_both_open_and_shut_and_none_is_a_leftover(routes_of_gradio):
    paths = {path for _, path in routes_of_gradio}

    assert not set(OPEN) & SHUT
    assert SHUT - paths == set()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=https://example.com/picture.png"),
        ("GET", "/gradio_api/file=http%3A%2F%2Fexample.com%2Fpicture.png"),
        ("GET", "/gradio_api/file=http%253A%252F%252Fexample.com"),
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/pwa_icon/30000"),
        ("GET", "/gradio_api/deep_link?session_hash=x"),
        ("GET", "/gradio_api/proxy=https://example.com"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/login"),
        ("GET", "/monitoring/summary"),
        ("GET", "/gradio_api/queue/status"),
        ("DELETE", "/"),
        ("PUT", "/gradio_api/run/read"),
        ("TRACE", "/"),
        ("GET", "/nowhere"),
    ],
)
def test_what_nobody_needs_is_shut(http, method, path):
    answer = http.request(method, path)

    assert answer.status_code == 404
    assert answer.json()["error"] == "Not found."


def test_page_and_api_are_open(http):
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/openapi.json", "/theme.css", "/gradio_api/app_id"):
        assert http.get(path).status_code == 200


def test_the_app_compresses_the_pages_document(http):
    answer = http.get("/", headers={"Accept-Encoding": "br"})

    assert answer.headers["content-encoding"] == "br"
    assert int(answer.headers["content-length"]) < len(answer.content) / 4
    assert "gradio_config" in answer.text


def test_the_app_says_that_it_reads(http):
    assert http.get(HEALTH).json() | {"milliseconds": 0} == {"status": "ok", "text": "1", "milliseconds": 0}


@pytest.mark.parametrize("path", ["/", "/gradio_api/info", "/nowhere"])
def test_browsers_are_told_to_guess_no_types_and_to_keep_addresses_to_themselves(http, path):
    headers = http.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("data", [{"path": "https://example.com/a.png"}, {"path": "http://127.0.0.1/a.png"}])
@pytest.mark.parametrize("name", ["run/read", "api/read", "call/read", "queue/join"])
def test_no_picture_is_fetched_from_elsewhere(http, name, data):
    file = data | {"meta": {"_type": "gradio.FileData"}}

    answer = http.post(f"/gradio_api/{name}", json={"data": [file], "session_hash": "s", "fn_index": 0})

    assert answer.status_code == 400
    assert "not fetched" in answer.json()["error"]


@pytest.mark.parametrize("name", ["run/read", "queue/join", "cancel", "reset"])
def test_a_large_body_is_refused_before_it_is_parsed(http, name):
    answer = http.post(f"/gradio_api/{name}", content=b" " * (LARGEST_JSON + 1))

    assert answer.status_code == 413
    assert answer.json()["error"] == "This request is too large: at most 2 MB are taken."


def test_whoever_sends_far_too_much_is_told_so_and_not_cut_off(http):
    answer = http.post("/gradio_api/run/read", content=b" " * 20_000_000)

    assert answer.status_code == 413


def test_a_large_body_of_unknown_length_is_refused_as_well(http):
    answer = http.post("/gradio_api/run/read", content=(b" " * 65536 for _ in range(40)))

    assert answer.status_code == 413


def test_an_upload_says_how_long_it_is(http):
    assert http.post("/gradio_api/upload", content=iter([b"x"])).status_code == 411


def test_a_field_without_a_files_name_gets_a_sentence(http):
    answer = http.post("/gradio_api/upload", files={"files": ("", b"picture")})

    assert answer.status_code == 400
    assert answer.json()["error"] == "Each file of an upload needs a name."


@pytest.mark.parametrize("path", ["call/read/nobody", "call/v2/read/nobody", "queue/data?session_hash=nobody"])
def test_a_stream_of_an_unknown_session_says_so_and_ends(http, path):
    answer = http.get(f"/gradio_api/{path}")  # a stream that broke off would raise here

    assert "404" in answer.text


def test_an_upload_that_the_disk_has_no_room_for_gets_a_sentence(app_url):
    address = app_url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=60) as connection:
        connection.sendall(b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999999\r\n\r\n")
        answer = connection.recv(65536)

    assert b" 507 " in answer.splitlines()[0]


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("me-digits.hf.space", "https://me-digits.hf.space", True),
        ("me-digits.hf.space", "https://huggingface.co", True),
        ("me-digits.hf.space", "https://other.hf.space", False),
        ("me-digits.hf.space", "https://evil.example", False),
        ("me-digits.hf.space", "null", False),
        ("localhost:7860", "http://localhost:7860", True),
        ("localhost:7860", "http://localhost:5173", False),
        ("localhost:7860", "http://127.0.0.1:7860", False),
        ("localhost:7860", "https://evil.example", False),
    ],
)
def test_only_the_apps_own_pages_may_read_answers(http, host, origin, allowed):
    answer = http.get("/gradio_api/info", headers={"Host": host, "Origin": origin})

    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    assert ("access-control-allow-credentials" in answer.headers) == allowed


@pytest.mark.parametrize(
    ("host", "origin", "site"),
    [
        ("me-digits.hf.space", "https://evil.example", "cross-site"),
        ("localhost:7860", "http://localhost:5173", "same-site"),
        ("digits.example.com", "https://blog.example.com", "same-site"),
    ],
)
def test_another_sites_page_may_not_ask(http, host, origin, site):
    headers = {"Host": host, "Origin": origin, "Sec-Fetch-Site": site}

    assert http.post("/gradio_api/run/read", json={"data": []}, headers=headers).status_code == 403


def test_an_allowed_site_may_ask_what_it_may_send(http):
    headers = {
        "Host": "me-digits.hf.space",
        "Origin": "https://huggingface.co",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    answer = http.options("/gradio_api/run/read", headers=headers)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "content-type"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"\xff",
        b"",
        b"3",
        b"null",
        b'{"data": 5}',
        b'{"data": [], "fn_index": []}',
        b'{"data": [], "fn_index": {}}',
        b'{"data": [], "fn_index": 1e999}',
        b'{"data": [], "session_hash": [1]}',
        b'{"data": [%s]}' % (b"9" * 10_000),
    ],
)
@pytest.mark.parametrize("path", ["run/read", "run/predict", "queue/join", "call/read"])
def test_what_is_no_request_is_refused_with_a_sentence(http, path, body):
    answer = http.post(f"/gradio_api/{path}", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code < 500
    assert "event_id" in answer.json() or answer.json()["error"].endswith(".")  # a call needs no number of an event


@pytest.mark.parametrize("header", ["Origin", "Host"])
@pytest.mark.parametrize("value", ["http://[", "[::1", "http://[::1/"])
def test_an_origin_or_host_must_be_an_address(http, header, value):
    answer = http.get("/gradio_api/info", headers={"Origin": "http://somewhere.example"} | {header: value})

    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "fe80::1",
        "fc00::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_special_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/a.png",
        "http://localhost/a.png",
        "http://[::1]/",
        "http://[::1/a.png",
        "http://",
        "ftp://8.8.8.8/a",
        "http://a b",
    ],
)
def test_a_private_address_is_not_asked(tmp_path, url):
    with pytest.raises(DownloadError, match="public address"):
        run_apart(download_picture(url, str(tmp_path)))

    assert list(tmp_path.iterdir()) == []


def test_an_upload_folder_that_is_gone_is_made_again_for_a_download(tmp_path):
    with pytest.raises(DownloadError, match="public address"):
        run_apart(download_picture("http://127.0.0.1:1/a.png", str(tmp_path / "gone" / "uploads")))

    assert list((tmp_path / "gone" / "uploads").iterdir()) == []


def scope_from(client, *forwarded):
    return {
        "type": "http",
        "client": (client, 1),
        "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded],
    }


def test_on_a_space_the_last_forwarded_address_counts(monkeypatch):
    monkeypatch.setenv("SYSTEM", "spaces")

    assert client_address(scope_from("10.0.0.1", "6.6.6.6, 7.7.7.7, 9.9.9.9")) == "9.9.9.9"
    assert client_address(scope_from("10.0.0.1", "6.6.6.6", "9.9.9.9")) == "9.9.9.9"
    assert client_address(scope_from("10.0.0.1")) == "10.0.0.1"


def test_outside_a_space_the_forwarded_address_does_not_count(monkeypatch):
    monkeypatch.delenv("SYSTEM", raising=False)

    assert client_address(scope_from("8.8.4.4", "6.6.6.6")) == "8.8.4.4"


def test_addresses_of_one_household_are_one(monkeypatch):
    monkeypatch.delenv("SYSTEM", raising=False)

    assert client_address(scope_from("2001:db8:1:2:3:4:5:6")) == client_address(scope_from("2001:db8:1:2:ffff::1"))
    assert client_address(scope_from("::ffff:8.8.8.8")) == client_address(scope_from("8.8.8.8"))
    assert client_address(scope_from("unknown")) == ""
