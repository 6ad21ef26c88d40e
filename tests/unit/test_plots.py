"""Plots hold what they were given, in the two named colours, on the page's own background."""

import pytest

from digit_core.figures.colours import COMPACT_COLOUR, DEEP_COLOUR
from digit_core.figures.measures import Bin, Epoch, Reliability, SingleDigits, WeightCurve
from digit_core.figures.plots import (
    architecture_figure,
    confusion_figure,
    per_digit_figure,
    reliability_figure,
    sentence_figure,
    training_figure,
    weight_figure,
)
from digit_core.types import Layer

EPOCHS = (Epoch(1, 0.5, 0.4, 6.0, 0.002), Epoch(2, 0.2, None, 2.0, None))
CONFUSION = tuple(tuple(90 if t == a else 1 if a == (t + 1) % 10 else 0 for a in range(10)) for t in range(10))
FOUND = SingleDigits("MNIST's test set", 910, 98.9, 0.04, tuple(98.0 + 0.1 * digit for digit in range(10)), CONFUSION)
LAYERS = (Layer("conv1", "Conv2D", (28, 28, 20), 180), Layer("logits", "Dense", (11,), 715))
BLOCK = (
    Layer("frames", "InputLayer", (28, 28, 1), 0),
    Layer("shrink", "Conv2D", (14, 14, 36), 900),
    Layer("block2a_conv", "Conv2D", (14, 14, 36), 900),
    Layer("block2a", "Activation", (14, 14, 36), 0),
    Layer("block2_add", "Add", (14, 14, 36), 0),
    Layer("gather", "DepthwiseConv2D", (1, 1, 36), 90),
    Layer("logits", "Dense", (11,), 715),
)
TRUSTED = Reliability("drawn", 1010, 0.5, (Bin(10, 60.0, 50.0), Bin(1000, 99.0, 99.5)))
CURVE = WeightCurve("drawn", (0.0, 0.5, 1.0), (98.5, 99.0, 98.8), (98.5, 99.1, 98.8))


@pytest.fixture(
    params=[
        lambda: sentence_figure("Nothing."),
        lambda: architecture_figure("deep", LAYERS),
        lambda: training_figure({"compact": EPOCHS, "deep": EPOCHS}),
        lambda: per_digit_figure({"compact": FOUND}),
        lambda: confusion_figure("ensemble", FOUND),
        lambda: reliability_figure({"compact": TRUSTED}),
        lambda: weight_figure(CURVE, 0.5),
    ]
)
def figure(request):
    return request.param()


def test_the_page_shines_through(figure):
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"


def test_no_finger_is_caught_by_a_plot(figure):
    assert figure.layout.dragmode is False


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


def test_a_taught_epoch_has_no_loss_to_compare():
    taught = (*EPOCHS, Epoch(3, None, 0.1, 1.0, 0.001))

    plain, broken = training_figure({"deep": EPOCHS}), training_figure({"deep": taught})

    assert list(broken.data[0].y) == [0.5, 0.2, None]
    assert "other networks taught" in broken.layout.annotations[0].text
    assert "other networks taught" not in plain.layout.annotations[0].text


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


def test_an_arc_spans_what_a_shortcut_skips():
    [arc] = architecture_figure("deep", BLOCK).layout.shapes

    blocks = architecture_figure("deep", BLOCK).data[0]
    start, end = float(arc.path.split()[1].split(",")[0]), float(arc.path.split()[-1].split(",")[0])
    assert (start, end) == (blocks.x[2], pytest.approx(blocks.x[4] + blocks.width[4]))
    assert arc.line.color == DEEP_COLOUR


def test_maps_of_one_size_are_named_once():
    names = [note.text for note in architecture_figure("deep", BLOCK).layout.annotations]

    assert names == ["28×28<br>×1", "14×14<br>×36", "36"]


def test_what_only_passes_on_is_thin_and_pale():
    [blocks] = architecture_figure("deep", BLOCK).data

    assert blocks.width[3] < blocks.width[2] / 2
    assert blocks.marker.opacity[3] < blocks.marker.opacity[2] == 1.0


def test_more_answers_make_a_larger_dot():
    diagonal, dots = reliability_figure({"deep": TRUSTED}).data

    assert list(diagonal.x) == list(diagonal.y) == [0, 100]
    assert (list(dots.x), list(dots.y)) == ([60.0, 99.0], [50.0, 99.5])
    assert dots.marker.size[0] < dots.marker.size[1]
    assert dots.name == "deep 0.50 %"
    assert dots.marker.color == DEEP_COLOUR


def test_the_vote_runs_from_compact_to_deep():
    arithmetic, geometric, compact, deep = weight_figure(CURVE, 0.5).data

    assert list(arithmetic.x) == [0, 50, 100]
    assert (list(arithmetic.y), list(geometric.y)) == ([98.5, 99.0, 98.8], [98.5, 99.1, 98.8])
    assert (compact.x[0], compact.marker.color) == (0, COMPACT_COLOUR)
    assert (deep.x[0], deep.marker.color) == (100, DEEP_COLOUR)
    assert weight_figure(CURVE, 0.5).layout.shapes[0].x0 == 50
    assert not weight_figure(CURVE).layout.shapes
