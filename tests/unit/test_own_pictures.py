"""A person's own pictures are found by their subfolders, or a sentence says what is missing."""

import pytest

from tests.support.drawings import picture_of
from training.data.own import find_extra, read_extra
from training.data.sources import MARK_OR_LETTER
from training.errors import DataError


def test_ones_own_pictures_are_labelled_by_their_subfolder(tmp_path, capsys):
    names = ("7/b.png", "7/a.JPG", "0/c.webp", "not_a_digit/d.png", "7/deep/er/f.jfif", "7/notes.txt")
    for name in (*names, ".git/e.png", "7/.hidden.png", "7/.cache/g.png", "README.md", "labels.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()

    pictures = find_extra(tmp_path)

    assert [(str(path.relative_to(tmp_path)), label) for path, label in pictures] == [
        ("0/c.webp", 0),
        ("7/a.JPG", 7),
        ("7/b.png", 7),
        ("7/deep/er/f.jfif", 7),
        ("7/notes.txt", 7),
        ("not_a_digit/d.png", MARK_OR_LETTER),
    ]
    assert capsys.readouterr().err == f"{tmp_path}: 2 (README.md, labels.csv) were in no subfolder and left out.\n"


def test_what_cannot_be_read_is_named_with_its_number(tmp_path, capsys):
    (tmp_path / "7" / "deep").mkdir(parents=True)
    for name, form in (("1.pgm", "PPM"), ("2.jfif", "JPEG"), ("deep/3.png", "PNG"), ("4", "PNG")):
        picture_of("7", 90, 90, brush=9).save(tmp_path / "7" / name, form)
    (tmp_path / "7" / "notes.txt").write_text("no picture")

    pictures = read_extra(tmp_path)

    assert pictures.labels.tolist() == [7] * 4
    named, number = capsys.readouterr().err.splitlines()[-2:]
    assert "notes.txt: This file could not be read" in named
    assert number == "1 of 5 files could not be read and are left out."


def test_a_folder_where_nothing_is_a_picture_is_refused(tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "notes.txt").write_text("no picture")

    with pytest.raises(DataError, match="None of the 1 files"):
        read_extra(tmp_path)


@pytest.mark.parametrize(
    ("subfolder", "sentence"),
    [("seven", "'seven'"), ("10", "'10'"), ("²", "'²'"), ("7", "no picture"), (None, "no such")],
)
def test_a_folder_of_pictures_that_cannot_be_used_says_what_it_needs(tmp_path, subfolder, sentence):
    folder = tmp_path / "mine"
    if subfolder:
        (folder / subfolder).mkdir(parents=True)

    with pytest.raises(DataError, match=rf"{sentence}.*named 0 to 9"):
        find_extra(folder)
