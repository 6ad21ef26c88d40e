"""Many pictures at once: every file is a row, in its order, whatever is wrong with it."""

import csv

import pytest
from drawings import picture_of
from playwright.sync_api import expect

from digit_core.errors import UnreadablePictureError
from digit_core.types import Box, DigitReading, Prediction, Reading
from ui.many import MOST_FILES, NO_FILES, TOO_MANY_FILES, ManyHandlers, ManyPanel, progress_in_words, row_of
from ui.turns import Turns

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


def test_the_table_grows_while_it_is_read(monkeypatch):
    monkeypatch.setattr("ui.many.TOLD_EVERY", 0.0)

    tables = read_all(["1.png", "2.png"])

    assert [len(table.rows) for table in tables] == [1, 2, 2]
    assert progress_in_words(tables[0]) == "1 of 2 read, about 1 s left."


@pytest.mark.parametrize(
    ("files", "sentence"), [(None, NO_FILES), ([], NO_FILES), (["1.png"] * (MOST_FILES + 1), TOO_MANY_FILES)]
)
def test_no_files_or_too_many_are_answered_by_a_sentence(files, sentence):
    [table] = read_all(files)

    assert ManyPanel().postprocess(table) == {"words": sentence, "read": 0, "count": 0, "rows": []}


def test_a_row_tells_the_worst_of_its_shapes():
    reading = Reading(((shape(4, 0.99), shape(7, 0.4, "unsure")), (shape(1),)))

    row = row_of("sheet.png", reading)

    assert (row.text, row.confidence, row.verdict, row.doubtful) == ("47 / 1", 0.4, "unsure", True)


def test_many_files_are_read_filtered_and_taken_along(page, tmp_path):
    formula, tag = "=1+1.png", "<img src=x onerror=alert(1)>.png"
    for text, name in (("12", "twelve.png"), ("7", formula), ("3", tag)):
        picture_of(text).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"this is no picture")
    page.get_by_role("tab", name="Upload").click()
    page.locator("#many").get_by_role("button", name="Many pictures").click()
    names = ("twelve.png", formula, tag, "broken.png")
    page.set_input_files("#many-files input[type=file]", [tmp_path / name for name in names])
    expect(page.locator("#many-files")).to_contain_text("broken")

    page.get_by_role("button", name="Read all").click()

    rows = page.locator("#many-panel tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.locator("td:nth-child(2)")).to_have_text(["12", "7", "3", ""])
    page.get_by_label("Only what is unsure").check()
    expect(rows.filter(visible=True)).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    with download.value.path().open(newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == ["file", "text", "confidence", "verdict"]
    assert [row[1] for row in table[1:]] == ["12", "7", "3", ""]
    assert not any(row[0].startswith("=") for row in table)


def test_stop_keeps_what_was_read_so_far(page, tmp_path):
    picture_of("4071", width=1600, height=1200, brush=60).save(tmp_path / "sheet.png")
    content = (tmp_path / "sheet.png").read_bytes()
    sheets = [{"name": f"{number}.png", "mimeType": "image/png", "buffer": content} for number in range(60)]
    page.get_by_role("tab", name="Upload").click()
    page.locator("#many").get_by_role("button", name="Many pictures").click()
    page.set_input_files("#many-files input[type=file]", sheets)
    expect(page.locator("#many-files")).to_contain_text("59")
    page.get_by_role("button", name="Read all").click()
    expect(page.locator("#many-panel .words")).to_contain_text("of 60 read, about")

    page.get_by_role("button", name="Stop").click()

    page.wait_for_timeout(1500)
    words = page.text_content("#many-panel .words")
    page.wait_for_timeout(1500)
    assert page.text_content("#many-panel .words") == words
    assert 0 < page.locator("#many-panel tbody tr").count() < 60
