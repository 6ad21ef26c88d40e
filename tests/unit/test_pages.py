"""Composed pages tell what stands on them and where, and how well they are read is counted."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from digit_core.errors import EmptyDrawingError
from digit_core.page.ink import to_ink
from digit_core.types import Box, DigitReading, Prediction, Reading, Vote
from tests.support.strokes import drawing_of
from training.data.page_kinds.compose import compose, pages
from training.data.page_kinds.kinds import KINDS
from training.evaluation import pages as measured_pages
from training.evaluation.pages import main

drawing = partial(drawing_of, side=1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_digit_stands_where_the_page_says(kind):
    small = replace(KINDS[kind], side=(300, 500))

    page = compose([[drawing(4), drawing(0)], [drawing(7)]], small, np.random.default_rng(1))

    height, width, channels = page.picture.shape
    assert (page.text, len(page.boxes), channels) == ("40/7", 3, 3)
    assert page.picture.dtype == np.uint8
    for box in page.boxes:
        assert 0 <= box.left < box.right <= width
        assert 0 <= box.top < box.bottom <= height
    four, zero, seven = page.boxes
    assert four.left < zero.left
    assert max(four.top, zero.top) < seven.top


def test_ink_stands_in_the_boxes():
    page = compose([[drawing(8)]], KINDS["plain"], np.random.default_rng(2))

    ink = to_ink(page.picture)

    [box] = page.boxes
    scale = ink.shape[1] / page.picture.shape[1]
    rows, columns = np.nonzero(ink > 0.5)
    assert rows.min() / scale == pytest.approx(box.top, abs=4)
    assert columns.max() / scale == pytest.approx(box.right, abs=4)


def test_the_same_seed_gives_the_same_pages_and_one_writer_each():
    digits = [drawing(i % 10, f"test/{i % 2}") for i in range(20)]  # even digits by one writer, odd by another

    first, again = (list(pages(digits, "marker", 3, seed=5)) for _ in range(2))

    assert [page.text for page in first] == [page.text for page in again]
    assert all((a.picture == b.picture).all() for a, b in zip(first, again, strict=True))
    assert all(len({int(digit) % 2 for digit in page.text if digit != "/"}) == 1 for page in first)


def test_the_command_counts_pages_read_exactly(monkeypatch, capsys, tmp_path):
    class Blind:
        def read(self, picture, single=False):
            raise EmptyDrawingError()

    monkeypatch.setattr(measured_pages, "report_digits", lambda part: [drawing(i) for i in range(10)])
    monkeypatch.setattr(measured_pages, "recognizer_of", lambda folder: Blind())

    code = main(["--count", "2", "--kinds", "marker", "--sheets", str(tmp_path / "sheets")])

    told = capsys.readouterr().out
    assert code == 0
    assert "| marker | 2 | **0.00** | 0.0–0.0 | 0.00 | 0.00 | 0.00 | 100.00 | 0.00 | 0.00 | 100.00 |" in told
    assert (tmp_path / "sheets" / "marker.png").is_file()


def answer(digit):
    prediction = Prediction(tuple(np.where(np.arange(10) == digit, 0.91, 0.01)))
    votes = {"compact": prediction, "deep": prediction}
    return DigitReading(Box(0, 0, 9, 9), np.zeros((28, 28), np.float32), prediction, votes, 0.9, "digit")


def test_a_page_is_right_only_with_its_rows(monkeypatch, capsys):
    page = compose([[drawing(1)], [drawing(2)]], KINDS["marker"], np.random.default_rng(0))
    said = Reading(((answer(1),), (answer(2),)), Vote())
    reader = SimpleNamespace(read=lambda picture, single: said)
    monkeypatch.setattr(measured_pages, "report_digits", lambda part: [])
    monkeypatch.setattr(measured_pages, "recognizer_of", lambda folder: reader)
    monkeypatch.setattr(measured_pages, "pages", lambda *_: [page])

    main(["--kinds", "marker"])

    right = "| 1 | **100.00** | 100.0–100.0 | 100.00 | 100.00 | 100.00 | 0.00 | 0.00 | 0.00 | 0.00 |"
    told = capsys.readouterr().out
    assert f"| marker {right}" in told
    assert f"| all {right}" in told
