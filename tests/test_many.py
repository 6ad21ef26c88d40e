"""Many pictures at once: every file is a row, in its order, whatever is wrong with it."""

import csv
import io
import json
import re
from pathlib import Path
from threading import Thread

import pytest
from drawings import picture_of
from playwright.sync_api import expect

from digit_core import load_recognizer
from digit_core.errors import UnreadablePictureError
from digit_core.types import Box, DigitReading, Prediction, Reading
from ui.gallery import LEAF
from ui.many import (
    MOST_FILES,
    NO_FILES,
    TOO_MANY_FILES,
    FileRow,
    FileTable,
    ManyHandlers,
    ManyPanel,
    progress_in_words,
    row_of,
)
from ui.turns import Turns

MOST_GROWTH = 60  # megabytes for 240 more files: kept pictures alone would be 90, kept floats of them 360
VOTE = ("ensemble", "arithmetic", 0.5, 0.5)


def shape(digit, confidence=0.9, verdict="digit"):
    others = (1 - confidence) / 9
    prediction = Prediction(tuple(confidence if index == digit else others for index in range(10)))
    return DigitReading(Box(0, 0, 1, 1), None, prediction, {}, 0.9, verdict)


class ReadsNames:
    """A recognizer that reads a file's name, and finds fault with the name "bad"."""

    def read(self, file, *_):
        if file.stem == "bad":
            raise UnreadablePictureError("This is no picture.")
        return Reading((tuple(shape(int(letter)) for letter in file.stem),))


def read_all(files):
    return list(ManyHandlers(ReadsNames(), Turns()).read_all(files, *VOTE))


def test_a_bad_file_is_one_row_among_the_others():
    table = read_all(["407.png", "bad.png", "1.png"])[-1]

    assert [(row.file, row.text, row.doubtful) for row in table.rows] == [
        ("407.png", "407", False),
        ("bad.png", "", True),
        ("1.png", "1", False),
    ]
    assert table.rows[1].verdict == "This is no picture."
    assert progress_in_words(table) == "3 read, 1 to look at again."


def test_rows_travel_as_a_text_that_only_grows(monkeypatch):
    monkeypatch.setattr("ui.many.TOLD_EVERY", 0.0)

    first, *others = [ManyPanel().postprocess(table)["rows"] for table in read_all(["1.png", "bad.png", "407.png"])]

    assert all(text.startswith(first) for text in others)
    rows = [json.loads(line) for line in others[-1].splitlines()]
    assert [row[:5] for row in rows] == [
        ["1.png", "1", 0.9, "sure", False],
        ["bad.png", "", None, "This is no picture.", True],
        ["407.png", "407", 0.9, "sure", False],
    ]
    assert [len(row[5]) for row in rows] == [1, 0, 3]


def test_the_table_grows_while_it_is_read(monkeypatch):
    monkeypatch.setattr("ui.many.TOLD_EVERY", 0.0)

    tables = read_all(["1.png", "2.png"])

    assert [len(table.rows) for table in tables] == [1, 2, 2]
    assert progress_in_words(tables[0]) == "1 of 2 read, about 1 s left."


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (42.4, "42 s"), (170, "3 min")])
def test_the_time_left_is_told_as_people_say_it(seconds, words):
    table = FileTable((FileRow("1.png", "1", 0.9, "sure", doubtful=False),), 2, seconds)

    assert progress_in_words(table) == f"1 of 2 read, about {words} left."


@pytest.mark.parametrize(
    ("files", "sentence"), [(None, NO_FILES), ([], NO_FILES), (["1.png"] * (MOST_FILES + 1), TOO_MANY_FILES)]
)
def test_no_files_or_too_many_are_answered_by_a_sentence(files, sentence):
    [table] = read_all(files)

    assert ManyPanel().postprocess(table) == {"words": sentence, "count": 0, "rows": ""}


def test_a_row_tells_the_worst_of_its_shapes():
    reading = Reading(((shape(4, 0.99), shape(7, 0.4, "unsure")), (shape(1),)))

    row = row_of("sheet.png", reading)

    assert (row.text, row.confidence, row.verdict, row.doubtful) == ("47 / 1", 0.4, "unsure", True)
    assert [text for text, _ in row.boxes] == ["4", "7", "1"]


def test_a_crowd_makes_many_files_slow_and_loses_no_row():
    turns = Turns(at_once=1, waiting=0)
    tables = ManyHandlers(ReadsNames(), turns).read_all(["4.png", "7.png"], *VOTE)
    with turns.turn():
        reader = Thread(target=lambda: done.extend(tables))
        done = []
        reader.start()
        assert done == []

    reader.join()

    assert [row.text for row in done[-1].rows] == ["4", "7"]


def test_three_hundred_files_leave_the_memory_as_it_was(tmp_path):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_MODEL_SOURCE", "bundled")
        handlers = ManyHandlers(load_recognizer(), Turns())
    files = []
    for number in range(300):
        files.append(str(tmp_path / f"{number}.png"))
        picture_of(f"{number % 90 + 10}", width=200 + number, height=120, brush=9).save(files[-1])
    list(handlers.read_all(files[:60], *VOTE))  # what is made once: kernels, buffers, caches
    before = resident_megabytes()

    [*_, table] = handlers.read_all(files, *VOTE)

    assert len(table.rows) == 300
    assert resident_megabytes() - before < MOST_GROWTH


def resident_megabytes():
    """How much memory this process has."""
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("only Linux tells a process's memory in /proc")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status.read_text())[1]) / 1024


@pytest.fixture
def many(page):
    """Opens the folded part and chooses files for it."""

    def choose(files):
        page.get_by_role("tab", name="Upload").click()
        page.locator("#many").get_by_role("button", name="Many pictures").click()
        page.set_input_files("#many-files input[type=file]", files)
        page.locator("#many-files .file-preview").wait_for()
        return page.locator("#many")

    return choose


def png(text, **manner):
    """A drawn number as a PNG file's bytes."""
    file = io.BytesIO()
    picture_of(text, **manner).save(file, format="PNG")
    return file.getvalue()


def sheets(count, **manner):
    """Files of the same number, as a browser takes them."""
    content = png("4071", **manner)
    return [{"name": f"{number}.png", "mimeType": "image/png", "buffer": content} for number in range(count)]


def test_many_files_are_read_filtered_and_taken_along(page, many, tmp_path):
    names = ("twelve.png", "=1+1.png", "<img src=x onerror=alert(1)>.png", "${alert(1)}.png", "broken.png")
    for name, text in zip(names, ("12", "7", "3", "5"), strict=False):
        (tmp_path / name).write_bytes(png(text))
    (tmp_path / "broken.png").write_bytes(b"this is no picture")

    part = many([tmp_path / name for name in names])
    part.get_by_role("button", name="Read all").click()

    rows = part.locator("#many-panel tbody tr")
    expect(rows).to_have_count(5)
    expect(part.locator(".words")).to_have_text("5 read, 1 to look at again.")
    expect(rows.locator("td:nth-child(2)")).to_have_text(["12", "7", "3", "5", ""])
    expect(rows.nth(4).locator("td:nth-child(4)")).to_contain_text("picture")
    part.get_by_label("Only what is unsure").check()
    expect(rows.filter(visible=True)).to_have_count(1)
    with page.expect_download() as download:
        part.get_by_role("link", name="Download CSV").click()
    with download.value.path().open(newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == ["file", "text", "confidence", "verdict"]
    assert [row[1] for row in table[1:]] == ["12", "7", "3", "5", ""]
    assert all(0 < float(row[2]) <= 1 for row in table[1:5])
    assert not any(row[0].startswith("=") for row in table)


def test_names_of_files_are_shown_as_text_and_never_run(page, many, tmp_path):
    names = ("${alert(1)}.png", "<img src=x onerror=alert(1)>.png", "{{alert(1)}}.png")
    for name in names:
        (tmp_path / name).write_bytes(png("8"))

    part = many([tmp_path / name for name in names])
    part.get_by_role("button", name="Read all").click()
    expect(part.locator("#many-panel tbody tr")).to_have_count(3)
    part.get_by_text("Pictures, with a box").click()

    expect(part.locator("#many-gallery img")).to_have_count(3)
    expect(part.locator("#many-panel tbody td:first-child").first).to_contain_text("alert(1)")
    expect(part.locator("#many-gallery figcaption").first).to_contain_text("alert(1)")
    assert page.locator("img[onerror], img[src=x]").count() == 0


def test_the_gallery_shows_a_leaf_of_pictures_with_their_boxes_and_no_more(page, many):
    broken = {"name": "broken.png", "mimeType": "image/png", "buffer": b"this is no picture"}
    part = many([*sheets(29, width=400, height=120, brush=9), broken])
    part.get_by_role("button", name="Read all").click()
    expect(part.locator(".words")).to_have_text("30 read, 1 to look at again.")
    gallery = part.locator("#many-gallery")

    gallery.get_by_text("Pictures, with a box").click()
    expect(gallery.locator("img")).to_have_count(LEAF)
    expect(gallery.locator(".where")).to_have_text(f"1 to {LEAF} of 30")
    expect(gallery.locator("figure").first.locator(".box b")).to_have_text(["4", "0", "7", "1"])
    gallery.get_by_role("button", name="Next").click()
    expect(gallery.locator(".where")).to_have_text(f"{LEAF + 1} to 30 of 30")
    expect(gallery.locator("img")).to_have_count(29 - LEAF)
    expect(gallery.locator("figure").last).to_contain_text("broken.png")
    part.get_by_label("Only what is unsure").check()

    expect(gallery.locator("figure")).to_have_count(1)
    expect(gallery.locator(".where")).to_have_text("1 to 1 of 1")


def test_stop_keeps_what_was_read_so_far_and_says_so(page, many):
    part = many(sheets(60, width=1600, height=1200, brush=60))
    part.get_by_role("button", name="Read all").click()
    expect(part.locator(".words")).to_contain_text("of 60 read, about")
    expect(part.get_by_role("progressbar", name="Pictures read")).to_be_visible()

    part.get_by_role("button", name="Stop").click()

    words = part.locator(".words").text_content()
    assert words.startswith("Stopped: ")
    assert words.endswith("to look at again.")
    read = part.locator("#many-panel tbody tr").count()
    assert 0 < read < 60
    expect(part.get_by_role("button", name="Read all")).to_be_enabled()
    part.get_by_role("button", name="Read all").click()  # the queue is free: the stopped reading does not go on
    expect(part.locator(".words")).to_contain_text("of 60 read, about")
    part.get_by_role("button", name="Stop").click()


def test_a_reading_that_broke_off_says_so(page, many):
    part = many(sheets(1))
    asked = []

    def join(route):
        answer = route.fetch()
        asked.append(answer.json()["event_id"])
        route.fulfill(response=answer)

    def fail(route):
        ended = {"msg": "process_completed", "event_id": asked[0], "output": {"error": "gone"}, "success": False}
        route.fulfill(content_type="text/event-stream", body=f"data: {json.dumps(ended)}\n\n")

    page.route("**/queue/join**", join)
    page.route("**/queue/data**", fail)

    part.get_by_role("button", name="Read all").click()

    expect(part.locator(".words")).to_contain_text("It broke off: nothing was read.")
    expect(part.get_by_role("button", name="Read all")).to_be_enabled()
