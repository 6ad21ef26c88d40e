"""Value -> plotly figure, in the two named colours, on the page's own background so that it reads in light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import log10

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from digit_core.figures.colours import COMPACT_COLOUR, DEEP_COLOUR
from digit_core.figures.measures import Epoch, Reliability, SingleDigits, WeightCurve
from digit_core.types import Layer

Figure = go.Figure  # for those who hand plots on and do not speak plotly

COLOURS = {"compact": COMPACT_COLOUR, "deep": DEEP_COLOUR, "ensemble": "#808080"}
TEXT_COLOUR = "#808080"  # until the page's own style sets another: readable on white and on black
GRID_COLOUR = "rgba(128, 128, 128, 0.25)"
CLEAR = "rgba(0, 0, 0, 0)"
NARROW, WIDE = 0.4, 1.0  # The first is a block's width for one channel, the second what each tenfold of them adds.
THIN = 0.25  # A layer without weights is drawn with this share of the width.
WEIGHTY = ("Conv2D", "DepthwiseConv2D", "Dense")
WITHOUT_WEIGHTS = 0.35  # The opacity of a block whose layer has no weights.
ROOM = 3  # Rows of the maps above and below the blocks, for a shortcut's arc and for the sizes of the maps.
SMALL_TEXT = 11  # Pixels of the small labels.
LEEWAY = 0.12  # Percent of free space above and below a curve of accuracies.
SMALLEST_DOT, DOT = 5, 4  # Pixels: the first is the dot of one answer, the second what each tenfold of them adds.
HEIGHT = 320  # Pixels of one plot's height.
DIGITS = tuple(range(10))
MODEBAR_TOOLS = ["zoom", "pan", "select", "lasso", "zoomIn", "zoomOut", "autoScale", "resetScale"]


def sentence_figure(sentence: str) -> go.Figure:
    """Say in a plot's place why there is none."""
    figure = _style(go.Figure(), height=90)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.add_annotation(text=sentence, showarrow=False, xref="paper", yref="paper", x=0.0, y=0.5)


def architecture_figure(name: str, layers: Sequence[Layer]) -> go.Figure:
    """Draw a network as blocks: as high as its maps, as wide as its channels are many, arcs where maps are added."""
    widths = [(NARROW + WIDE * log10(layer.shape[-1])) * (1 if layer.kind in WEIGHTY else THIN) for layer in layers]
    starts = list(accumulate(widths, initial=0.0))
    heights = [layer.shape[0] if len(layer.shape) == 3 else 1 for layer in layers]
    blocks = go.Bar(
        x=starts[:-1],
        y=heights,
        base=[-height / 2 for height in heights],
        width=widths,
        offset=0,
        marker={
            "color": COLOURS[name],
            "opacity": [1.0 if layer.kind in WEIGHTY else WITHOUT_WEIGHTS for layer in layers],
            "line": {"width": 1, "color": "#808080"},
        },
        customdata=[
            [layer.name, layer.kind, " × ".join(map(str, layer.shape)), f"{layer.parameters:,}"] for layer in layers
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}"
        "<br>%{customdata[3]} parameters<extra></extra>",
    )
    total = sum(layer.parameters for layer in layers)
    figure = _style(go.Figure(blocks), f"{name}: {len(layers)} layers, {total:,} parameters", 240)
    highest = max(heights) / 2
    for first, last in _find_shortcuts(layers):
        left, right, top = starts[first], starts[last + 1], heights[last] / 2
        arc = f"M {left},{top} Q {(left + right) / 2},{top + 2 * ROOM} {right},{top}"
        figure.add_shape(type="path", path=arc, line={"color": COLOURS[name], "width": 2})
    for first, last in _find_same_maps(layers):
        height, *others = layers[first].shape
        size = f"{height}×{others[0]}<br>×" if len(others) == 2 and height > 1 else ""
        widest = max(layer.shape[-1] for layer in layers[first : last + 1])
        figure.add_annotation(
            x=(starts[first] + starts[last + 1]) / 2,
            y=-highest - 0.2 * ROOM,
            text=f"{size}{widest}",
            showarrow=False,
            yanchor="top",
            font={"size": SMALL_TEXT},
        )
    figure.update_layout(margin={"l": 12, "r": 12, "t": 36, "b": 4})
    figure.update_xaxes(visible=False, range=[0, starts[-1]], fixedrange=True)
    return figure.update_yaxes(visible=False, range=[-highest - 3 * ROOM, highest + ROOM], fixedrange=True)


def _find_shortcuts(layers: Sequence[Layer]) -> list[tuple[int, int]]:
    """Find where maps skip layers: the first layer of a block, as "block2a_conv", and its addition, "block2_add"."""
    found = []
    for last, layer in enumerate(layers):
        if layer.kind == "Add":
            block = layer.name.removesuffix("_add")
            found.append((next(i for i, other in enumerate(layers) if other.name.startswith(block)), last))
    return found


def _find_same_maps(layers: Sequence[Layer]) -> list[tuple[int, int]]:
    """Find the runs of layers that hand on maps of one size; once there is one row, or none, the rest is one run."""
    sides = [layer.shape[0] if len(layer.shape) == 3 and layer.shape[0] > 1 else 0 for layer in layers]
    firsts = [i for i, side in enumerate(sides) if i == 0 or side != sides[i - 1]]
    return [(first, after - 1) for first, after in zip(firsts, [*firsts[1:], len(layers)], strict=True)]


def training_figure(histories: Mapping[str, Sequence[Epoch]]) -> go.Figure:
    """Draw both networks' training over the epochs: loss, error on validation, learning rate."""
    taught = any(epoch.loss is None for epochs in histories.values() for epoch in epochs)
    # A taught network's loss counts its teachers' answers, too: drawn on, it would look like a leap.
    left_out = "<br><sub>solid line left out where other networks taught</sub>" if taught else ""
    titles = (f"loss (dotted: on validation){left_out}", "error on validation, %", "learning rate")
    figure = make_subplots(3, 1, shared_xaxes=True, vertical_spacing=0.07, subplot_titles=titles)
    for name, epochs in histories.items():
        numbers = [epoch.number for epoch in epochs]
        curves = (
            (1, [epoch.loss for epoch in epochs], "solid"),
            (1, [epoch.validation_loss for epoch in epochs], "dot"),
            (2, [epoch.error for epoch in epochs], "solid"),
            (3, [epoch.learning_rate for epoch in epochs], "solid"),
        )
        for place, (row, values, dash) in enumerate(curves):
            line = {"color": COLOURS[name], "dash": dash}
            curve = go.Scatter(
                x=numbers, y=values, name=name, line=line, legendgroup=name, showlegend=place == 0, mode="lines"
            )
            figure.add_trace(curve, row=row, col=1)
    figure.update_yaxes(type="log", row=1, col=1).update_yaxes(type="log", row=2, col=1)
    figure.update_xaxes(title_text="epoch", row=3, col=1)
    figure = _style(figure, "Training", 2 * HEIGHT)
    return figure.update_layout(legend={"y": -0.12, "yanchor": "top"}, margin={"b": 80})


def per_digit_figure(found: Mapping[str, SingleDigits]) -> go.Figure:
    """Draw each digit's accuracy, the models side by side."""
    figure = go.Figure(
        [
            go.Bar(x=DIGITS, y=one.per_digit, name=name, marker_color=COLOURS[name], hovertemplate="%{x}: %{y:.2f} %")
            for name, one in found.items()
        ]
    )
    known = [accuracy for one in found.values() for accuracy in one.per_digit if accuracy is not None]
    figure.update_yaxes(range=[min([*known, 99.0]) - 0.5, 100], title_text="read right, %")
    figure.update_xaxes(dtick=1, title_text="digit")
    figure = _style(figure, f"Each digit<br>{_title(found.values())}", HEIGHT)
    return figure.update_layout(legend={"y": -0.3, "yanchor": "top"}, margin={"b": 80})


def confusion_figure(name: str, found: SingleDigits) -> go.Figure:
    """Draw which digit was taken for which; right answers are left out, since they would outshine every mistake."""
    mistakes = [
        [None if digit == answer or not count else count for answer, count in enumerate(counts)]
        for digit, counts in enumerate(found.confusion)
    ]
    matrix = go.Heatmap(
        z=mistakes,
        x=DIGITS,
        y=DIGITS,
        texttemplate="%{z}",
        colorscale=[[0, "rgba(128, 128, 128, 0.2)"], [1, COLOURS[name]]],
        showscale=False,
        hoverongaps=False,
        hovertemplate="a %{y} read as %{x}, %{z} times<extra></extra>",
    )
    figure = _style(go.Figure(matrix), f"Mistakes of {name}<br>{_title([found])}", HEIGHT + 60)
    figure.update_xaxes(dtick=1, title_text="read as")
    return figure.update_yaxes(dtick=1, autorange="reversed", title_text="truth")


def reliability_figure(found: Mapping[str, Reliability]) -> go.Figure:
    """Draw how often answers of each confidence are right; on the diagonal, confidence is what it says."""
    certain = go.Scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": TEXT_COLOUR, "dash": "dot", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    dots = [
        go.Scatter(
            x=[one.confidence for one in reliability.bins],
            y=[one.accuracy for one in reliability.bins],
            name=f"{name} {reliability.ece:.2f} %",
            mode="markers",
            marker={
                "color": COLOURS[name],
                "opacity": 0.8,
                "size": [SMALLEST_DOT + DOT * log10(one.count) for one in reliability.bins],
                "line": {"width": 0},
            },
            customdata=[[f"{one.count:,}"] for one in reliability.bins],
            hovertemplate="%{customdata[0]} answers<br>%{x:.1f} % sure<br>%{y:.1f} % right",
        )
        for name, reliability in found.items()
    ]
    figure = _style(go.Figure([certain, *dots]), f"Right, by confidence<br>{_title(found.values())}", HEIGHT + 60)
    figure.update_xaxes(range=[-4, 106], title_text="confidence, %", dtick=20)
    figure.update_yaxes(range=[-4, 106], title_text="read right, %", dtick=20)
    return figure.update_layout(legend={"y": -0.24, "yanchor": "top"}, margin={"b": 90})


def weight_figure(curve: WeightCurve, weight: float | None = None) -> go.Figure:
    """Draw what the vote reads right from compact alone (left) to deep alone (right).

    Args:
        curve: of one set.
        weight: the share of deep that answers by default, marked; None marks nothing.
    """
    shares = [100 * share for share in curve.weights]
    lines = [
        go.Scatter(
            x=shares,
            y=values,
            name=f"{mean} mean",
            mode="lines+markers",
            line={"color": COLOURS["ensemble"], "dash": dash},
            marker={"size": 6, "symbol": symbol},
            hovertemplate="%{x:.0f} % deep: %{y:.2f} %",
        )
        for mean, values, dash, symbol in (
            ("arithmetic", curve.arithmetic, "solid", "circle"),
            ("geometric", curve.geometric, "dot", "diamond"),
        )
    ]
    ends = [
        go.Scatter(
            x=[share],
            y=[right],
            name=name,
            text=[name],
            textposition=f"{'bottom' if neighbour >= right else 'top'} {side}",
            mode="markers+text",
            marker={"color": COLOURS[name], "size": 12},
            hovertemplate="%{y:.2f} %",
            showlegend=False,
        )
        for name, share, right, neighbour, side in (
            ("compact", shares[0], curve.arithmetic[0], curve.arithmetic[1], "right"),
            ("deep", shares[-1], curve.arithmetic[-1], curve.arithmetic[-2], "left"),
        )
    ]
    figure = _style(go.Figure([*lines, *ends]), f"Read right by the share of deep<br>{curve.title}", HEIGHT)
    if weight is not None:
        figure.add_vline(x=100 * weight, line={"color": TEXT_COLOUR, "dash": "dash", "width": 1})
    everything = [*curve.arithmetic, *curve.geometric]
    figure.update_yaxes(range=[min(everything) - LEEWAY, max(everything) + LEEWAY], title_text="read right, %")
    figure.update_xaxes(range=[-4, 104], dtick=20, title_text="share of deep, %")
    return figure.update_layout(legend={"y": -0.3, "yanchor": "top"}, margin={"b": 96})


def _title(found: Iterable[SingleDigits | Reliability]) -> str:
    """The sets that were measured, which are one and the same unless somebody measured only in part."""
    return " / ".join(dict.fromkeys(f"{one.title} ({one.count:,})" for one in found))


def _style(figure: go.Figure, title: str = "", height: int = HEIGHT) -> go.Figure:
    second_line = 18 if "<br>" in title else 0  # pixels: plotly centres two lines where the first should stand
    figure.update_layout(
        title={
            "text": title,
            "font": {"size": 14},
            "x": 0,
            "xref": "container",
            "y": 0.99,
            "yanchor": "top",
            "pad": {"t": second_line},
        },
        height=height,
        margin={"l": 50, "r": 10, "t": 64 if title else 10, "b": 40},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"color": TEXT_COLOUR},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        barmode="group",
        dragmode=False,  # or a finger that scrolls the page would zoom
        modebar={"remove": MODEBAR_TOOLS},
    )
    figure.update_xaxes(gridcolor=GRID_COLOUR, zeroline=False)
    return figure.update_yaxes(gridcolor=GRID_COLOUR, zeroline=False)
