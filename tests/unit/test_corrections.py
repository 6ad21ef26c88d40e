"""Corrections: what is kept of them, that nothing else is, and that nothing kept is lost."""

import os
import stat
import threading
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from digit_core.effort import DRAWING, PICTURE
from digit_core.errors import CorrectionError, CorrectionsError, NoLongerKeptError
from digit_core.types import Vote
from tests.support.corrections import REPO, files_in, frame_of
from tests.support.drawings import draw_crowded_pair, picture_of
from tests.support.hub_server import WRITER
from training.data.own import find_extra, from_files
from training.data.sources import MARK_OR_LETTER
from ui.components.correction import Correction, CorrectionPanel, UndoRequest
from ui.components.correction import store as corrections
from ui.components.correction.handlers import (
    BY_PAGE,
    CHANGED,
    NO_LONGER_THERE,
    NOT_AGREED,
    TAKEN_BACK,
    THANKS,
    CorrectionHandlers,
    UndoHandlers,
)
from ui.components.correction.store import LABELS, CorrectionStore, open_corrections, open_folder
from ui.components.sketchpad import Drawing
from ui.server.turns import Turns

ROOT = Path(__file__).parents[2]
VOTE = (Vote(), 0.5)
WHOLE = (28, 28)


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

    assert sorted(label for _, label in found) == [MARK_OR_LETTER, *range(10)]
    assert learned.labels.tolist() == [label for _, label in found]
    for frame, label in zip(learned.frames, learned.labels, strict=True):
        kept = frame_of(str(label) if label != MARK_OR_LETTER else "3").ravel()
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
    monkeypatch.setattr(corrections, "MAX_PER_VISITOR", 2)
    for _ in range(2):
        store.keep(frame_of("7"), "1", "first")

    with pytest.raises(CorrectionError, match="as many as one visit can give"):
        store.keep(frame_of("7"), "1", "first")
    store.keep(frame_of("7"), "1", "second")

    assert store.count() == 3


def test_an_hour_takes_only_so_many_whoever_they_say_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(corrections, "MAX_PER_HOUR", 2)
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


def test_one_address_does_not_use_up_the_hour_of_all(tmp_path, monkeypatch):
    monkeypatch.setattr(corrections, "MAX_PER_ADDRESS", 2)
    seconds = 0.0
    store = CorrectionStore(open_folder(tmp_path), clock=lambda: seconds)
    for visit in ("first", "second"):
        store.keep(frame_of("7"), "1", visit, "198.51.100.1")

    with pytest.raises(CorrectionError, match="in the last hour"):
        store.keep(frame_of("7"), "1", "third", "198.51.100.1")
    store.keep(frame_of("7"), "1", "fourth", "198.51.100.2")
    for visit in ("fifth", "sixth", "seventh"):
        store.keep(frame_of("7"), "1", visit)  # nobody knows from where
    seconds = 3600.0
    store.keep(frame_of("7"), "1", "eighth", "198.51.100.1")

    assert store.count() == 7


def test_what_was_not_written_is_not_counted_in_the_hour(store, monkeypatch):
    monkeypatch.setattr(corrections, "MAX_PER_HOUR", 1)

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
    monkeypatch.setattr(corrections, "MAX_PER_VISITOR", 1)
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
    monkeypatch.setattr(corrections, "MAX_RECORDS", 2)
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


def test_the_store_forgets_the_oldest_visits_and_receipts(store, monkeypatch):
    monkeypatch.setattr(corrections, "MAX_PER_VISITOR", 1)
    monkeypatch.setattr(corrections, "MAX_VISITORS", 3)
    monkeypatch.setattr(corrections, "MAX_RECEIPTS", 2)

    records = [store.keep(frame_of("7"), "1", visit) for visit in "abcde"]

    for visit in "cde":
        with pytest.raises(CorrectionError, match="as many as one visit can give"):
            store.keep(frame_of("7"), "1", visit)
    for record in records[:3]:
        with pytest.raises(NoLongerKeptError):
            store.take_back(record.stem)
    assert all(store.take_back(record.stem) for record in records[3:])
    assert all(store.keep(frame_of("7"), "1", visit) for visit in "ab")


@pytest.mark.parametrize("refuses", [stat.S_ISREG, stat.S_ISDIR], ids=["the file", "its name"])
def test_a_disk_that_does_not_take_it_is_a_sentence(store, monkeypatch, refuses):
    def full_disk(opened):
        if refuses(os.fstat(opened).st_mode):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(corrections.os, "fsync", full_disk)

    with pytest.raises(CorrectionError, match="could not be kept"):
        store.keep(frame_of("7"), "1", "visit")

    assert files_in(store.folder) == []


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


# What the page does with a correction.


@pytest.fixture
def handlers(recognizer, store):
    return CorrectionHandlers(recognizer, Turns(), store)


def drawing_of(text):
    return Drawing(1, picture_of(text).convert("L"))


def test_what_the_page_wrote_itself_is_not_kept(handlers):
    example = Drawing(1, picture_of("7").convert("L"), by_page=True)

    outcome = handlers.keep_for_drawing(Correction(0, "1", "7", True), example, *VOTE, "a session")

    assert (outcome.sentence, outcome.kept, outcome.receipt) == (BY_PAGE, False, "")
    assert files_in(handlers.store.folder) == []


def test_the_receipt_takes_back_what_was_kept(handlers):
    kept = handlers.keep_for_drawing(Correction(0, "1", "7", True), drawing_of("7"), *VOTE, "a session")
    handler = UndoHandlers(handlers.store)

    first, again = (handler.answer(UndoRequest(kept.receipt)) for _ in range(2))

    assert (first.sentence, first.receipt, first.done) == (TAKEN_BACK, kept.receipt, True)
    assert "nothing to take back" in again.sentence
    assert again.done
    assert files_in(handlers.store.folder) == []


def test_one_event_does_not_take_what_is_meant_for_the_other(handlers):
    with pytest.raises(gr.Error):
        handlers.keep_for_drawing(UndoRequest("receipt"), drawing_of("7"), *VOTE, "a session")
    with pytest.raises(gr.Error):
        UndoHandlers(handlers.store).answer(Correction(0, "1", "7", True))


def test_the_servers_own_reading_is_kept_of_the_shape_that_is_meant(handlers, recognizer, tmp_path):
    picture_of("407", width=600, height=240, brush=16).save(tmp_path / "number.png")
    zero = recognizer.read(tmp_path / "number.png").digits[1]

    outcome = handlers.keep_for_upload(Correction(1, "6", "407", True), tmp_path / "number.png", *VOTE, "a session")

    assert (outcome.sentence, outcome.kept) == (THANKS, True)
    (record,) = files_in(handlers.store.folder)
    assert record.parent.name == "6"
    assert np.array_equal(np.asarray(Image.open(record)), np.rint(zero.frame * 255))


def test_a_drawing_is_read_as_closely_as_while_it_was_drawn_and_a_picture_more_closely(handlers, recognizer, tmp_path):
    crowded = draw_crowded_pair()
    crowded.save(tmp_path / "crowded.png")
    shown, uploaded = (recognizer.read(crowded, *VOTE, effort=effort).text for effort in (DRAWING, PICTURE))

    of_drawing = handlers.keep_for_drawing(Correction(20, "3", shown, True), Drawing(1, crowded), *VOTE, "a session")
    of_picture = handlers.keep_for_upload(
        Correction(20, "8", uploaded, True), tmp_path / "crowded.png", *VOTE, "a session"
    )

    assert shown != uploaded
    assert of_drawing.kept
    assert of_picture.kept


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
    outcome = handlers.keep_for_drawing(correction, drawing, *VOTE, "a session")

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
        CorrectionPanel().preprocess(payload)
