"""Where digits that visitors corrected are kept, once whoever runs the page asks for it: in a folder, or on the Hub.

A record is one file, `<label>/<uuid>.png`: the 28x28 frame as grey pixels, ink bright, in a folder named after what it
was. Nothing else of a visitor is written anywhere. `python -m training.train --extra FOLDER` reads such a folder as it
is. On the Hub it is a private dataset repo; a repo that anybody may read is refused, at the start and at every push.
"""

from __future__ import annotations

import io
import os
import threading
import time
import uuid
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from huggingface_hub import CommitInfo, CommitScheduler, HfApi, constants
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from PIL import Image

from digit_core.errors import CorrectionError, CorrectionsError, CorrectionsUnreachableError
from digit_core.imaging import FRAME_SIZE

PLACE_VARIABLE = "DIGIT_CORRECTIONS"  # a folder, or hub:OWNER/NAME; without it nothing is kept and nothing is asked
TOKEN_VARIABLE = "DIGIT_CORRECTIONS_TOKEN"  # holds a token made for that repo alone
HUB_PREFIX = "hub:"
UNSENT_FOLDER = Path("~/.cache/digit-reader/corrections")  # what the Hub does not have yet

NO_DIGIT = "not_a_digit"
LABELS = (*"0123456789", NO_DIGIT)

MOST_RECORDS = 20_000  # a third of MNIST, some 8 MB: more than anybody looks through
MOST_PER_VISITOR = 50  # of one visit: a crowd's handwriting is worth more than one hand's
MOST_VISITORS = 10_000  # visits that are counted; the oldest are forgotten first

INCOMING = ".incoming"  # hidden, so that training and the Hub pass over what is still being written
STALE_SECONDS = 3600.0  # an unfinished file as old as this was left by a process that ended
PUSH_MINUTES = 5.0  # between two commits; the Hub asks for no more
OPEN_SECONDS = 15.0  # for everything that is asked of the Hub at the start

FULL = "Thank you. The collection is full, so this was not kept."
ENOUGH = f"Thank you. {MOST_PER_VISITOR} corrections are as many as one visit can give, so this was not kept."
NOT_WRITTEN = "This could not be kept: the server has no place for it just now."

constants.HF_HUB_DISABLE_XET = True  # plain HTTP is what the tests know, and enough for half a kilobyte


class CorrectionStore:
    """Keeps frames with the digits they were, each record whole or not at all.

    A record is written under a hidden name, forced to the disk and then renamed, so a process that is killed at any
    moment leaves every record that was reported as kept, and no half one. Safe for threads; several processes may
    share a folder.

    Attributes:
        folder: holds a subfolder for each label.
    """

    def __init__(self, folder: Path, sender: PrivateSender | None = None, on_hub: int = 0) -> None:
        """Take a folder that `open_folder` prepared.

        Args:
            folder: where records are written.
            sender: takes them to the Hub from there; None keeps them in the folder.
            on_hub: records that the Hub has already.
        """
        self.folder = folder
        self._sender = sender
        self._on_hub = on_hub
        self._visits: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def private_repo(self) -> str | None:
        """The Hub's repo that keeps the records, None where the folder does."""
        return self._sender.repo_id if self._sender else None

    def count(self) -> int:
        """Count the records that are there, the Hub's among them."""
        sent = self._sender.sent if self._sender else 0
        return self._on_hub + sent + sum(1 for _ in self.folder.glob("*/*.png"))

    def keep(self, frame: np.ndarray, label: str, visit: str) -> Path:
        """Write one record.

        Args:
            frame: (28, 28) float32 in [0, 1], ink is bright.
            label: one of `LABELS`.
            visit: tells one visit from another, for `MOST_PER_VISITOR`; it is counted in memory and not written.

        Returns:
            The record, which by now survives a crash of this process and of the machine.

        Raises:
            CorrectionError: the store is full, the visit gave enough already, or the disk does not take it.
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
            if self.count() >= MOST_RECORDS:
                raise CorrectionError(FULL)
            record = self.folder / label / f"{uuid.uuid4()}.png"
            try:
                _write_whole(record, _as_png(frame), self.folder / INCOMING / record.stem)
            except OSError as error:
                raise CorrectionError(NOT_WRITTEN) from error
            self._visits[visit] = given + 1
            self._visits.move_to_end(visit)
            if len(self._visits) > MOST_VISITORS:
                self._visits.popitem(last=False)
            return record

    def close(self) -> None:
        """Send what the Hub does not have yet, and stop sending; what cannot be sent waits for the next start."""
        if self._sender:
            self._sender.finish()


class PrivateSender(CommitScheduler):
    """Takes records from a folder into a private dataset repo every few minutes, and deletes what has arrived.

    Attributes:
        sent: how many records have arrived since the start.
    """

    def __init__(self, api: HfApi, repo: str, folder: Path) -> None:
        self.sent = 0
        super().__init__(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            every=PUSH_MINUTES,
            private=True,
            allow_patterns="*/*.png",
            ignore_patterns=f"{INCOMING}/*",
            hf_api=api,
        )

    def push_to_hub(self) -> CommitInfo | None:
        """Commit what is new, unless the repo has become public in the meantime.

        Raises:
            CorrectionsError: anybody may read the repo now.
        """
        if not any(self.folder_path.glob("*/*.png")):
            return None
        refuse_public(self.api, self.repo_id)
        commit = super().push_to_hub()
        with self.lock:
            for record in list(self.last_uploaded):  # filled by a commit that succeeded
                self.sent += 1
                record.unlink(missing_ok=True)
                del self.last_uploaded[record]
        return commit

    def finish(self) -> None:
        """Push a last time while threads can still be started, which they cannot when Python is ending."""
        try:
            self.trigger().result()
        except Exception as error:  # noqa: BLE001 - the client raises its own, its HTTP library's and the system's
            print(f"Some corrections wait for the next start: {_reason(error)}.")  # noqa: T201 - for the server's log
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


def refuse_public(api: HfApi, repo: str) -> int:
    """Look at a dataset repo; return how many records it has.

    Raises:
        CorrectionsError: anybody may read it.
    """
    found = api.dataset_info(repo, timeout=OPEN_SECONDS)
    if not found.private:
        raise CorrectionsError(
            f"{PLACE_VARIABLE} names the dataset repo {repo}, which is public: people's handwriting is kept only in a "
            "private one. Make it private in its settings, or name another."
        )
    return sum(file.rfilename.endswith(".png") for file in found.siblings or [])


def _open_hub(repo: str, token: str) -> CorrectionStore:
    """Open a private repo, or make one, within `OPEN_SECONDS`; see `open_corrections`."""
    if not token:
        raise CorrectionsError(f"{PLACE_VARIABLE} names {repo} on the Hub: {TOKEN_VARIABLE} must hold a token for it.")
    if repo.count("/") != 1:
        raise CorrectionsError(f"{PLACE_VARIABLE} must be a folder or {HUB_PREFIX}OWNER/NAME, not {repo!r}.")
    folder = open_folder(UNSENT_FOLDER / repo)
    found: list[CorrectionStore | CorrectionsError] = []

    def ask() -> None:
        try:
            found.append(_private_store(HfApi(os.environ.get("HF_ENDPOINT"), token), repo, folder))
        except CorrectionsError as error:
            found.append(error)
        except Exception as error:  # noqa: BLE001 - the client raises its own, its HTTP library's and the system's
            found.append(_trouble(error, repo))

    # The client has no deadline of its own; a thread that hangs is left behind and does not hold up the exit.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(OPEN_SECONDS)
    outcome = found[0] if found else CorrectionsUnreachableError("Corrections are off: the Hub did not answer in time.")
    if isinstance(outcome, CorrectionsError):
        raise outcome
    return outcome


def _private_store(api: HfApi, repo: str, folder: Path) -> CorrectionStore:
    try:
        on_hub = refuse_public(api, repo)
    except RepositoryNotFoundError:
        api.create_repo(repo, repo_type="dataset", private=True, exist_ok=True)
        on_hub = refuse_public(api, repo)
    api.auth_check(repo, repo_type="dataset", write=True)
    return CorrectionStore(folder, PrivateSender(api, repo, folder), on_hub)


def _trouble(error: Exception, repo: str) -> CorrectionsError:
    """Tell a setting that is wrong from a Hub that is away."""
    if isinstance(error, HFValidationError):
        return CorrectionsError(f"{PLACE_VARIABLE} must be a folder or {HUB_PREFIX}OWNER/NAME, not {repo!r}.")
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if status in (400, 401, 403, 404):
        return CorrectionsError(
            f"{TOKEN_VARIABLE} may not write to the dataset repo {repo}: make a token that may, for this repo alone."
        )
    return CorrectionsUnreachableError(f"Corrections are off: {_reason(error)}.")


def _reason(error: Exception) -> str:
    """Put an error of the Hub's client into words; its own may hold paths and addresses."""
    if isinstance(error, CorrectionsError):
        return str(error).rstrip(".")
    if isinstance(error, HfHubHTTPError):
        return f"the Hub answered with status {error.response.status_code}"
    return f"the Hub could not be reached ({type(error).__name__})"


def _as_png(frame: np.ndarray) -> bytes:
    png = io.BytesIO()
    Image.fromarray(np.rint(np.clip(frame, 0.0, 1.0) * 255).astype(np.uint8)).save(png, format="PNG", optimize=True)
    return png.getvalue()


def _write_whole(path: Path, content: bytes, temporary: Path) -> None:
    """Write a file that is there whole or not at all, whenever the process or the machine stops."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    temporary.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        for folder in (path.parent, path.parent.parent):
            _sync_folder(folder)
    except OSError:
        for left in (temporary, path):  # what is said not to be kept is not kept
            left.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Force a folder's own entries to the disk; Windows cannot and need not."""
    if os.name != "posix":
        return
    opened: Any = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
