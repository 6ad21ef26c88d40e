"""Keeps corrections and takes them back, and places a `CorrectionPanel` under an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from digit_core import Vote
from digit_core.effort import DRAWING, PICTURE, Effort
from digit_core.errors import CorrectionError, DigitError, NoLongerKeptError
from digit_core.explain.steps import shape_at
from digit_core.recognizer import Recognizer
from ui.components.controls import VoteControls, with_vote
from ui.components.correction import Correction, CorrectionPanel, CorrectionResult, UndoRequest, UndoResult, refusal
from ui.components.correction.store import CorrectionStore
from ui.components.sketchpad import Drawing
from ui.server.turns import Turns
from ui.server.visitors import current_visitor

THANKS = "Thank you. It is kept."
NOT_AGREED = "Nothing was kept: it needs your agreement."
NO_LONGER_THERE = "Nothing was kept: there is no drawing or picture any more."
CHANGED = "Nothing was kept: the picture has changed since it was read. Please look again."
BY_PAGE = "Nothing was kept: the page itself wrote this example. Draw on it, or draw your own."
TAKEN_BACK = "Taken back. Nothing of it is kept."
TAKEN_BACK_LATER = (
    "Taken back. The collection on the Hub had it already and deletes it in a few minutes; "
    "only the list of its earlier changes still holds it."
)


@dataclass(frozen=True, slots=True)
class CorrectionHandlers:
    """Reads the drawing or picture again, here, and keeps the frame that this reading made of the shape."""

    recognizer: Recognizer
    turns: Turns
    store: CorrectionStore

    def keep_for_drawing(
        self,
        correction: Correction | UndoRequest,
        drawing: Drawing,
        vote: Vote,
        threshold: float,
        session: str,
    ) -> CorrectionResult:
        """Keep a shape on the paper, unless the page itself wrote it."""
        if drawing.by_page:
            return CorrectionResult(BY_PAGE)
        return self._keep(correction, drawing.picture, vote, threshold, session, DRAWING)

    def keep_for_upload(
        self,
        correction: Correction | UndoRequest,
        path: Path | None,
        vote: Vote,
        threshold: float,
        session: str,
    ) -> CorrectionResult:
        """Keep a shape on the uploaded picture."""
        return self._keep(correction, path, vote, threshold, session, PICTURE)

    def _keep(
        self,
        correction: Correction | UndoRequest,
        source: Image.Image | Path | None,
        vote: Vote,
        threshold: float,
        session: str,
        effort: Effort,
    ) -> CorrectionResult:
        if not isinstance(correction, Correction):
            raise refusal()
        try:
            if not correction.agreed:
                raise CorrectionError(NOT_AGREED)
            if source is None:
                raise CorrectionError(NO_LONGER_THERE)
            with self.turns.turn():
                reading = self.recognizer.read(source, vote, threshold, effort=effort)
            if reading.text != correction.seen:
                raise CorrectionError(CHANGED)
            frame = shape_at(reading, correction.index).frame
            record = self.store.keep(frame, correction.label, session, current_visitor.get().address)
        except DigitError as error:
            return CorrectionResult(str(error))
        return CorrectionResult(THANKS, True, record.stem, correction.label)


@dataclass(frozen=True, slots=True)
class UndoHandlers:
    """Removes what was kept."""

    store: CorrectionStore

    def answer(self, wish: Correction | UndoRequest) -> UndoResult:
        """Remove a correction, and say how far that goes."""
        if not isinstance(wish, UndoRequest):
            raise refusal()
        try:
            gone = self.store.take_back(wish.receipt)
        except DigitError as error:
            return UndoResult(str(error), wish.receipt, done=isinstance(error, NoLongerKeptError))
        return UndoResult(TAKEN_BACK if gone else TAKEN_BACK_LATER, wish.receipt)


def build_correction(
    name: str,
    source: gr.components.Component,
    keep: Callable[..., CorrectionResult],
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
    panel = CorrectionPanel(name=name, kept_where=say_where_kept(store), elem_id=f"{name}-correction")

    def keep_for_session(request: gr.Request, *values: Any) -> CorrectionResult:
        return with_vote(partial(keep, session=request.session_hash or ""))(*values)

    panel.submit(
        keep_for_session,
        inputs=[panel, source, *controls.inputs],
        outputs=panel,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    panel.undo(
        UndoHandlers(store).answer,
        inputs=panel,
        outputs=panel,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )


def say_where_kept(store: CorrectionStore) -> str:
    """Say in one sentence where corrections are kept, how long, and who sees them."""
    where = "in a private collection on the Hugging Face Hub" if store.private_repo else "on this server"
    return (
        f"It is kept {where} until the people who run this page delete it; "
        "only they see it, and they may train the networks with it."
    )
