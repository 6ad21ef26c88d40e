"""No command takes the place of what it did not write itself."""

import json

import pytest
from PIL import Image

from tests.support.drawings import picture_of
from training.evaluation import compare, evaluate, pages, survey
from training.evaluation.contact_sheet import TILE, Failure, check_sheets, write_sheets


@pytest.mark.parametrize("is_ours", [compare.is_comparison, survey.is_survey])
def test_json_that_no_command_of_ours_wrote_is_told_apart(tmp_path, is_ours):
    path = tmp_path / "figures.json"
    for content in ('{"labels": [1]}', "[1, 2]", '"text"', "no json", "null"):
        path.write_text(content)
        assert not is_ours(path), content

    path.write_bytes(b"\xff\xd8")
    assert not is_ours(path)
    path.write_text("")
    assert is_ours(path)


def test_a_run_knows_the_figures_of_an_earlier_one(tmp_path):
    path = tmp_path / "figures.json"

    path.write_text(json.dumps([{"pairing": "a", "gained": 1}]))
    assert compare.is_comparison(path)
    path.write_text(json.dumps({"weights": {}, "vote": {}, "digits": [], "others": []}))
    assert survey.is_survey(path)


def test_figures_do_not_take_the_place_of_other_files(tmp_path, capsys):
    (tmp_path / "labels.json").write_text('{"labels": [1]}')

    assert compare.main([str(tmp_path), "--json", str(tmp_path / "labels.json")]) == 1
    assert evaluate.main(["--data", str(tmp_path), "--json", str(tmp_path / "labels.json")]) == 1

    assert capsys.readouterr().err.count("it stays as it is") == 2
    assert (tmp_path / "labels.json").read_text() == '{"labels": [1]}'


def test_figures_without_a_place_are_refused_before_measuring(tmp_path, capsys):
    for place in ("", ".", "nowhere/figures.json"):
        assert compare.main([str(tmp_path), "--json", str(tmp_path / place)]) == 1
    assert "folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [lambda *sheets: pages.main([*sheets]), lambda *sheets: evaluate.main(["--data", "elsewhere", *sheets])]
)
def test_sheets_of_failures_take_no_pictures_place(tmp_path, capsys, command):
    picture_of("4").save(tmp_path / "photos.png")
    before = (tmp_path / "photos.png").read_bytes()

    assert command("--sheets", str(tmp_path)) == 1

    assert "is no sheet of failures" in capsys.readouterr().err
    assert (tmp_path / "photos.png").read_bytes() == before


def test_sheets_of_failures_take_the_place_of_earlier_ones(tmp_path):
    (sheet,) = write_sheets([Failure("photos", Image.new("RGB", TILE))], tmp_path)

    check_sheets(tmp_path)

    assert write_sheets([Failure("photos", Image.new("RGB", TILE))], tmp_path) == [sheet]


def test_sheets_of_failures_stay_out_of_the_data(tmp_path, capsys):
    with pytest.raises(SystemExit):
        evaluate.main(["--data", str(tmp_path), "--sheets", str(tmp_path / "photos")])
    assert "outside the data" in capsys.readouterr().err
