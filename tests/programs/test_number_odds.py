"""What tells touching digits from a letter: the features are gathered from cuts, and the fit finds known weights."""

import numpy as np
import pytest

from digit_core.errors import EmptyDrawingError
from digit_core.reading.touching import NUMBER_WEIGHTS
from tests.support.strokes import drawing_of
from training.data import samples, sources
from training.data.samples import Sample
from training.data.strokes import Drawing
from training.evaluation import number_odds
from training.evaluation.number_odds import FEATURES, features_of, fit

PAPER = np.full((28, 28), 255, np.uint8)


def test_the_fit_finds_the_weights_that_made_the_truth():
    rng = np.random.default_rng(0)
    weights = np.array([-1.0, 2.0, -0.5])
    known = np.column_stack([np.ones(20_000), rng.normal(0, 1, (20_000, 2))])
    is_number = rng.random(20_000) < 1 / (1 + np.exp(-known @ weights))
    letters_as_many = np.log((~is_number).sum() / is_number.sum())  # both kinds weigh the same

    fitted, apart = fit(known, is_number)

    np.testing.assert_allclose(fitted, weights + [letters_as_many, 0, 0], atol=0.1)
    assert ((apart > 0) == is_number).mean() == pytest.approx(((known @ fitted > 0) == is_number).mean(), abs=0.01)


def test_of_numbers_only_right_cuts_are_taken_and_of_letters_all(monkeypatch):
    def cut_twice(recognizer, picture):
        if not picture.any():
            raise EmptyDrawingError()
        return [("12", dict.fromkeys(FEATURES, 1.0)), ("99", dict.fromkeys(FEATURES, 2.0))]

    monkeypatch.setattr(number_odds, "cuts_alone", cut_twice)
    number, letter = Sample(PAPER, "3124", "", ""), Sample(PAPER, "", "", "")
    blank = Sample(np.zeros_like(PAPER), "1", "", "")

    assert features_of(None, [number, blank], "").tolist() == [[1.0] * len(FEATURES)]
    assert features_of(None, [letter], "").tolist() == [[1.0] * len(FEATURES), [2.0] * len(FEATURES)]


def test_the_command_prints_fitted_weights_beside_those_in_use(monkeypatch, capsys):
    def characters(part="report"):
        post = np.array([[0, 0], [0, 100]], np.float32)
        bar = np.array([[0, 50], [70, 50]], np.float32)
        return [Drawing((post, post + [wide, 0], bar * [wide / 70, 1]), "H", "test/1") for wide in (50, 60, 70, 80, 90)]

    monkeypatch.setattr(samples, "NUMBERS", 12)
    monkeypatch.setattr(samples, "report_digits", lambda part: [drawing_of(digit) for digit in range(10)])
    monkeypatch.setattr(samples, "report_characters", characters)

    assert number_odds.main([]) == 0

    printed = capsys.readouterr().out
    lines = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in printed.splitlines() if line.startswith("|")}
    assert [float(w) for w in lines["in use"]] == list(NUMBER_WEIGHTS.values())
    assert all(np.isfinite(float(w)) for w in lines["fitted"])
    numbers, *others = (float(share) for share in lines["cut by itself"])
    assert all(numbers > share for share in others)
    assert all(0 <= float(share) <= 100 for share in lines["cut by itself, fitted, 5 folds"])


def test_nothing_is_fitted_where_nothing_is_cut(monkeypatch, capsys):
    monkeypatch.setattr(samples, "report_digits", lambda part: [drawing_of(digit) for digit in range(10)])
    monkeypatch.setattr(samples, "report_characters", lambda part: [])
    monkeypatch.setattr(samples, "words", lambda letters: [])
    monkeypatch.setattr(number_odds, "cuts_alone", lambda recognizer, picture: [])
    monkeypatch.setattr(number_odds, "recognizer_of", lambda folder: None)

    assert number_odds.main([]) == 1

    assert "nothing to fit" in capsys.readouterr().err


def test_missing_data_is_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(sources.DATA_VARIABLE, str(tmp_path))

    assert number_odds.main([]) == 1

    assert "Traceback" not in (error := capsys.readouterr().err)
    assert error.strip()
