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
from functools import partial
from pathlib import Path

import numpy as np
from huggingface_hub import (
    CommitInfo,
    CommitOperationAdd,
    CommitOperationDelete,
    CommitScheduler,
    DatasetCard,
    DatasetCardData,
    DatasetInfo,
    HfApi,
    constants,
)
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from digit_core.errors import CorrectionError, CorrectionsError, CorrectionsUnreachableError, NoLongerKeptError
from digit_core.files import sync_folder, write_whole
from digit_core.hub import hub_sentence, status_of, within
from digit_core.page.frame import FRAME_SIZE

PLACE_VARIABLE = "DIGIT_CORRECTIONS"  # a folder, or hub:OWNER/NAME; without it nothing is kept and nothing is asked
TOKEN_VARIABLE = "DIGIT_CORRECTIONS_TOKEN"  # holds a token made for that repo alone
HUB_PREFIX = "hub:"
UNSENT_FOLDER = Path("~/.cache/digit-reader/corrections")  # what the Hub does not have yet

NO_DIGIT = "not_a_digit"
LABELS = (*"0123456789", NO_DIGIT)

MOST_RECORDS = 20_000  # a third of MNIST, some 8 MB: more than anybody looks through
MOST_PER_VISITOR = 50  # of one visit: a crowd's handwriting is worth more than one hand's
MOST_PER_HOUR = 500  # of all visits together, since a visit says itself who it is: more than a class of children gives
MOST_PER_ADDRESS = 100  # an hour: a class behind one address sends three each, and no single one fills the hour
MOST_VISITORS = 10_000  # visits that are counted; the oldest are forgotten first
MOST_RECEIPTS = 10_000  # records that can be taken back; the oldest are forgotten first

INCOMING = ".incoming"  # hidden, so that training and the Hub pass over what is still being written
TAKEN_BACK = ".taken_back"  # hidden likewise: an empty file for each record that has to leave the Hub
HOUR = 3600.0  # seconds
STALE_SECONDS = 3600.0  # an unfinished file as old as this was left by a process that ended
PUSH_MINUTES = 5.0  # between two commits; the Hub asks for no more
OPEN_SECONDS = 15.0  # for everything that is asked of the Hub at the start

FULL = "Thank you. The collection is full, so this was not kept."
ENOUGH = f"Thank you. {MOST_PER_VISITOR} corrections are as many as one visit can give, so this was not kept."
CROWDED = (
    "Thank you. More was sent in the last hour than anybody could look through, so this was not kept. "
    "Please try again later."
)
CARD_NAME = "README.md"
CARD_TEXT = f"""\
# Corrected handwritten digits

What visitors of an app that reads handwritten digits sent, after it had read them wrong or had not been sure: one
picture for each, in a folder named after what the visitor says it is, 0 to 9 or `{NO_DIGIT}`.

Each is the {FRAME_SIZE}×{FRAME_SIZE} frame that the networks saw, as a grey PNG with bright ink, under a random name.
Nothing else of a visitor was kept: no address, no time, no original picture. What is taken back is deleted from the
newest revision; earlier revisions still hold it until the repo's history is squashed.

**Look through it before training:** anybody may send anything under any label. Then

    hf download OWNER/NAME --repo-type dataset --local-dir FOLDER
    python -m training.train --extra FOLDER

**Keep it private.** The app refuses to add to a public repo, since people sent their handwriting to the app's owner and
not to the world; for the same reason no licence is given here.
"""
NOT_WRITTEN = "This could not be kept: the server has no place for it just now."
NOT_TAKEN_BACK = "This could not be taken back just now. Please try again in a moment."
NO_LONGER_KNOWN = "There is nothing to take back any more: the server has started again since, or it is gone already."
NO_LONGER_HERE = "It is no longer where it was kept, so there was nothing to take back."

constants.HF_HUB_DISABLE_XET = True  # plain HTTP is what the tests know, and enough for half a kilobyte


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
            clock: tells seconds, for `MOST_PER_HOUR`.
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
            visit: tells one visit from another, for `MOST_PER_VISITOR`; it is counted in memory and not written.
            address: of the visitor's network, for `MOST_PER_ADDRESS`; counted in memory for an hour and not written.
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
            if given >= MOST_PER_VISITOR:
                raise CorrectionError(ENOUGH)
            now = self._clock()
            while self._last_hour and now - self._last_hour[0][0] >= HOUR:
                self._last_hour.popleft()
            from_here = sum(address == other for _, other in self._last_hour) if address else 0
            if len(self._last_hour) >= MOST_PER_HOUR or from_here >= MOST_PER_ADDRESS:
                raise CorrectionError(CROWDED)
            if self.count() >= MOST_RECORDS:
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
            for known, most in ((self._visits, MOST_VISITORS), (self._receipts, MOST_RECEIPTS)):
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
                gone = self._sender.take_back(record) if self._sender else _remove(record)
            except FileNotFoundError as error:
                raise NoLongerKeptError(NO_LONGER_HERE) from error
            except OSError as error:
                raise CorrectionError(NOT_TAKEN_BACK) from error
            del self._receipts[receipt]
            return gone

    def close(self) -> None:
        """Send what the Hub does not have yet, and stop sending; what cannot be sent waits for the next start."""
        if self._sender:
            self._sender.finish()


class PrivateSender(CommitScheduler):
    """Takes records from a folder into a private dataset repo every few minutes, and deletes what has arrived.

    What is taken back is noted in the folder `TAKEN_BACK` first, so that it leaves the repo whenever it got there.

    Attributes:
        sent: how many records have arrived since the start.
    """

    def __init__(self, api: HfApi, repo: str, folder: Path) -> None:
        self.sent = 0
        self._pushing = False
        super().__init__(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            every=PUSH_MINUTES,
            private=True,
            hf_api=api,
        )

    def take_back(self, record: Path) -> bool:
        """Let a record go here and, with the next commit, on the Hub; return whether it was certainly not there yet.

        Raises:
            OSError: the disk does not take the note.
        """
        note = self.folder_path / TAKEN_BACK / f"{record.parent.name}.{record.stem}"
        note.parent.mkdir(mode=0o700, exist_ok=True)
        note.touch(mode=0o600)
        for folder in (note.parent, self.folder_path):
            sync_folder(folder)
        with self.lock:
            if self._pushing or not record.exists():
                return False  # a file that vanished in the middle of a push would end it: the next one removes it
            return _remove(record)

    def push_to_hub(self) -> CommitInfo | None:
        """Delete what was taken back and commit what is new, unless the repo has become public in the meantime.

        Raises:
            CorrectionsError: anybody may read the repo now.
        """
        with self.lock:
            self._pushing = True
        try:
            return self._push()
        finally:
            with self.lock:
                self._pushing = False

    def _push(self) -> CommitInfo | None:
        notes = list((self.folder_path / TAKEN_BACK).glob("*"))
        for note in notes:
            (self.folder_path / _record_of(note)).unlink(missing_ok=True)
        records = sorted(self.folder_path.glob("*/*.png"))
        if not notes and not records:
            return None
        found = self.api.dataset_info(self.repo_id, timeout=OPEN_SECONDS)
        if leaving := sorted(records_in(found).intersection(map(_record_of, notes))):
            self.api.create_commit(
                repo_id=self.repo_id,
                repo_type="dataset",
                operations=[CommitOperationDelete(path) for path in leaving],
                commit_message="Delete what was taken back",
            )
            self.sent -= len(leaving)
        for note in notes:  # an earlier commit, whatever became of it, has ended by now: there is one at a time
            note.unlink(missing_ok=True)
        refuse_public(found)
        if not records:
            return None
        new = [CommitOperationAdd(path.relative_to(self.folder_path).as_posix(), path) for path in records]
        if not any(file.rfilename == CARD_NAME for file in found.siblings or []):
            new.append(CommitOperationAdd(CARD_NAME, dataset_card().encode()))
        commit = self.api.create_commit(
            repo_id=self.repo_id, repo_type="dataset", operations=new, commit_message="Add corrections"
        )
        with self.lock:
            for record in records:
                self.sent += 1
                record.unlink(missing_ok=True)
        return commit

    def finish(self) -> None:
        """Push a last time while threads can still be started, which they cannot when Python is ending."""
        try:
            self.trigger().result()
        except Exception as error:  # noqa: BLE001 - the client raises its own, its HTTP library's and the system's
            reason = hub_sentence(error, self.repo_id, token=TOKEN_VARIABLE, writing=True)
            print(f"Some corrections wait for the next start: {reason}.")  # noqa: T201 - for the server's log
        self.stop()


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


def refuse_public(found: DatasetInfo) -> None:
    """Let nothing pass into a dataset repo that anybody may read.

    Raises:
        CorrectionsError: this is one.
    """
    if not found.private:
        raise CorrectionsError(
            f"{PLACE_VARIABLE} names the dataset repo {found.id}, which is public: people's handwriting is kept only "
            "in a private one. Make it private in its settings, or name another."
        )


def records_in(found: DatasetInfo) -> frozenset[str]:
    """Name the records that a dataset repo holds, as `<label>/<uuid>.png`."""
    return frozenset(file.rfilename for file in found.siblings or [] if file.rfilename.endswith(".png"))


def dataset_card() -> str:
    """Tell on the repo's page what it holds; whoever owns it may change the text, and a changed one stays."""
    data = DatasetCardData(
        pretty_name="Corrected handwritten digits",
        task_categories=["image-classification"],
        tags=["handwriting", "digits"],
        configs=[{"config_name": "default", "drop_labels": False}],
    )
    return str(DatasetCard(f"---\n{data.to_yaml()}\n---\n\n{CARD_TEXT}"))


def _open_hub(repo: str, token: str) -> CorrectionStore:
    """Open a private repo, or make one, within `OPEN_SECONDS`; see `open_corrections`."""
    if not token:
        raise CorrectionsError(f"{PLACE_VARIABLE} names {repo} on the Hub: {TOKEN_VARIABLE} must hold a token for it.")
    if repo.count("/") != 1:
        raise CorrectionsError(f"{PLACE_VARIABLE} must be a folder or {HUB_PREFIX}OWNER/NAME, not {repo!r}.")
    folder = open_folder(UNSENT_FOLDER / repo)
    api = HfApi(os.environ.get("HF_ENDPOINT"), token)
    [outcome] = within(OPEN_SECONDS, partial(_private_store, api, repo, folder))
    if isinstance(outcome, CorrectionsError):
        raise outcome
    if isinstance(outcome, Exception):
        raise _trouble(outcome, repo) from outcome
    return outcome


def _private_store(api: HfApi, repo: str, folder: Path) -> CorrectionStore:
    try:
        found = api.dataset_info(repo, timeout=OPEN_SECONDS)
    except RepositoryNotFoundError:
        api.create_repo(repo, repo_type="dataset", private=True, exist_ok=True)
        found = api.dataset_info(repo, timeout=OPEN_SECONDS)
    refuse_public(found)
    api.auth_check(repo, repo_type="dataset", write=True)
    return CorrectionStore(folder, PrivateSender(api, repo, folder), on_hub=len(records_in(found)))


def _trouble(error: Exception, repo: str) -> CorrectionsError:
    """Tell a setting that is wrong from a Hub that is away."""
    if isinstance(error, HFValidationError):
        return CorrectionsError(f"{PLACE_VARIABLE} must be a folder or {HUB_PREFIX}OWNER/NAME, not {repo!r}.")
    if status_of(error) in (400, 401, 403, 404):
        return CorrectionsError(
            f"{TOKEN_VARIABLE} may not write to the dataset repo {repo}: make a token that may, for this repo alone."
        )
    return CorrectionsUnreachableError(f"Corrections are off: {hub_sentence(error, repo, token=TOKEN_VARIABLE)}.")


def _record_of(note: Path) -> str:
    """The record that a note in `TAKEN_BACK` is about, as the Hub names it."""
    label, _, stem = note.name.partition(".")
    return f"{label}/{stem}.png"


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


def _remove(path: Path) -> bool:
    """Remove a file for good, whenever the machine stops; return True."""
    path.unlink()
    sync_folder(path.parent)
    return True
