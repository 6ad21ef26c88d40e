"""The command line reads files, names those it cannot read, and writes tables whole."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digit_core.__main__ import main
from digit_core.errors import EmptyDrawingError, UnreadablePictureError, WeightsError
from digit_core.types import Box, DigitReading, Prediction, Reading, Vote
from tests.support.drawings import picture_of

ROOT = Path(__file__).parents[2]


class Reader:
    """Reads what a file's name says: "407_12" is two rows, "blank" is blank; keeps what it was asked."""

    vote = Vote("ensemble", "geometric", 0.3)

    def __init__(self):
        self.asked = []

    def read(self, image, vote, threshold, single):
        self.asked.append((image.name, vote, threshold, single))
        if image.stem == "blank":
            raise EmptyDrawingError
        if image.stem == "broken":
            raise UnreadablePictureError("This file is damaged.")
        return Reading(tuple(tuple(map(shape, row)) for row in image.stem.split("_")), vote)


def shape(character):
    """A digit, or what is none, read with a confidence of 0.91 (0.55 for a four)."""
    digit = int(character) if character.isdigit() else 0
    confidence = 0.55 if digit == 4 else 0.91
    prediction = Prediction(tuple(confidence if d == digit else (1 - confidence) / 9 for d in range(10)))
    verdict = "not_a_digit" if character == "x" else "unsure" if digit == 4 else "digit"
    votes = {"compact": prediction, "deep": prediction}
    return DigitReading(Box(0, 0, 9, 9), np.zeros((28, 28), np.float32), prediction, votes, 0.9, verdict)


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def run(reader, capfd):
    """Runs the command line and returns its exit code, stdout's lines and stderr's lines."""

    def command(*arguments):
        code = main([str(argument) for argument in arguments], lambda: reader)
        said, complained = capfd.readouterr()
        return code, said.splitlines(), complained.splitlines()

    return command


def test_every_file_is_a_line(run):
    code, said, complained = run("407.png", "8.png")

    assert (code, said, complained) == (0, ["407.png: 407", "8.png: 8"], [])


def test_rows_stay_on_one_line_and_a_question_mark_stands_for_no_digit(run):
    assert run("40_1x.png")[1] == ["40_1x.png: 40 / 1?"]


def test_a_bad_file_is_named_on_stderr_and_the_others_are_read(run):
    code, said, complained = run("1.png", "broken.png", "blank.png", "2.png")

    assert code == 1
    assert said == ["1.png: 1", "2.png: 2"]
    assert complained == ["broken.png: This file is damaged.", f"blank.png: {EmptyDrawingError()}"]


def test_json_is_one_object_a_line_with_the_bad_files_too(run):
    code, said, complained = run("--json", "47.png", "broken.png")

    good, bad = map(json.loads, said)
    assert (good["file"], good["error"], good["text"]) == ("47.png", None, "47")
    assert [digit["digit"] for digit in good["digits"]] == [4, 7]
    assert bad == {"file": "broken.png", "error": "This file is damaged."}
    assert code == len(complained) == 1


def test_a_table_has_a_row_for_each_file(run, tmp_path):
    code, said, _ = run("4_1x.png", "broken.png", "8.png", "--csv", tmp_path / "table.csv")

    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (code, said) == (1, ["4_1x.png: 4 / 1?", "8.png: 8"])
    assert [row["file"] for row in rows] == ["4_1x.png", "broken.png", "8.png"]
    assert [row["text"] for row in rows] == ["4 / 1?", "", "8"]
    assert [row["lowest_confidence"] for row in rows] == ["0.5500", "", "0.9100"]
    assert [(row["unsure"], row["not_a_digit"]) for row in rows] == [("1", "1"), ("", ""), ("0", "0")]
    assert rows[1]["error"] == "This file is damaged."


def test_a_table_that_cannot_be_written_leaves_the_old_one(run, tmp_path):
    (tmp_path / "table.csv").mkdir()

    code, _, complained = run("8.png", "--csv", tmp_path / "table.csv")

    assert code == 1
    assert "could not be written" in complained[0]
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_table_without_a_folder_is_a_sentence(run, tmp_path):
    code, _, complained = run("8.png", "--csv", tmp_path / "nowhere" / "table.csv")

    assert code == 1
    assert "could not be written: No such file or directory." in complained[0]


def test_a_stopped_run_leaves_the_old_table(run, reader, tmp_path):
    (tmp_path / "table.csv").write_text("old")
    reader.read = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)

    code, *_ = run("8.png", "--csv", tmp_path / "table.csv")

    assert code == 130
    assert (tmp_path / "table.csv").read_text() == "old"


def test_nothing_chosen_leaves_the_readers_own_vote(run, reader):
    run("8.png")

    assert reader.asked == [("8.png", Reader.vote, None, False)]


def test_what_is_chosen_reaches_the_reader(run, reader):
    run("8.png", "--model", "deep", "--mean", "arithmetic", "--weight", "0.8", "--threshold", "0.6", "--single")

    assert reader.asked == [("8.png", Vote("deep", "arithmetic", 0.8), 0.6, True)]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["8.png", "--weight", "1.5"],
        ["8.png", "--weight", "heavy"],
        ["8.png", "--threshold", "nan"],
        ["8.png", "--model", "giant"],
        ["8.png", "--mean", "median"],
        ["8.png", "--json", "--csv", "table.csv"],
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_read(run, reader, arguments):
    with pytest.raises(SystemExit) as end:
        run(*arguments)

    assert end.value.code == 2
    assert reader.asked == []


def test_missing_weights_are_a_sentence(capfd):
    def load():
        raise WeightsError("The weights of deep are missing.")

    assert main(["8.png"], load) == 1
    assert capfd.readouterr().err == "The weights of deep are missing.\n"


def test_the_real_networks_read_files_from_a_shell(tmp_path):
    picture_of("407", width=600, height=240, brush=16).save(tmp_path / "number.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")

    answer = subprocess.run(
        [sys.executable, "-m", "digit_core", tmp_path / "number.png", tmp_path / "broken.png"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.stdout == f"{tmp_path / 'number.png'}: 407\n"
    assert answer.stderr.startswith(f"{tmp_path / 'broken.png'}: This file could not be read")
    assert answer.stderr.count("\n") == answer.returncode == 1
