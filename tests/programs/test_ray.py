"""Many pictures are read by several processes with Ray, each exactly once.

`DIGIT_RAY_PICTURES=20000 python -m pytest -n 0 --timeout=0 tests/programs/test_ray.py` is the large proof, where one of
the processes is killed on the way; without the variable there are two hundred pictures and nobody is killed.

One Ray is started for the whole module, as that takes longer than to read: the first command starts it in this process,
and a command in a process of its own joins it.
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

from digit_core.command.table import COLUMNS
from tests.support.drawings import picture_of

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read as Ray is imported: nothing is told to anybody
ray = pytest.importorskip("ray", reason="Ray is optional: pip install -r requirements-ray.txt")
pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ROOT = Path(__file__).parents[2]
PICTURES = int(os.environ.get("DIGIT_RAY_PICTURES", "200"))
DEADLINE = 3600  # seconds, on the busiest machine
# Ray starts its processes nicer than all others and starts them anew when they are not there after a minute: beside
# other work they never would be.
BUSY_MACHINE = {"RAY_worker_niceness": "0", "RAY_worker_register_timeout_seconds": str(DEADLINE)}
LARGE = pytest.mark.skipif("DIGIT_RAY_PICTURES" not in os.environ, reason="set DIGIT_RAY_PICTURES=20000: takes long")


def png(text):
    buffer = io.BytesIO()
    picture_of(text, width=40 * len(text) + 24, height=56, brush=5).save(buffer, "PNG")
    return buffer.getvalue()


def start(cluster, *arguments):
    """Start the command in a process of its own; it joins a cluster."""
    settings = {"DIGIT_MODEL_SOURCE": "bundled", "RAY_ADDRESS": cluster}
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


def readers():
    """The processes of readers below this one."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            title = (process / "cmdline").read_bytes()
            if title.startswith(b"ray::") and b"Reader" in title and os.getpid() in ancestors(int(process.name)):
                yield int(process.name)
        except OSError:
            continue


def ancestors(process):
    """A process's parent, its parent, and so on."""
    while process > 1:
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        yield process


@pytest.fixture(scope="module")
def read_from_parquet(tmp_path_factory):
    """The folder that the command wrote to after it had started Ray and read pictures from Parquet."""
    from digit_core.ray import main

    folder = tmp_path_factory.mktemp("parquet")
    images = [{"bytes": png("42"), "path": "a.png"}, {"bytes": b"no picture", "path": "b.png"}, None]
    table = pyarrow.table({"image": images, "label": ["42", "x", "y"]})
    parquet.write_table(table, folder / "in.parquet")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_MODEL_SOURCE", "bundled")
        environment.delenv("RAY_ADDRESS", raising=False)
        for name, value in BUSY_MACHINE.items():
            environment.setenv(name, value)
        assert main([str(folder / "in.parquet"), str(folder / "out"), "--workers", "2"]) == 0
        yield folder / "out"
    ray.shutdown()


@pytest.fixture(scope="module")
def cluster(read_from_parquet):
    """The address of the Ray that runs."""
    return ray.get_runtime_context().gcs_address


@pytest.mark.parametrize("killing", [False, pytest.param(True, marks=LARGE)])
def test_no_picture_is_lost_and_none_is_read_twice(cluster, tmp_path, killing):
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

    command = start(cluster, pictures, output, "--workers", 2)
    killed = killing and kill_one(command, output)
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
    assert killed or not killing, "no reader was seen at work"


def kill_one(command, output):
    """Kill one reader with -9 as soon as the first rows are written; return whether that came about."""
    end = time.monotonic() + DEADLINE
    while command.poll() is None and time.monotonic() < end:
        found = list(readers())
        if found and any(output.glob("*.parquet")):
            os.kill(found[0], signal.SIGKILL)
            return True
        time.sleep(0.2)
    return False


def test_pictures_in_parquet_keep_their_other_columns(read_from_parquet):
    rows = sorted(rows_in(read_from_parquet), key=lambda row: row["label"])

    assert [row["text"] for row in rows] == ["42", None, None]
    assert [row["file"] for row in rows] == ["a.png", "b.png", ""]
    assert [bool(row["error"]) for row in rows] == [False, True, True]
    assert set(COLUMNS) | {"reading", "label"} == set(rows[0])


@pytest.mark.parametrize(
    "cell_of",
    [
        lambda path: path,
        lambda path: {"bytes": path, "path": path},
        lambda path: {"bytes": None, "path": path},
        lambda path: {"bytes": 7, "path": 7},
        lambda path: 7,
    ],
)
def test_only_bytes_are_a_picture_and_a_path_in_a_table_opens_no_file(tmp_path, monkeypatch, cell_of):
    from digit_core.ray import BlockReader

    monkeypatch.setenv("DIGIT_MODEL_SOURCE", "bundled")
    (tmp_path / "secret.png").write_bytes(png("42"))
    block = pyarrow.table({"image": [cell_of(str(tmp_path / "secret.png"))], "label": ["42"]})

    [row] = BlockReader({}, None, single=False, column="image", addresses=False)(block).to_pylist()

    assert (row["text"], row["error"], row["label"]) == (None, "There is no picture in this row.", "42")


@pytest.mark.parametrize("place", ["full", "nowhere/out", "file", "out", "."])
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


@pytest.mark.parametrize("address", ["unknown://there", "hf://datasets/nobody", "missing.parquet", "damaged.parquet"])
def test_an_input_that_cannot_be_read_is_a_sentence(cluster, tmp_path, monkeypatch, capsys, address):
    from digit_core.ray import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 damaged")

    assert main([address, str(tmp_path / "out")]) == 1
    (said,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert address in said
    assert said.endswith(".")
    assert not (tmp_path / "out").exists()
