"""Value -> plotly figure, in the two named colours, on the page's own background so that it reads in light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import log10

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from digit_core.colours import COMPACT_COLOUR, DEEP_COLOUR
from digit_core.records import Epoch, SingleDigits
from digit_core.types import Layer

Figure = go.Figure  # for those who hand plots on and do not speak plotly

COLOURS = {"compact": COMPACT_COLOUR, "deep": DEEP_COLOUR, "ensemble": "#808080"}
TEXT_COLOUR = "#808080"  # until the page's own style says otherwise: readable on white and on black
GRID_COLOUR = "rgba(128, 128, 128, 0.25)"
CLEAR = "rgba(0, 0, 0, 0)"
NARROW, WIDE = 0.4, 1.0  # a block's width for one channel, and what each tenfold adds
WITHOUT_WEIGHTS = 0.35  # how strong a block without parameters is drawn
HEIGHT = 320  # pixels of one plot
DIGITS = tuple(range(10))


def sentence_figure(sentence: str) -> go.Figure:
    """Say in a plot's place why there is none."""
    figure = _styled(go.Figure(), height=90)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.add_annotation(text=sentence, showarrow=False, xref="paper", yref="paper", x=0.0, y=0.5)


def architecture_figure(name: str, layers: Sequence[Layer]) -> go.Figure:
    """Draw a network as blocks: as high as its maps, as wide as its channels are many."""
    widths = [NARROW + WIDE * log10(layer.shape[-1]) for layer in layers]
    starts = list(accumulate(widths, initial=0.0))[:-1]
    blocks = go.Bar(
        x=starts,
        y=[layer.shape[0] if len(layer.shape) == 3 else 1 for layer in layers],
        base=[-layer.shape[0] / 2 if len(layer.shape) == 3 else -0.5 for layer in layers],
        width=widths,
        offset=0,
        marker={
            "color": COLOURS[name],
            "opacity": [1.0 if layer.parameters else WITHOUT_WEIGHTS for layer in layers],
            "line": {"width": 1, "color": "#808080"},
        },
        customdata=[
            [layer.name, layer.kind, " × ".join(map(str, layer.shape)), f"{layer.parameters:,}"] for layer in layers
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}"
        "<br>%{customdata[3]} parameters<extra></extra>",
    )
    total = sum(layer.parameters for layer in layers)
    figure = _styled(go.Figure(blocks), f"{name}: {len(layers)} layers, {total:,} parameters", 240)
    figure.update_xaxes(visible=False)
    return figure.update_yaxes(visible=False)


def training_figure(histories: Mapping[str, Sequence[Epoch]]) -> go.Figure:
    """Draw both networks' training over the epochs: loss, error on validation, learning rate."""
    titles = ("loss (dotted: on validation)", "error on validation, %", "learning rate")
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
    figure = _styled(figure, "Training", 2 * HEIGHT)
    return figure.update_layout(legend={"y": 1.04})


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
    figure = _styled(figure, f"Each digit<br>{_title(found.values())}", HEIGHT)
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
    figure = _styled(go.Figure(matrix), f"Mistakes of {name}<br>{_title([found])}", HEIGHT + 60)
    figure.update_xaxes(dtick=1, title_text="read as")
    return figure.update_yaxes(dtick=1, autorange="reversed", title_text="truth")


def _title(found: Iterable[SingleDigits]) -> str:
    """The sets that were measured, which are one and the same unless somebody measured only in part."""
    return " / ".join(dict.fromkeys(f"{one.title} ({one.count:,})" for one in found))


def _styled(figure: go.Figure, title: str = "", height: int = HEIGHT) -> go.Figure:
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
    )
    figure.update_xaxes(gridcolor=GRID_COLOUR, zeroline=False)
    return figure.update_yaxes(gridcolor=GRID_COLOUR, zeroline=False)
