"""Plots hold what they were given, in the two named colours, on the page's own background."""

import pytest

from digit_core.colours import COMPACT_COLOUR, DEEP_COLOUR
from digit_core.plots import (
    architecture_figure,
    confusion_figure,
    per_digit_figure,
    sentence_figure,
    training_figure,
)
from digit_core.records import Epoch, SingleDigits
from digit_core.types import Layer

EPOCHS = (Epoch(1, 0.5, 0.4, 6.0, 0.002), Epoch(2, 0.2, None, 2.0, None))
CONFUSION = tuple(tuple(90 if t == a else 1 if a == (t + 1) % 10 else 0 for a in range(10)) for t in range(10))
FOUND = SingleDigits("MNIST's test set", 910, 98.9, 0.04, tuple(98.0 + 0.1 * digit for digit in range(10)), CONFUSION)
LAYERS = (Layer("conv1", "Conv2D", (28, 28, 20), 180), Layer("logits", "Dense", (11,), 715))


@pytest.fixture(
    params=[
        lambda: sentence_figure("Nothing."),
        lambda: architecture_figure("deep", LAYERS),
        lambda: training_figure({"compact": EPOCHS, "deep": EPOCHS}),
        lambda: per_digit_figure({"compact": FOUND}),
        lambda: confusion_figure("ensemble", FOUND),
    ]
)
def figure(request):
    return request.param()


def test_the_page_shines_through(figure):
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"


def test_a_block_tells_name_shape_and_parameters():
    [blocks] = architecture_figure("compact", LAYERS).data

    assert blocks.marker.color == COMPACT_COLOUR
    assert list(blocks.y) == [28, 1]
    assert list(blocks.customdata[0]) == ["conv1", "Conv2D", "28 × 28 × 20", "180"]


def test_both_networks_are_trained_on_one_axis():
    curves = training_figure({"compact": EPOCHS, "deep": EPOCHS}).data

    assert [curve.line.color for curve in curves] == [COMPACT_COLOUR] * 4 + [DEEP_COLOUR] * 4
    assert [list(curve.y) for curve in curves[:4]] == [[0.5, 0.2], [0.4, None], [6.0, 2.0], [0.002, None]]
    assert {curve.name for curve in curves if curve.showlegend} == {"compact", "deep"}


def test_right_answers_do_not_outshine_mistakes():
    [matrix] = confusion_figure("deep", FOUND).data

    assert matrix.z[3][3] is None
    assert matrix.z[3][4] == 1
    assert matrix.colorscale[-1][1] == DEEP_COLOUR


def test_no_accuracy_is_cut_off():
    figure = per_digit_figure({"compact": FOUND})

    low, high = figure.layout.yaxis.range
    assert low < 98.0 < high == 100
    assert "910" in figure.layout.title.text
