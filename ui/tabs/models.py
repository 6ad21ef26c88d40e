"""The Models tab: how the networks are built, how they were trained, how well they read. Filled when it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from digit_core.errors import DigitError
from digit_core.figures import plots
from digit_core.figures.measures import SingleDigits, digit_scores
from digit_core.figures.plots import Figure
from digit_core.figures.records import (
    DRAWN_SETS,
    MATRIX_SETS,
    RELIABILITY_SETS,
    own_figures,
    read_by_weight,
    read_history,
    read_layers,
    read_peers,
    read_reliability,
    read_single_digits,
    read_vote_gains,
)
from digit_core.figures.tables import (
    NOT_MEASURED,
    UNKNOWN,
    markdown_table,
    measured_table,
    peers_table,
    scores_table,
    vote_sentence,
    vote_table,
)
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.recognizer import Recognizer
from digit_core.types import MODELS, Layer, Model

NO_HISTORY = "There is no record of how these networks were trained."
DASHED = "The dashed line marks the share of deep that answers unless you choose another."
SCORES_EXPLAINED = (
    "Precision: of the answers that named a digit, how many per cent were right. Recall: of all there were of a digit, "
    "how many per cent were read as it. F1 is the harmonic mean of the two, support how many there were."
)
SHORT = 7  # characters that tell a revision or a checksum from all others
THIS_PROJECT = "**these two and their vote** ³"
OWN_CAVEAT = (
    "³ Measured on MNIST's test set and on this project's own drawings, brush 20 px; a letter counts as answered when "
    "it is called a digit with enough confidence."
)


@dataclass(frozen=True, slots=True)
class ModelsHandlers:
    """Shows what is known of the networks; a missing file leaves a sentence in its place."""

    recognizer: Recognizer
    models_dir: Path = MODELS_DIR

    def facts(self) -> str:
        """Return the tab's first table: size, accuracy and loss of each network and of the vote; and their origin."""
        networks = self.recognizer.public_manifest()["networks"]
        try:
            found, drawn = self._single_digits(), self._single_digits(DRAWN_SETS)
        except DigitError as error:
            return str(error)
        entries = [networks[name] for name in NETWORKS]
        singles = [found.get(name) for name in MODELS]
        rows = [
            ["parameters", *(f"{n:,}" for n in _with_sum([entry["parameters"] for entry in entries]))],
            ["file, kB", *(f"{n / 1000:,.0f}" for n in _with_sum([entry["bytes"] for entry in entries]))],
            ["read right, %", *(f"{one.accuracy:.2f}" if one else UNKNOWN for one in singles)],
            ["loss", *(f"{one.nll:.4f}" if one else UNKNOWN for one in singles)],
        ]
        if drawn:
            drawings = [drawn.get(name) for name in MODELS]
            rows.append(["drawings, %", *(f"{one.accuracy:.2f}" if one else UNKNOWN for one in drawings)])
        table = markdown_table(["network", *NETWORKS, "both"], rows)
        measured_on = f"Accuracy and loss: {next(iter(found.values())).title}." if found else NOT_MEASURED
        vote = self.recognizer.vote
        votes = f"Both together answer by the {vote.mean} mean, deep with a share of {100 * vote.share_of_deep:.0f} %."
        files = "; ".join(_file_of(name, networks[name]) for name in NETWORKS)
        return "\n".join([self.recognizer.origin, "", table, "", f"{measured_on} {votes}", "", f"Files: {files}."])

    def architectures(self) -> tuple[Figure, str, Figure, str]:
        """Return a picture and a table of layers for each network."""
        return *self._architecture("compact"), *self._architecture("deep")

    def _architecture(self, name: Model) -> tuple[Figure, str]:
        try:
            layers = read_layers(name, self.models_dir)
        except DigitError as error:
            return plots.sentence_figure(str(error)), ""
        if not layers:
            return plots.sentence_figure(f"{name}: {NOT_MEASURED}"), ""
        return plots.architecture_figure(name, layers), layer_table(layers)

    def training(self) -> Figure:
        """Return both networks' training curves."""
        try:
            read = {str(name): read_history(name, self.models_dir) for name in NETWORKS}
        except DigitError as error:
            return plots.sentence_figure(str(error))
        histories = {name: epochs for name, epochs in read.items() if epochs}
        return plots.training_figure(histories) if histories else plots.sentence_figure(NO_HISTORY)

    def accuracies(self) -> Figure:
        """Return each digit's accuracy."""
        try:
            found = self._single_digits()
        except DigitError as error:
            return plots.sentence_figure(str(error))
        return plots.per_digit_figure(found) if found else plots.sentence_figure(NOT_MEASURED)

    def scores(self) -> tuple[str, ...]:
        """Return each model's precision, recall and F1 for every digit."""
        return tuple(self._scores(name) for name in MODELS)

    def mistakes(self) -> tuple[Figure, ...]:
        """Return each model's confusion matrix."""
        return tuple(self._mistakes(name) for name in MODELS)

    def reliabilities(self) -> tuple[Figure, ...]:
        """Return how far confidence can be trusted, on MNIST and on drawings."""
        return tuple(self._reliability(among) for among in RELIABILITY_SETS)

    def votes(self) -> tuple[str, Figure, Figure, str]:
        """Return whether the vote beats the better network, its accuracy by weight on two sets, and set by set."""
        try:
            gains, curves = read_vote_gains(self.models_dir), read_by_weight(self.models_dir)
        except DigitError as error:
            return str(error), *[plots.sentence_figure(str(error))] * 2, ""
        weight = self.recognizer.vote.share_of_deep
        figures = [plots.weight_figure(curve, weight) for curve in curves[:2]]
        missing = [plots.sentence_figure(NOT_MEASURED)] * (2 - len(figures))
        first, second = [*figures, *missing]
        sentences = f"{vote_sentence(gains)} {DASHED}" if figures else vote_sentence(gains)
        return sentences, first, second, vote_table(gains)

    def measures(self) -> str:
        """Return the table of everything that was measured."""
        try:
            return measured_table(self.models_dir, with_vote=False)  # the sentence stands above, beside its curves
        except DigitError as error:
            return str(error)

    def peers(self) -> str:
        """Return other projects' figures, this one's first, with what one has to know to read them."""
        try:
            known, own = read_peers(), own_figures(THIS_PROJECT, self.models_dir)
        except DigitError as error:
            return str(error)
        caveats = f"{known.caveats} {OWN_CAVEAT}" if own else known.caveats
        return "\n\n".join([known.introduction, peers_table(known, own), caveats])

    def _scores(self, name: Model) -> str:
        try:
            found = read_single_digits(name, self.models_dir)
            table = scores_table(digit_scores(found.confusion)) if found else NOT_MEASURED
        except DigitError as error:
            return str(error)
        title = f", {found.title} ({found.count:,})" if found else ""
        return f"**{name}**{title}\n\n{table}"

    def _mistakes(self, name: Model) -> Figure:
        try:
            found = read_single_digits(name, self.models_dir)
        except DigitError as error:
            return plots.sentence_figure(str(error))
        return plots.confusion_figure(name, found) if found else plots.sentence_figure(f"{name}: {NOT_MEASURED}")

    def _reliability(self, among: tuple[str, ...]) -> Figure:
        try:
            read = {str(name): read_reliability(name, among, self.models_dir) for name in MODELS}
        except DigitError as error:
            return plots.sentence_figure(str(error))
        found = {name: one for name, one in read.items() if one}
        return plots.reliability_figure(found) if found else plots.sentence_figure(NOT_MEASURED)

    def _single_digits(self, among: tuple[str, ...] = MATRIX_SETS) -> Mapping[str, SingleDigits]:
        return {name: one for name in MODELS if (one := read_single_digits(name, self.models_dir, among))}


def build_models_tab(recognizer: Recognizer, models_dir: Path = MODELS_DIR) -> None:
    """Place the tab's components, empty, then fill them whenever the tab is opened: first screens stay light."""
    handlers = ModelsHandlers(recognizer, models_dir)
    with gr.Tab("Models", id="models", elem_id="models") as tab:
        facts = gr.Markdown(elem_id="models-facts")
        architectures = _place_architectures()
        gr.Markdown("## How they were trained")
        training = _plot("models-training")
        per_digit, scores, matrices = _place_accuracies()
        reliabilities = _place_reliabilities()
        votes = _place_votes()
        measures, peers = _place_figures()

    for handler, outputs in (
        (handlers.facts, facts),
        (handlers.architectures, architectures),
        (handlers.training, training),
        (handlers.accuracies, per_digit),
        (handlers.scores, scores),
        (handlers.mistakes, matrices),
        (handlers.reliabilities, reliabilities),
        (handlers.votes, votes),
        (handlers.measures, measures),
        (handlers.peers, peers),
    ):
        tab.select(handler, outputs=outputs, queue=False, show_progress="hidden", api_visibility="private")


def _place_architectures() -> list[gr.components.Component]:
    """Place each network's plot, and the table of its layers."""
    gr.Markdown("## How they are built")
    placed: list[gr.components.Component] = []
    for name in NETWORKS:
        placed.append(_plot(f"models-{name}"))
        with gr.Accordion(f"Layers of {name}", open=False):
            placed.append(gr.Markdown(elem_id=f"models-{name}-layers"))
    return placed


def _place_accuracies() -> tuple[gr.Plot, list[gr.Markdown], list[gr.Plot]]:
    """Place the plot of each digit's accuracy, and of each model the table of scores and the confusion matrix."""
    gr.Markdown("## What they read right")
    per_digit = _plot("models-per-digit")
    with gr.Accordion("Precision and recall of each digit", open=False):
        gr.Markdown(SCORES_EXPLAINED)
        with gr.Row():
            scores = [_narrow_table(f"models-scores-{name}") for name in MODELS]
    with gr.Row():
        matrices = [_plot(f"models-confusion-{name}") for name in MODELS]
    return per_digit, scores, matrices


def _place_reliabilities() -> list[gr.Plot]:
    """Place the plots of how often answers are right that are so sure."""
    gr.Markdown(
        "## How far their confidence can be trusted\n\nOn the dotted line answers are right as often as they are "
        "sure; larger dots stand for more answers. The percentage beside a name is the mean distance from the line."
    )
    with gr.Row():
        return [_plot(f"models-reliability-{place}") for place in ("mnist", "drawings")]


def _place_votes() -> list[gr.components.Component]:
    """Place a sentence on what the vote adds, its accuracy at every weight, and the table of all sets."""
    gr.Markdown("## What the vote adds")
    gain = gr.Markdown(elem_id="models-vote")
    with gr.Row():
        weights = [_plot(f"models-weight-{place}") for place in ("mnist", "drawings")]
    with gr.Accordion("The vote, set by set", open=False):
        gains = gr.Markdown(elem_id="models-vote-sets")
    return [gain, *weights, gains]


def _place_figures() -> tuple[gr.Markdown, gr.Markdown]:
    """Place the tables of everything that was measured, and of other projects' weights."""
    gr.Markdown("## Figures")
    with gr.Accordion("Everything that was measured", open=False):
        measures = gr.Markdown(elem_id="models-measured")
    with gr.Accordion("Beside other projects", open=False):
        peers = gr.Markdown(elem_id="models-peers")
    return measures, peers


def layer_table(layers: tuple[Layer, ...]) -> str:
    """Render a network's layers as Markdown: name, kind, shape, parameters, bytes, and their sum."""
    rows = [
        [layer.name, layer.kind, "×".join(map(str, layer.shape)), f"{layer.parameters:,}", f"{layer.bytes:,}"]
        for layer in layers
    ]
    totals = sum(layer.parameters for layer in layers), sum(layer.bytes for layer in layers)
    rows.append(["**total**", "", "", *(f"**{total:,}**" for total in totals)])
    return markdown_table(["layer", "kind", "output shape", "parameters", "bytes"], rows, texts=3)


def _file_of(name: str, entry: Mapping[str, Any]) -> str:
    """Tell a weights file from all others: its checksum, and where it was pushed."""
    pushed = f", on the Hub {entry['repo']} at {entry['revision'][:SHORT]}" if entry["repo"] else ", not on the Hub yet"
    return f"{name} has the sha256 {entry['sha256'][:SHORT]}…{pushed}"


def _with_sum(numbers: list[int]) -> list[int]:
    return [*numbers, sum(numbers)]


def _narrow_table(elem_id: str) -> gr.Markdown:
    """Place a table that stands beside others where there is room, and below them on a phone."""
    with gr.Column(min_width=260):
        return gr.Markdown(elem_id=elem_id, elem_classes="narrow-table")


def _plot(elem_id: str) -> gr.Plot:
    return gr.Plot(show_label=False, container=False, min_width=290, elem_id=elem_id)
