"""The measured tables show every set that was measured, in a fixed order, and nothing that was not."""

import json

import pytest

from digit_core.errors import RecordsError
from digit_core.figures.tables import NOT_MEASURED, measured_table, summary_table
from training.evaluation import report
from training.evaluation.report import (
    BEGIN,
    END,
    full_report,
    peers_text,
    replace_measured,
    summary,
)
from training.evaluation.speed import speed_report


@pytest.fixture
def write(tmp_path):
    def metrics(model, parameters, **content):
        (tmp_path / model).mkdir()
        (tmp_path / model / "metrics.json").write_text(json.dumps({"parameters": parameters} | content))
        return tmp_path

    return metrics


def rows(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_accuracies_stand_side_by_side(write):
    test = {"count": 10000, "accuracy": 99.5512, "wrong": 45, "interval": [99.41, 99.68]}
    write("deep", 305_391, measures={"drawings fill 20": {"count": 500, "accuracy": 98.0}, "mnist test": test})
    folder = write("compact", 90_383, measures={"mnist test": test | {"accuracy": 99.4}})

    assert rows(measured_table(folder)) == [
        ["read right, %", "count", "compact", "deep"],
        ["---", "--:", "--:", "--:"],
        ["parameters", "", "90,383", "305,391"],
        ["MNIST's test set", "10,000", "99.40 (99.4–99.7)", "99.55 (99.4–99.7)"],
        ["drawn large, brush 20 px", "500", "–", "98.00"],
    ]


def test_sureness_and_rejection_follow_where_they_were_measured(write):
    test = {"count": 10, "accuracy": 90.0, "nll": 0.0246, "brier": 0.01, "ece": 0.35, "wrong_at_90": 0.2}
    measures = {"mnist test": test, "numbers spaced": {"count": 10, "accuracy": 80.0}}
    folder = write("ensemble", 1, measures=measures, not_a_digit={"letters": 100, "auroc": 97.456})

    _, sureness, rejection = measured_table(folder).split("\n\n")

    assert [row[0] for row in rows(sureness)] == ["ensemble", "---", "MNIST's test set"]
    assert rows(sureness)[2] == ["MNIST's test set", "–", "0.0246", "0.0100", "0.35", "0.20", "–"]
    assert rows(rejection)[2:] == [["AUROC of digits against letters", "97.46"]]


def test_without_measurements_the_table_says_so(tmp_path):
    assert measured_table(tmp_path) == NOT_MEASURED


def test_the_block_alone_is_replaced():
    assert replace_measured(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\nnew\n{END}\nb"


@pytest.mark.parametrize("readme", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_a_readme_without_the_block_is_the_developers_error(readme):
    with pytest.raises(ValueError, match="in the README, got"):
        replace_measured(readme, "new")


def test_the_full_report_tells_of_other_projects():
    assert peers_text() in full_report()


def test_the_short_table_has_what_is_read_right_and_what_is_no_digit(write):
    measures = {"mnist test": {"count": 10, "accuracy": 90.0}, "drawings off 12": {"count": 10, "accuracy": 80.0}}
    folder = write("ensemble", 5, measures=measures, not_a_digit={"answered_as_digit": 4.0, "auroc": 99.0})

    assert rows(summary_table(folder))[2:] == [
        ["parameters", "", "5"],
        ["MNIST's test set, % right", "10", "90.00"],
        ["letters answered as a digit, %", "", "4.00"],
    ]


def test_without_measurements_the_short_table_says_so(tmp_path):
    assert summary_table(tmp_path) == NOT_MEASURED


def test_the_command_writes_all_documents(tmp_path, monkeypatch):
    readme, full, speed = tmp_path / "README.md", tmp_path / "models.md", tmp_path / "speed.md"
    readme.write_text(f"{BEGIN}\nold\n{END}\n", encoding="utf-8")
    monkeypatch.setattr(report, "README", readme)
    monkeypatch.setattr(report, "FULL_REPORT", full)
    monkeypatch.setattr(report, "SPEED_REPORT", speed)

    assert report.main() == 0

    assert readme.read_text(encoding="utf-8") == f"{BEGIN}\n{summary()}\n{END}\n"
    assert full.read_text(encoding="utf-8") == full_report()
    assert speed.read_text(encoding="utf-8") == speed_report()


def test_damaged_figures_are_a_sentence_and_no_document_is_half_written(tmp_path, monkeypatch, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\nold\n{END}\n", encoding="utf-8")

    def refuse():
        raise RecordsError("metrics.json cannot be read: measure again.")

    monkeypatch.setattr(report, "README", readme)
    monkeypatch.setattr(report, "write_cards", refuse)

    assert report.main() == 1

    assert readme.read_text(encoding="utf-8") == f"{BEGIN}\nold\n{END}\n"
    assert capsys.readouterr().err == "metrics.json cannot be read: measure again.\n"
