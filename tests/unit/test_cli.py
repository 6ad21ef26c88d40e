"""The command line reads files, names those it cannot read, and loses no row of a table."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from digit_core import load_recognizer
from digit_core.__main__ import main
from digit_core.command.table import FileResult, Table, header
from digit_core.errors import EmptyDrawingError, OutputError, WeightsError
from digit_core.types import Vote
from tests.support.drawings import picture_of
from tests.support.reader import Reader
from tests.support.shell import ROOT, start_shell

LONG_NAME = "x" * 300 + ".txt"  # longer than a file's name may be
MANY = ["scans/" * 30 + "8.png"] * 500  # whose lines together are more than a pipe holds, which is 64 KiB


def table_in(path):
    """The rows of a table, by column."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


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

    rows = table_in(tmp_path / "table.csv")
    assert (code, said) == (1, ["4_1x.png: 4 / 1?", "8.png: 8"])
    assert [row["file"] for row in rows] == ["4_1x.png", "broken.png", "8.png"]
    assert [row["text"] for row in rows] == ["4 / 1?", "", "8"]
    assert [row["lowest_confidence"] for row in rows] == ["0.5500", "", "0.9100"]
    assert [(row["unsure"], row["not_a_digit"]) for row in rows] == [("1", "1"), ("", ""), ("0", "0")]
    assert rows[1]["error"] == "This file is damaged."


def run_and_be_refused(run, *arguments):
    """Run a command that is refused before anything is read, and return what it says."""
    with pytest.raises(SystemExit) as end:
        run(*arguments)
    assert end.value.code == 2


def test_pictures_that_the_shell_put_behind_csv_are_not_overwritten(run, reader, tmp_path, capfd):
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(b"a picture")

    run_and_be_refused(run, "--csv", *sorted(tmp_path.iterdir()))

    assert "called like a picture" in capfd.readouterr().err
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"a picture"}
    assert reader.asked == []


@pytest.mark.parametrize("content", ["old", "file,text\n1.png,1\n", "file,text,lowest_confidence,unsure", "\ufeff\n"])
def test_a_file_that_is_no_table_of_ours_stays(run, reader, tmp_path, capfd, content):
    (tmp_path / "notes.csv").write_text(content, encoding="utf-8")

    run_and_be_refused(run, "8.png", "--csv", tmp_path / "notes.csv")

    assert "it stays as it is" in capfd.readouterr().err
    assert (tmp_path / "notes.csv").read_text(encoding="utf-8") == content
    assert reader.asked == []


def test_bytes_that_are_no_text_are_no_table(run, tmp_path):
    (tmp_path / "table.csv").write_bytes(b"\xff\xd8\xff\xe0")

    run_and_be_refused(run, "8.png", "--csv", tmp_path / "table.csv")


@pytest.mark.parametrize("options", [[], ["--excel"]])
def test_a_table_of_ours_is_written_anew(run, tmp_path, options):
    for name in ("1.png", "2.png"):
        code, *_ = run(name, "--csv", tmp_path / "table.csv", *options)
        assert code == 0

    content = (tmp_path / "table.csv").read_bytes()
    assert b"1.png" not in content
    assert b"2.png" in content


def test_an_empty_file_may_become_a_table(run, tmp_path):
    (tmp_path / "table.csv").touch()

    assert run("8.png", "--csv", tmp_path / "table.csv")[0] == 0


def test_a_table_never_takes_the_place_of_what_is_read(run, tmp_path):
    (tmp_path / "1.csv").write_text(header(), encoding="utf-8")
    (tmp_path / "same.csv").hardlink_to(tmp_path / "1.csv")

    run_and_be_refused(run, tmp_path / "1.csv", "--csv", tmp_path / "1.csv")
    run_and_be_refused(run, tmp_path / "1.csv", "--csv", tmp_path / "same.csv")


@pytest.mark.parametrize("place", ["", ".", "..", "/", "nowhere/table.csv", "folder", "8.PNG"])
def test_no_place_for_a_table_is_refused_before_reading(run, reader, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()

    run_and_be_refused(run, "8.png", "--csv", place)

    assert reader.asked == []
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_table_is_no_pipe_and_no_device(run, reader, tmp_path):
    os.mkfifo(tmp_path / "pipe")

    run_and_be_refused(run, "8.png", "--csv", tmp_path / "pipe")
    run_and_be_refused(run, "8.png", "--csv", os.devnull)

    assert reader.asked == []


def interrupt_at(count, reader):
    """Have Ctrl-C pressed while a reader reads its `count`-th file."""
    read = reader.read

    def read_some(*arguments):
        if len(reader.asked) >= count - 1:
            raise KeyboardInterrupt
        return read(*arguments)

    reader.read = read_some


def test_an_earlier_table_stays_where_reading_stops_before_the_first_row(run, reader, tmp_path):
    run("1.png", "--csv", tmp_path / "table.csv")
    before = (tmp_path / "table.csv").read_bytes()
    interrupt_at(2, reader)

    code, *_ = run("8.png", "--csv", tmp_path / "table.csv")

    assert code == 130
    assert (tmp_path / "table.csv").read_bytes() == before


def test_ctrl_c_keeps_what_was_read(run, reader, tmp_path):
    interrupt_at(3, reader)

    code, said, complained = run("1.png", "2.png", "3.png", "--csv", tmp_path / "table.csv", "--workers", "1")

    assert (code, said) == (130, ["1.png: 1", "2.png: 2"])
    assert complained == ["Stopped after 2 of 3 files."]
    assert [row["file"] for row in table_in(tmp_path / "table.csv")] == ["1.png", "2.png"]


def test_one_worker_has_each_row_in_the_file_before_it_reads_the_next(run, reader, tmp_path):
    read, found = reader.read, []

    def look(*arguments):
        found.append(len(table_in(tmp_path / "table.csv")) if (tmp_path / "table.csv").exists() else 0)
        return read(*arguments)

    reader.read = look
    run("1.png", "2.png", "3.png", "--csv", tmp_path / "table.csv", "--workers", "1")

    assert found == [0, 1, 2]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_a_sentence():
    with (
        pytest.raises(OutputError, match=r"could not be written: .*; it has 0 rows"),
        Table(Path("/dev/full")) as table,
    ):
        table.add(FileResult("8.png", None, "This file is damaged.").as_line())


def test_the_mark_for_excel_is_written_when_asked_for(run, tmp_path):
    run("8.png", "--csv", tmp_path / "plain.csv")
    run("8.png", "--csv", tmp_path / "marked.csv", "--excel")

    assert (tmp_path / "marked.csv").read_bytes() == b"\xef\xbb\xbf" + (tmp_path / "plain.csv").read_bytes()


def test_a_cell_that_a_spreadsheet_would_run_is_text(run, tmp_path):
    run("=1.png", "+1.png", "@1.png", "./-1.png", "--csv", tmp_path / "table.csv")

    assert [row["file"] for row in table_in(tmp_path / "table.csv")] == ["'=1.png", "'+1.png", "'@1.png", "'-1.png"]


@pytest.mark.skipif(os.name != "posix", reason="only here may a name be any bytes")
def test_names_that_are_no_text_are_escaped_and_never_fatal(run, tmp_path):
    odd = [os.fsdecode(name) for name in (b"br\xffoken.png", b"1\n2.png", b"\x1b[2J.png", "7é\u202f.png".encode())]

    code, _, complained = run(*odd, "8.png", "--csv", tmp_path / "table.csv", "--single")

    names = [row["file"] for row in table_in(tmp_path / "table.csv")]
    assert names == [r"br\xffoken.png", r"1\n2.png", r"\x1b[2J.png", "7é\u202f.png", "8.png"]
    assert len(complained) == 0
    assert code == 0


def test_the_pictures_of_a_folder_are_read_and_what_is_left_out_is_told(run, tmp_path):
    for name in ("b/2.jfif", "b/1.PGM", "b/notes.txt", "b/.hidden.png", "b/deep/3.png", ".git/4.png", "5.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    code, said, complained = run(tmp_path / "b")
    assert code == 0
    assert [line.rpartition(": ")[2] for line in said] == ["1", "2"]
    assert [line.partition(": ")[2] for line in complained] == [
        "1 (notes.txt) was not called like a picture and left out.",
        "1 (deep) was left out; --recursive reads subfolders, too.",
    ]

    _, said, _ = run("--recursive", tmp_path)
    assert [line.rpartition(": ")[2] for line in said] == ["5", "1", "2", "3"]


def test_a_folder_without_pictures_is_told(run, reader, tmp_path):
    code, said, complained = run(tmp_path)

    assert (code, said) == (1, [])
    assert "no picture in this folder" in complained[0]


def test_wildcards_are_expanded_where_the_shell_does_not(run, tmp_path):
    for name in ("1.png", "2.png", "[3].png", "3.png"):
        (tmp_path / name).touch()

    def read(pattern):
        return [line.rpartition("/")[2] for line in run(tmp_path / pattern)[1]]

    assert read("[12].png") == ["1.png: 1", "2.png: 2"]
    assert len(read("*.png")) == 4
    assert run(tmp_path / "[3].png")[1][0].startswith(f"{tmp_path / '[3].png'}: ")


def test_a_pattern_that_matches_nothing_is_a_file_that_is_missed(run, reader, tmp_path):
    run(tmp_path / "*.jpg")

    assert [name for name, *_ in reader.asked] == ["*.jpg"]


@pytest.mark.parametrize("arguments", [("8.png", "--csv", LONG_NAME), ("8.png", "--steps", LONG_NAME)])
def test_an_output_whose_name_is_too_long_is_refused_with_a_sentence(run, arguments, capfd):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)

    assert ended.value.code == 2
    assert capfd.readouterr().err.endswith("is no place to write to: File name too long.\n")


def test_a_table_takes_an_earlier_ones_place_though_the_name_of_an_input_is_too_long(run, tmp_path):
    table = tmp_path / "table.csv"
    run("8.png", "--csv", table)

    run(LONG_NAME, "--csv", table)

    assert [row["file"] for row in table_in(table)] == [LONG_NAME]


def test_head_ends_the_command_quietly():
    process = start_shell(*MANY, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    assert process.stdout.readline() == f"{MANY[0]}: 8\n".encode()
    process.stdout.close()

    assert process.stderr.read() == b""
    assert process.wait(timeout=120) == 0


def test_nothing_is_said_of_metadata_that_is_broken(tmp_path):
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"
    picture_of("7").convert("RGB").save(tmp_path / "7.jpg", exif=exif)
    with pytest.warns(UserWarning, match="EXIF"):
        Image.open(tmp_path / "7.jpg").getexif()

    process = start_shell(tmp_path / "7.jpg", load=load_recognizer, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    assert process.communicate(timeout=120) == (f"{tmp_path / '7.jpg'}: 7\n".encode(), b"")


def test_a_table_is_finished_though_nobody_listens(tmp_path):
    process = start_shell(*MANY, "--csv", tmp_path / "table.csv", stdout=subprocess.PIPE)

    process.stdout.close()
    process.wait(timeout=120)

    assert len(table_in(tmp_path / "table.csv")) == len(MANY)


def test_a_console_of_few_characters_gets_names_escaped():
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}

    process = start_shell("7é.png", stdout=subprocess.PIPE, env=environment)

    assert process.communicate(timeout=120)[0] == b"7\\xe9.png: 70\n"


@pytest.mark.skipif(os.name != "posix", reason="only here can a test open a terminal")
def test_progress_is_shown_on_a_terminal_and_none_in_a_pipe():
    import pty
    import termios

    terminal, inside = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    os.set_blocking(terminal, False)
    process = start_shell("1.png", "2.png", stdout=subprocess.PIPE, stderr=inside)
    said = process.communicate(timeout=120)[0]
    shown = os.read(terminal, 65536)  # before its other end is closed, and with it what was written
    os.close(inside)
    os.close(terminal)

    assert said == b"1.png: 1\n2.png: 2\n"
    assert b"0/2" in shown
    piped = start_shell("1.png", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert piped.communicate(timeout=120) == (b"1.png: 1\n", b"")


def test_nothing_chosen_leaves_the_readers_own_vote(run, reader):
    run("8.png")

    assert reader.asked == [("8.png", Reader.vote, None, False, None, None, 0)]


def test_what_is_chosen_reaches_the_reader(run, reader):
    run("8.png", "--model", "deep", "--mean", "arithmetic", "--weight", "0.8", "--threshold", "0.6", "--single")

    assert reader.asked == [("8.png", Vote("deep", "arithmetic", 0.8), 0.6, True, None, None, 0)]


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
        ["8.png", "--excel"],
        ["8.png", "--workers", "0"],
        ["8.png", "--workers", "many"],
        ["8.png", "--digits", "0"],
        ["8.png", "--digits", "-3"],
        ["8.png", "--alternatives", "11"],
        ["8.png", "--alternatives", "-1"],
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


def test_what_is_known_of_the_pictures_is_handed_on(run, reader):
    run("407.png", "--digits", "3", "--rows", "1", "--alternatives", "2")

    assert reader.asked == [("407.png", Reader.vote, None, False, 3, 1, 2)]


def test_the_steps_of_each_file_are_kept_in_a_folder_of_its_own(run, tmp_path):
    code, said, _ = run("8.png", "broken.png", "--steps", tmp_path / "steps")

    assert (code, said) == (1, ["8.png: 8"])
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png")) == [
        "steps/1 8/1 ink.png",
        "steps/2 broken/1 ink.png",
    ]


def test_steps_never_mix_with_what_is_there(run, reader, tmp_path, capfd):
    (tmp_path / "8.png").write_bytes(b"mine")

    with pytest.raises(SystemExit):
        run("8.png", "--steps", tmp_path)

    assert "is not empty" in capfd.readouterr().err
    assert reader.asked == []
