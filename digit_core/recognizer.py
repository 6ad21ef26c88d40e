"""Recognizer.read(image) -> Reading: the one way from a picture to an answer."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, cast

import cv2
import numpy as np

from digit_core.alternatives import Candidate, Chain, best_chains
from digit_core.effort import PICTURE, Effort
from digit_core.errors import EmptyDrawingError, TooManyDigitsError, VoteError
from digit_core.groupings import Found, Known, Seen, find_and_read
from digit_core.models.ensemble import TINY, Ensemble, sigmoid
from digit_core.models.manifest import Manifest
from digit_core.models.verdict import Decision, Evidence, decide, limits_for
from digit_core.page.decode import WORKING_SIDE, Source, read_pixels
from digit_core.page.frame import FRAME_SIZE, to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.page.look import Finder
from digit_core.page.paper import clean_paper
from digit_core.page.rows import gap
from digit_core.page.segmentation import (
    MAX_CUTS,
    MAX_SHAPES,
    Shape,
    Slice,
    find_digits,
    joined,
    slices,
    stacked,
    whole_picture,
)
from digit_core.page.trace import Trace
from digit_core.pen import WHITE, draw_sheet
from digit_core.types import NOT_A_DIGIT_MARK, Box, DigitReading, Prediction, Reading, Vote

PLAUSIBLE = 0.9  # a shape so plausible as one digit is neither cut nor joined
MAX_DOUBTFUL = 40  # shapes; where more are doubtful the picture holds no numbers, and looking closer takes seconds
PART_COST = 0.5  # nats that each part of a cut shape costs: fewer parts are likelier
CROSSING_COST = 0.1  # nats for each stroke width of ink that a cut crosses
MIN_CUT_ASPECT = 0.35  # width by height: narrower shapes hold no two digits
WIDEST_DIGIT = 1.6  # width by height: wider shapes are no single one, however many their parts
MIN_PART_WORTH = 0.02  # of each part, see `_Seen.worth`
MIN_PART_HEIGHT = 0.5  # share of the shape's; digits of one number are about as high, on a slanting line less so
# Log-odds that a shape is the number it was cut into, and no letter: `python -m training.number_odds` fits them.
NUMBER_WEIGHTS = {
    "bias": -20.9,  # lower than fitted, so that fewer letters are answered as digits
    "weakest": 0.35,  # for each log-odds of the weakest part's worth
    "mean": 0.7,  # for each log-odds of a part's worth, on average
    "parts": 1.3,  # for each part but ones, as every straight stroke of a letter is one
    "width": 4.4,  # for each height that a part is wide, on average
    "lowest": 13.8,  # for the lowest part's height, of the shape's
}
SUREST = 1e-3  # what a part lacks of certainty counts for no less
NUMBER_COMPANY = 1.0  # more on a picture with a clear digit or another such number
LEAST_NUMBER_ODDS = -2.4  # for a cut; the parts are "unsure" until a number is likelier
LEAST_WHOLE = 0.5  # worth: a shape of two parts above one another is one digit from here up ...
LEAST_STACKED = 0.5  # ... and otherwise two rows, if every digit in them is so likely one
JOIN_GAP = 0.2  # of the taller one's height: neighbours so near may be one digit, if one alone is none
JOIN_ASPECT = 1.1  # width by height: a digit of two pieces is no wider


FINDER_LONGEST = 2400  # pixels: a larger picture is shrunk to this before the finder looks at it
MOST_ALTERNATIVES = 10
PLACES = MAX_CUTS + 2  # for each shape of a row: its two edges and the cuts between
A_NUMBER = 3  # digits: so many clear ones are hardly strokes of anything else
NEAR_A_DIGIT = 0.5  # digitness times confidence of a shape that may well be a digit


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
            single: the whole picture is one digit. A picture of 28x28 pixels always is.
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
        threshold = self._checked(threshold)
        known = _checked_knowledge(digits, rows, alternatives)
        pixels = read_pixels(image, WORKING_SIDE)
        trace = trace or Trace(keeps=False)
        trace.keep("picture", pixels.rgb)
        single = single or (pixels.width, pixels.height) == (FRAME_SIZE, FRAME_SIZE)
        try:
            ink = to_ink(pixels.rgb)
            trace.keep("first ink", ink)
            shapes = ((whole_picture(ink),),) if single else find_digits(ink)
            looked = iter(self._look([shape for row in shapes for shape in row], vote))
            whole = tuple(tuple(next(looked) for _ in row) for row in shapes)
            seen = whole if single else self._regroup(whole, vote, effort)
        except (EmptyDrawingError, TooManyDigitsError):
            found = None if single else self._find(pixels.rgb, vote, known, trace, effort)
            if found is None or not found.is_clear:
                raise
        else:
            characters = [one for row in seen for one in row]
            is_doubtful = any(one.worth < PLAUSIBLE for one in characters)
            is_questioned = is_doubtful or known.is_something or (len(characters) > 1 and not _is_drawing(pixels.rgb))
            found = self._find(pixels.rgb, vote, known, trace, effort) if is_questioned and not single else None
            counted = self._with_digits(whole, known, vote, effort) if found and known.digits else None
            if found and counted and _clarity(list(chain(*counted))) >= _clarity(list(chain(*found.rows))):
                trace.keep_frames("first", [one.frame for row in counted for one in row])
                reading = self._answer(counted, pixels.width / ink.shape[1], vote, threshold)
                return _with_alternatives(reading, found, known)
            if found is None or not (_outweighs(found, seen) or (known.is_something and found.chains)):
                trace.keep_frames("first", [one.frame for row in seen for one in row])
                return self._answer(seen, pixels.width / ink.shape[1], vote, threshold)
        return self._answer_found(found, pixels.width, vote, threshold, known, trace)

    def _find(self, rgb: np.ndarray, vote: Vote, known: Known, trace: Trace, effort: Effort) -> Found | None:
        """Let the finder find the characters; None without a finder."""
        if self._finder is None:
            return None
        small = read_pixels(rgb, FINDER_LONGEST).rgb
        found = find_and_read(small, self._finder, lambda shapes: self._look(shapes, vote), known, effort)
        trace.keep_look(found.seen)
        trace.keep_page(found.page)
        return found

    def _answer_found(
        self, found: Found, width: int, vote: Vote, threshold: float, known: Known, trace: Trace
    ) -> Reading:
        """Make a reading of what the finder found on a picture so wide."""
        rows = cast(tuple[tuple[_Seen, ...], ...], found.rows)
        if known.digits is not None:
            rows = tuple(_as_known_digits(row[0]) for row in found.chains)
        trace.keep_frames("finder", [one.frame for row in rows for one in row])
        reading = self._answer(rows, width / found.page.ink.shape[1], vote, threshold)
        return _with_alternatives(reading, found, known)

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
        """Tell how each shape beside no clear digit would be cut, likely or not: the digits and `number_features`.

        Raises:
            DigitError: as `read` does.
        """
        found = []
        rows = find_digits(to_ink(read_pixels(image, WORKING_SIDE).rgb))
        shapes = [seen for row in rows for seen in self._rejoined(tuple(self._look(list(row), self.vote)), self.vote)]
        if not _has_clear_digit(shapes):
            for seen in shapes:
                parts = self._cut(seen, self.vote)
                if parts:
                    found.append(("".join(part.answer for part in parts), number_features(seen.shape, parts)))
        return found

    def _look(self, shapes: Sequence[Shape], vote: Vote) -> list[_Seen]:
        """Ask the networks about shapes, all at once."""
        if not shapes:
            return []
        frames = np.stack([to_mnist_frame(shape.ink) for shape in shapes])
        ballot = self._ensemble.poll(frames, vote)
        return [
            _Seen(
                shape,
                frames[i],
                ballot.probabilities[i],
                {name: votes[i] for name, votes in ballot.votes.items()},
                float(ballot.digitness[i]),
            )
            for i, shape in enumerate(shapes)
        ]

    def _regroup(
        self, rows: tuple[tuple[_Seen, ...], ...], vote: Vote, effort: Effort
    ) -> tuple[tuple[_Seen, ...], ...]:
        """Join pieces that are a digit only together, and cut shapes in which digits touch."""
        if sum(seen.worth < PLAUSIBLE for row in rows for seen in row) > MAX_DOUBTFUL:
            return rows
        together = [self._rejoined(row, vote) for row in rows]
        alone = len(together) == 1 and len(together[0]) == 1
        return (alone and self._split_rows(together[0][0], vote, effort)) or self._cut_rows(together, vote, effort)

    def _split_rows(self, seen: _Seen, vote: Vote, effort: Effort) -> tuple[tuple[_Seen, ...], ...]:
        """Read a shape as rows, if it is no digit but each of them is one or a number; nothing otherwise."""
        parts = stacked(seen.shape) if seen.worth < LEAST_WHOLE else ()
        if len(parts) < 2:
            return ()
        rows = self._cut_rows([[look] for look in self._look(list(parts), vote)], vote, effort)
        read = [part for row in rows for part in row]
        is_number = _has_clear_digit(read) or any(part.is_part for part in read)
        return rows if is_number and min(part.digitness for part in read) >= LEAST_STACKED else ()

    def _cut_rows(self, rows: Sequence[Sequence[_Seen]], vote: Vote, effort: Effort) -> tuple[tuple[_Seen, ...], ...]:
        """Cut the shapes in which digits touch, more readily if there is a clear digit or another such number."""
        shapes = [seen for row in rows for seen in row]
        most = effort.slices // max(1, sum(map(_may_be_cut, shapes)))
        cuts = [self._cut(seen, vote, most) for seen in shapes]
        odds = [_number_odds(seen.shape, cut) if cut else -np.inf for seen, cut in zip(shapes, cuts, strict=True)]
        clear, numbers = _has_clear_digit(shapes), sum(likely > 0 for likely in odds)
        parted = []
        for seen, cut, likely in zip(shapes, cuts, odds, strict=True):
            in_company = clear or numbers > (likely > 0)
            likely += NUMBER_COMPANY if in_company else 0.0
            parted.append(_together(cut, likely) if likely >= LEAST_NUMBER_ODDS else (seen,))
        following = iter(parted)
        return tuple(tuple(part for _ in row for part in next(following)) for row in rows)

    def _rejoined(self, row: tuple[_Seen, ...], vote: Vote) -> list[_Seen]:
        """Join neighbours of which one is no digit by itself but both together are, as an open four's halves."""
        kept: list[_Seen] = []
        for seen in row:
            if kept and min(seen.worth, kept[-1].worth) < PLAUSIBLE:
                before, shape = kept[-1].shape, seen.shape
                both = joined(before, shape)
                near = gap(before.box, shape.box) <= JOIN_GAP * max(before.box.height, shape.box.height)
                if near and both.box.width <= JOIN_ASPECT * both.box.height:
                    (together,) = self._look([both], vote)
                    apart = kept[-1].worth, seen.worth
                    if together.worth > max(PLAUSIBLE * (1 - min(apart)), apart[0] * apart[1]):
                        kept[-1] = together
                        continue
            kept.append(seen)
        return kept

    def _cut(self, seen: _Seen, vote: Vote, most: int = PICTURE.slices) -> tuple[_Seen, ...]:
        """Return the most plausible way to cut a shape into digits, nothing where it is more plausible whole.

        Nothing either where there are more than `most` parts to look at.
        """
        shape = seen.shape
        if not _may_be_cut(seen):
            return ()
        parts = slices(shape, most)
        end = max((s.stop for s in parts), default=0)
        offered = [s for s in parts if s.shape.box.height >= MIN_PART_HEIGHT * shape.box.height]
        whole = seen.worth if shape.box.width <= WIDEST_DIGIT * shape.box.height else 0.0
        least = float(np.log(max(whole, TINY)))
        # Most shapes that are no number show it at an end, and then nobody need look at what lies between.
        outer = self._scored([s for s in offered if s.start == 0 or s.stop == end], vote)
        at_start = max((part.score for part in outer if part.start == 0), default=-np.inf)
        at_end = max((part.score for part in outer if part.stop == end), default=-np.inf)
        if at_start + at_end <= least and all(part.stop - part.start < end for part in outer):
            return ()
        inner = self._scored([s for s in offered if s.start > 0 and s.stop < end], vote)
        # The best chain of slices from the left edge to the right one (Viterbi), against the shape as it is.
        best: dict[int, tuple[float, tuple[_Seen, ...]]] = {0: (0.0, ())}
        for part in sorted(outer + inner, key=lambda part: part.start):
            if part.start not in best:
                continue
            score = best[part.start][0] + part.score
            if part.stop not in best or score > best[part.stop][0]:
                best[part.stop] = (score, (*best[part.start][1], part.seen))
        score, chain = best.get(end, (-np.inf, ()))
        return chain if score > least else ()

    def _with_digits(
        self, rows: Sequence[Sequence[_Seen]], known: Known, vote: Vote, effort: Effort
    ) -> tuple[tuple[_Seen, ...], ...] | None:
        """Cut each row so that it has as many digits as the caller knows of; None where one cannot be cut so."""
        if known.rows == 1:
            rows = [sorted(chain(*rows), key=lambda seen: seen.shape.box.left)]
        most = effort.slices // max(1, sum(map(len, rows)))
        chains = [best_chains(self._candidates(row, vote, most), len(row) * PLACES, 1, known.digits) for row in rows]
        return tuple(_as_known_digits(found[0]) for found in chains) if all(chains) else None

    def _candidates(self, row: Sequence[_Seen], vote: Vote, most: int) -> list[Candidate[Seen]]:
        """Return every way to read a part of a row as one digit: its shapes, and what they may be cut into."""
        candidates: list[Candidate[Seen]] = []
        for number, seen in enumerate(row):
            first, next_one = number * PLACES, (number + 1) * PLACES
            score = float(np.log(max(seen.worth, TINY)))
            candidates.append(Candidate(first, next_one, score, seen.answer, seen))
            parts = slices(seen.shape, most)
            end = max((part.stop for part in parts), default=0)
            for part in self._scored(parts, vote):
                stop = next_one if part.stop == end else first + part.stop
                candidates.append(Candidate(first + part.start, stop, part.score, part.seen.answer, part.seen))
        return candidates

    def _scored(self, parts: Sequence[Slice], vote: Vote) -> list[_Part]:
        """Ask the networks about slices; those that are no digit at all are left out."""
        looks = zip(parts, self._look([s.shape for s in parts], vote), strict=True)
        return [
            _Part(s.start, s.stop, float(np.log(look.worth)) - PART_COST - CROSSING_COST * s.crossed, look)
            for s, look in looks
            if look.worth >= MIN_PART_WORTH
        ]

    def _checked(self, threshold: float | None) -> float:
        if threshold is None:
            return self.threshold
        if not isinstance(threshold, int | float) or not 0.0 <= threshold <= 1.0:
            raise VoteError(f"The confidence threshold must lie between 0 and 1, not {reprlib.repr(threshold)}.")
        return float(threshold)

    def _answer(self, rows: tuple[tuple[_Seen, ...], ...], scale: float, vote: Vote, threshold: float) -> Reading:
        if not any(rows):
            raise EmptyDrawingError()
        shapes = [seen.evidence for row in rows for seen in row]
        decisions = iter(decide(shapes, limits_for(self._manifest.calibration, vote, threshold)))
        return Reading(tuple(tuple(seen.reading(scale, next(decisions)) for seen in row) for row in rows), vote)


def _as_known_digits(chain: Chain[Seen]) -> tuple[_Seen, ...]:
    """Return what a chain with a known number of digits is made of: they are digits, and nothing else is."""
    shapes = [(candidate.label, cast(_Seen, candidate.shape)) for candidate in chain.candidates]
    return tuple(
        replace(seen, digitness=0.0) if label == NOT_A_DIGIT_MARK else replace(seen, is_part=True)
        for label, seen in shapes
    )


def _with_alternatives(reading: Reading, found: Found, known: Known) -> Reading:
    """Add what else the finder's way knows of the picture."""
    others = tuple(other for other in found.alternatives() if other.text != reading.text)
    return replace(reading, passed_over=found.seen.has_marks, alternatives=others[: known.alternatives])


def _is_drawing(rgb: np.ndarray) -> bool:
    """Whether a program drew the picture, on paper that is white or black throughout: its ink is seen as it is."""
    return clean_paper(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), WHITE) is not None


def _outweighs(found: Found, seen: Sequence[Sequence[_Seen]]) -> bool:
    """Tell whether what the finder found takes the place of the shapes that were seen first.

    Where those are clear, a number does that is clear, too, and clearer on average. Where some are doubtful, one does
    that has `A_NUMBER` clear digits and no more doubtful ones than before. One or two digits alone may be strokes of a
    letter, so they count only where all is clear and the shapes came near to a digit, too.
    """
    before = [one for row in seen for one in row]
    after = [one for row in found.rows for one in row]
    doubtful = sum(one.worth < PLAUSIBLE for one in after)
    doubtful_before = sum(one.worth < PLAUSIBLE for one in before)
    if not doubtful_before:
        return not doubtful and len(after) >= A_NUMBER and _clarity(after) > _clarity(before)
    if len(after) - doubtful >= A_NUMBER:
        return doubtful <= doubtful_before
    return found.is_clear and any(one.worth >= NEAR_A_DIGIT for one in before)


def _clarity(shapes: Sequence[Seen]) -> float:
    """Return the mean logarithm of the shapes' worth, the lowest number where there is none."""
    return float(np.mean([np.log(max(one.worth, TINY)) for one in shapes])) if shapes else -np.inf


def _checked_knowledge(digits: int | None, rows: int | None, alternatives: int) -> Known:
    """Refuse what a caller cannot know."""
    if digits is not None and (type(digits) is not int or not 1 <= digits <= MAX_SHAPES):
        raise VoteError(f"The number of digits must be between 1 and {MAX_SHAPES}, not {reprlib.repr(digits)}.")
    if rows is not None and (type(rows) is not int or rows != 1):
        raise VoteError(f"Of rows only 1 can be told, not {reprlib.repr(rows)}.")
    if type(alternatives) is not int or not 0 <= alternatives <= MOST_ALTERNATIVES:
        raise VoteError(
            f"Between 0 and {MOST_ALTERNATIVES} alternatives can be asked for, not {reprlib.repr(alternatives)}."
        )
    return Known(digits, rows, alternatives)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A shape, the frame that the networks saw of it, and what they said: (10,) arrays and the digitness.

    Attributes:
        is_part: it was cut out of a shape in which digits touch, see `_together`; never refused, but "unsure".
    """

    shape: Shape
    frame: np.ndarray
    probabilities: np.ndarray
    votes: Mapping[str, np.ndarray]
    digitness: float
    is_part: bool = False

    @property
    def confidence(self) -> float:
        """The answer's probability among the ten."""
        return float(self.probabilities.max())

    @property
    def worth(self) -> float:
        """How much it is one digit, and a clear one: digitness times confidence, in [0, 1]."""
        return self.digitness * self.confidence

    @property
    def answer(self) -> str:
        """The likeliest of the ten."""
        return str(self.probabilities.argmax())

    @property
    def is_one(self) -> bool:
        """Whether it is read as a one."""
        return self.answer == "1"

    @property
    def evidence(self) -> Evidence:
        """What its verdict rests on."""
        return Evidence(self.digitness, self.confidence, self.is_one, self.is_part)

    def reading(self, scale: float, decision: Decision) -> DigitReading:
        """Return it with its verdict, the box in pixels of a picture `scale` times as large as the ink."""
        return DigitReading(
            box=_scaled(self.shape.box, scale),
            frame=self.frame,
            prediction=Prediction(tuple(self.probabilities.tolist())),
            votes={name: Prediction(tuple(vote.tolist())) for name, vote in self.votes.items()},
            digitness=self.digitness,
            verdict=decision.verdict,
            reason=decision.reason,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A slice that may be a digit of a number: its cuts, the logarithm of its worth less its costs, what was seen."""

    start: int
    stop: int
    score: float
    seen: _Seen


def number_features(shape: Shape, parts: Sequence[_Seen]) -> dict[str, float]:
    """Return what tells a number from a letter: how clear, how many and how high the parts of a shape are."""
    clear = [float(np.log(part.worth / max(1 - part.worth, SUREST))) for part in parts]
    return {
        "bias": 1.0,
        "weakest": min(clear),
        "mean": float(np.mean(clear)),
        "parts": float(sum(not part.is_one for part in parts)),
        "width": shape.box.width / shape.box.height / len(parts),
        "lowest": min(part.shape.box.height for part in parts) / shape.box.height,
    }


def _number_odds(shape: Shape, parts: Sequence[_Seen]) -> float:
    """Return the log-odds that a shape by itself is the number that its parts make, and no letter."""
    return sum(NUMBER_WEIGHTS[name] * value for name, value in number_features(shape, parts).items())


def _may_be_cut(seen: _Seen) -> bool:
    """Tell whether a shape is no clear digit and wide enough for two."""
    return seen.worth < PLAUSIBLE and seen.shape.box.width >= MIN_CUT_ASPECT * seen.shape.box.height


def _has_clear_digit(shapes: Sequence[_Seen]) -> bool:
    """Tell whether one is a digit beyond doubt; a one may be any stroke."""
    return any(seen.worth >= PLAUSIBLE and not seen.is_one for seen in shapes)


def _together(parts: Sequence[_Seen], odds: float) -> tuple[_Seen, ...]:
    """Give the parts of a shape one digitness, as they are a number together or not at all."""
    number = float(sigmoid(np.array(odds)))
    return tuple(replace(part, digitness=number, is_part=True) for part in parts)


def _scaled(box: Box, scale: float) -> Box:
    width, height = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    return Box(round(box.left * scale), round(box.top * scale), width, height)
