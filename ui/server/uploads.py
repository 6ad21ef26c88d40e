"""The folder that visitors' files stand in: uploads come while `ui.server.room` has room, and are gone two hours later.

Gradio forgets the files of uploads that broke off, of an earlier life of the app, and the empty ones that a file
argument leaves. So the app has a folder of its own, and deletes by age whatever stands there.
"""

from __future__ import annotations

import errno
import getpass
import json
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gradio import mcp
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digit_core.errors import DigitError
from ui.sentences import refuse
from ui.server.bodies import receive_all
from ui.server.room import FILE_COST, FULL_SENTENCE, Claim, RoomError, free_on_disk, room
from ui.server.visitors import current_visitor

# Files that are older than this, in seconds, are deleted.
KEPT_SECONDS = 3600
# Seconds between two deletions. No file becomes older than an hour and ten minutes; the page promises two hours.
SWEEP_EVERY = 600
# Names the folder where several replicas keep uploads together.
SHARED_VARIABLE = "DIGIT_SHARED_UPLOADS"
# The name of the folder that the app makes where uploads are to be kept; one that is not shared has the user's, too.
NAME = "digit-reader"
# The name of the folder within it that replicas share.
SHARED = "uploads"
# What the name of the folder of a single life begins with.
OF_ONE_LIFE = "uploads-"
# Seconds that an app which ends waits for a sweep that is under way; a disk that hangs keeps it no longer.
LAST_SWEEP_SECONDS = 10
# An empty folder younger than this, in seconds, may still wait for its file.
NEW_FOLDER_SECONDS = 60
# Files that Gradio takes in one upload.
MAX_PARTS = 1000
# Bytes of the shortest part of an upload that makes a file: a boundary, the header that names it, and a blank line.
SHORTEST_PART = 64

LENGTH_SENTENCE = "An upload must say how long it is: send a Content-Length."

log = logging.getLogger("digits")


class UploadFolderError(DigitError):
    """The place that is named for uploads cannot be used."""


def claim_folder() -> Path:
    """Name a folder to Gradio, before a page is built: this life's own, or the one that several replicas share.

    Returns:
        A folder within one that is this user's alone: its own for each life of the app, or, where
        `DIGIT_SHARED_UPLOADS` names a place, the same for all that are told of it.

    Raises:
        UploadFolderError: no folder can be made there, or several replicas cannot share it.
    """
    shared = os.environ.get(SHARED_VARIABLE)
    folder = _claim_shared(Path(shared)) if shared else _claim_own()
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    mcp.DEFAULT_TEMP_DIR = str(folder)  # read from the environment when Gradio was imported
    return folder


def _claim_own() -> Path:
    root = Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir()) / f"{NAME}-{_user()}"
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and root.stat().st_uid != os.getuid():  # somebody else has laid it there
            root = Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
        return Path(tempfile.mkdtemp(prefix=OF_ONE_LIFE, dir=root))
    except OSError as error:
        raise UploadFolderError(
            f"Uploads cannot be kept in {root}: {error.strerror}. Name another folder in GRADIO_TEMP_DIR."
        ) from error


def _claim_shared(place: Path) -> Path:
    """Make the folder that all replicas share, whose user's name is no part of it, or use the one that is there.

    Gradio lets nobody but their owner read the files, so the folder must belong to whom a file belongs that is made
    in it. The file system is asked rather than the process: on some volumes everything belongs to one owner.
    """
    root = place / NAME
    folder = root / SHARED
    try:
        for each in (root, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            owners = {path.stat().st_uid for path in (root, folder, Path(file.name))}
    except OSError as error:
        raise _unshareable(root, error.strerror) from error
    if len(owners) > 1:
        raise _unshareable(root, "It belongs to another user")
    return folder


def _unshareable(root: Path, reason: str | None) -> UploadFolderError:
    return UploadFolderError(
        f"Uploads cannot be shared in {root}: {reason}. "
        f"Run all replicas as the same user, or name another folder in {SHARED_VARIABLE}."
    )


def sweep(root: Path, now: float | None = None) -> int:
    """Delete files older than `KEPT_SECONDS`, and folders that hold none; what cannot be deleted is tried again later.

    The folder of another life of the app stays, even empty, while that life runs and touches it.

    Args:
        root: the folder that all lives of the app share.
        now: seconds since the epoch; None is the clock's.

    Returns:
        How many files were deleted.
    """
    now = time.time() if now is None else now
    deleted = 0
    for name, folders, files in os.walk(root, topdown=False):
        folder = Path(name)
        for file in files:
            with suppress(OSError):
                if now - (folder / file).lstat().st_mtime > KEPT_SECONDS:
                    (folder / file).unlink()
                    deleted += 1
        for child in folders:
            is_of_a_life = folder == root and child.startswith(OF_ONE_LIFE)
            with suppress(OSError):  # not empty
                age = now - (folder / child).lstat().st_mtime
                if age > (KEPT_SECONDS if is_of_a_life else NEW_FOLDER_SECONDS) and (folder / child) != root / SHARED:
                    (folder / child).rmdir()
    return deleted


def measure(root: Path) -> int:
    """Return how many bytes the files below a folder count, as `ui.server.room` counts them."""
    total = 0
    for name, _, files in os.walk(root):
        for file in files:
            with suppress(OSError):  # deleted meanwhile
                total += (Path(name) / file).lstat().st_size + FILE_COST
    return total


def touch(folder: Path) -> None:
    """Show other lives of the app that this folder is in use, and make it anew where it was deleted all the same."""
    with suppress(OSError):  # a full disk, for example: it is tried again at the next sweep
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.utime(folder)


@contextmanager
def sweep_regularly(folder: Path) -> Iterator[None]:
    """Sweep at once and every ten minutes; leave nothing of this life behind when it ends."""
    ended = threading.Event()

    def keep_sweeping() -> None:
        while not ended.is_set():
            touch(folder)
            deleted = sweep(folder.parent)
            if deleted:
                log.info("deleted %d old uploads", deleted)
            room.count_anew(lambda: measure(folder.parent), KEPT_SECONDS)
            ended.wait(SWEEP_EVERY)

    sweeper = threading.Thread(target=keep_sweeping, name="sweeper", daemon=True)
    sweeper.start()
    try:
        yield
    finally:
        ended.set()
        sweeper.join(LAST_SWEEP_SECONDS)  # or it might make the folder anew
        if folder.name != SHARED:  # another replica may still read what stands in a shared one
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # another life of the app stands there
            folder.parent.rmdir()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name: in a container, or on Windows before Python 3.13
        return "app"


async def pass_upload(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let an upload through while there is room for it; a disk that runs full meanwhile gets its sentence, too."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "")
    if not length.isdecimal():
        await refuse(scope, receive, send, 411, LENGTH_SENTENCE)
        return
    try:
        with room.claim(current_visitor.get().address, int(length) + FILE_COST) as claim:
            await _receive_upload(app, scope, receive, send, claim)
    except RoomError as error:
        await receive_all(receive, headers, 0)
        await refuse(scope, receive, send, error.status, str(error), SWEEP_EVERY)


async def _receive_upload(app: ASGIApp, scope: Scope, receive: Receive, send: Send, claim: Claim) -> None:
    """Let an upload through that has room, and say in its claim what it has left on the disk."""
    has_started = is_full = is_deleted = False
    received, answer = 0, bytearray()

    async def receive_with_room() -> Message:
        nonlocal is_full, is_deleted, received
        message = await receive()
        received += len(message.get("body", b""))
        claim.arrive(len(message.get("body", b"")))
        is_full = free_on_disk() < 0
        if is_full or message["type"] == "http.disconnect":
            is_deleted = True
            raise MultiPartException(FULL_SENTENCE)  # for this alone Gradio deletes what has come so far
        return message

    async def note_answer(message: Message) -> None:
        nonlocal has_started
        has_started = True
        if not is_full:
            answer.extend(message.get("body", b""))
            await send(message)

    try:
        await app(scope, receive_with_room, note_answer)
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        if has_started or not is_full:
            raise
    finally:
        claim.settle(0 if is_deleted else received + FILE_COST * _count_files(bytes(answer), received))
    if is_full:
        await refuse(scope, receive, send, 507, FULL_SENTENCE)


def _count_files(answer: bytes, received: int) -> int:
    """Return how many files an upload has left: those that Gradio's answer names, or as many as there can be.

    An upload that is refused for one of its files may leave the others.
    """
    try:
        paths = json.loads(answer)
    except ValueError:
        paths = None
    return len(paths) if isinstance(paths, list) else min(received // SHORTEST_PART, MAX_PARTS)
