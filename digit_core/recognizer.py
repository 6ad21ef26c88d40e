"""Recognizer.read(image) -> Reading: the one way from a picture to an answer."""

from __future__ import annotations

import reprlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat
from typing import Any, TypeVar

import numpy as np

from digit_core import touching
from digit_core.choice import features, may_stand, prefers_found
from digit_core.effort import PICTURE, Effort
from digit_core.errors import DigitError, EmptyDrawingError, TooManyDigitsError, VoteError
from digit_core.groupings import Constraints, Found, find_and_read
from digit_core.judgement import Ask, Judgement, count_doubtful
from digit_core.models.ensemble import TINY, Ensemble
from digit_core.models.manifest import Manifest
from digit_core.models.verdict import decide, limits_for
from digit_core.page.decode import DRAFT_SIDE, WORKING_SIDE, Source, read_pixels
from digit_core.page.frame import FRAME_SIZE, to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.page.look import Finder
from digit_core.page.paper import clean_paper
from digit_core.page.segmentation import MAX_SHAPES, Shape, find_digits, whole_picture
from digit_core.page.trace import Trace
from digit_core.pen import draw_sheet
from digit_core.touching import Row
from digit_core.types import MOST_ALTERNATIVES, Reading, Vote

Result = TypeVar("Result")

FINDER_LONGEST = 2400  # pixels: a larger picture is shrunk to this before the finder looks at it
# What `read_many` holds at a time: so many of what the command line calls small files, one of a larger picture.
MOST_TOGETHER = 8  # pictures: with 16 a file takes 4 % less time, and each worker 10 MB more
MOST_SHAPES_TOGETHER = 64
MOST_PIXELS_TOGETHER = 2_000_000


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
            finder: the network that finds characters where the first way to do so is in doubt; None does without.
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
            threshold: confidence in [0, 1] below which an answer is "unsure"; None is the manifest's. At 0 a low
                digitness makes none "unsure" either.
            single: the whole picture is one digit. A picture of 28x28 pixels is, unless it is none and its parts are.
            digits: how many digits each row has, as a field of a form; None where nobody knows.
            rows: 1 where all that is written stands in one row; None where nobody knows.
            alternatives: how many of the likeliest other texts to return with the reading, at most
                `MOST_ALTERNATIVES`.
            trace: keeps a picture of every stage, for whoever asks which one lost a digit.
            effort: how much of the processor the picture may take.

        Returns:
            The shapes in reading order, boxes in the upright picture's pixels.

        Raises:
            EmptyDrawingError: nothing is drawn.
            DigitError: another child of it, where the picture is unreadable, too large or too full, or what the caller
                knows makes no sense.
        """
        vote = vote or self.vote
        steps = self._read_in_steps(image, vote, threshold, single, digits, rows, alternatives, trace, effort)
        return _finish(steps, partial(self._judge, vote=vote))

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
        """
        vote = vote or self.vote
        ask = partial(self._judge, vote=vote)
        begun: list[_Begun] = []
        for image, trace in zip(images, traces or repeat(None), strict=False):
            begun.append(
                _begin(self._read_in_steps(image, vote, threshold, single, digits, rows, alternatives, trace, PICTURE))
            )
            if (
                len(begun) == MOST_TOGETHER
                or sum(len(one.question.shapes) for one in begun) >= MOST_SHAPES_TOGETHER
                or sum(one.question.pixels for one in begun) >= MOST_PIXELS_TOGETHER
            ):
                yield from _finish_together(begun, ask)
                begun = []
        yield from _finish_together(begun, ask)

    def _read_in_steps(
        self,
        image: Source,
        vote: Vote,
        threshold: float | None,
        single: bool,
        digits: int | None,
        rows: int | None,
        alternatives: int,
        trace: Trace | None,
        effort: Effort,
    ) -> Steps[Reading]:
        """Read as `read` does, but let whoever takes the steps ask the networks what every reading begins with."""
        threshold = self._check_threshold(threshold)
        constraints = _check_constraints(digits, rows, alternatives)
        ask = partial(self._judge, vote=vote)
        pixels = read_pixels(image, WORKING_SIDE, DRAFT_SIDE)
        trace = trace or Trace(keeps=False)
        trace.keep("picture", pixels.values)
        is_small = not single and (pixels.width, pixels.height) == (FRAME_SIZE, FRAME_SIZE)
        single = single or is_small
        try:
            first = yield from _read_first(pixels.grey, single, ask, effort, trace)
            if is_small and not first.is_one_clear_digit:
                first = _read_clear_parts(pixels.grey, ask, effort) or first
        except (EmptyDrawingError, TooManyDigitsError):
            found = None if single else self._find(pixels.rgb, ask, constraints, trace, effort)
            if found is None or not found.is_clear:
                raise
            return self._answer_found(found, pixels.width, vote, threshold, constraints, trace)
        is_settled = not constraints.are_given and first.is_one_clear_digit and clean_paper(pixels.grey) is not None
        is_settled = is_settled or single or sum(map(len, first.rows)) > effort.shapes
        found = None if is_settled else self._find(pixels.rgb, ask, constraints, trace, effort)
        counted = self._cut_as_known(first.shapes, constraints, ask, effort) if found else None
        if found and counted and _clarity(chain(*counted)) >= _clarity(chain(*found.rows)):
            trace.keep_frames("first", [one.frame for row in counted for one in row])
            reading = self._answer(counted, pixels.width / first.width, vote, threshold)
            return _add_alternatives(reading, found, constraints)
        if found and (any(found.rows) if constraints.are_given else prefers_found(first.rows, found.rows)):
            return self._answer_found(found, pixels.width, vote, threshold, constraints, trace)
        trace.keep_frames("first", [one.frame for row in first.rows for one in row])
        return self._answer(first.rows, pixels.width / first.width, vote, threshold)

    def read_both_ways(self, image: Source) -> tuple[str, str, dict[str, float]] | None:
        """Read a picture the first way and by the finder, for whoever compares them.

        Returns:
            Both texts and `choice.features`; None where there is no choice, as the first way reads nothing, or the
            finder's reading may not stand.

        Raises:
            DigitError: as `read` does.
        """
        ask = partial(self._judge, vote=self.vote)
        pixels, trace = read_pixels(image, WORKING_SIDE), Trace(keeps=False)
        try:
            first = _finish(_read_first(pixels.grey, False, ask, PICTURE, trace), ask)
        except (EmptyDrawingError, TooManyDigitsError):
            return None
        found = self._find(pixels.rgb, ask, Constraints(), trace, PICTURE)
        if found is None or not may_stand(found.rows):
            return None
        texts = (self._answer(rows, 1.0, self.vote, self.threshold).text for rows in (first.rows, found.rows))
        return next(texts), next(texts), features(first.rows, found.rows)

    def _find(self, rgb: np.ndarray, ask: Ask, constraints: Constraints, trace: Trace, effort: Effort) -> Found | None:
        """Let the finder find the characters; None without a finder, and where it finds too many."""
        if self._finder is None:
            return None
        small = read_pixels(rgb, FINDER_LONGEST).rgb
        try:
            found = find_and_read(small, self._finder, ask, constraints, effort)
        except TooManyDigitsError:
            return None
        trace.keep_look(found.seen)
        trace.keep_page(found.page)
        return found

    def _answer_found(
        self, found: Found, width: int, vote: Vote, threshold: float, constraints: Constraints, trace: Trace
    ) -> Reading:
        """Make a reading of what the finder found on a picture so wide."""
        rows = found.rows
        if constraints.digits is not None:
            rows = tuple(touching.to_digits(row[0]) for row in found.chains)
        trace.keep_frames("finder", [one.frame for row in rows for one in row])
        reading = self._answer(rows, width / found.page.ink.shape[1], vote, threshold)
        return _add_alternatives(reading, found, constraints)

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

    def cuts_alone(self, image: Source) -> list[tuple[str, dict[str, float]]]:
        """Tell how each shape beside no clear digit would be cut, likely or not: its digits, its `number_features`.

        Raises:
            DigitError: as `read` does.
        """
        ask = partial(self._judge, vote=self.vote)
        rows = find_digits(to_ink(read_pixels(image, WORKING_SIDE, DRAFT_SIDE).grey))
        shapes = [whole for row in rows for whole in touching.join_pieces(tuple(ask(row)), ask)]
        if touching.has_clear_digit(shapes):
            return []
        cuts = [(whole.shape, touching.cut(whole, ask)) for whole in shapes]
        return [
            ("".join(part.answer for part in parts), touching.number_features(shape, parts))
            for shape, parts in cuts
            if parts
        ]

    def _judge(self, shapes: Sequence[Shape], vote: Vote) -> list[Judgement]:
        """Ask the networks about shapes, all at once."""
        if not shapes:
            return []
        frames = np.stack([to_mnist_frame(shape.ink) for shape in shapes])
        ballot = self._ensemble.poll(frames, vote)
        return [
            Judgement(
                shape,
                frames[i],
                ballot.probabilities[i],
                {name: votes[i] for name, votes in ballot.votes.items()},
                float(ballot.digitness[i]),
            )
            for i, shape in enumerate(shapes)
        ]

    def _cut_as_known(
        self, rows: tuple[Row, ...], constraints: Constraints, ask: Ask, effort: Effort
    ) -> tuple[Row, ...] | None:
        """Cut each row into as many digits as the caller knows of; None where nobody knows, or where none can be."""
        if constraints.digits is None:
            return None
        if constraints.rows == 1:
            rows = (tuple(sorted(chain(*rows), key=lambda one: one.shape.box.left)),)
        return touching.cut_into_digits(rows, constraints.digits, ask, effort)

    def _check_threshold(self, threshold: float | None) -> float:
        if threshold is None:
            return self.threshold
        if not isinstance(threshold, int | float) or not 0.0 <= threshold <= 1.0:
            raise VoteError(f"The confidence threshold must lie between 0 and 1, not {reprlib.repr(threshold)}.")
        return float(threshold)

    def _answer(self, rows: tuple[Row, ...], scale: float, vote: Vote, threshold: float) -> Reading:
        if not any(rows):
            raise EmptyDrawingError()
        evidence = [one.evidence for row in rows for one in row]
        decisions = iter(decide(evidence, limits_for(self._manifest.calibration, vote, threshold)))
        return Reading(tuple(tuple(one.reading(scale, next(decisions)) for one in row) for row in rows), vote)


@dataclass(frozen=True, slots=True, eq=False)
class _First:
    """What was read the first way.

    Attributes:
        shapes: as they hang together.
        rows: the same, joined and cut.
        width: of the ink in pixels.
    """

    shapes: tuple[Row, ...]
    rows: tuple[Row, ...]
    width: int

    @property
    def is_one_clear_digit(self) -> bool:
        """Whether nothing is left to ask."""
        judgements = list(chain(*self.rows))
        return len(judgements) == 1 and judgements[0].is_clear


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """What a reading in steps asks the networks.

    Attributes:
        shapes: that are to be judged.
        pixels: that the reading holds meanwhile.
    """

    shapes: Sequence[Shape] = ()
    pixels: int = 0


Steps = Generator[_Question, Sequence[Judgement], Result]


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """A reading that waits for the answer to its question, or one that has come to its end without any."""

    steps: Steps[Reading]
    question: _Question = _Question()
    outcome: Reading | DigitError | None = None


def _begin(steps: Steps[Reading]) -> _Begun:
    try:
        return _Begun(steps, next(steps))
    except StopIteration as end:
        return _Begun(steps, outcome=end.value)
    except DigitError as error:
        return _Begun(steps, outcome=error)


def _finish_together(begun: Sequence[_Begun], ask: Ask) -> Iterator[Reading | DigitError]:
    """Ask the questions of readings in one batch, and take each of them to its end."""
    judged = iter(ask([shape for one in begun for shape in one.question.shapes]))
    for one in begun:
        try:
            yield one.outcome or _finish(one.steps, ask, [next(judged) for _ in one.question.shapes])
        except DigitError as error:
            yield error


def _finish(steps: Steps[Result], ask: Ask, judgements: Sequence[Judgement] | None = None) -> Result:
    """Take a reading to its end; `judgements` answer the question that it has asked already, None where it has not."""
    try:
        question = next(steps) if judgements is None else steps.send(judgements)
        while True:
            question = steps.send(ask(question.shapes))
    except StopIteration as end:
        outcome: Result = end.value
        return outcome


def _read_first(grey: np.ndarray, single: bool, ask: Ask, effort: Effort, trace: Trace) -> Steps[_First]:
    """Read shapes of ink that hangs together, with what is printed taken away."""
    ink = to_ink(grey)
    trace.keep("first ink", ink)
    shapes = ((whole_picture(ink),),) if single else find_digits(ink)
    judged = iter((yield _Question([shape for row in shapes for shape in row], grey.size)))
    whole = tuple(tuple(next(judged) for _ in row) for row in shapes)
    return _First(whole, whole if single else touching.regroup(whole, ask, effort), ink.shape[1])


def _read_clear_parts(grey: np.ndarray, ask: Ask, effort: Effort) -> _First | None:
    """Read a picture as small as one digit as the several that it may hold; None unless all of them are clear."""
    try:
        parts = _finish(_read_first(grey, False, ask, effort, Trace(keeps=False)), ask)
    except (EmptyDrawingError, TooManyDigitsError):
        return None
    judgements = list(chain(*parts.rows))
    return parts if len(judgements) > 1 and not count_doubtful(judgements) else None


def _add_alternatives(reading: Reading, found: Found, constraints: Constraints) -> Reading:
    """Add what else the finder's way knows of the picture."""
    others = tuple(other for other in found.alternatives() if other.text != reading.text)
    return replace(reading, passed_over=found.seen.has_marks, alternatives=others[: constraints.alternatives])


def _clarity(judgements: Iterable[Judgement]) -> float:
    """Return the mean logarithm of what judgements are worth, the lowest number where there is none."""
    worths = [np.log(max(one.worth, TINY)) for one in judgements]
    return float(np.mean(worths)) if worths else -np.inf


def _check_constraints(digits: int | None, rows: int | None, alternatives: int) -> Constraints:
    """Refuse what a caller cannot know."""
    if digits is not None and (type(digits) is not int or not 1 <= digits <= MAX_SHAPES):
        raise VoteError(f"The number of digits must be between 1 and {MAX_SHAPES}, not {reprlib.repr(digits)}.")
    if rows is not None and (type(rows) is not int or rows != 1):
        raise VoteError(f"Of rows only 1 can be told, not {reprlib.repr(rows)}.")
    if type(alternatives) is not int or not 0 <= alternatives <= MOST_ALTERNATIVES:
        raise VoteError(
            f"Between 0 and {MOST_ALTERNATIVES} alternatives can be asked for, not {reprlib.repr(alternatives)}."
        )
    return Constraints(digits, rows, alternatives)
