"""Many pictures at once: every file is a row, in its order, whatever is wrong with it."""

import json
from threading import Thread

import pytest

from digit_core.command.table import COLUMNS, header
from digit_core.errors import UnreadablePictureError
from digit_core.types import Box, DigitReading, Prediction, Reading, Vote
from ui.components.batch import (
    MAX_FILES,
    NO_FILES,
    TOO_MANY_FILES,
    BatchHandlers,
    BatchPanel,
    FileRow,
    FileTable,
    progress_in_words,
    row_of,
)
from ui.server.turns import Turns

VOTE = (Vote(), 0.5)


def shape(digit, confidence=0.9, verdict="digit"):
    others = (1 - confidence) / 9
    prediction = Prediction(tuple(confidence if index == digit else others for index in range(10)))
    return DigitReading(Box(0, 0, 1, 1), None, prediction, {}, 0.9, verdict)


class ReadsNames:
    """A recognizer that reads a file's name, and finds fault with names that end in "bad"."""

    def read(self, file, *_):
        if file.stem.endswith("bad"):
            raise UnreadablePictureError("This is no picture.")
        return Reading((tuple(shape(int(letter)) for letter in file.stem),))


def read_all(files):
    return list(BatchHandlers(ReadsNames(), Turns()).read_all(files, *VOTE))


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
    monkeypatch.setattr("ui.components.batch.TOLD_EVERY", 0.0)

    first, *others = [BatchPanel().postprocess(table)["rows"] for table in read_all(["1.png", "bad.png", "407.png"])]

    assert all(text.startswith(first) for text in others)
    rows = [json.loads(line) for line in others[-1].splitlines()]
    assert [row[:5] for row in rows] == [
        ["1.png", "1", 0.9, "sure", False],
        ["bad.png", "", None, "This is no picture.", True],
        ["407.png", "407", 0.9, "sure", False],
    ]
    assert [len(row[5]) for row in rows] == [1, 0, 3]


def test_the_table_grows_while_it_is_read(monkeypatch):
    monkeypatch.setattr("ui.components.batch.TOLD_EVERY", 0.0)

    tables = read_all(["1.png", "2.png"])

    assert [len(table.rows) for table in tables] == [1, 2, 2]
    assert progress_in_words(tables[0]) == "1 of 2 read, about 1 s left."


def test_the_table_to_take_along_is_the_command_lines():
    [*_, table] = read_all(["407.png", "=bad.png", "bad.png"])

    lines = BatchPanel().postprocess(table)["csv"].splitlines()

    assert lines[0] == ",".join(COLUMNS)
    assert lines[1:] == [
        "407.png,407,0.9000,0,0,",
        "'=bad.png,,,,,This is no picture.",
        "bad.png,,,,,This is no picture.",
    ]


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (42.4, "42 s"), (170, "3 min")])
def test_the_time_left_is_told_as_people_say_it(seconds, words):
    table = FileTable((FileRow("1.png", "1", 0.9, "sure", doubtful=False, line=""),), 2, seconds)

    assert progress_in_words(table) == f"1 of 2 read, about {words} left."


@pytest.mark.parametrize(
    ("files", "sentence"), [(None, NO_FILES), ([], NO_FILES), (["1.png"] * (MAX_FILES + 1), TOO_MANY_FILES)]
)
def test_no_files_or_too_many_are_answered_by_a_sentence(files, sentence):
    [table] = read_all(files)

    assert BatchPanel().postprocess(table) == {"words": sentence, "count": 0, "rows": "", "csv": header()}


def test_a_row_tells_the_worst_of_its_shapes():
    reading = Reading(((shape(4, 0.99), shape(7, 0.4, "unsure")), (shape(1),)))

    row = row_of("sheet.png", reading)

    assert (row.text, row.confidence, row.verdict, row.doubtful) == ("47 / 1", 0.4, "unsure", True)
    assert [text for text, _ in row.boxes] == ["4", "7", "1"]


def test_a_crowd_makes_many_files_slow_and_loses_no_row():
    turns = Turns(at_once=1, waiting=0)
    tables = BatchHandlers(ReadsNames(), turns).read_all(["4.png", "7.png"], *VOTE)
    with turns.turn():
        reader = Thread(target=lambda: done.extend(tables))
        done = []
        reader.start()
        assert done == []

    reader.join()

    assert [row.text for row in done[-1].rows] == ["4", "7"]
