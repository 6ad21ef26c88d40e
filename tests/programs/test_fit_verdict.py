"""What tells a digit from what is none: shapes learn their truth from page or drawing, the fit finds known weights."""

import numpy as np
import pytest

from digit_core.models.verdict import DIGIT_WEIGHTS
from digit_core.types import Box, DigitReading, Prediction, Reading, Vote
from tests.support.drawings import picture_of
from tests.support.strokes import drawing_of
from training.data.pages.compose import Page
from training.data.samples import Sample
from training.evaluation import verdict
from training.evaluation.verdict import FEATURES, DrawingTruth, PageTruth, Shapes, fit, read_all

DRAWN = [Sample(np.array(picture_of(text).convert("L")), text, "", "") for text in ("4", "7")]


def reading_of(*digits):
    """A reading of shapes given as (answer, box)."""
    shapes = []
    for answer, box in digits:
        prediction = Prediction(tuple(np.where(np.arange(10) == answer, 0.91, 0.01)))
        shapes.append(DigitReading(Box(*box), np.zeros((28, 28), np.float32), prediction, {}, 0.9, "digit"))
    return Reading((tuple(shapes),), Vote())


@pytest.fixture
def page():
    """A seven on the left, a letter on the right, nothing below."""
    owners = np.zeros((40, 40), np.int16)
    owners[5:25, 5:9] = 1
    owners[5:25, 28:32] = 2
    blank = np.zeros((40, 40), np.uint8)
    return Page(np.zeros((40, 40, 3), np.uint8), owners, blank, blank, ("7", "b"))


@pytest.mark.parametrize(
    ("answer", "box", "truth"),
    [
        (7, (4, 4, 6, 22), 1),
        (1, (4, 4, 6, 22), -1),  # misread
        (7, (4, 4, 6, 8), -1),  # a part of it
        (7, (4, 4, 30, 22), -1),  # both together
        (6, (27, 4, 6, 22), 0),
        (0, (4, 28, 20, 10), 0),
    ],
)
def test_a_shape_on_a_page_is_a_digit_if_it_is_one_and_is_read_so(page, answer, box, truth):
    assert PageTruth(page)(reading_of((answer, box))).tolist() == [truth]


@pytest.mark.parametrize(
    ("text", "answers", "truth"),
    [("70", (7, 0), [1, 1]), ("7?", (7, 4), [1, 0]), ("70", (7, 6), [1, -1]), ("70", (7,), [-1]), ("", (4, 4), [0, 0])],
)
def test_a_shape_of_a_drawing_is_judged_by_its_text(text, answers, truth):
    reading = reading_of(*((answer, (0, 0, 5, 9)) for answer in answers))

    assert DrawingTruth(Sample(np.zeros((9, 9), np.uint8), text, "", ""))(reading).tolist() == truth


def test_the_fit_finds_the_weights_that_made_the_truth():
    rng = np.random.default_rng(0)
    weights = np.array([0.5, -1.0, 2.0])
    known = np.column_stack([np.ones(20_000), rng.normal(0, 1, (20_000, 2))])
    is_digit = rng.random(20_000) < 1 / (1 + np.exp(-known @ weights))

    fitted, apart = fit(known, is_digit, np.arange(20_000) // 4)

    np.testing.assert_allclose(fitted, weights, atol=0.1)
    assert apart[is_digit].mean() > apart[~is_digit].mean() + 0.3


def test_drawings_are_read_and_described(recognizer, monkeypatch):
    samples = [Sample(np.full((280, 280), 255, np.uint8), "1", "", ""), *DRAWN]
    monkeypatch.setattr(verdict, "pictures", lambda count: ((s.truth, s.picture, DrawingTruth(s)) for s in samples))

    read = read_all(recognizer, 1)

    assert [shapes.kind for shapes in read] == ["4", "7"], "a blank sheet shows nothing"
    assert [shapes.truth.tolist() for shapes in read] == [[1], [1]]
    assert all(shapes.features.shape == (1, len(FEATURES)) for shapes in read)


def test_the_command_prints_fitted_weights_beside_those_in_use(monkeypatch, capsys):
    rng = np.random.default_rng(1)
    read = [Shapes("kind", rng.normal(0, 1, (4, len(FEATURES))), np.array([0, 1, 1, -1])) for _ in range(30)]
    monkeypatch.setattr(verdict, "recognizer_of", lambda folder: None)
    monkeypatch.setattr(verdict, "read_all", lambda recognizer, count: read)

    assert verdict.main([]) == 0

    printed = capsys.readouterr().out
    lines = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in printed.splitlines() if line.startswith("|")}
    assert [float(w) for w in lines["in use"]] == pytest.approx(list(DIGIT_WEIGHTS.values()), abs=0.005)
    assert all(np.isfinite(float(w)) for w in lines["fitted"])
    assert [int(lines["kind"][i]) for i in (0, 3)] == [60, 30]
    assert lines["all"] == lines["kind"]


def test_nothing_is_fitted_where_all_is_digits(monkeypatch, capsys):
    read = [Shapes("kind", np.ones((2, len(FEATURES))), np.array([1, 1]))] * 9
    monkeypatch.setattr(verdict, "recognizer_of", lambda folder: None)
    monkeypatch.setattr(verdict, "read_all", lambda recognizer, count: read)

    assert verdict.main([]) == 1
    assert "nothing to fit" in capsys.readouterr().err


def test_pages_and_drawings_of_every_kind_are_shown(monkeypatch):
    digits = [drawing_of(digit) for digit in range(10)]
    letters = [drawing_of(digit, label=label) for digit, label in enumerate("abcdefghij")]
    monkeypatch.setattr(verdict.samples, "report_digits", lambda part: digits)
    monkeypatch.setattr(verdict.samples, "report_characters", lambda part: letters)
    monkeypatch.setattr(verdict, "Hands", lambda part: type("Hands", (), {"page": lambda *_: page_stub()})())

    shown = [kind for kind, _, _ in verdict.pictures(1)]

    assert len([kind for kind in shown if kind.startswith("page: ")]) == len(verdict.SCENES)
    assert {"digits", "spaced numbers", "touching numbers", "letters", "Greek letters", "words"} <= set(shown)


def page_stub():
    blank = np.zeros((8, 8), np.uint8)
    return Page(np.zeros((8, 8, 3), np.uint8), blank.astype(np.int16), blank, blank, ())
