"""The folded question under an answer: was it wrong, and what was it? There only where corrections are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from digit_core import Vote
from digit_core.corrections import LABELS, CorrectionStore
from digit_core.errors import CorrectionError, DigitError
from digit_core.explain import shape_at
from digit_core.recognizer import Recognizer
from digit_core.types import Mean, Model
from ui.controls import VoteControls
from ui.parts import parts_in
from ui.sketchpad import Drawing
from ui.turns import Turns

THANKS = "Thank you. It is kept."
NOT_AGREED = "Nothing was kept: it needs your agreement."
NO_LONGER_THERE = "Nothing was kept: there is no drawing or picture any more."
CHANGED = "Nothing was kept: the picture has changed since it was read. Please look again."
LONGEST_TEXT = 1000  # characters of what the page shows: a reading has some hundred
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Correction:
    """What a visitor says of a shape.

    Attributes:
        index: which of the reading's shapes, counted from 0.
        label: what it was, one of `LABELS`.
        seen: the reading's text as the page shows it, so that no other shape than the one meant is kept.
        agreed: whether the visitor agreed to its being kept.
    """

    index: int
    label: str
    seen: str
    agreed: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a correction, as a sentence, and whether it was kept."""

    sentence: str
    kept: bool = False


class CorrectPanel(gr.HTML):
    """Asks what a shape was; follows the answer panel of the same name.

    Handlers of its `submit` receive a `Correction`; the page shows the `Outcome` they return.
    """

    def __init__(self, *, name: str = "", kept_where: str = "", **props: Any) -> None:
        super().__init__(value=None, **parts_in(HERE), name=name, kept_where=kept_where, **props)

    def preprocess(self, payload: dict[str, Any] | None) -> Correction:
        """Turn what the page sent into a correction.

        Args:
            payload: {"index": int, "label": str, "seen": str, "agreed": bool}.

        Raises:
            gr.Error: the payload was not made by this page.
        """
        match payload:
            case {"index": int(index), "label": str(label), "seen": str(seen), "agreed": bool(agreed)} if (
                label in LABELS and index >= 0 and len(seen) <= LONGEST_TEXT
            ):
                return Correction(index, label, seen, agreed)
        raise gr.Error("A correction needs a shape's index, a label and your agreement.", print_exception=False)

    def postprocess(self, value: Outcome | None) -> dict[str, Any] | None:
        """Turn an outcome into what the script shows."""
        return None if value is None else {"said": value.sentence, "kept": value.kept}

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "what a shape was"}


@dataclass(frozen=True, slots=True)
class CorrectHandlers:
    """Reads the drawing or picture again, here, and keeps the frame that this reading made of the shape."""

    recognizer: Recognizer
    turns: Turns
    store: CorrectionStore

    def drawn(
        self,
        correction: Correction,
        drawing: Drawing,
        model: Model,
        mean: Mean,
        weight: float,
        threshold: float,
        request: gr.Request,
    ) -> Outcome:
        """Keep a shape on the paper."""
        return self._keep(correction, drawing.picture, Vote(model, mean, weight), threshold, request)

    def uploaded(
        self,
        correction: Correction,
        path: Path | None,
        model: Model,
        mean: Mean,
        weight: float,
        threshold: float,
        request: gr.Request,
    ) -> Outcome:
        """Keep a shape on the uploaded picture."""
        return self._keep(correction, path, Vote(model, mean, weight), threshold, request)

    def _keep(
        self,
        correction: Correction,
        source: Image.Image | Path | None,
        vote: Vote,
        threshold: float,
        request: gr.Request,
    ) -> Outcome:
        try:
            if not correction.agreed:
                raise CorrectionError(NOT_AGREED)
            if source is None:
                raise CorrectionError(NO_LONGER_THERE)
            with self.turns.turn():
                reading = self.recognizer.read(source, vote, threshold)
            if reading.text != correction.seen:
                raise CorrectionError(CHANGED)
            self.store.keep(shape_at(reading, correction.index).frame, correction.label, request.session_hash or "")
        except DigitError as error:
            return Outcome(str(error))
        return Outcome(THANKS, kept=True)


def build_correct(
    name: str,
    source: gr.components.Component,
    keep: Callable[..., Outcome],
    controls: VoteControls,
    store: CorrectionStore,
) -> None:
    """Place the folded question under an answer.

    Args:
        name: the tab's, "draw" or "upload".
        source: the component that holds the drawing or the picture.
        keep: the handler that keeps a shape of it.
        controls: who votes.
        store: where it is kept, which the page says.
    """
    panel = CorrectPanel(name=name, kept_where=kept_where(store), elem_id=f"{name}-correct")
    panel.submit(
        keep,
        inputs=[panel, source, *controls.inputs],
        outputs=panel,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )


def kept_where(store: CorrectionStore) -> str:
    """Say in one sentence where corrections are kept, how long, and who sees them."""
    where = "in a private collection on the Hugging Face Hub" if store.private_repo else "on this server"
    return (
        f"It is kept {where} until the people who run this page delete it; "
        "only they see it, and they may train the networks with it."
    )
