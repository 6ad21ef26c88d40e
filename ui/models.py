"""The Models tab: how the networks are built, how they were trained, what they are worth. Filled when it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from digit_core import plots
from digit_core.errors import DigitError
from digit_core.manifest import MODELS_DIR, NETWORKS
from digit_core.networks import layers_of
from digit_core.plots import Figure
from digit_core.recognizer import Recognizer
from digit_core.records import SingleDigits, measured_table, read_history, read_single_digits
from digit_core.types import MODELS, Layer, Model

NO_HISTORY = "Nobody wrote down how these networks were trained."
NO_MEASURES = "Nothing has been measured yet."
UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class ModelsHandlers:
    """Shows what is known of the networks; a missing file leaves a sentence in its place."""

    recognizer: Recognizer
    models_dir: Path = MODELS_DIR

    def facts(self) -> str:
        """Return the tab's first table: size, accuracy and loss of each network."""
        networks = self.recognizer.public_manifest()["networks"]
        try:
            found = self._single_digits()
        except DigitError as error:
            return str(error)
        entries = [networks[name] for name in NETWORKS]
        singles = [found.get(name) for name in NETWORKS]
        rows = [
            ["network", *NETWORKS],
            ["---", *["--:"] * len(NETWORKS)],
            ["parameters", *(f"{entry['parameters']:,}" for entry in entries)],
            ["bytes of the file", *(f"{entry['bytes']:,}" for entry in entries)],
            ["read right, %", *(f"{one.accuracy:.2f}" if one else UNKNOWN for one in singles)],
            ["loss", *(f"{one.nll:.4f}" if one else UNKNOWN for one in singles)],
        ]
        table = [f"| {' | '.join(cells)} |" for cells in rows]
        measured_on = f"Accuracy and loss: {next(iter(found.values())).title}." if found else NO_MEASURES
        return "\n".join([self.recognizer.origin, "", *table, "", measured_on])

    def architectures(self) -> tuple[Figure, str, Figure, str]:
        """Return a picture and a table of layers for each network."""
        compact, deep = (layers_of(self.recognizer.ensemble.members[name].network) for name in NETWORKS)
        return (
            plots.architecture_figure("compact", compact),
            layer_table(compact),
            plots.architecture_figure("deep", deep),
            layer_table(deep),
        )

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
        return plots.per_digit_figure(found) if found else plots.sentence_figure(NO_MEASURES)

    def mistakes(self) -> tuple[Figure, ...]:
        """Return each model's confusion matrix."""
        return tuple(self._mistakes(name) for name in MODELS)

    def measured(self) -> str:
        """Return the table of everything that was measured."""
        try:
            return measured_table(self.models_dir)
        except DigitError as error:
            return str(error)

    def _mistakes(self, name: Model) -> Figure:
        try:
            found = read_single_digits(name, self.models_dir)
        except DigitError as error:
            return plots.sentence_figure(str(error))
        return plots.confusion_figure(name, found) if found else plots.sentence_figure(f"{name}: {NO_MEASURES}")

    def _single_digits(self) -> Mapping[str, SingleDigits]:
        return {name: one for name in MODELS if (one := read_single_digits(name, self.models_dir))}


def build_models_tab(recognizer: Recognizer) -> None:
    """Place the tab's components, empty, then fill them whenever the tab is opened: first screens stay light."""
    handlers = ModelsHandlers(recognizer)
    with gr.Tab("Models", id="models", elem_id="models") as tab:
        facts = gr.Markdown(elem_id="models-facts")
        drawn, tables = [], []
        for name in NETWORKS:
            drawn.append(_plot(f"models-{name}"))
            with gr.Accordion(f"Layers of {name}", open=False):
                tables.append(gr.Markdown(elem_id=f"models-{name}-layers"))
        training = _plot("models-training")
        per_digit = _plot("models-per-digit")
        with gr.Row():
            matrices = [_plot(f"models-confusion-{name}") for name in MODELS]
        with gr.Accordion("Everything that was measured", open=False):
            measured = gr.Markdown(elem_id="models-measured")

    architectures = [drawn[0], tables[0], drawn[1], tables[1]]
    for handler, outputs in (
        (handlers.facts, facts),
        (handlers.architectures, architectures),
        (handlers.training, training),
        (handlers.accuracies, per_digit),
        (handlers.mistakes, matrices),
        (handlers.measured, measured),
    ):
        tab.select(handler, outputs=outputs, queue=False, show_progress="hidden", api_visibility="private")


def layer_table(layers: tuple[Layer, ...]) -> str:
    """Render a network's layers as Markdown: name, kind, shape, parameters, bytes, and their sum."""
    rows = ["| layer | kind | hands on | parameters | bytes |", "| --- | --- | --- | --: | --: |"]
    rows += [
        f"| {layer.name} | {layer.kind} | {' × '.join(map(str, layer.shape))} "
        f"| {layer.parameters:,} | {layer.bytes:,} |"
        for layer in layers
    ]
    total = sum(layer.parameters for layer in layers)
    return "\n".join([*rows, f"| **together** | | | **{total:,}** | **{sum(layer.bytes for layer in layers):,}** |"])


def _plot(elem_id: str) -> gr.Plot:
    return gr.Plot(show_label=False, container=False, min_width=290, elem_id=elem_id)
