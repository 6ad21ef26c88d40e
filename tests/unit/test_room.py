"""Uploads take no more room than there is, and each visitor no more than stays free for the others."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import gradio as gr
import pytest
from gradio import processing_utils

from digit_core.errors import UnreadablePictureError
from digit_core.page.formats import MAX_BYTES
from tests.support.loops import run_apart
from ui.components.batch import MAX_FILES
from ui.exchange import SentPicture
from ui.server.downloads import download_picture
from ui.server.room import FILE_COST, FULL_SENTENCE, LARGE_PHOTO, MAX_STORED, Room, RoomError
from ui.server.uploads import KEPT_SECONDS, SWEEP_EVERY, measure, pass_upload
from ui.server.visitors import Visitor, current_visitor

PLENTY = 10**15


@pytest.fixture
def clock():
    """A clock that stands still; its first element is the time."""
    return [0.0]


@pytest.fixture
def room(clock):
    """Room for 1,000 bytes on a large disk."""
    return Room(1000, free=lambda: PLENTY, clock=lambda: clock[0])


def store(room, address, size):
    with room.claim(address, size):
        pass


def status_of(room, address, size):
    """The status with which an upload would be refused, or None."""
    try:
        with room.claim(address, size) as claim:
            claim.settle(0)
    except RoomError as refusal:
        return refusal.status
    return None


def test_a_visitor_may_take_as_much_as_stays_for_others_and_the_next_one_likewise(room):
    store(room, "first", 500)
    assert status_of(room, "first", 1) == 429

    store(room, "second", 250)
    assert status_of(room, "second", 1) == 429

    assert status_of(room, "third", 125) is None


def test_more_than_there_is_room_for_is_refused_whoever_sends_it(room):
    store(room, "first", 400)

    assert status_of(room, "second", 601) == 507


def test_what_the_disk_has_left_counts_where_it_is_less():
    room = Room(1000, free=lambda: 100)

    assert status_of(room, "first", 51) == 429
    assert status_of(room, "first", 101) == 507
    assert status_of(room, "first", 50) is None


def test_what_is_on_its_way_counts_once_and_from_its_announcement_on():
    disk = [1000]
    room = Room(PLENTY, free=lambda: disk[0])
    with room.claim("first", 400) as claim:
        assert status_of(room, "second", 301) == 429
        disk[0] -= 400
        claim.arrive(400)
        assert status_of(room, "second", 301) == 429
        assert status_of(room, "second", 300) is None


def test_what_was_not_kept_takes_no_room(room):
    with room.claim("first", 500) as claim:
        claim.settle(0)

    assert status_of(room, "first", 500) is None


def test_whose_files_they_were_is_forgotten_with_the_files_and_not_before(room, clock):
    store(room, "first", 500)
    stands_there = 500
    while clock[0] <= KEPT_SECONDS:
        assert status_of(room, "first", 1) == 429
        clock[0] += SWEEP_EVERY
        room.count_anew(lambda: stands_there, KEPT_SECONDS)
    clock[0] += SWEEP_EVERY
    room.count_anew(lambda: 0, KEPT_SECONDS)

    assert status_of(room, "first", 500) is None


def test_what_comes_while_files_are_counted_is_not_lost(room):
    def count_while_somebody_uploads():
        store(room, "second", 200)
        return 300

    store(room, "first", 300)
    room.count_anew(count_while_somebody_uploads, KEPT_SECONDS)

    assert status_of(room, "third", 501) == 507
    assert status_of(room, "third", 250) is None


def test_files_that_nobody_here_received_count_from_the_next_sweep_on(room, tmp_path):
    (tmp_path / "life").mkdir()
    (tmp_path / "life" / "photo.png").write_bytes(bytes(900))
    room.most += FILE_COST

    room.count_anew(lambda: measure(tmp_path), KEPT_SECONDS)

    assert status_of(room, "first", 101) == 507
    assert status_of(room, "first", 50) is None


def test_a_visitor_alone_may_send_a_whole_batch_of_large_photos():
    room = Room(free=lambda: PLENTY)

    store(room, "alone", MAX_FILES * (LARGE_PHOTO - FILE_COST))

    assert LARGE_PHOTO < MAX_BYTES
    assert MAX_STORED < 50e9


async def upload(answer, status, content, address="here"):
    """Let an upload pass to an app that takes all of it and answers as Gradio would; returns the status."""
    messages = [{"type": "http.request", "body": content, "more_body": False}]
    statuses = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        statuses.append(message.get("status"))

    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": answer})

    current_visitor.set(Visitor(address))
    scope = {"type": "http", "headers": [(b"content-length", str(len(content)).encode())]}
    await pass_upload(app, scope, receive, send)
    return statuses[0]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(b"[" + b",".join([b'"a.png"'] * 20) + b"]", 200, id="many small files"),
        pytest.param(b'{"detail": "Invalid file name"}', 400, id="a file that is refused after others were kept"),
    ],
)
def test_small_files_take_more_room_than_their_bytes(monkeypatch, answer, status):
    room = Room(100 * FILE_COST, free=lambda: PLENTY)
    monkeypatch.setattr("ui.server.uploads.room", room)
    monkeypatch.setattr("ui.server.uploads.free_on_disk", lambda: PLENTY)

    async def upload_often():
        return [await upload(answer, status, bytes(20 * 64)) for _ in range(4)]

    assert run_apart(upload_often()) == [status, status, status, 429]


@pytest.fixture
def picture_address(monkeypatch):
    """The address of a picture of ten bytes, on a server that may be asked although it is on this machine."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()  # without a length, as many servers answer
            self.wfile.write(bytes(10))

        def log_message(self, *_):
            pass

    monkeypatch.setattr("ui.server.downloads.is_public", lambda address: True)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/a.png"
        server.shutdown()


def test_nothing_fetches_a_picture_that_there_is_no_room_for(monkeypatch, tmp_path, picture_address):
    monkeypatch.setattr("ui.server.downloads.room", Room(MAX_BYTES, free=lambda: PLENTY))

    with pytest.raises(gr.Error, match=FULL_SENTENCE):
        run_apart(download_picture(picture_address, str(tmp_path)))

    assert list(tmp_path.iterdir()) == []


def test_a_client_whose_picture_there_is_no_room_for_is_told_so(monkeypatch, tmp_path, picture_address):
    monkeypatch.setattr("ui.server.downloads.room", Room(MAX_BYTES, free=lambda: PLENTY))
    monkeypatch.setattr(processing_utils, "async_ssrf_protected_download", download_picture)

    with pytest.raises(UnreadablePictureError, match=FULL_SENTENCE):
        SentPicture(picture_address).content(str(tmp_path))


def test_a_fetched_picture_takes_the_room_that_it_needs(monkeypatch, tmp_path, picture_address):
    room = Room(2 * (MAX_BYTES + FILE_COST), free=lambda: PLENTY)
    monkeypatch.setattr("ui.server.downloads.room", room)

    file = run_apart(download_picture(picture_address, str(tmp_path)))

    assert Path(file).read_bytes() == bytes(10)
    assert status_of(room, "somebody", MAX_BYTES) is None
    assert status_of(room, "somebody", 2 * MAX_BYTES + FILE_COST) == 507
