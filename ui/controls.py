"""The controls that both tabs share: which network answers, how the two are pooled, when a digit is unsure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from digit_core.types import MEANS, MODELS, Model, Vote


@dataclass(frozen=True, slots=True)
class VoteControls:
    """The four controls, in the order in which handlers take their values."""

    model: gr.Radio
    mean: gr.Radio
    weight: gr.Slider
    threshold: gr.Slider

    @property
    def inputs(self) -> list[gr.components.Component]:
        """What a handler takes after its picture: model, mean, weight, threshold."""
        return [self.model, self.mean, self.weight, self.threshold]

    @property
    def changes(self) -> list[Callable[..., Any]]:
        """The events that ask for the present picture to be answered again."""
        return [self.model.change, self.mean.change, self.weight.change, self.threshold.change]


def build_vote_controls(vote: Vote, threshold: float) -> VoteControls:
    """Place the controls where the caller stands, set to the recognizer's own vote and threshold."""
    with gr.Row(elem_id="vote", equal_height=False):
        model = gr.Radio(list(MODELS[::-1]), value=vote.model, label="Network", scale=3, min_width=300)
        mean = gr.Radio(list(MEANS), value=vote.mean, label="Mean of the two", scale=2, min_width=260)
        weight = _share_slider(vote.weight, "Weight of deep", "vote-weight")
        sure = _share_slider(threshold, "Unsure below", "vote-threshold")

    model.change(
        pooling_matters,
        inputs=model,
        outputs=[mean, weight],
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    return VoteControls(model, mean, weight, sure)


def pooling_matters(model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let mean and weight be set only while both networks answer together."""
    together = gr.update(interactive=model == "ensemble")
    return together, together


def _share_slider(value: float, label: str, elem_id: str) -> gr.Slider:
    """A slider from 0 to 1 that is as narrow as the row allows."""
    return gr.Slider(0, 1, value, step=0.01, label=label, buttons=[], scale=2, min_width=150, elem_id=elem_id)
