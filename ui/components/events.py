"""What the components of a tab tell each other: every event, its payload, who sends it and who listens.

An event starts at its sender's element and bubbles; listeners hear it at the root of their own tab, so that Draw and
Upload never hear each other. `base.js` has `send` and `listen`, which refuse what does not stand here; who begins to
listen later hears at once what was sent last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

SERVER = "server"  # sends where a handler failed, see `send_on_failure`
PAGE = "page"  # sends what concerns all tabs


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that components tell each other.

    Attributes:
        name: as the browser knows it.
        meaning: what has happened when it is sent.
        sender: the component's folder, `SERVER` or `PAGE`.
        listeners: the folders of those who listen.
        payload: what comes with it, each field with its meaning.
    """

    name: str
    meaning: str
    sender: str
    listeners: tuple[str, ...]
    payload: Mapping[str, str] = field(default_factory=dict)


EVENTS = (
    Event(
        "drawing-changed",
        "The drawing on the paper is another one, or blank, and is on its way to the server.",
        sender="sketchpad",
        listeners=("answer", "timeline", "counterfactual", "correction"),
        payload={
            "sequence": "number; counts the drawings of this visit",
            "blank": "whether nothing is drawn: then there are no strokes",
            "strokes": "[{ width, erases, points: [[x, y], ...] }] in pixels of the paper",
            "size": "[width, height] of the paper in pixels",
            "byPage": "whether all of it is an example that the page wrote",
        },
    ),
    Event(
        "answer-received",
        "The server has answered a drawing or picture.",
        sender="answer",
        listeners=("sketchpad", "timeline"),
        payload={"answer": "what `AnswerPanel.postprocess` returns; its `sequence` is the drawing's"},
    ),
    Event(
        "answer-shown",
        "The answer panel shows another answer, or another shape of it.",
        sender="answer",
        listeners=("inspector", "correction", "counterfactual", "marked_picture"),
        payload={
            "text": "the reading's text; empty where there is none",
            "index": "which shape is chosen, counted from 0",
            "count": "how many shapes there are",
            "frame": "the chosen shape's frame as a data URL; undefined where there is none",
            "version": "number; counts the answers of this visit",
            "earlier": "whether an earlier step of the drawing is shown, of which the server knows nothing",
        },
    ),
    Event(
        "shape-chosen",
        "A shape was chosen on the picture.",
        sender="marked_picture",
        listeners=("answer",),
        payload={"index": "which shape, counted from 0"},
    ),
    Event(
        "digit-chosen",
        "A digit's bar was chosen, or is chosen no longer.",
        sender="answer",
        listeners=("counterfactual",),
        payload={"digit": "0 to 9, or null for none", "index": "which shape of the drawing, counted from 0"},
    ),
    Event(
        "mark-changed",
        "Another part of the drawing is to be marked on the paper, or none.",
        sender="counterfactual",
        listeners=("sketchpad",),
        payload={"picture": "the mark as a data URL; empty for none"},
    ),
    Event(
        "step-shown",
        "An earlier step of the drawing is shown for a while, or the present one again.",
        sender="timeline",
        listeners=("sketchpad", "answer", "counterfactual"),
        payload={
            "earlier": "whether it is an earlier step",
            "drawing": "its `drawing-changed`, or the present one's; null before anything was drawn",
            "answer": "what was answered then; null for the present",
        },
    ),
    Event(
        "files-read",
        "There are more rows in the table of files, or it begins anew.",
        sender="batch",
        listeners=("gallery",),
        payload={
            "rows": "[[file, text, confidence, verdict, doubtful, boxes], ...]",
            "onlyDoubtful": "whether only doubtful files are to be shown",
            "anew": "whether these are other files, or other ones of them are shown",
        },
    ),
    Event("question-failed", "The question about a digit was not answered.", SERVER, ("counterfactual",)),
    Event("files-failed", "The reading of many files broke off or was stopped.", SERVER, ("batch",)),
    Event("thumbnails-failed", "The pictures of the gallery's page were not made.", SERVER, ("gallery",)),
    Event("vote-restored", "What a visitor chose before the page loaded again is set.", PAGE, ("sketchpad",)),
)


def script_constants(component: str) -> str:
    """Return the JavaScript constants by which `send` and `listen` know what a component may send and hear."""
    sends = {event.name: sorted(event.payload) for event in EVENTS if event.sender == component}
    heard = {event.name: event.sender == PAGE for event in EVENTS if component in event.listeners}
    return f"const SENDS = {json.dumps(sends)};\nconst LISTENS = {json.dumps(heard)};"


def send_on_failure(name: str, elem_id: str) -> str:
    """Return the JavaScript by which Gradio tells the tab of a component that its handler failed."""
    event = f"new CustomEvent({json.dumps(name)}, {{ bubbles: true, detail: {{}} }})"
    return f"() => document.getElementById({json.dumps(elem_id)}).dispatchEvent({event})"
