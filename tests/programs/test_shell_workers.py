"""Many files are read in processes of their own: in order, not far ahead, and whatever ends one of them is told."""

import os
import re
import signal
import subprocess
import sys

import pytest

from digit_core.command.workers import AHEAD, MIN_BATCHES
from tests.support.drawings import picture_of
from tests.support.reader import Reader
from tests.support.shell import (
    ROOT,
    CountingReader,
    KilledReader,
    MeetingReader,
    load_nothing,
    make_large,
    start_shell,
)
from tests.support.waiting import DEADLINE

MANY = 2 * MIN_BATCHES  # large files: enough for two workers
posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


def run(*arguments, load=Reader):
    """The command line's exit code, stdout's lines and stderr's lines, read by two workers."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with start_shell(*arguments, "--workers", 2, load=load, **pipes) as shell:
        said, complained = shell.communicate(timeout=DEADLINE)
    return shell.returncode, said.splitlines(), complained.splitlines()


def test_files_are_read_by_two_processes_and_told_in_their_order(tmp_path):
    files = make_large(tmp_path, [f"{i}.png" for i in range(MANY)])

    code, said, complained = run(*files, load=MeetingReader)

    assert (code, complained) == (0, [])
    assert said == [f"{file}: {file.stem}" for file in files]
    assert len(list(tmp_path.glob("*.pid"))) == 2


def test_few_files_are_read_before_the_line_that_is_due(tmp_path):
    files = make_large(tmp_path, [f"{i}.png" for i in range(2 * MANY)])

    code, said, _ = run(*files, load=CountingReader)

    assert code == 0
    assert said[0] == f"{files[0]}: {2 * AHEAD}"


def test_workers_tell_what_one_process_tells(tmp_path):
    names = [f"{i}.png" for i in range(MANY - 2)] + ["broken.png", "40_1x.png"]
    files = make_large(tmp_path, names)
    told = []

    for workers in ("1", "2"):
        kept = ["--csv", tmp_path / f"{workers}.csv", "--steps", tmp_path / workers]
        with start_shell(*files, *kept, "--workers", workers, stdout=-1, stderr=-1) as shell:
            told.append([*shell.communicate(timeout=DEADLINE), shell.returncode])
        steps = sorted(str(path.relative_to(tmp_path / workers)) for path in (tmp_path / workers).rglob("*.png"))
        told[-1] += [(tmp_path / f"{workers}.csv").read_bytes(), steps]

    assert told[0] == told[1]
    assert told[0][1:3] == [f"{tmp_path / 'broken.png'}: This file is damaged.\n".encode(), 1]


def test_weights_that_are_missing_are_one_sentence(tmp_path):
    files = make_large(tmp_path, [f"{i}.png" for i in range(MANY)])

    assert run(*files, load=load_nothing) == (1, [], ["The weights of deep are missing."])


@posix
def test_when_a_worker_is_killed_what_was_told_before_is_kept(tmp_path):
    names = [f"{i}.png" for i in range(MANY)]
    names[MANY // 2] = "killed.png"
    files = make_large(tmp_path, names)

    code, said, complained = run(*files, "--csv", tmp_path / "table.csv", load=KilledReader)

    assert code == 1
    assert said == [f"{file}: {file.stem}" for file in files[: len(said)]]
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 1 + len(said)
    (sentence,) = complained
    assert sentence.startswith(f"Stopped after {len(said)} of {MANY} files: a process that was reading was ended")
    assert MANY // 2 - 2 * AHEAD - 1 <= len(said) <= MANY // 2


@posix
def test_ctrl_c_ends_all_processes_with_a_sentence(tmp_path):
    files = [tmp_path / f"{i}.png" for i in range(5000)]  # their lines are more than a pipe holds
    with start_shell(*files, "--workers", 2, stdout=-1, stderr=-1, bufsize=0, start_new_session=True) as shell:
        first = shell.stdout.readline()

        os.killpg(shell.pid, signal.SIGINT)  # as a terminal does: to the workers, too

        said, complained = shell.communicate(timeout=DEADLINE)  # until no worker holds the pipes any more
    assert shell.returncode == 130
    assert first == f"{files[0]}: 0\n".encode()
    stopped = re.fullmatch(rb"Stopped after (\d+) of 5000 files\.\n", complained)
    assert stopped, complained
    assert 0 <= 1 + said.count(b"\n") - int(stopped[1]) <= 1  # a line may be interrupted while it is written


@posix
def test_workers_end_with_the_process_that_started_them(tmp_path):
    files = [tmp_path / f"{i}.png" for i in range(5000)]
    with start_shell(*files, "--workers", 2, stdout=-1, stderr=subprocess.DEVNULL) as shell:
        shell.stdout.readline()

        shell.kill()

        shell.communicate(timeout=DEADLINE)  # until no worker holds the pipe any more
    assert shell.returncode == -signal.SIGKILL


def test_real_networks_read_in_workers(tmp_path):
    names = [f"{i}.png" for i in range(MANY)]
    for name in names:
        picture_of("407", width=600, height=240, brush=16).save(tmp_path / name)
    make_large(tmp_path, names)

    command = [sys.executable, "-m", "digit_core", tmp_path, "--workers", "2"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=10 * DEADLINE)

    assert answer.stderr == ""
    assert answer.stdout == "".join(f"{tmp_path / name}: 407\n" for name in sorted(names))
