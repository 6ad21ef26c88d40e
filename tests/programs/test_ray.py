"""Many pictures are read by several processes with Ray, each exactly once, also when one of the processes is killed.

`DIGIT_RAY_PICTURES=20000 python -m pytest tests/programs/test_ray.py` is the large proof; without the variable there
are some hundred pictures.
"""

import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from digit_core.table import COLUMNS
from tests.support.drawings import picture_of

pytest.importorskip("ray", reason="Ray is optional: pip install -r requirements-ray.txt")
pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ROOT = Path(__file__).parents[2]
PICTURES = int(os.environ.get("DIGIT_RAY_PICTURES", "400"))
DEADLINE = 3600  # seconds, on the busiest machine
MARK = "DIGIT_RAY_TEST"  # a variable by which this test knows the processes that it started


def png(text):
    buffer = io.BytesIO()
    picture_of(text, width=40 * len(text) + 24, height=56, brush=5).save(buffer, "PNG")
    return buffer.getvalue()


def start(*arguments, mark="1"):
    """Start the command in a process of its own."""
    settings = {"DIGIT_MODEL_SOURCE": "bundled", MARK: mark}
    return subprocess.Popen(
        [sys.executable, "-m", "digit_core.ray", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def rows_in(folder):
    return parquet.read_table(folder).to_pylist()


def readers(mark):
    """The processes of readers that a marked command has started."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            title, settings = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
            if title.startswith(b"ray::") and b"Reader" in title and f"{MARK}={mark}\0".encode() in settings:
                yield int(process.name)
        except OSError:
            continue


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are found in /proc")
def test_a_killed_worker_loses_no_picture_and_repeats_none(tmp_path):
    texts = [f"{number}" for number in (7, 12, 305, 48, 9, 61, 730, 25)]
    contents = {text: png(text) for text in texts}
    pictures = tmp_path / "pictures"
    for index in range(PICTURES):
        text = texts[index % len(texts)]
        place = pictures / f"{index % 7}"
        place.mkdir(parents=True, exist_ok=True)
        content = b"no picture" if index % 100 == 99 else contents[text]
        (place / f"{index:05d}-{text}.png").write_bytes(content)
    (pictures / "notes.txt").write_text("left out")
    output = tmp_path / "read"

    command = start(pictures, output, "--workers", 2, mark=str(tmp_path))
    killed = kill_one(command, output, str(tmp_path))
    said, complained = command.communicate(timeout=DEADLINE)

    assert command.returncode == 0, complained
    assert f"{PICTURES:,} rows" in said
    assert f"{PICTURES:,} pictures, 1 other files left out" in complained
    rows = rows_in(output)
    files = Counter(row["file"] for row in rows)
    assert len(files) == len(rows) == PICTURES
    assert all(row["error"] for row in rows if row["file"].endswith("99-48.png"))
    broken = [row for row in rows if row["error"]]
    assert len(broken) == PICTURES // 100
    assert all("could not be read as a picture" in row["error"] for row in broken)
    right = sum(row["text"] == Path(row["file"]).stem.partition("-")[2] for row in rows if not row["error"])
    assert right > 0.8 * PICTURES
    assert killed, "no reader was seen at work"


def kill_one(command, output, mark):
    """Kill one reader with -9 as soon as the first rows are written; return whether that came about."""
    end = time.monotonic() + DEADLINE
    while command.poll() is None and time.monotonic() < end:
        found = list(readers(mark))
        if found and any(output.glob("*.parquet")):
            os.kill(found[0], signal.SIGKILL)
            return True
        time.sleep(0.2)
    return False


def test_pictures_in_parquet_keep_their_other_columns(tmp_path):
    images = [{"bytes": png("42"), "path": "a.png"}, {"bytes": b"no picture", "path": "b.png"}, None]
    table = pyarrow.table({"image": images, "label": ["42", "x", "y"]})
    parquet.write_table(table, tmp_path / "in.parquet")

    command = start(tmp_path / "in.parquet", tmp_path / "out", "--workers", 1)
    _, complained = command.communicate(timeout=DEADLINE)

    assert command.returncode == 0, complained
    rows = sorted(rows_in(tmp_path / "out"), key=lambda row: row["label"])
    assert [row["text"] for row in rows] == ["42", None, None]
    assert [row["file"] for row in rows] == ["a.png", "b.png", ""]
    assert [bool(row["error"]) for row in rows] == [False, True, True]
    assert set(COLUMNS) | {"reading", "label"} == set(rows[0])


@pytest.mark.parametrize("place", ["full", "nowhere/out", "file"])
def test_nothing_that_is_there_is_replaced(tmp_path, place):
    from digit_core.ray import main

    (tmp_path / "1.png").write_bytes(png("1"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").write_text("kept")
    (tmp_path / "file").write_text("kept")

    assert main([str(tmp_path), str(tmp_path / place)]) == 1
    assert (tmp_path / "full" / "kept.txt").read_text() == "kept"


def test_a_folder_without_pictures_is_a_sentence(tmp_path, capsys):
    from digit_core.ray import main

    (tmp_path / "in").mkdir()

    assert main([str(tmp_path / "in"), str(tmp_path / "out")]) == 1
    assert "There is no picture" in capsys.readouterr().err
