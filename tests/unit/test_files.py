"""Files are written whole or not at all."""

import pytest

from digit_core.files import whole_file, write_whole


def write_until_the_disk_is_full(file):
    with whole_file(file) as temporary:
        temporary.write_bytes(b"ne")
        raise OSError("no space left")


def test_new_content_replaces_the_old_and_nothing_else_is_left(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("old")

    write_whole(file, "new: ½\n")

    assert file.read_bytes() == "new: ½\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_writer_that_breaks_off_leaves_the_old_content(tmp_path):
    file = tmp_path / "weights.keras"
    file.write_bytes(b"old")

    with pytest.raises(OSError, match="no space"):
        write_until_the_disk_is_full(file)

    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["weights.keras"]


def test_until_the_writer_has_ended_readers_find_the_old_content(tmp_path):
    file = tmp_path / "history.json"
    file.write_text("old")

    with whole_file(file) as temporary:
        temporary.write_text("new")
        meanwhile = file.read_text()

    assert meanwhile == "old"
    assert file.read_text() == "new"


def test_a_library_finds_the_suffix_that_it_goes_by(tmp_path):
    with whole_file(tmp_path / "frames.npz") as temporary:
        temporary.write_bytes(b"")

        assert temporary.suffix == ".npz"
        assert temporary.name.startswith(".")


def test_a_folder_that_is_missing_is_an_error_and_not_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "missing" / "notes.txt", "new")

    assert list(tmp_path.iterdir()) == []
