"""A disk that runs full: uploads get a sentence, nothing half stays, and with room everything works again."""

import io
import os
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.support.drawings import picture_of
from tests.support.running_app import running_app
from tests.support.waiting import DEADLINE, wait_until
from ui.server.room import FULL_SENTENCE, KEPT_FREE, SHARE_SENTENCE
from ui.server.uploads import SWEEP_EVERY

ROOT = Path(__file__).parents[2]
ROOM = 80 * 2**20  # bytes for uploads, of which a visitor may take a half
DISK = KEPT_FREE + ROOM


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A small file system of its own."""
    folder = tmp_path_factory.mktemp("disk")
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)]
    try:
        allowed = subprocess.run(mounting, capture_output=True, timeout=60).returncode == 0
    except OSError:
        allowed = False
    if not allowed:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=60)


@pytest.fixture(scope="module")
def url(disk):
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled", GRADIO_TEMP_DIR=str(disk)) as address:
        yield address


@pytest.fixture
def filler(disk):
    """A file that leaves as little room as a test wants."""
    file = disk / "filler"

    def leave(free):
        with file.open("ab") as out:
            while (room := _free_on(disk)) > free:
                with suppress(OSError):  # an upload was quicker
                    os.posix_fallocate(out.fileno(), out.seek(0, os.SEEK_END), room - free)

    yield leave
    file.unlink(missing_ok=True)


def _free_on(disk):
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def upload(url, content):
    return httpx.post(f"{url}/gradio_api/upload", files={"files": ("a.png", content)}, timeout=DEADLINE)


def is_read(url):
    """Whether a picture is uploaded and read."""
    file = io.BytesIO()
    picture_of("47", width=320, height=200, brush=12).save(file, "PNG")
    data = [{"path": upload(url, file.getvalue()).json()[0], "meta": {"_type": "gradio.FileData"}}] + [None] * 5
    answer = httpx.post(f"{url}/gradio_api/run/read", json={"data": data}, timeout=DEADLINE)
    return answer.json()["data"][0]["text"] == "47"


def uploads_in(disk):
    return [path for path in disk.rglob("*") if path.is_file() and path.name != "filler" and path.stat().st_size]


def test_what_the_disk_has_no_room_for_is_refused_whole(url, disk, filler):
    assert is_read(url)
    before = uploads_in(disk)
    filler(KEPT_FREE // 2)

    answer = upload(url, bytes(100_000))

    assert (answer.status_code, answer.json()["error"]) == (507, FULL_SENTENCE)
    assert uploads_in(disk) == before
    (disk / "filler").unlink()
    assert is_read(url)


def test_a_disk_that_runs_full_during_an_upload_keeps_no_half_of_it(url, disk, filler):
    before = uploads_in(disk)
    size = 20 * 2**20
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    tail = b"\r\n--x--\r\n"
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port), timeout=DEADLINE) as connection:
        connection.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            + f"Content-Length: {len(head) + size + len(tail)}\r\n\r\n".encode()
            + head
            + bytes(size // 2)
        )
        wait_until(lambda: uploads_in(disk)[len(before) :])
        filler(0)
        connection.sendall(bytes(size // 2) + tail)
        answer = connection.recv(65536)

    assert b" 507 " in answer.splitlines()[0]
    assert uploads_in(disk) == before
    (disk / "filler").unlink()
    assert is_read(url)


def test_an_upload_that_breaks_off_leaves_nothing(url, disk):
    before = uploads_in(disk)
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port), timeout=DEADLINE) as connection:
        connection.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            b'Content-Length: 9999999\r\n\r\n--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"'
            b"\r\n\r\n" + bytes(2**20)
        )
        wait_until(lambda: uploads_in(disk)[len(before) :])

    wait_until(lambda: uploads_in(disk) == before)


def test_one_visitor_does_not_fill_the_disk_for_the_others(url, disk):
    parts = 10
    answers = [upload(url, os.urandom(ROOM // parts)) for _ in range(parts)]

    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.json()["error"]) for answer in refused} == {(429, SHARE_SENTENCE)}
    assert {answer.headers["Retry-After"] for answer in refused} == {str(SWEEP_EVERY)}
    assert len(refused) >= parts // 2
    assert _free_on(disk) >= KEPT_FREE + ROOM // 2
