"""The controls that Draw and Upload share: which network answers, how the two are pooled, when a digit is unsure."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from digit_core.errors import DigitError
from digit_core.types import MEANS, MODELS, Model, Vote

# Gradio loads the page again after a request that failed. What a visitor chose waits in the tab's session storage,
# which a browser may deny to a page in a frame; it is checked, since it may be from another version of the page.
KEPT_VOTE = "chosen-vote"
KEEP = f"""(...chosen) => {{
    try {{
        sessionStorage.setItem("{KEPT_VOTE}", JSON.stringify(chosen));
    }} catch {{}}
}}"""
BRING_BACK = f"""(...shipped) => {{
    let kept = null;
    try {{
        kept = JSON.parse(sessionStorage.getItem("{KEPT_VOTE}"));
    }} catch {{}}
    if (!Array.isArray(kept) || kept.length !== shipped.length) return shipped;
    const [model, mean, ...shares] = kept;
    const known = {json.dumps(MODELS)}.includes(model) && {json.dumps(MEANS)}.includes(mean);
    return known && shares.every((share) => typeof share === "number" && share >= 0 && share <= 1) ? kept : shipped;
}}"""
SAY_RESTORED = """() => {
    document.documentElement.dataset.vote = "restored";
    document.dispatchEvent(new CustomEvent("vote-restored"));
}"""  # for the paper, which waits for it before a drawing that outlived the page is read


@dataclass(frozen=True, slots=True)
class VoteControls:
    """The four controls, in the order in which handlers take their values."""

    model: gr.Radio
    mean: gr.Radio
    weight: gr.Slider
    threshold: gr.Slider

    @property
    def inputs(self) -> list[gr.components.Component]:
        """What `with_vote` takes after the handler's own values: model, mean, weight, threshold."""
        return [self.model, self.mean, self.weight, self.threshold]

    @property
    def changes(self) -> list[Callable[..., Any]]:
        """The events by which a visitor chooses, so that the present picture is answered again.

        They are no `.change`, which the page's own setting of all four at once would fire many times over.
        """
        return [self.model.input, self.mean.input, self.weight.input, self.threshold.input]


def build_vote_controls(vote: Vote, threshold: float) -> VoteControls:
    """Place the controls where the caller stands, set to the recognizer's own vote and threshold."""
    with gr.Row(elem_id="vote", equal_height=False):
        model = gr.Radio(list(MODELS[::-1]), value=vote.model, label="Network", scale=3, min_width=300)
        mean = gr.Radio(list(MEANS), value=vote.mean, label="Mean of the two", scale=2, min_width=260)
        weight = _share_slider(vote.weight, "Weight of deep", "vote-weight")
        sure = _share_slider(threshold, "Unsure below", "vote-threshold")

    model.change(
        enable_pooling,
        inputs=model,
        outputs=[mean, weight],
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    return VoteControls(model, mean, weight, sure)


def keep_choices(page: gr.Blocks, controls: VoteControls) -> None:
    """Keep what a visitor chooses over loading the page again in the same tab, in the browser alone."""
    chosen = controls.inputs
    gr.on(controls.changes, None, inputs=chosen, js=KEEP, api_visibility="private")
    back = page.load(None, inputs=chosen, outputs=chosen, js=BRING_BACK, api_visibility="private")
    back.then(None, js=SAY_RESTORED, api_visibility="private")


def with_vote(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Let Gradio call a handler that takes one `Vote` and the threshold: the controls' four values come last.

    Raises:
        gr.Error: when it is called with values that the controls do not offer.
    """

    def unpack(values: tuple[Any, ...]) -> tuple[Any, ...]:
        *own, model, mean, weight, threshold = values
        try:
            return (*own, Vote(model, mean, weight), threshold)
        except DigitError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def call(*values: Any) -> Any:
        return handler(*unpack(values))

    def iterate(*values: Any) -> Iterator[Any]:
        yield from handler(*unpack(values))

    wrapped = iterate if inspect.isgeneratorfunction(handler) else call
    wrapped.handler = handler  # type: ignore[attr-defined,union-attr,unused-ignore]  # for whoever looks for a handler's event
    return wrapped


def enable_pooling(model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let mean and weight be set only while both networks answer together."""
    together = gr.update(interactive=model == "ensemble")
    return together, together


def _share_slider(value: float, label: str, elem_id: str) -> gr.Slider:
    """A slider from 0 to 1 that is as narrow as the row allows."""
    return gr.Slider(0, 1, value, step=0.01, label=label, buttons=[], scale=2, min_width=150, elem_id=elem_id)
