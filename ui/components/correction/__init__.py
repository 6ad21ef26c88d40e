"""The folded question under an answer: was it wrong, and what was it? There only where corrections are kept.

It is not asked of what the page wrote itself. The last correction that a page sent can be taken back there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr

from digit_core.page.frame import FRAME_SIZE
from ui.components.base import Component
from ui.components.correction.store import LABELS

# Characters of the longest receipt that is accepted; a UUID has 36.
LONGEST_RECEIPT = 100
# Characters of the longest text that the page may send back; a reading has about a hundred.
LONGEST_TEXT = 1000


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
class UndoRequest:
    """A visitor's wish that a kept correction be removed; the receipt was given to nobody else."""

    receipt: str


@dataclass(frozen=True, slots=True)
class CorrectionResult:
    """What became of a correction.

    Attributes:
        sentence: for the visitor.
        kept: whether it was kept.
        receipt: takes it back; empty where nothing was kept.
        label: what it was kept as.
    """

    sentence: str
    kept: bool = False
    receipt: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What became of the wish to take a correction back: a sentence, and whether to offer it again."""

    sentence: str
    receipt: str
    done: bool = True


class CorrectionPanel(Component):
    """Asks what a shape was; follows the answer panel of its tab.

    Handlers of its `submit` receive a `Correction` and return a `CorrectionResult`; those of its `undo` receive an
    `UndoRequest` and return an `UndoResult`.
    """

    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "what a shape was"}

    def __init__(self, *, name: str = "", kept_where: str = "", **props: Any) -> None:
        super().__init__(name=name, kept_where=kept_where, frame_size=FRAME_SIZE, **props)

    def preprocess(self, payload: dict[str, Any] | None) -> Correction | UndoRequest:
        """Turn what the page sent into a correction, or into the wish to take one back.

        Args:
            payload: {"index": int, "label": str, "seen": str, "agreed": bool}, or {"take_back": str}.

        Raises:
            gr.Error: the payload was not made by this page.
        """
        match payload:
            case {"index": int(index), "label": str(label), "seen": str(seen), "agreed": bool(agreed)} if (
                label in LABELS and index >= 0 and len(seen) <= LONGEST_TEXT
            ):
                return Correction(index, label, seen, agreed)
            case {"take_back": str(receipt)} if len(receipt) <= LONGEST_RECEIPT:
                return UndoRequest(receipt)
        raise refusal()

    def postprocess(self, value: CorrectionResult | UndoResult | None) -> dict[str, Any] | None:
        """Turn an outcome into what the script shows."""
        match value:
            case CorrectionResult(sentence, kept, receipt, label):
                return {"said": sentence, "kept": kept, "receipt": receipt, "label": label}
            case UndoResult(sentence, receipt, done):
                return {"said": sentence, "taken": receipt, "done": done}
        return None


def refusal() -> gr.Error:
    """Return the error for what this page would not have sent."""
    return gr.Error("A correction needs a shape's index, a label and your agreement.", print_exception=False)
