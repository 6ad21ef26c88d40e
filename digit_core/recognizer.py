"""Recognizer.read(image) -> Reading: the one way from a picture to an answer."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from typing import Any

import numpy as np

from digit_core.effort import PICTURE, Effort
from digit_core.errors import DigitError, EmptyDrawingError, TooManyDigitsError, VoteError
from digit_core.models.ensemble import Ensemble
from digit_core.models.manifest import Manifest
from digit_core.models.verdict import limits_for
from digit_core.page.decode import DRAFT_SIDE, WORKING_SIDE, Pixels, Source, read_pixels
from digit_core.page.frame import FRAME_SIZE, to_mnist_frame
from digit_core.page.ink import clean_paper, has_clean_corner
from digit_core.page.look import Finder
from digit_core.page.segmentation import Shape
from digit_core.page.trace import Trace
from digit_core.pen import draw_sheet
from digit_core.reading import touching
from digit_core.reading.choice import prefers_finder
from digit_core.reading.groupings import Constraints, FinderReading, find_and_read
from digit_core.reading.judgement import Judgement, mean_log_clarity, scale_box, to_reading
from digit_core.reading.plain import Plain, read_clear_parts, read_shapes
from digit_core.reading.task import Task, check_constraints
from digit_core.reading.together import Decoded, ReadingSteps, finish, read_together
from digit_core.reading.touching import JudgedRow
from digit_core.types import Reading, Vote

FINDER_LONGEST = 2400  # pixels: a larger picture is shrunk to this before the finder looks at it


class Recognizer:
    """Reads digits from pictures with the two networks and their vote.

    Attributes:
        origin: one sentence saying which weights answer and where they come from.
    """

    def __init__(self, ensemble: Ensemble, manifest: Manifest, origin: str, finder: Finder | None = None) -> None:
        """Join what reads.

        Args:
            ensemble: the two networks.
            manifest: vouches for the weights.
            origin: see the class.
            finder: the network that finds characters on photos, and where a drawing is in doubt; None does without.
        """
        self._ensemble = ensemble
        self._finder = finder
        self._manifest = manifest
        self.origin = origin

    @property
    def ensemble(self) -> Ensemble:
        """The two networks, for whoever asks why they answer as they do."""
        return self._ensemble

    @property
    def finder(self) -> Finder | None:
        """The network that finds characters; None where there is none."""
        return self._finder

    @property
    def vote(self) -> Vote:
        """The vote that answers when nobody chooses another."""
        return self._manifest.vote

    @property
    def threshold(self) -> float:
        """The confidence below which an answer is "unsure", when nobody chooses another."""
        return self._manifest.confidence_threshold

    def public_manifest(self) -> dict[str, Any]:
        """Return what anyone may know of the weights, as JSON can hold it."""
        return self._manifest.public() | {"origin": self.origin}

    def read(
        self,
        image: Source,
        vote: Vote | None = None,
        threshold: float | None = None,
        single: bool = False,
        digits: int | None = None,
        rows: int | None = None,
        alternatives: int = 0,
        trace: Trace | None = None,
        effort: Effort = PICTURE,
    ) -> Reading:
        """Read every digit on a picture.

        Args:
            image: a PIL image, a path, a file's bytes, or a uint8 array (H, W), (H, W, 3) or (H, W, 4).
            vote: who answers; None is the manifest's vote.
            threshold: confidence in [0, 1] below which an answer is "unsure"; None is the manifest's. At 0 none is.
            single: the whole picture is one digit. A picture of 28x28 pixels is, unless it is read better otherwise.
            digits: how many digits each row has, as a field of a form; None where nobody knows.
            rows: 1 where all that is written stands in one row; None where nobody knows.
            alternatives: how many of the likeliest other texts to return with the reading, at most
                `MAX_ALTERNATIVES`.
            trace: keeps a picture of every stage, for whoever asks which one lost a digit.
            effort: how much of the processor the picture may take.

        Returns:
            The shapes in reading order, boxes in the upright picture's pixels.

        Raises:
            EmptyDrawingError: nothing is drawn.
            DigitError: another child of it, where the picture is unreadable, too large or too full, or what the caller
                knows makes no sense.
        """
        task = self.task(vote, threshold, check_constraints(digits, rows, alternatives), trace, effort)
        return finish(self._read(image, single, task), task.ask)

    def read_many(
        self,
        images: Iterable[Source],
        vote: Vote | None = None,
        threshold: float | None = None,
        single: bool = False,
        digits: int | None = None,
        rows: int | None = None,
        alternatives: int = 0,
        traces: Iterable[Trace | None] | None = None,
    ) -> Iterator[Reading | DigitError]:
        """Read pictures one after the other, see `read`; of small ones the networks are asked together, in a batch.

        Returns:
            What `read` returns or raises, for each picture in their order.

        Raises:
            VoteError: what is asked makes no sense.
            ValueError: there are not as many traces as pictures.
        """
        task = self.task(vote, threshold, check_constraints(digits, rows, alternatives))
        readings = (
            self._read(image, single, replace(task, trace=trace) if trace else task)
            for image, trace in (zip(images, repeat(None)) if traces is None else zip(images, traces, strict=True))
        )
        return read_together(readings, partial(self.judge, vote=vote))

    def task(
        self,
        vote: Vote | None = None,
        threshold: float | None = None,
        constraints: Constraints | None = None,
        trace: Trace | None = None,
        effort: Effort = PICTURE,
    ) -> Task:
        """Return what is asked of one picture, for whoever takes one of the ways alone that `read` chooses between.

        Args:
            vote: as for `read`.
            threshold: as for `read`.
            constraints: see `check_constraints`; None is none.
            trace: as for `read`.
            effort: as for `read`.

        Raises:
            VoteError: the threshold does not lie between 0 and 1.
        """
        vote = vote or self.vote
        limits = limits_for(self._manifest.calibration, vote, self._check_threshold(threshold))
        ask = partial(self.judge, vote=vote)
        return Task(vote, limits, constraints or Constraints(), ask, trace or Trace(keeps=False), effort)

    def judge(self, shapes: Sequence[Shape], vote: Vote | None = None) -> list[Judgement]:
        """Ask the networks about shapes, all at once; without a vote the manifest's answers."""
        if not shapes:
            return []
        frames = np.stack([to_mnist_frame(shape.ink) for shape in shapes])
        ballot = self._ensemble.poll(frames, vote or self.vote)
        return [
            Judgement(
                shape,
                frames[i],
                ballot.probabilities[i],
                {name: votes[i] for name, votes in ballot.votes.items()},
                float(ballot.digitness[i]),
                mark=float(ballot.marks[i]),
            )
            for i, shape in enumerate(shapes)
        ]

    def _read(self, image: Source, single: bool, task: Task) -> ReadingSteps[Reading]:
        """Read as `read` does, but let whoever takes the steps ask the networks what every reading begins with."""
        pixels = read_pixels(image, WORKING_SIDE, DRAFT_SIDE)
        task.trace.keep("picture", pixels.values)
        yield Decoded(pixels.count)
        is_one = single or (pixels.width, pixels.height) == (FRAME_SIZE, FRAME_SIZE)
        paper = clean_paper(pixels.grey) if has_clean_corner(pixels.values) else None  # no photo is made grey
        if is_one or self._finder is None or paper is not None:
            return (yield from self._read_plain(pixels, paper, is_one, single, task))
        return _answer_found(pixels, find_characters(pixels.rgb, self._finder, task), task)

    def _read_plain(
        self, pixels: Pixels, paper: int | None, is_one: bool, is_sure_one: bool, task: Task
    ) -> ReadingSteps[Reading]:
        """Read a drawing, or a picture of one digit; the finder is asked where something is doubtful.

        Args:
            pixels: the picture's.
            paper: what `clean_paper` says of it.
            is_one: the whole picture is read as one digit.
            is_sure_one: the caller said that it is one digit, so no other reading is tried.
            task: what is asked.
        """
        plain = yield from read_shapes(pixels.grey, is_one, task, paper)
        if is_one and not (is_sure_one or plain.is_clear):
            plain = read_clear_parts(pixels.grey, task) or plain
        found = None
        is_settled = plain.is_clear and task.constraints == Constraints()
        is_too_full = plain.count > task.effort.shapes
        if self._finder and not (is_sure_one or is_settled or is_too_full):
            with suppress(TooManyDigitsError):
                found = find_characters(pixels.rgb, self._finder, task)
        counted = None if is_sure_one or is_too_full else _cut_as_known(plain.shapes, task)
        if found and _stands(found, plain, counted, task.constraints):
            return _answer_found(pixels, found, task, is_drawn=True)
        rows = counted if counted and (found or _is_as_clear(counted, plain.rows)) else plain.rows
        reading = _answer_plain(rows, pixels.width / plain.width, task)
        return _add_alternatives(reading, found, task.constraints) if found else reading

    def read_strokes(
        self,
        strokes: Sequence[Sequence[Sequence[float]]],
        size: tuple[float, float] | None = None,
        brush: float | None = None,
        vote: Vote | None = None,
        threshold: float | None = None,
        single: bool = False,
        digits: int | None = None,
        rows: int | None = None,
        alternatives: int = 0,
    ) -> Reading:
        """Read every digit that a pen wrote, from what it did rather than from a picture.

        Args:
            strokes: for each time that the pen was down its points [x, y] or [x, y, time], in any unit, x to the right
                and y down.
            size: the paper's width and height in that unit; None is paper around the strokes.
            brush: the pen's width in that unit; None is the pen that training wrote with.
            vote: as for `read`.
            threshold: as for `read`.
            single: as for `read`.
            digits: as for `read`.
            rows: as for `read`.
            alternatives: as for `read`.

        Returns:
            The shapes in reading order, boxes in the strokes' unit.

        Raises:
            StrokesError: these are no strokes, or too many.
            DigitError: as `read` does.
        """
        sheet = draw_sheet(strokes, size, brush)
        reading = self.read(sheet.picture, vote, threshold, single, digits, rows, alternatives)
        in_unit = (tuple(replace(digit, box=sheet.to_unit(digit.box)) for digit in row) for row in reading.rows)
        return replace(reading, rows=tuple(in_unit))

    def _check_threshold(self, threshold: float | None) -> float:
        if threshold is None:
            return self.threshold
        if not isinstance(threshold, int | float) or not 0.0 <= threshold <= 1.0:
            raise VoteError(f"The confidence threshold must lie between 0 and 1, not {reprlib.repr(threshold)}.")
        return float(threshold)


def find_characters(rgb: np.ndarray, finder: Finder, task: Task) -> FinderReading:
    """Let the finder find the characters on a picture, (height, width, 3) uint8, and read them.

    Raises:
        TooManyDigitsError: it finds too many.
    """
    small = read_pixels(rgb, FINDER_LONGEST).rgb
    found = find_and_read(small, finder, task.ask, task.constraints, task.effort)
    task.trace.keep_look(found.seen)
    task.trace.keep_page(found.page, found.turn)
    return found


def _stands(
    found: FinderReading, plain: Plain, counted: tuple[JudgedRow, ...] | None, constraints: Constraints
) -> bool:
    """Tell whether what the finder found on a drawing stands, and not what was read the plain way.

    Args:
        found: the former.
        plain: the latter.
        counted: the latter, cut into as many digits as the caller knows of; None where nobody knows, or none can be.
        constraints: what the caller knows.
    """
    if counted:
        return not _is_as_clear(counted, found.rows)
    if constraints.know_layout:
        return any(found.rows)
    return not plain.is_clear and prefers_finder(plain.rows, found.rows)


def _answer_found(pixels: Pixels, found: FinderReading, task: Task, is_drawn: bool = False) -> Reading:
    """Make a reading of what the finder found on a picture, or on a drawing, which a lone letter may be.

    Raises:
        EmptyDrawingError: it found nothing.
    """
    rows = found.rows
    if not any(rows):
        raise EmptyDrawingError("There is nothing to read on this picture: no handwritten characters were found.")
    if task.constraints.digits is not None:
        rows = tuple(touching.to_digits(row[0]) for row in found.chains)
        counted = _cut_as_known(found.rows, task)
        if counted and not _is_as_clear(rows, counted):
            rows = counted
    else:
        rows = touching.cut_in_company(rows, task.ask, task.effort)
        if is_drawn and not any(one.is_clear and not one.shape.is_cut for one in chain(*rows)):
            rows = touching.doubt_cuts(rows)
    know_layout = task.constraints.know_layout
    reading = to_reading(rows, found.place(pixels.width), task.limits, task.vote, know_layout)
    task.trace.keep_frames("finder", [one.frame for row in rows for one in row], reading)
    return _add_alternatives(
        replace(reading, passed_over=reading.passed_over or found.seen.has_marks), found, task.constraints
    )


def _is_as_clear(rows: Sequence[JudgedRow], others: Sequence[JudgedRow]) -> bool:
    """Tell whether one reading's shapes are as clear digits as another's, on average."""
    return mean_log_clarity(chain(*rows)) >= mean_log_clarity(chain(*others))


def _answer_plain(rows: tuple[JudgedRow, ...], scale: float, task: Task) -> Reading:
    """Make a reading of shapes that were found the plain way."""
    know_layout = task.constraints.know_layout
    reading = to_reading(rows, lambda shape: scale_box(shape.box, scale), task.limits, task.vote, know_layout)
    task.trace.keep_frames("plain", [one.frame for row in rows for one in row], reading)
    return reading


def _cut_as_known(rows: tuple[JudgedRow, ...], task: Task) -> tuple[JudgedRow, ...] | None:
    """Cut each row into as many digits as the caller knows of; None where nobody knows, or where none can be."""
    if task.constraints.digits is None:
        return None
    if task.constraints.rows == 1:
        rows = (tuple(sorted(chain(*rows), key=lambda one: one.shape.box.left)),)
    return touching.cut_into_digits(rows, task.constraints.digits, task.ask, task.effort)


def _add_alternatives(reading: Reading, found: FinderReading, constraints: Constraints) -> Reading:
    """Add what else the finder's way knows of the picture: other texts, of as many digits as the caller knows of."""
    if not constraints.alternatives:
        return reading
    others = tuple(
        other
        for other in found.likeliest(1 + constraints.alternatives)
        if other.text.replace("\n", "") != reading.text.replace("\n", "")
        and all(constraints.digits in (None, sum(map(str.isdigit, row))) for row in other.text.split("\n"))
    )
    return replace(reading, alternatives=others[: constraints.alternatives])
