"""A data set of pictures on the Hub is read with one command, and its readings are a data set there."""

import io
import json

import pyarrow
import pyarrow.parquet
import pytest
from huggingface_hub import HfApi

from digit_core import dataset
from tests.support.drawings import picture_of
from tests.support.hub_server import READER, WRITER

SOURCE, TARGET = "tester/pictures", "tester/readings"


@pytest.fixture
def read(recognizer, monkeypatch, capsys):
    """Runs the command and returns its exit code and what it printed."""
    monkeypatch.setattr(dataset, "load_recognizer", lambda: recognizer)

    def run(*arguments):
        code = dataset.main([SOURCE, TARGET, *arguments])
        return code, "".join(capsys.readouterr())

    return run


def png(text):
    file = io.BytesIO()
    picture_of(text, width=400, height=240, brush=16).save(file, format="PNG")
    return file.getvalue()


def parquet(**columns):
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


def published_table(hub, path="data/train-00000-of-00001.parquet"):
    _, files = hub.repos[f"datasets/{TARGET}"].at("main")
    return pyarrow.parquet.read_table(io.BytesIO(files[path].content))


def test_parquet_with_an_image_column_is_read_and_everything_else_stays(hub, read):
    images = [{"bytes": png("12"), "path": "a.png"}, {"bytes": b"no picture", "path": "b.png"}, None]
    hub.publish(
        SOURCE, {"data/train.parquet": parquet(image=images, page=[3, 4, 5], text=["12", "x", "y"])}, "datasets"
    )

    code, printed = read()

    table = published_table(hub)
    assert (code, "3 pictures of tester/pictures are read in tester/readings." in printed) == (0, True)
    assert table.column("text").to_pylist() == ["12", None, None]
    assert [error is None for error in table.column("error").to_pylist()] == [True, False, False]
    assert table.column("image").to_pylist()[:2] == images[:2]
    assert table.column("page").to_pylist() == [3, 4, 5]
    assert table.column("given_text").to_pylist() == ["12", "x", "y"]
    assert [digit["digit"] for digit in json.loads(table.column("reading")[0].as_py())["digits"]] == [1, 2]


@pytest.mark.parametrize("cell", ["a.png", 7, {"bytes": "a.png", "path": "a.png"}, {"bytes": 7, "path": 7}])
def test_a_cell_that_holds_no_bytes_is_a_row_with_a_sentence(hub, read, cell):
    hub.publish(SOURCE, {"x.parquet": parquet(image=[cell])}, "datasets")

    code, _ = read()

    assert (code, published_table(hub).column("error").to_pylist()) == (0, ["There is no picture in this row."])


def test_the_hub_is_told_which_column_holds_pictures(hub, read):
    hub.publish(SOURCE, {"a.parquet": parquet(image=[{"bytes": png("1"), "path": None}], page=[1])}, "datasets")

    read()

    features = json.loads(published_table(hub).schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["text"] == {"dtype": "string", "_type": "Value"}
    assert features["page"] == {"dtype": "int64", "_type": "Value"}


def test_a_folder_of_pictures_is_read(hub, read):
    files = {"scans/b.png": png("35"), "scans/a.PNG": png("4"), "README.md": b"# Scans\n"}
    hub.publish(SOURCE, files, "datasets")

    code, _ = read("--private")

    table = published_table(hub)
    assert code == 0
    assert [image["path"] for image in table.column("image").to_pylist()] == ["scans/a.PNG", "scans/b.png"]
    assert table.column("text").to_pylist() == ["4", "35"]
    assert hub.repos[f"datasets/{TARGET}"].private


def test_every_parquet_file_has_one_of_its_own_and_the_card_names_the_source(hub, read):
    revision = hub.publish(
        SOURCE, {"x.parquet": parquet(scan=[png("1")]), "y.parquet": parquet(scan=[png("2"), png("3")])}, "datasets"
    )

    code, _ = read("--column", "scan")

    assert code == 0
    assert published_table(hub, "data/train-00000-of-00002.parquet").column("text").to_pylist() == ["1"]
    assert published_table(hub, "data/train-00001-of-00002.parquet").column("text").to_pylist() == ["2", "3"]
    card = hub.repos[f"datasets/{TARGET}"].at("main")[1]["README.md"].content.decode()
    assert revision in card
    assert "3 pictures" in card


def test_what_is_read_again_takes_the_place_of_what_was_read_before(hub, read):
    hub.publish(SOURCE, {"x.parquet": parquet(image=[png("1")]), "y.parquet": parquet(image=[png("2")])}, "datasets")
    read()
    hub.publish(SOURCE, {"x.parquet": parquet(image=[png("3")])}, "datasets")

    read()

    _, files = hub.repos[f"datasets/{TARGET}"].at("main")
    assert [path for path in files if path.endswith(".parquet")] == ["data/train-00000-of-00001.parquet"]
    assert published_table(hub).column("text").to_pylist() == ["3"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (None, "tester/pictures does not exist, or it is private"),
        ({"README.md": b"# Nothing\n"}, "holds neither Parquet nor pictures"),
        ({"x.parquet": b"PAR1 damaged \0"}, "damaged"),
        ({"x.parquet": parquet(scan=[b"1"])}, "has no column 'image'"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_nothing_is_published(hub, read, files, words):
    if files:
        hub.publish(SOURCE, files, "datasets")

    code, printed = read()

    assert (code, words in printed) == (1, True), printed
    assert f"datasets/{TARGET}" not in hub.repos


@pytest.mark.parametrize("files", [{"data/train.parquet": parquet(image=[png("7")])}, {"README.md": b"# My scans\n"}])
def test_a_data_set_that_is_no_reading_stays_as_it_is(hub, read, files):
    hub.publish(SOURCE, {"x.parquet": parquet(image=[png("1")])}, "datasets")
    before = hub.publish(TARGET, files, "datasets")

    code, printed = read()

    assert (code, "holds no readings of this command" in printed) == (1, True), printed
    assert hub.repos[f"datasets/{TARGET}"].head == before


def test_readings_never_take_the_place_of_their_pictures_by_whatever_name(hub, read):
    before = hub.publish(SOURCE, {"data/x.parquet": parquet(image=[png("1")])}, "datasets")
    hub.repos[f"datasets/{SOURCE}"].name = SOURCE
    hub.repos[f"datasets/{TARGET}"] = hub.repos[f"datasets/{SOURCE}"]  # a second name, as after a renaming

    code, printed = read()

    assert (code, "is to be read" in printed) == (1, True), printed
    assert hub.repos[f"datasets/{SOURCE}"].head == before


def test_who_may_not_write_is_told_so(hub, read, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", READER)
    hub.publish(SOURCE, {"x.parquet": parquet(image=[png("1")])}, "datasets")

    code, printed = read()

    assert (code, "your token may not write to tester/readings" in printed) == (1, True), printed


def test_the_client_asks_the_hub_of_the_test(hub):
    assert HfApi(endpoint=hub.endpoint, token=WRITER).whoami()["name"] == "tester"
