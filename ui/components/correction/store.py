"""Where digits that visitors corrected are kept, once whoever runs the page asks for it: in a folder, or on the Hub.

A record is one file, `<label>/<uuid>.png`: the 28x28 frame as grey pixels, ink bright, in a folder named after what it
was, and its own random name again as the picture's title. Nothing else of a visitor is written anywhere.
`python -m training.train --extra FOLDER` reads such a folder as it is. On the Hub it is a private dataset repo; a repo
that anybody may read is refused, at the start and at every push.
"""

from __future__ import annotations

import io
import os
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from digit_core.errors import CorrectionError, CorrectionsError, NoLongerKeptError
from digit_core.files import sync_folder, write_whole
from digit_core.page.frame import FRAME_SIZE
from ui.components.correction.sender import (
    HUB_PREFIX,
    NO_DIGIT,
    PLACE_VARIABLE,
    TOKEN_VARIABLE,
    PrivateSender,
    open_repo,
    remove_for_good,
)

# The folder of records that the Hub does not have yet.
UNSENT_FOLDER = Path("~/.cache/digit-reader/corrections")

LABELS = (*"0123456789", NO_DIGIT)

# The collection is full with this many records: a third of MNIST, some 8 MB, more than anybody looks through.
MAX_RECORDS = 20_000
# One visit can give this many records, since the handwriting of many people is worth more than that of one.
MAX_PER_VISITOR = 50
# All visits together can give this many records an hour, more than a class of children sends. A page can claim to be
# any number of visits, so the limit of one visit does not suffice.
MAX_PER_HOUR = 500
# One address can give this many records an hour: three each of a class behind one address. No address alone can use up
# `MAX_PER_HOUR`.
MAX_PER_ADDRESS = 100
# Records are counted for this many visits; the oldest visits are forgotten first.
MAX_VISITORS = 10_000
# This many records can be taken back; the oldest are forgotten first.
MAX_RECEIPTS = 10_000

# The folder of records that are being written. It is hidden, so that training and the Hub pass over it.
INCOMING = ".incoming"
HOUR = 3600.0  # Seconds.
# An unfinished file that is this old, in seconds, was left behind by a process that ended.
STALE_SECONDS = 3600.0

FULL = "Thank you. The collection is full, so this was not kept."
ENOUGH = f"Thank you. {MAX_PER_VISITOR} corrections are as many as one visit can give, so this was not kept."
CROWDED = (
    "Thank you. More was sent in the last hour than anybody could look through, so this was not kept. "
    "Please try again later."
)
NOT_WRITTEN = "This could not be kept: the server has no place for it just now."
NOT_TAKEN_BACK = "This could not be taken back just now. Please try again in a moment."
NO_LONGER_KNOWN = "There is nothing to take back any more: the server has started again since, or it is gone already."
NO_LONGER_HERE = "It is no longer where it was kept, so there was nothing to take back."


class CorrectionStore:
    """Keeps frames with the digits they were, each record whole or not at all.

    A record is written under a hidden name, forced to the disk and then renamed, so a process that is killed at any
    moment leaves every record that was reported as kept, and no half one; what was reported as taken back stays away.
    Safe for threads; several processes may share a folder.

    Attributes:
        folder: holds a subfolder for each label.
    """

    def __init__(
        self,
        folder: Path,
        sender: PrivateSender | None = None,
        on_hub: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a folder that `open_folder` prepared.

        Args:
            folder: where records are written.
            sender: takes them to the Hub from there; None keeps them in the folder.
            on_hub: records that the Hub has already.
            clock: tells seconds, for `MAX_PER_HOUR`.
        """
        self.folder = folder
        self._sender = sender
        self._on_hub = on_hub
        self._clock = clock
        self._visits: OrderedDict[str, int] = OrderedDict()
        self._last_hour: deque[tuple[float, str]] = deque()  # when, and from which address
        self._receipts: OrderedDict[str, Path] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def private_repo(self) -> str | None:
        """The Hub's repo that keeps the records, None where the folder does."""
        return self._sender.repo_id if self._sender else None

    def count(self) -> int:
        """Count the records that are there, the Hub's among them."""
        sent = self._sender.sent if self._sender else 0
        return self._on_hub + sent + sum(1 for _ in self.folder.glob("*/*.png"))

    def keep(self, frame: np.ndarray, label: str, visit: str, address: str = "") -> Path:
        """Write one record.

        Args:
            frame: (28, 28) float32 in [0, 1], ink is bright.
            label: one of `LABELS`.
            visit: tells one visit from another, for `MAX_PER_VISITOR`; it is counted in memory and not written.
            address: of the visitor's network, for `MAX_PER_ADDRESS`; counted in memory for an hour and not written.
                "" is unknown.

        Returns:
            The record, which by now survives a crash of this process and of the machine. Its stem, which nobody can
            guess, is the receipt for `take_back`.

        Raises:
            CorrectionError: the store is full, enough came from this visit, address or hour, or the disk does not take
                it.
            ValueError: an unknown label, or pixels of another shape.
        """
        if label not in LABELS:
            raise ValueError(f"expected a label among {LABELS}, got {label!r}")
        if frame.shape != (FRAME_SIZE, FRAME_SIZE):
            raise ValueError(f"expected a frame of {(FRAME_SIZE, FRAME_SIZE)}, got {frame.shape}")
        with self._lock:
            given = self._visits.get(visit, 0)
            if given >= MAX_PER_VISITOR:
                raise CorrectionError(ENOUGH)
            now = self._clock()
            while self._last_hour and now - self._last_hour[0][0] >= HOUR:
                self._last_hour.popleft()
            from_here = sum(address == other for _, other in self._last_hour) if address else 0
            if len(self._last_hour) >= MAX_PER_HOUR or from_here >= MAX_PER_ADDRESS:
                raise CorrectionError(CROWDED)
            if self.count() >= MAX_RECORDS:
                raise CorrectionError(FULL)
            record = self.folder / label / f"{uuid.uuid4()}.png"
            try:
                _write(record, _as_png(frame, record.stem), self.folder / INCOMING / record.stem)
            except OSError as error:
                raise CorrectionError(NOT_WRITTEN) from error
            self._last_hour.append((now, address))
            self._visits[visit] = given + 1
            self._visits.move_to_end(visit)
            self._receipts[record.stem] = record
            for known, most in ((self._visits, MAX_VISITORS), (self._receipts, MAX_RECEIPTS)):
                if len(known) > most:
                    known.popitem(last=False)
            return record

    def take_back(self, receipt: str) -> bool:
        """Remove a record of this process; it goes on counting among what its visit and this hour gave.

        Args:
            receipt: the stem of the record that `keep` returned.

        Returns:
            True once nothing of it is left. False where the Hub has it, or may have it in a moment: it is deleted
            there with the next commit, even if this process is killed before, and only the repo's history knows it.

        Raises:
            NoLongerKeptError: the receipt is not known, or somebody moved the record.
            CorrectionError: the disk does not let go of it.
        """
        with self._lock:
            record = self._receipts.get(receipt)
            if record is None:
                raise NoLongerKeptError(NO_LONGER_KNOWN)
            try:
                gone = self._sender.take_back(record) if self._sender else remove_for_good(record)
            except FileNotFoundError as error:
                raise NoLongerKeptError(NO_LONGER_HERE) from error
            except OSError as error:
                raise CorrectionError(NOT_TAKEN_BACK) from error
            del self._receipts[receipt]
            return gone

    def send(self) -> None:
        """Send now what waits for the Hub, and delete there what was taken back; without a Hub nothing waits.

        Raises:
            Exception: what the Hub's client raises, where the Hub does not take it; it is tried again later.
        """
        if self._sender:
            self._sender.send()

    def close(self) -> None:
        """Send what the Hub does not have yet, and stop sending; what cannot be sent waits for the next start."""
        if self._sender:
            self._sender.finish()


def open_corrections(place: str | None = None, token: str | None = None) -> CorrectionStore | None:
    """Open what the environment names.

    Args:
        place: a folder or hub:OWNER/NAME; None is `DIGIT_CORRECTIONS`.
        token: the Hub's; None is `DIGIT_CORRECTIONS_TOKEN`.

    Returns:
        The store, or None where nobody asked for one.

    Raises:
        CorrectionsError: the folder cannot be written, the repo is public, or the token does not open it.
        CorrectionsUnreachableError: the Hub does not answer; nothing is wrong with the setting as far as is known.
    """
    place = (os.environ.get(PLACE_VARIABLE, "") if place is None else place).strip()
    token = os.environ.get(TOKEN_VARIABLE, "") if token is None else token
    if not place:
        return None
    if not place.startswith(HUB_PREFIX):
        return CorrectionStore(open_folder(Path(place)))
    return _open_hub(place.removeprefix(HUB_PREFIX), token)


def open_folder(folder: Path) -> Path:
    """Prepare a folder for records, readable by its owner alone where it is new, and clear away unfinished files.

    Raises:
        CorrectionsError: it cannot be made or written to.
    """
    folder = folder.expanduser().resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        incoming = folder / INCOMING
        incoming.mkdir(mode=0o700, exist_ok=True)
        for left in incoming.iterdir():
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                left.unlink(missing_ok=True)
        probe = incoming / f"{uuid.uuid4()}.probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise CorrectionsError(
            f"{PLACE_VARIABLE} names {folder}, which cannot be used ({error.strerror}): name a folder that can be "
            "written to, or leave the variable out."
        ) from error
    return folder


def _open_hub(repo: str, token: str) -> CorrectionStore:
    """Open a private repo, or make one, see `open_corrections`."""
    if not token:
        raise CorrectionsError(f"{PLACE_VARIABLE} names {repo} on the Hub: {TOKEN_VARIABLE} must hold a token for it.")
    if repo.count("/") != 1:
        raise CorrectionsError(f"{PLACE_VARIABLE} must be a folder or {HUB_PREFIX}OWNER/NAME, not {repo!r}.")
    folder = open_folder(UNSENT_FOLDER / repo)
    sender, on_hub = open_repo(repo, token, folder)
    return CorrectionStore(folder, sender, on_hub)


def _as_png(frame: np.ndarray, name: str) -> bytes:
    """Encode a frame with its record's name: of two files alike, the Hub's client sends one twice at the same time."""
    png, said = io.BytesIO(), PngInfo()
    said.add_text("Title", name)
    pixels = np.rint(np.clip(frame, 0.0, 1.0) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(png, format="PNG", optimize=True, pnginfo=said)
    return png.getvalue()


def _write(path: Path, content: bytes, temporary: Path) -> None:
    """Write a record and force the folders above it to the disk."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    temporary.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        write_whole(path, content, temporary)
        sync_folder(path.parent.parent)
    except OSError:
        path.unlink(missing_ok=True)  # what is said not to be kept is not kept
        raise
