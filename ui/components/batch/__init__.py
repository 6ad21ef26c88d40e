"""Many pictures at once: a row for each file, a bad one among them; the table can be taken along as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, Protocol

import gradio as gr

from digit_core import Vote
from digit_core.command.pictures import name_in_words
from digit_core.command.table import FileResult, header
from digit_core.errors import DigitError
from digit_core.types import Box, Reading
from ui.components.answer import SHOWN_DECIMALS
from ui.components.base import Component
from ui.components.controls import VoteControls, with_vote
from ui.components.events import send_on_failure
from ui.components.gallery import Gallery, GalleryHandlers
from ui.server.turns import Turns

TITLE = "Many pictures at once"
# Pictures that can be read in one go, which takes about half a minute.
MAX_FILES = 1000
NO_FILES = "Choose some pictures first."
TOO_MANY_FILES = f"Choose at most {MAX_FILES} pictures at once."
# Boxes that the gallery draws on one picture; more cannot be told apart on a picture as small.
MAX_BOXES = 50
# Seconds up to which a wait is shown in seconds, and beyond which in minutes.
LONGEST_IN_SECONDS = 100
# Seconds between two updates of the table while it grows.
TOLD_EVERY = 0.5
WORST_FIRST = ("not_a_digit", "unsure", "digit")
VERDICTS = {"digit": "sure", "unsure": "unsure", "not_a_digit": "not a digit"}


class FileReader(Protocol):
    """Whoever reads a file: the recognizer, or a demo's fake."""

    def read(self, image: Path, vote: Vote | None = None, threshold: float | None = None) -> Reading:
        """Read every digit on a picture."""
        ...


@dataclass(frozen=True, slots=True)
class FileRow:
    """What became of one file.

    Attributes:
        file: its name.
        text: what was read, on one line.
        confidence: of the digit that is least sure; None where nothing was read.
        verdict: the worst among its shapes, in words, or the sentence that says why nothing was read.
        doubtful: whether somebody should look again.
        line: of the table that people take along.
        boxes: each shape's text and box, the first `MAX_BOXES` of them.
    """

    file: str
    text: str
    confidence: float | None
    verdict: str
    doubtful: bool
    line: str
    boxes: tuple[tuple[str, Box], ...] = ()


@dataclass(frozen=True, slots=True)
class FileTable:
    """The rows so far.

    Attributes:
        rows: in the order of the files.
        count: how many files there are.
        seconds_left: an estimate.
        sentence: what the person should know instead of a table.
    """

    rows: tuple[FileRow, ...] = ()
    count: int = 0
    seconds_left: float = 0.0
    sentence: str = ""


class BatchPanel(Component):
    """Asks for the reading of many files, with its `read` and `stop` events, and shows a `FileTable` while it grows."""

    holds: ClassVar[dict[str, str]] = {"type": "object", "description": "a table of files"}

    def postprocess(self, value: FileTable | None) -> dict[str, Any]:
        """Turn a table into what the panel's script draws, and the CSV file that it offers.

        The rows are one text, a line of JSON for each: Gradio sends only what was added to a text, and the browser
        does not have to watch a thousand nested lists. So is the file.
        """
        table = value or FileTable()
        lines = [json.dumps(_row_as_json(row), ensure_ascii=False) + "\n" for row in table.rows]
        csv = header() + "".join(row.line for row in table.rows)
        return {"words": progress_in_words(table), "count": table.count, "rows": "".join(lines), "csv": csv}


@dataclass(frozen=True, slots=True)
class BatchHandlers:
    """Reads file after file, one turn each, so that others get theirs between."""

    recognizer: FileReader
    turns: Turns

    def read_all(self, files: list[str] | None, vote: Vote, threshold: float) -> Iterator[FileTable]:
        """Read the files in their order; yield the table now and then, and when it is complete."""
        if not files:
            yield FileTable(sentence=NO_FILES)
            return
        if len(files) > MAX_FILES:
            yield FileTable(sentence=TOO_MANY_FILES)
            return
        rows: list[FileRow] = []
        start = announced = perf_counter()
        for file in files:
            rows.append(self._row(Path(file), vote, threshold))
            now = perf_counter()
            if now - announced > TOLD_EVERY:
                announced = now
                left = (now - start) / len(rows) * (len(files) - len(rows))
                yield FileTable(tuple(rows), len(files), left)
        yield FileTable(tuple(rows), len(files))

    def _row(self, file: Path, vote: Vote, threshold: float) -> FileRow:
        try:
            with self.turns.turn(can_be_refused=False):
                return row_of(file.name, self.recognizer.read(file, vote, threshold))
        except DigitError as error:
            outcome = FileResult(name_in_words(file.name), None, str(error))
            return FileRow(outcome.file, "", None, str(error), doubtful=True, line=outcome.as_line())


def row_of(file: str, reading: Reading) -> FileRow:
    """Sum a reading up in one row."""
    worst = min((digit.verdict for digit in reading.digits), key=WORST_FIRST.index)
    least = min(digit.prediction.confidence for digit in reading.digits)
    boxes = tuple((digit.text, digit.box) for digit in reading.digits[:MAX_BOXES])
    outcome = FileResult(name_in_words(file), reading)
    return FileRow(outcome.file, outcome.text, least, VERDICTS[worst], worst != "digit", outcome.as_line(), boxes)


def progress_in_words(table: FileTable) -> str:
    """Say how far the reading has come."""
    if table.sentence or not table.count:
        return table.sentence
    if len(table.rows) == table.count:
        doubtful = sum(row.doubtful for row in table.rows)
        return f"{table.count} read, {doubtful} to look at again."
    return f"{len(table.rows)} of {table.count} read, about {_duration(table.seconds_left)} left."


def build_batch(recognizer: FileReader, controls: VoteControls, turns: Turns) -> None:
    """Place the folded part for many pictures, then wire it."""
    with gr.Accordion(TITLE, open=False, elem_id="batch"):
        files = gr.File(label="Pictures", file_count="multiple", type="filepath", height=180, elem_id="batch-files")
        panel = BatchPanel(elem_id="batch-panel")
        gallery = Gallery(elem_id="batch-gallery")

    reading = panel.read(
        with_vote(BatchHandlers(recognizer, turns).read_all),
        inputs=[files, *controls.inputs],
        outputs=panel,
        show_progress="hidden",
        api_visibility="private",
    )
    lost = send_on_failure("files-failed", "batch-panel")
    reading.failure(None, js=lost, api_visibility="private")
    panel.stop(None, cancels=[reading], api_visibility="private")
    turning = gallery.turn(
        GalleryHandlers(turns).thumbnails,
        inputs=[gallery, files],
        outputs=gallery,
        queue=False,
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )
    turning.failure(None, js=send_on_failure("thumbnails-failed", "batch-gallery"), api_visibility="private")


def _row_as_json(row: FileRow) -> list[Any]:
    """A row as the script takes it, short of names: a thousand of them travel."""
    confidence = None if row.confidence is None else round(row.confidence, SHOWN_DECIMALS)
    boxes = [[text, box.left, box.top, box.width, box.height] for text, box in row.boxes]
    return [row.file, row.text, confidence, row.verdict, row.doubtful, boxes]


def _duration(seconds: float) -> str:
    """A duration as people say it."""
    return f"{max(1, round(seconds))} s" if seconds < LONGEST_IN_SECONDS else f"{round(seconds / 60)} min"
