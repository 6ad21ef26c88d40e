"""Corrections: what is kept of them, that nothing else is, and that nothing kept is lost; on the page and on a Hub."""

import json
import os
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from drawings import picture_of
from hub_server import READER, WRITER, HubServer, Repo
from huggingface_hub import HfApi, snapshot_download
from PIL import Image
from playwright.sync_api import expect
from running_app import running_app

from digit_core import corrections, load_recognizer
from digit_core.corrections import LABELS, CorrectionStore, open_corrections, open_folder
from digit_core.errors import CorrectionError, CorrectionsError, CorrectionsUnreachableError, NoLongerKeptError
from digit_core.imaging import to_ink, to_mnist_frame
from training.data import NOT_A_DIGIT, find_extra
from training.errors import DataError
from training.frames import from_files
from ui.correct import (
    BY_PAGE,
    CHANGED,
    NO_LONGER_THERE,
    NOT_AGREED,
    TAKEN_BACK,
    THANKS,
    CorrectHandlers,
    Correction,
    CorrectPanel,
    TakeBack,
    TakeBackHandlers,
)
from ui.sketchpad import Drawing
from ui.turns import Turns

ROOT = Path(__file__).parents[1]
REPO = "tester/corrections"
VOTE = ("ensemble", "arithmetic", 0.5, 0.5)
WHOLE = (28, 28)
TALL = {"width": 1280, "height": 1400}  # the paper stays in sight, and so in reach of the mouse


def frame_of(text):
    return to_mnist_frame(to_ink(picture_of(text)))


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def killed(folder, way, **environment):
    """What processes that were killed had been told, by the name of their folder; see tests/killed_keeper.py."""
    command = [sys.executable, "-m", "tests.killed_keeper", str(folder), way]
    settings = os.environ | environment
    answer = subprocess.run(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


def readable(record):
    with Image.open(record) as picture:
        picture.load()
        return picture.size == WHOLE


@pytest.fixture
def store(tmp_path):
    return CorrectionStore(open_folder(tmp_path / "kept"))


# The store in a folder.


def test_the_frame_and_the_label_are_kept_and_nothing_else(store):
    frame = frame_of("7")

    record = store.keep(frame, "1", "somebody's visit")

    assert files_in(store.folder) == [record]
    assert record.parent == store.folder / "1"
    with Image.open(record) as picture:
        assert (picture.mode, picture.size, picture.info) == ("L", WHOLE, {"Title": record.stem})
        assert np.array_equal(np.asarray(picture), np.rint(frame * 255))


def test_two_records_of_the_same_frame_are_two_files(store):
    first, second = (store.keep(frame_of("7"), "1", "visit") for _ in range(2))

    assert first.read_bytes() != second.read_bytes()  # or the Hub's client would send one of them twice at once


def test_training_reads_the_folder_as_it_is(store):
    for label in LABELS:
        store.keep(frame_of(label[0] if label.isdigit() else "3"), label, label)

    found = find_extra(store.folder)
    learned = from_files(found)

    assert sorted(label for _, label in found) == [NOT_A_DIGIT, *range(10)]
    assert learned.labels.tolist() == [label for _, label in found]
    for frame, label in zip(learned.frames, learned.labels, strict=True):
        kept = frame_of(str(label) if label != NOT_A_DIGIT else "3").ravel()
        moved = [np.roll(frame, (dy, dx), (0, 1)).ravel() for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        assert max(np.corrcoef(kept, pixels)[0, 1] for pixels in moved) > 0.9


@pytest.mark.parametrize("label", ["10", "", "../7", "seven", "not a digit"])
def test_an_unknown_label_writes_nothing(store, label):
    with pytest.raises(ValueError, match="label"):
        store.keep(frame_of("7"), label, "visit")

    assert files_in(store.folder) == []


def test_pixels_of_another_shape_write_nothing(store):
    with pytest.raises(ValueError, match="28"):
        store.keep(np.zeros((280, 280), np.float32), "7", "visit")

    assert files_in(store.folder) == []


def test_one_visit_can_give_only_so_many(store, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_PER_VISITOR", 2)
    for _ in range(2):
        store.keep(frame_of("7"), "1", "first")

    with pytest.raises(CorrectionError, match="as many as one visit can give"):
        store.keep(frame_of("7"), "1", "first")
    store.keep(frame_of("7"), "1", "second")

    assert store.count() == 3


def test_an_hour_takes_only_so_many_whoever_they_say_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_PER_HOUR", 2)
    seconds = 0.0
    store = CorrectionStore(open_folder(tmp_path), clock=lambda: seconds)
    store.keep(frame_of("7"), "1", "first")
    seconds = 1800.0
    store.keep(frame_of("7"), "1", "second")

    seconds = 3599.0
    with pytest.raises(CorrectionError, match="in the last hour"):
        store.keep(frame_of("7"), "1", "third")
    seconds = 3600.0
    store.keep(frame_of("7"), "1", "third")

    assert store.count() == 3
    with pytest.raises(CorrectionError, match="in the last hour"):
        store.keep(frame_of("7"), "1", "fourth")


def test_what_was_not_written_is_not_counted_in_the_hour(store, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_PER_HOUR", 1)

    with monkeypatch.context() as broken:
        broken.setattr(corrections.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(CorrectionError, match="could not be kept"):
            store.keep(frame_of("7"), "1", "visit")

    assert store.keep(frame_of("7"), "1", "visit").exists()


def test_a_record_is_taken_back_once_and_alone(store):
    first, second = (store.keep(frame_of("7"), "1", "visit") for _ in range(2))

    assert store.take_back(second.stem)

    assert files_in(store.folder) == [first]
    assert store.count() == 1
    with pytest.raises(NoLongerKeptError, match="nothing to take back"):
        store.take_back(second.stem)


@pytest.mark.parametrize("receipt", ["", "1", "../1/x", "0" * 36])
def test_who_has_no_receipt_takes_nothing_back(store, receipt):
    record = store.keep(frame_of("7"), "1", "visit")

    with pytest.raises(NoLongerKeptError):
        store.take_back(receipt)
    with pytest.raises(NoLongerKeptError):
        CorrectionStore(store.folder).take_back(record.stem)  # another start of the server

    assert files_in(store.folder) == [record]


def test_what_somebody_moved_is_not_said_to_be_taken_back(store, tmp_path):
    record = store.keep(frame_of("7"), "1", "visit")
    record.rename(tmp_path / "looked through.png")

    with pytest.raises(NoLongerKeptError, match="no longer where it was kept"):
        store.take_back(record.stem)


def test_taking_back_does_not_let_one_visit_give_more(store, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_PER_VISITOR", 1)
    store.take_back(store.keep(frame_of("7"), "1", "visit").stem)

    with pytest.raises(CorrectionError, match="one visit"):
        store.keep(frame_of("7"), "1", "visit")


def test_a_disk_that_does_not_let_go_is_a_sentence_and_can_be_asked_again(store, monkeypatch):
    record = store.keep(frame_of("7"), "1", "visit")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(30, "read-only")))
        with pytest.raises(CorrectionError, match="could not be taken back just now") as refusal:
            store.take_back(record.stem)

    assert not isinstance(refusal.value, NoLongerKeptError)
    assert store.take_back(record.stem)


def test_a_full_store_says_so_whoever_asks(store, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_RECORDS", 2)
    refused = []

    def keep(visit):
        try:
            store.keep(frame_of("7"), "1", visit)
        except CorrectionError as error:
            refused.append(str(error))

    crowd = [threading.Thread(target=keep, args=(str(index),)) for index in range(8)]
    for visitor in crowd:
        visitor.start()
    for visitor in crowd:
        visitor.join()

    assert len(files_in(store.folder)) == 2
    assert refused == [corrections.FULL] * 6
    assert CorrectionStore(store.folder).count() == 2


def test_visits_are_forgotten_rather_than_collected(store, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_VISITORS", 3)

    monkeypatch.setattr(corrections, "MOST_RECEIPTS", 2)

    for visit in "abcde":
        store.keep(frame_of("7"), "1", visit)

    assert len(store._visits) == 3
    assert len(store._receipts) == 2


@pytest.mark.parametrize("refuses", [stat.S_ISREG, stat.S_ISDIR], ids=["the file", "its name"])
def test_a_disk_that_does_not_take_it_is_a_sentence(store, monkeypatch, refuses):
    def full_disk(opened):
        if refuses(os.fstat(opened).st_mode):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(corrections.os, "fsync", full_disk)

    with pytest.raises(CorrectionError, match="could not be kept"):
        store.keep(frame_of("7"), "1", "visit")

    assert files_in(store.folder) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that were forked")
@pytest.mark.parametrize("way", ["lines", "anywhen"])
def test_a_kill_loses_no_finished_record_and_leaves_no_half_one(tmp_path, way):
    told = killed(tmp_path, way)

    assert len(told) > 20
    for name, kept in told.items():
        try:
            found = [path for path, _ in find_extra(tmp_path / name)]
        except DataError:  # nothing to train on: killed before anything was finished
            found = []
        assert set(kept) <= {path.name for path in found}
        assert len(found) <= len(kept) + 1  # finished, and killed before it could be reported
        assert all(readable(path) for path in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that were forked")
def test_a_kill_while_taking_back_leaves_the_record_or_none_and_never_half(tmp_path):
    told = killed(tmp_path, "taking_back")

    assert len(told) > 5
    for name, (taken, stays, *undone) in told.items():
        left = {path.name for path in files_in(tmp_path / name)}
        assert left in ([{stays}] if undone else [{stays}, {stays, taken}])
        assert all(readable(path) for path in files_in(tmp_path / name))
    assert [undone for *_, undone in [told[max(told, key=int)]]] == [f"-{told[max(told, key=int)][0]}"]


def test_what_was_left_unfinished_long_ago_is_cleared_away(tmp_path):
    incoming = open_folder(tmp_path) / corrections.INCOMING
    old, fresh = incoming / "old.png", incoming / "fresh.png"
    for left in (old, fresh):
        left.write_bytes(b"half")
    os.utime(old, (0, 0))

    open_folder(tmp_path)

    assert files_in(tmp_path) == [fresh]


# What the environment asks for.


@pytest.mark.parametrize("place", ["", "  "])
def test_without_a_place_there_is_no_store(place):
    assert open_corrections(place, WRITER) is None


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(CorrectionsError, match="cannot be used"):
        open_corrections(str(tmp_path / "file"))


@pytest.mark.parametrize("place", [f"hub:{REPO}", f" hub:{REPO}\n"])
def test_a_hub_without_a_token_is_refused(place):
    with pytest.raises(CorrectionsError, match="DIGIT_CORRECTIONS_TOKEN"):
        open_corrections(place, "")


@pytest.mark.parametrize("repo", ["name", "owner/name/more", "/", "owner/na me"])
def test_a_repo_that_cannot_exist_is_refused(hub, repo):
    with pytest.raises(CorrectionsError, match="hub:OWNER/NAME"):
        open_corrections(f"hub:{repo}", WRITER)


# The store on the Hub.


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setattr(corrections, "UNSENT_FOLDER", tmp_path / "unsent")
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


@pytest.fixture
def private_repo(hub):
    HfApi(hub.endpoint, WRITER).create_repo(REPO, repo_type="dataset", private=True)
    return hub.repos[f"datasets/{REPO}"]


@contextmanager
def hub_store(token=WRITER):
    store = open_corrections(f"hub:{REPO}", token)
    try:
        yield store
    finally:
        store.close()


def records_of(repo):
    _, files = repo.at("main")
    return [path for path in files if path != ".gitattributes"]


def test_records_reach_the_private_repo_and_leave_this_machine(hub, private_repo, tmp_path):
    with hub_store() as store:
        names = [store.keep(frame_of(text), text, "visit").name for text in "473"]
        unsent = store.folder

    assert records_of(private_repo) == sorted(f"{text}/{name}" for text, name in zip("473", names, strict=True))
    assert list(unsent.glob("*/*.png")) == []
    fetched = tmp_path / "fetched"
    snapshot_download(REPO, repo_type="dataset", local_dir=fetched, endpoint=hub.endpoint, token=WRITER)
    assert [label for _, label in find_extra(fetched)] == [3, 4, 7]


def test_what_is_on_the_hub_counts(hub, private_repo, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_RECORDS", 2)
    with hub_store() as store:
        store.keep(frame_of("7"), "1", "visit")
        store._sender.trigger().result()
        store.keep(frame_of("7"), "1", "visit")
        assert store.count() == 2
        with pytest.raises(CorrectionError, match="full"):
            store.keep(frame_of("7"), "1", "visit")

    with hub_store() as store, pytest.raises(CorrectionError, match="full"):
        store.keep(frame_of("7"), "1", "visit")


def test_a_public_repo_is_refused_at_the_start(hub):
    hub.repos[f"datasets/{REPO}"] = Repo(private=False)
    hub.repos[f"datasets/{REPO}"].add_commit({})

    with pytest.raises(CorrectionsError, match="which is public"):
        open_corrections(f"hub:{REPO}", WRITER)

    assert not any(request.startswith("POST") for request in hub.requests)


def test_a_repo_that_becomes_public_gets_nothing_more(hub, private_repo, capsys):
    with hub_store() as store:
        store.keep(frame_of("7"), "1", "visit")
        private_repo.private = False

    assert records_of(private_repo) == []
    assert len(list(store.folder.glob("*/*.png"))) == 1
    assert "which is public" in capsys.readouterr().out


def test_a_repo_that_is_missing_is_made_and_private(hub):
    with hub_store() as store:
        store.keep(frame_of("7"), "1", "visit")

    repo = hub.repos[f"datasets/{REPO}"]
    assert repo.private
    assert len(records_of(repo)) == 1


@pytest.mark.parametrize("token", [READER, "hf_wrong"])
def test_a_token_that_may_not_write_is_refused_at_the_start(hub, private_repo, token):
    with pytest.raises(CorrectionsError, match="may not write") as refusal:
        open_corrections(f"hub:{REPO}", token)

    assert token not in str(refusal.value)
    assert not isinstance(refusal.value, CorrectionsUnreachableError)


def test_a_token_that_may_read_but_not_write_is_refused_at_the_start(hub, private_repo):
    hub.accounts["hf_look"] = ("tester", "read")

    with pytest.raises(CorrectionsError, match="may not write"):
        open_corrections(f"hub:{REPO}", "hf_look")


@pytest.mark.parametrize("how", [{"status": 503}, {"drop": True}, {"hang": 60}])
def test_a_hub_that_is_away_is_told_from_a_wrong_setting(hub, private_repo, monkeypatch, how):
    monkeypatch.setattr(corrections, "OPEN_SECONDS", 3.0)
    hub.fail("GET /api/datasets/", **how)

    with pytest.raises(CorrectionsUnreachableError, match="Corrections are off"):
        open_corrections(f"hub:{REPO}", WRITER)


def test_what_could_not_be_sent_is_sent_after_the_next_start(hub, private_repo):
    hub.fail("POST /api/datasets/.*/commit", status=500)
    with hub_store() as store:
        record = store.keep(frame_of("7"), "1", "visit")
    assert records_of(private_repo) == []
    assert record.exists()
    hub.heal()

    with hub_store():
        pass

    assert records_of(private_repo) == [f"1/{record.name}"]


def test_what_is_taken_back_before_it_is_sent_never_reaches_the_hub(hub, private_repo):
    with hub_store() as store:
        store._sender.trigger().result()  # the push of the start is over
        unsent, stays = (store.keep(frame_of("7"), "1", "visit") for _ in range(2))

        assert store.take_back(unsent.stem)
        assert store.count() == 1

    held = [path for files in private_repo.commits.values() for path in files]
    assert f"1/{stays.name}" in held
    assert f"1/{unsent.name}" not in held
    assert files_in(store.folder) == []


def test_what_the_hub_has_already_leaves_it_with_the_next_commit(hub, private_repo):
    with hub_store() as store:
        sent, stays = (store.keep(frame_of("7"), "1", "visit") for _ in range(2))
        store._sender.trigger().result()
        assert f"1/{sent.name}" in records_of(private_repo)

        assert not store.take_back(sent.stem)
        store._sender.trigger().result()

        assert records_of(private_repo) == [f"1/{stays.name}"]
        assert store.count() == 1
    assert files_in(store.folder) == []


def test_what_is_taken_back_while_it_is_sent_leaves_with_the_next_commit(hub, private_repo, monkeypatch):
    with hub_store() as store:
        store._sender.trigger().result()
        record = store.keep(frame_of("7"), "1", "visit")
        create_commit, answers = store._sender.api.create_commit, []

        def meanwhile(**commit):
            answers.append(store.take_back(record.stem))
            return create_commit(**commit)

        with monkeypatch.context() as slow:
            slow.setattr(store._sender.api, "create_commit", meanwhile)
            store._sender.trigger().result()
        assert answers == [False]
        assert records_of(private_repo) == [f"1/{record.name}"]

    assert records_of(private_repo) == []
    assert files_in(store.folder) == []


def test_what_is_taken_back_leaves_even_a_repo_that_became_public(hub, private_repo, capsys):
    with hub_store() as store:
        record = store.keep(frame_of("7"), "1", "visit")
        store._sender.trigger().result()
        private_repo.private = False

        store.take_back(record.stem)

    assert records_of(private_repo) == []
    assert "which is public" in capsys.readouterr().out


def test_what_a_hub_that_is_away_could_not_delete_is_deleted_after_the_next_start(hub, private_repo):
    with hub_store() as store:
        record = store.keep(frame_of("7"), "1", "visit")
        store._sender.trigger().result()
        hub.fail("POST /api/datasets/.*/commit", status=500)
        assert not store.take_back(record.stem)
    assert records_of(private_repo) == [f"1/{record.name}"]
    hub.heal()

    with hub_store() as store:
        assert store.count() <= 1

    assert records_of(private_repo) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that were forked")
def test_a_kill_while_taking_back_from_the_hub_forgets_no_promise(hub, private_repo, tmp_path):
    settings = {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "DIGIT_CORRECTIONS": f"hub:{REPO}",
        "DIGIT_CORRECTIONS_TOKEN": WRITER,
    }

    told = killed(tmp_path / "folders", "hub", **settings)

    held = {path.removeprefix("7/") for path in records_of(private_repo)}
    taken = {name[1:] for names in told.values() for name in names if name.startswith("-")}
    assert len(taken) > len(told) > 10
    assert held & taken == set()
    assert held <= {name for names in told.values() for name in names}
    assert files_in(tmp_path / "folders") == []


# What the page does with a correction.


@pytest.fixture(scope="module")
def recognizer():
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_MODEL_SOURCE", "bundled")
        return load_recognizer()


@pytest.fixture
def handlers(recognizer, store):
    return CorrectHandlers(recognizer, Turns(), store)


class Request:
    session_hash = "visit"


def drawing_of(text):
    return Drawing(1, picture_of(text).convert("L"))


def test_what_the_page_wrote_itself_is_not_kept(handlers):
    example = Drawing(1, picture_of("7").convert("L"), by_page=True)

    outcome = handlers.drawn(Correction(0, "1", "7", True), example, *VOTE, Request())

    assert (outcome.sentence, outcome.kept, outcome.receipt) == (BY_PAGE, False, "")
    assert files_in(handlers.store.folder) == []


def test_the_receipt_takes_back_what_was_kept(handlers):
    kept = handlers.drawn(Correction(0, "1", "7", True), drawing_of("7"), *VOTE, Request())
    handler = TakeBackHandlers(handlers.store)

    first, again = (handler.answer(TakeBack(kept.receipt)) for _ in range(2))

    assert (first.sentence, first.receipt, first.done) == (TAKEN_BACK, kept.receipt, True)
    assert "nothing to take back" in again.sentence
    assert again.done
    assert files_in(handlers.store.folder) == []


def test_one_event_does_not_take_what_is_meant_for_the_other(handlers):
    with pytest.raises(gr.Error):
        handlers.drawn(TakeBack("receipt"), drawing_of("7"), *VOTE, Request())
    with pytest.raises(gr.Error):
        TakeBackHandlers(handlers.store).answer(Correction(0, "1", "7", True))


def test_the_servers_own_reading_is_kept_of_the_shape_that_is_meant(handlers, recognizer, tmp_path):
    picture_of("407", width=600, height=240, brush=16).save(tmp_path / "number.png")
    zero = recognizer.read(tmp_path / "number.png").digits[1]

    outcome = handlers.uploaded(Correction(1, "6", "407", True), tmp_path / "number.png", *VOTE, Request())

    assert (outcome.sentence, outcome.kept) == (THANKS, True)
    (record,) = files_in(handlers.store.folder)
    assert record.parent.name == "6"
    assert np.array_equal(np.asarray(Image.open(record)), np.rint(zero.frame * 255))


@pytest.mark.parametrize(
    ("correction", "drawing", "sentence"),
    [
        (Correction(0, "1", "7", False), drawing_of("7"), NOT_AGREED),
        (Correction(0, "1", "7", True), Drawing(), NO_LONGER_THERE),
        (Correction(0, "1", "4", True), drawing_of("7"), CHANGED),
        (Correction(3, "1", "7", True), drawing_of("7"), None),
    ],
)
def test_what_is_not_kept_says_why(handlers, correction, drawing, sentence):
    outcome = handlers.drawn(correction, drawing, *VOTE, Request())

    assert not outcome.kept
    assert outcome.sentence.endswith(".")
    assert sentence in (None, outcome.sentence)
    assert files_in(handlers.store.folder) == []


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {"index": 0, "label": "7", "seen": "7"},
        {"index": "0", "label": "7", "seen": "7", "agreed": True},
        {"index": -1, "label": "7", "seen": "7", "agreed": True},
        {"index": 0, "label": "../7", "seen": "7", "agreed": True},
        {"index": 0, "label": 7, "seen": "7", "agreed": True},
        {"index": 0, "label": "7", "seen": "7", "agreed": "yes"},
        {"index": 0, "label": "7", "seen": "7" * 1001, "agreed": True},
        {"take_back": 7},
        {"take_back": "7" * 101},
    ],
)
def test_what_the_page_cannot_have_sent_is_refused(payload):
    with pytest.raises(gr.Error):
        CorrectPanel().preprocess(payload)


# In a browser.


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("corrections")


@pytest.fixture(scope="module")
def correcting_url(kept):
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled", DIGIT_CORRECTIONS=str(kept)) as address:
        yield address


@pytest.fixture
def correcting(new_page, correcting_url, kept):
    """Opens a page that keeps corrections, in an empty folder; what the browser complains about fails the test."""
    for record in kept.glob("*/*.png"):
        record.unlink()
    complaints = []

    def open_page(**manner):
        page = new_page(**{"viewport": TALL, **manner})
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(correcting_url)
        page.locator("#draw-canvas canvas").wait_for()
        return page

    yield open_page
    assert complaints == []


def shown_frame(page, panel):
    """The frame that the answer panel shows, as pixels."""
    return page.locator(f"{panel} .frame").evaluate(
        """async (frame) => {
            await frame.decode();
            const canvas = new OffscreenCanvas(28, 28).getContext("2d");
            canvas.drawImage(frame, 0, 0, 28, 28);
            return [...canvas.getImageData(0, 0, 28, 28).data].filter((_, index) => index % 4 === 0);
        }"""
    )


def test_without_the_setting_nothing_of_it_is_on_the_page(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)

    assert page.locator("#draw-correct, #upload-correct").count() == 0
    assert "Was it wrong" not in page.content()
    assert "Was it wrong" not in page.evaluate("JSON.stringify(window.gradio_config)")


def test_a_drawing_is_corrected(correcting, kept, draw, drawing_answer):
    page = correcting()
    question = page.locator("#draw-correct")
    expect(question.locator("details")).to_be_hidden()
    draw(page, "7")
    drawing_answer(page)

    question.get_by_text("Was it wrong?").click()
    send = question.get_by_role("button", name="Send the correction")
    expect(send).to_be_disabled()
    question.get_by_role("radio", name="1").check()
    expect(send).to_be_disabled()
    question.get_by_role("checkbox", name="I agree").check()
    send.click()

    expect(question.get_by_role("status")).to_have_text(THANKS)
    expect(send).to_be_disabled()
    (record,) = files_in(kept)
    assert record.parent.name == "1"
    assert np.asarray(Image.open(record)).ravel().tolist() == shown_frame(page, "#draw-panel")


def test_the_page_says_what_is_kept_before_it_is(correcting, draw, drawing_answer):
    page = correcting()
    draw(page, "7")
    drawing_answer(page)

    page.get_by_text("Was it wrong?").first.click()

    said = page.locator("#draw-correct .kept")
    for words in ("only the small picture", "Nothing else of you", "until the people who run this page delete it"):
        expect(said).to_contain_text(words)
    expect(page.locator("#kept")).to_contain_text("Only what you send under “Was it wrong?” is kept.")


def test_agreement_lasts_for_the_visit_and_the_answer_for_one_drawing(correcting, kept, draw, drawing_answer):
    page = correcting()
    question = page.locator("#draw-correct")
    draw(page, "7")
    drawing_answer(page)
    question.get_by_text("Was it wrong?").click()
    question.get_by_role("radio", name="no digit").check()
    question.get_by_role("checkbox", name="I agree").check()
    question.get_by_role("button", name="Send the correction").click()
    expect(question.get_by_role("status")).to_have_text(THANKS)

    page.get_by_role("button", name="Clear").click()
    expect(question.locator("details")).to_be_hidden()
    draw(page, "4")
    drawing_answer(page)

    expect(question.get_by_role("status")).to_have_text("")
    expect(question.get_by_role("radio", name="no digit")).not_to_be_checked()
    expect(question.get_by_role("checkbox", name="I agree")).to_be_checked()
    question.get_by_role("radio", name="9").check()
    question.get_by_role("button", name="Send the correction").click()
    expect(question.get_by_role("status")).to_have_text(THANKS)
    assert sorted(record.parent.name for record in files_in(kept)) == ["9", "not_a_digit"]


def correct(page, question, label):
    """Say what the present shape was, as a visitor who has agreed or not yet."""
    if not question.locator("details").evaluate("details => details.open"):
        question.get_by_text("Was it wrong?").click()
    question.get_by_role("radio", name=label).check()
    question.get_by_role("checkbox", name="I agree").check()
    question.get_by_role("button", name="Send the correction").click()
    expect(question.get_by_role("status")).to_have_text(THANKS)


def test_the_last_correction_is_taken_back_even_when_something_else_was_drawn(correcting, kept, draw, drawing_answer):
    page = correcting()
    question = page.locator("#draw-correct")
    back = question.get_by_role("button", name="Take it back")
    draw(page, "7")
    drawing_answer(page)
    expect(back).to_be_hidden()
    correct(page, question, "1")
    page.get_by_role("button", name="Clear").click()
    draw(page, "4")
    drawing_answer(page)
    correct(page, question, "8")
    first, _ = files_in(kept)
    expect(question.locator(".last")).to_contain_text("Your last correction, “it was an 8”, is kept.")
    page.get_by_role("button", name="Clear").click()

    back.click()

    expect(question.get_by_role("status")).to_have_text(TAKEN_BACK)
    expect(question.get_by_role("status")).to_be_focused()
    expect(back).to_be_hidden()
    assert files_in(kept) == [first]
    assert first.parent.name == "1"


def test_what_was_taken_back_can_be_said_anew(correcting, kept, draw, drawing_answer):
    page = correcting()
    question = page.locator("#draw-correct")
    draw(page, "7")
    drawing_answer(page)
    correct(page, question, "1")
    question.get_by_role("button", name="Take it back").focus()
    page.keyboard.press("Enter")
    expect(question.get_by_role("status")).to_have_text(TAKEN_BACK)

    correct(page, question, "2")

    expect(question.locator(".last")).to_contain_text("“it was a 2”")
    (record,) = files_in(kept)
    assert record.parent.name == "2"


def test_what_can_no_longer_be_taken_back_says_so(correcting, kept, draw, drawing_answer):
    page = correcting()
    question = page.locator("#draw-correct")
    draw(page, "7")
    drawing_answer(page)
    correct(page, question, "1")
    for record in files_in(kept):
        record.unlink()

    question.get_by_role("button", name="Take it back").click()

    expect(question.get_by_role("status")).to_contain_text("no longer where it was kept")
    expect(question.locator(".last")).to_be_hidden()


def test_the_pages_own_example_is_not_asked_about_until_somebody_changes_it(correcting, kept, draw, drawing_answer):
    page = correcting(reduced_motion="reduce")  # the example stands at once
    question = page.locator("#draw-correct")
    page.get_by_role("button", name="Example").click()
    drawing_answer(page)
    expect(page.locator("#draw-panel .frame")).to_be_visible()
    expect(question.locator("details")).to_be_hidden()

    draw(page, strokes=[[(20, 20), (60, 20)]])
    drawing_answer(page)
    expect(question.locator("details")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    drawing_answer(page)
    expect(question.locator("details")).to_be_hidden()

    page.get_by_role("button", name="Clear").click()
    draw(page, "7")
    drawing_answer(page)
    correct(page, question, "1")
    assert len(files_in(kept)) == 1


def test_the_page_that_writes_by_itself_is_not_asked_about(correcting):
    page = correcting()
    question = page.locator("#draw-correct details")

    expect(page.locator("#draw-panel .frame")).to_be_visible(timeout=20_000)

    assert page.locator("#draw-canvas .note").text_content().startswith("An example")
    expect(question).to_be_hidden()


def test_an_earlier_step_of_a_drawing_cannot_be_corrected(correcting, draw, drawing_answer):
    page = correcting()
    draw(page, "47")
    drawing_answer(page)
    question = page.locator("#draw-correct details")
    expect(question).to_be_visible()
    steps = page.locator("#draw-belief [role=slider]")

    steps.press("Home")
    expect(question).to_be_hidden()
    steps.press("End")

    expect(question).to_be_visible()


def test_one_digit_of_an_uploaded_number_is_corrected_by_keys_alone(correcting, kept, tmp_path):
    page = correcting()
    picture_of("407", width=600, height=240, brush=16).save(tmp_path / "number.png")
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#upload-image input[type=file]", tmp_path / "number.png")
    page.locator("#upload-panel .shapes button").nth(2).click()

    question = page.locator("#upload-correct")
    question.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(question.locator(".which")).to_have_text("This is about shape 3 of 3.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(question.get_by_role("status")).to_have_text(THANKS)
    (record,) = files_in(kept)
    assert record.parent.name == "1"
    assert np.asarray(Image.open(record)).ravel().tolist() == shown_frame(page, "#upload-panel")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_open_question_is_accessible_and_fits(correcting, draw, drawing_answer, scheme, width):
    page = correcting(viewport={"width": width, "height": 844}, color_scheme=scheme)
    draw(page, "47")
    drawing_answer(page)
    question = page.locator("#draw-correct")
    question.get_by_text("Was it wrong?").click()
    question.get_by_role("radio", name="1").check()
    question.get_by_role("checkbox", name="I agree").check()
    question.get_by_role("button", name="Send the correction").click()
    expect(question.get_by_role("button", name="Take it back")).to_be_visible()

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run('#draw-correct', { resultTypes: ['violations'] })")

    assert [fault["id"] for fault in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for target in question.locator("label, summary, button").all():
        assert target.bounding_box()["height"] >= 40


def test_nobody_can_fetch_what_is_kept(correcting, correcting_url, kept, draw, drawing_answer):
    record = CorrectionStore(kept).keep(frame_of("7"), "1", "visit")

    for address in (f"/gradio_api/file={record}", f"/file={record}", f"/gradio_api/file={record.relative_to(kept)}"):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(correcting_url + address)
        assert refusal.value.code in (403, 404)


def test_what_is_unsent_is_sent_when_the_app_is_stopped(chromium, private_repo, hub, draw, drawing_answer, tmp_path):
    settings = {
        "HF_ENDPOINT": hub.endpoint,
        "HOME": str(tmp_path),
        "DIGIT_MODEL_SOURCE": "bundled",
        "DIGIT_CORRECTIONS": f"hub:{REPO}",
        "DIGIT_CORRECTIONS_TOKEN": WRITER,
    }
    with running_app(ROOT, **settings) as address, chromium.new_context() as context:
        page = context.new_page()
        page.goto(address)
        page.locator("#draw-canvas canvas").wait_for()
        draw(page, "7")
        drawing_answer(page)
        question = page.locator("#draw-correct")
        question.get_by_text("Was it wrong?").click()
        expect(question.locator(".kept")).to_contain_text("private collection on the Hugging Face Hub")
        question.get_by_role("radio", name="2").check()
        question.get_by_role("checkbox", name="I agree").check()
        question.get_by_role("button", name="Send the correction").click()
        expect(question.get_by_role("status")).to_have_text(THANKS)
        assert records_of(private_repo) == []

    (sent,) = records_of(private_repo)
    assert sent.startswith("2/")


def test_the_app_does_not_start_with_a_public_repo(hub):
    hub.repos[f"datasets/{REPO}"] = Repo(private=False)
    hub.repos[f"datasets/{REPO}"].add_commit({})
    settings = {
        "HF_ENDPOINT": hub.endpoint,
        "DIGIT_CORRECTIONS": f"hub:{REPO}",
        "DIGIT_CORRECTIONS_TOKEN": WRITER,
    }

    command = [sys.executable, "app.py"]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "which is public" in ended.stderr
    assert "Traceback" not in ended.stderr
