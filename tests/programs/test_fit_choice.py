"""What tells which of two readings is right: pictures are read both ways, and the fit finds known weights."""

import numpy as np
import pytest

from digit_core.errors import EmptyDrawingError
from digit_core.reading.choice import CHOICE_WEIGHTS
from tests.support.drawings import picture_of
from tests.support.strokes import drawing_of
from training.data.faults import FAULTS, draw_with_fault
from training.data.samples import Sample
from training.evaluation import choice
from training.evaluation.choice import FEATURES, Pair, fit, read_all, read_both_ways

PAPER = np.full((28, 28), 255, np.uint8)


def read_twelve(recognizer, picture):
    """Read "12" the plain way and "123" by the finder."""
    if not picture.any():
        raise EmptyDrawingError()
    return "12", "1\n23", dict.fromkeys(FEATURES, 0.5)


@pytest.fixture
def always_twelve(monkeypatch):
    monkeypatch.setattr(choice, "recognizer_of", lambda folder: None)
    monkeypatch.setattr(choice, "read_both_ways", read_twelve)


@pytest.mark.usefixtures("always_twelve")
def test_a_pair_knows_which_of_its_readings_is_right(monkeypatch):
    samples = [Sample(PAPER, "12", "", ""), Sample(PAPER, "1/23", "", ""), Sample(PAPER, "", "", "")]
    blank = Sample(np.zeros_like(PAPER), "1", "", "")
    monkeypatch.setattr(choice, "pictures", lambda count: (("kind", sample) for sample in [*samples, blank]))

    pairs = read_all(None, 1)

    assert [(pair.plain, pair.found) for pair in pairs] == [(True, False), (False, True), (False, False)]


def test_a_folded_four_is_pieces_the_plain_way_and_a_four_by_the_finder(recognizer):
    folded = np.array(picture_of("4").convert("L"))
    folded[138:142] = 255

    plain, found, known = read_both_ways(recognizer, folded)

    assert len(plain) > len(found)
    assert found == "4"
    assert list(known) == list(FEATURES)


@pytest.mark.parametrize("picture", [picture_of("4"), picture_of("")], ids=["clear", "blank"])
def test_there_is_no_choice_where_nothing_is_in_doubt(recognizer, picture):
    assert read_both_ways(recognizer, picture) is None


def test_the_fit_finds_the_weights_that_made_the_truth():
    rng = np.random.default_rng(0)
    weights = np.array([0.5, -1.0, 2.0])
    known = np.column_stack([np.ones(20_000), rng.normal(0, 1, (20_000, 2))])
    is_found = rng.random(20_000) < 1 / (1 + np.exp(-known @ weights))
    alike = Pair("kind", True, True, (9.0, 9.0, 9.0))  # says nothing

    fitted, _ = fit([alike, *(Pair("kind", not f, f, tuple(k)) for f, k in zip(is_found, known, strict=True))])

    np.testing.assert_allclose(fitted, weights, atol=0.1)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_drawn_with_its_truth_and_again_with_the_same_seed(fault):
    digits = [drawing_of(digit) for digit in range(10)]

    drawn, again = list(draw_with_fault(digits, fault, 3, 1)), list(draw_with_fault(digits, fault, 3, 1))

    assert [sample.truth for sample in drawn] == [sample.truth for sample in again]
    for sample, same in zip(drawn, again, strict=True):
        assert sample.truth.isdigit() or fault == "long dash"
        np.testing.assert_array_equal(sample.picture, same.picture)
        assert len(np.unique(sample.picture)) > 1


@pytest.mark.usefixtures("always_twelve")
def test_the_command_prints_fitted_weights_beside_those_in_use(monkeypatch, capsys):
    drawn = [("either", Sample(PAPER, truth, "", "")) for truth in ("12", "1/23")] * 12 + [
        ("neither", Sample(PAPER, "9", "", ""))
    ]
    monkeypatch.setattr(choice, "pictures", lambda count: iter(drawn))

    assert choice.main([]) == 0

    printed = capsys.readouterr().out
    lines = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in printed.splitlines() if line.startswith("|")}
    assert [float(w) for w in lines["in use"]] == pytest.approx(list(CHOICE_WEIGHTS.values()), abs=0.005)
    assert all(np.isfinite(float(w)) for w in lines["fitted"])
    assert [float(share) for share in lines["either"][:3]] == [24, 50, 50]
    assert [float(share) for share in lines["neither"]] == [1, 0, 0, 0, 0]


@pytest.mark.usefixtures("always_twelve")
def test_nothing_is_fitted_where_one_way_is_always_right(monkeypatch, capsys):
    monkeypatch.setattr(choice, "pictures", lambda count: iter([("kind", Sample(PAPER, "12", "", ""))] * 6))

    assert choice.main([]) == 1
    assert "nothing to fit" in capsys.readouterr().err
