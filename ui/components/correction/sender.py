"""Push corrections from a folder to a private dataset repo on the Hub, and delete there what was taken back."""

from __future__ import annotations

import logging
import os
from functools import partial
from pathlib import Path

from huggingface_hub import (
    CommitInfo,
    CommitOperationAdd,
    CommitOperationDelete,
    CommitScheduler,
    DatasetCard,
    DatasetCardData,
    DatasetInfo,
    HfApi,
)
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

from digit_core.errors import CorrectionsError, CorrectionsUnreachableError
from digit_core.files import sync_folder
from digit_core.hub import hub_sentence, run_with_deadline, status_of, use_plain_http
from digit_core.page.frame import FRAME_SIZE

# Names a folder, or a repo as hub:OWNER/NAME. Without it no corrections are kept, and the page asks for none.
PLACE_VARIABLE = "DIGIT_CORRECTIONS"
# Holds a token that may write to that repo alone.
TOKEN_VARIABLE = "DIGIT_CORRECTIONS_TOKEN"
HUB_PREFIX = "hub:"

# The label of a shape that is no digit, and the name of its folder.
NO_DIGIT = "not_a_digit"

# A folder with an empty file for each record that has to leave the Hub. It is hidden, so that training passes over it.
TAKEN_BACK = ".taken_back"
# Minutes between two commits: the Hub asks its clients to commit no more often.
PUSH_MINUTES = 5.0
# Seconds that the Hub has for all that it is asked at the start.
OPEN_SECONDS = 15.0

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

log = logging.getLogger("digits")


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
            return remove_for_good(record)

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

    def send(self) -> None:
        """Push now, after a push that is under way; raises what `push_to_hub` and the Hub's client raise."""
        self.trigger().result()

    def finish(self) -> None:
        """Push a last time while threads can still be started, which they cannot when Python is ending."""
        try:
            self.send()
        except Exception as error:  # noqa: BLE001 - the client raises its own, its HTTP library's and the system's
            reason = hub_sentence(error, self.repo_id, token=TOKEN_VARIABLE, writing=True)
            log.warning("some corrections wait for the next start: %s", reason)
        self.stop()


def open_repo(repo: str, token: str, folder: Path) -> tuple[PrivateSender, int]:
    """Open a private repo, or make one, within `OPEN_SECONDS`.

    Args:
        repo: OWNER/NAME.
        token: one that may write to it.
        folder: what is to be sent.

    Returns:
        What sends, and how many records the repo holds already.

    Raises:
        CorrectionsError: the repo is public, or the token does not open it.
        CorrectionsUnreachableError: the Hub does not answer.
    """
    use_plain_http()
    api = HfApi(os.environ.get("HF_ENDPOINT"), token)
    [outcome] = run_with_deadline(OPEN_SECONDS, partial(_open, api, repo, folder))
    if isinstance(outcome, CorrectionsError):
        raise outcome
    if isinstance(outcome, Exception):
        raise _trouble(outcome, repo) from outcome
    return outcome


def _open(api: HfApi, repo: str, folder: Path) -> tuple[PrivateSender, int]:
    try:
        found = api.dataset_info(repo, timeout=OPEN_SECONDS)
    except RepositoryNotFoundError:
        api.create_repo(repo, repo_type="dataset", private=True, exist_ok=True)
        found = api.dataset_info(repo, timeout=OPEN_SECONDS)
    refuse_public(found)
    api.auth_check(repo, repo_type="dataset", write=True)
    return PrivateSender(api, repo, folder), len(records_in(found))


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


def remove_for_good(path: Path) -> bool:
    """Remove a file for good, whenever the machine stops; return True."""
    path.unlink()
    sync_folder(path.parent)
    return True
