"""Training's data is found where the person put it, or downloaded, or missed in one sentence."""

import hashlib
import io
import json
import os
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from training.data import sources
from training.data.sources import (
    download,
    find_mnist,
    find_other_characters,
    find_pendigits,
    find_unipen,
    mnist_validation_rows,
)
from training.errors import DataError

ONE = '.SEGMENT DIGIT 0 ? "1"\n.COMMENT 1 7 1\n.PEN_DOWN\n0 0\n1 9\n.PEN_UP\n'
UNIPEN = {
    "include/apa/data/one.dat": ".WRITER_ID Zoe\n.PEN_DOWN\n0 0\n1 9\n.PEN_UP\n",
    "data/1a/apa/one.dat": '.INCLUDE apa/data/one.dat\n.SEGMENT CHARACTER 0 ? "1"\n',
    "data/1c/apa/one.dat": '.INCLUDE apa/data/one.dat\n.SEGMENT CHARACTER 0 ? "l"\n',
}


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """No test finds this machine's data, and none downloads into it."""
    monkeypatch.delenv("DIGIT_DATA_DIR", raising=False)
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("DIGIT_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def server():
    """A web server: `pages` maps a path to its bytes, `asked` lists the paths it was asked for."""
    pages, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path not in pages:
                self.send_error(404)
                return
            content, length = pages[self.path], len(pages[self.path])
            if self.path.startswith("/broken"):
                content = content[: length // 2]
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_port}", pages=pages, asked=asked)
    server.shutdown()
    thread.join()
    server.server_close()


def to_zip(files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return archive.getvalue()


@pytest.fixture
def uci(server, monkeypatch):
    monkeypatch.setattr(sources, "UCI_ZIP", f"{server.address}/digits.zip")
    server.pages["/digits.zip"] = to_zip({"pendigits-orig.tra.Z": ONE})
    return server


@pytest.fixture
def zenodo(server, monkeypatch):
    monkeypatch.setattr(sources, "ZENODO_RECORD", f"{server.address}/record")
    archive = to_zip({f"train_r01_v07/{name}": text for name, text in UNIPEN.items()})
    listing = {
        "files": [
            {"key": "README.txt", "size": 3, "links": {"self": f"{server.address}/readme"}},
            {
                "key": "train_r01_v07.zip",
                "size": len(archive),
                "checksum": f"md5:{hashlib.md5(archive).hexdigest()}",
                "links": {"self": f"{server.address}/archive"},
            },
        ]
    }
    server.pages["/record"] = json.dumps(listing).encode()
    server.pages["/archive"] = archive
    return server


def downloads(tmp_path):
    return sorted(
        str(p.relative_to(tmp_path / "runs/downloads")) for p in (tmp_path / "runs").rglob("*") if p.is_file()
    )


def mnist_arrays(**changes):
    y_train = np.zeros(60_000, np.uint8)
    y_train[:10] = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    arrays = {
        "x_train": np.zeros((60_000, 28, 28), np.uint8),
        "y_train": y_train,
        "x_test": np.zeros((10_000, 28, 28), np.uint8),
        "y_test": np.zeros(10_000, np.uint8),
    }
    return {name: array for name, array in (arrays | changes).items() if array is not None}


def test_a_given_mnist_file_comes_before_the_data_folder(tmp_path, data_folder):
    (data_folder / "mnist.npz").write_bytes(b"not read")
    np.savez(tmp_path / "mine.npz", **mnist_arrays(y_test=np.full(10_000, 7, np.uint8)))

    mnist = find_mnist(tmp_path / "mine.npz")

    assert mnist.x_train.shape == (60_000, 28, 28)
    assert set(mnist.y_test) == {7}


def test_mnist_is_found_in_the_data_folder(data_folder):
    np.savez(data_folder / "mnist.npz", **mnist_arrays())

    mnist = find_mnist()

    assert mnist.y_train[:3].tolist() == [5, 0, 4]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x_test": None}, "x_test"),
        ({"x_train": np.zeros((10, 28, 28), np.uint8)}, "x_train"),
        ({"x_test": np.zeros((10_000, 28, 28), np.float32)}, "float32"),
        ({"y_test": np.full(10_000, 11, np.uint8)}, "y_test"),
        ({"y_train": np.zeros(60_000, np.uint8)}, "order"),
    ],
)
def test_what_is_not_mnist_is_refused(tmp_path, changes, sentence):
    np.savez(tmp_path / "mine.npz", **mnist_arrays(**changes))

    with pytest.raises(DataError, match=sentence):
        find_mnist(tmp_path / "mine.npz")


@pytest.mark.parametrize("content", [None, b"", b"junk", b"PK\x03\x04junk"])
def test_a_missing_or_damaged_mnist_file_is_named(tmp_path, content):
    path = tmp_path / "mine.npz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError, match=r"mine\.npz"):
        find_mnist(path)


def test_without_a_file_keras_brings_mnist(monkeypatch):
    arrays = mnist_arrays()
    loaded = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
    keras = SimpleNamespace(datasets=SimpleNamespace(mnist=SimpleNamespace(load_data=lambda: loaded)))
    monkeypatch.setitem(sys.modules, "keras", keras)

    mnist = find_mnist()

    assert mnist.x_train is arrays["x_train"]


def test_where_keras_cannot_download_the_variable_is_named(monkeypatch):
    def load_data():
        raise ValueError("URL fetch failure")

    keras = SimpleNamespace(datasets=SimpleNamespace(mnist=SimpleNamespace(load_data=load_data)))
    monkeypatch.setitem(sys.modules, "keras", keras)

    with pytest.raises(DataError, match=r"URL fetch failure.*DIGIT_DATA_DIR"):
        find_mnist()


def test_a_data_folder_that_does_not_exist_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_DATA_DIR", str(tmp_path / "nowhere"))

    with pytest.raises(DataError, match=r"DIGIT_DATA_DIR is .*nowhere"):
        find_pendigits()


def test_pendigits_are_found_in_the_data_folder(data_folder, uci):
    (data_folder / "pendigits-orig.tra.Z").write_text(ONE)

    drawings = find_pendigits()

    assert [(d.label, d.writer) for d in drawings] == [("1", "pendigits/7")]
    assert uci.asked == []


def test_pendigits_are_downloaded_once(tmp_path, uci):
    first = find_pendigits()
    second = find_pendigits()

    assert [d.label for d in first] == [d.label for d in second] == ["1"]
    assert uci.asked == ["/digits.zip"]
    assert downloads(tmp_path) == ["pendigits-orig.tra.Z"]


@pytest.mark.parametrize("content", [b"an error page", to_zip({"other": "file"})])
def test_an_archive_without_pendigits_is_not_kept(tmp_path, uci, content):
    uci.pages["/digits.zip"] = content

    with pytest.raises(DataError, match=r"pendigits-orig\.tra\.Z.*DIGIT_DATA_DIR"):
        find_pendigits()

    assert downloads(tmp_path) == []


@pytest.mark.parametrize("name", ["unipen-originals.tar.xz", "train_r01_v07.zip"])
def test_unipen_is_found_in_the_data_folder(data_folder, zenodo, name):
    (data_folder / name).write_bytes(zenodo.pages["/archive"])

    drawings = find_unipen()

    assert [(d.label, d.writer) for d in drawings] == [("1", "unipen-apa/0")]
    assert zenodo.asked == []


def test_unipen_may_be_an_unpacked_folder(data_folder, zenodo):
    for name, text in UNIPEN.items():
        path = data_folder / "train_r01_v07" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    digits, others = find_unipen(), find_other_characters()

    assert [drawing.label for drawing in digits + others] == ["1", "l"]
    assert zenodo.asked == []


def test_unipen_is_downloaded_once_for_digits_and_other_characters(tmp_path, zenodo):
    digits, others = find_unipen(), find_other_characters()

    assert [(d.label, d.writer) for d in digits + others] == [("1", "unipen-apa/0"), ("l", "unipen-apa/0")]
    assert zenodo.asked == ["/record", "/archive"]
    assert downloads(tmp_path) == ["unipen/train_r01_v07.zip"]


def test_digits_alone_do_not_stand_for_other_characters(data_folder, zenodo):
    (data_folder / "unipen-originals.tar.xz").write_bytes(zenodo.pages["/archive"])

    find_other_characters()

    assert zenodo.asked == ["/record", "/archive"]


def test_parsed_other_characters_come_first(data_folder, zenodo):
    np.savez(
        data_folder / "unipen_other.npz",
        xy=np.array([[0, 0], [3, 3]], np.int16),
        stroke_off=[0, 2],
        sample_off=[0, 1],
        label=np.array(["x"]),
        writer=[0],
        site=np.array(["aga"]),
    )

    drawings = find_other_characters()

    assert [(d.label, d.writer) for d in drawings] == [("x", "unipen-aga/0")]
    assert zenodo.asked == []


@pytest.mark.parametrize("listing", [b"<html>", b"{}", b'{"files": []}', b'{"files": [{"key": "a", "size": 1}]}'])
def test_a_changed_listing_says_where_to_download_by_hand(tmp_path, zenodo, listing):
    zenodo.pages["/record"] = listing

    with pytest.raises(DataError, match=r"10\.5281/zenodo\.1195803.*DIGIT_DATA_DIR"):
        find_unipen()

    assert downloads(tmp_path) == []


def test_a_download_with_a_wrong_checksum_is_not_kept(tmp_path, zenodo):
    zenodo.pages["/archive"] += b"more"

    with pytest.raises(DataError, match="checksum"):
        find_unipen()

    assert downloads(tmp_path) == []


def test_a_download_shows_its_progress(tmp_path, server, capfd):
    server.pages["/file"] = b"x" * 1024

    target = download(f"{server.address}/file", tmp_path / "new" / "file.bin")

    assert target.read_bytes() == b"x" * 1024
    assert "file.bin: 100%" in capfd.readouterr().err


@pytest.mark.parametrize("page", ["/broken", "/missing"])
def test_a_failed_download_leaves_the_old_file_and_no_other(tmp_path, server, page):
    server.pages["/broken"] = b"x" * 1024
    (tmp_path / "file.bin").write_bytes(b"old")

    with pytest.raises(DataError, match=rf"{server.address}{page}.*DIGIT_DATA_DIR"):
        download(server.address + page, tmp_path / "file.bin", md5=hashlib.md5(b"x" * 1024).hexdigest())

    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["file.bin"]
    assert (tmp_path / "file.bin").read_bytes() == b"old"


def test_an_unreachable_source_names_address_and_variable(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "UCI_ZIP", "http://127.0.0.1:9/digits.zip")

    with pytest.raises(DataError, match=r"http://127\.0\.0\.1:9/digits\.zip.*DIGIT_DATA_DIR"):
        find_pendigits()


def test_about_a_tenth_of_mnist_validates():
    rows = mnist_validation_rows()

    assert 5_900 <= len(rows) <= 6_300
    assert (np.diff(rows) > 0).all()
    assert rows[0] >= 0
    assert rows[-1] < 60_000


# The real data is looked for before `own_folders` hides it.
REAL_DATA = os.environ.get("DIGIT_DATA_DIR")
needs_real_data = pytest.mark.skipif(REAL_DATA is None, reason="DIGIT_DATA_DIR is not set")


def choose_validation_writers(writers, groups):
    """Draw writers at random from each of NIST's groups, until its share of a tenth of the digits is reached.

    So were the writers chosen whose rows stand in `mnist_validation_rows.txt`.

    Args:
        writers: (60000,) the NIST writer of each training digit, from the QMNIST labels.
        groups: (60000,) the NIST partition (hsf) of each: 0 is census staff, 4 high-school pupils.
    """
    random = np.random.default_rng(20)
    kinds = np.unique(groups)
    chosen = []
    for kind in kinds:
        people, counts = np.unique(writers[groups == kind], return_counts=True)
        order = random.permutation(len(people))
        enough = int(np.searchsorted(np.cumsum(counts[order]), 6_000 / len(kinds))) + 1
        chosen += sorted(people[order[:enough]].tolist())
    return chosen


@needs_real_data
def test_validation_rows_are_those_of_the_chosen_writers():
    path = Path(REAL_DATA) / "mnist_writers.npz"
    if not path.is_file():
        pytest.skip("DIGIT_DATA_DIR has no mnist_writers.npz")
    with np.load(path) as arrays:
        writers, groups = arrays["writer_train"], arrays["hsf_train"]

    chosen = choose_validation_writers(writers, groups)

    assert mnist_validation_rows().tolist() == np.flatnonzero(np.isin(writers, chosen)).tolist()
    assert np.bincount(groups[mnist_validation_rows()])[[0, 4]].tolist() == pytest.approx([3000, 3000], abs=130)


@needs_real_data
def test_all_real_data_is_found(monkeypatch):
    monkeypatch.setenv("DIGIT_DATA_DIR", REAL_DATA)

    mnist, pendigits, unipen, others = find_mnist(), find_pendigits(), find_unipen(), find_other_characters()

    assert np.bincount(mnist.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert {drawing.label for drawing in pendigits} == {drawing.label for drawing in unipen} == set("0123456789")
    assert not {drawing.label for drawing in others} & set("0123456789")
