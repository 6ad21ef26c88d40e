"""Reading by the finder's shapes: which grouping of the ink reads best, at which scale."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, combinations

import numpy as np

from digit_core.effort import PICTURE, Effort
from digit_core.errors import TooManyDigitsError
from digit_core.page.level import CONFIG as LEVEL
from digit_core.page.level import Turn, slope_of
from digit_core.page.look import Finder, Look, clamp_scale, is_near, look, search
from digit_core.page.pyramid import Pyramid
from digit_core.page.rows import group_into_rows
from digit_core.page.segmentation import Shape
from digit_core.page.shapes import MAX_PARTS, InkParts, part_ink
from digit_core.reading.alternatives import Candidate, Chain, best_chains, combine
from digit_core.reading.judgement import (
    MARK_LABEL,
    MAX_UNCLEAR,
    Ask,
    Judgement,
    Place,
    count_unclear,
    may_look_closer,
    mean_log_clarity,
    scale_box,
)
from digit_core.types import NOT_A_DIGIT_MARK, Alternative, Box


@dataclass(frozen=True, slots=True)
class GroupingConfig:
    """What each way to group parts of ink costs.

    Attributes:
        character_cost: what each character costs, in nats: fewer are likelier.
        other_cost: what a shape that is no digit costs, in nats: most of what a digit reader is given is digits.
        cut_cost: what a character costs that ends in the middle of ink that hangs together, in nats.
        own_cut_cost: what one costs that ends there because the finder says so, in nats.
        max_aspect: the greatest width of a character, in its heights.
        other_scales: the scales that are tried where what is read is doubtful, in those of the scale that was found.
    """

    character_cost: float = 0.5
    other_cost: float = 1.5
    cut_cost: float = 0.8
    own_cut_cost: float = 0.3
    max_aspect: float = 1.5
    other_scales: tuple[float, float] = (0.65, 1.5)


CONFIG = GroupingConfig()

READINGS = 3  # of a shape, at most, that alternatives to the whole reading are made from

Judged = tuple[tuple[int, ...], Judgement]  # the parts of a shape, and what the networks say of it


@dataclass(frozen=True, slots=True)
class Constraints:
    """What the caller knows of a picture, and wants to know.

    Attributes:
        digits: how many each row has; None where nobody knows.
        rows: 1 where all that is written stands in one row; None where nobody knows.
        alternatives: how many of the likeliest other texts to return.
    """

    digits: int | None = None
    rows: int | None = None
    alternatives: int = 0

    @property
    def know_layout(self) -> bool:
        """Whether anything is known of how many digits or rows there are."""
        return self.digits is not None or self.rows is not None


@dataclass(frozen=True, slots=True, eq=False)
class FinderReading:
    """What was read at one scale: the chains of each row, its reading first, and how the picture was turned."""

    seen: Look
    page: InkParts
    chains: tuple[tuple[Chain, ...], ...]
    turn: Turn | None = None

    @property
    def rows(self) -> tuple[tuple[Judgement, ...], ...]:
        """What the likeliest chains are made of."""
        return tuple(row[0].judgements for row in self.chains)

    @property
    def is_clear(self) -> bool:
        """Whether something was found, and every character is a clear digit."""
        found = list(chain(*self.rows))
        return bool(found) and not count_unclear(found)

    @property
    def clear_area(self) -> float:
        """The area of all boxes, each weighed by the square of its clarity, in pixels of the picture."""
        area = sum(one.clarity**2 * one.shape.box.width * one.shape.box.height for one in chain(*self.rows))
        return area / self.page.scale**2

    def place(self, width: int) -> Place:
        """Return where shapes stand on the upright picture, which is `width` pixels wide."""
        turn, scale = self.turn, self.page.scale
        if turn is None:
            times = width / self.page.ink.shape[1]
            return lambda shape: scale_box(shape.box, times)
        times = width / (turn.before[1] * scale)
        return lambda shape: scale_box(turn.box_before(shape, scale), times)

    def likeliest(self, most: int) -> tuple[Alternative, ...]:
        """Return the likeliest texts of all rows together, at most `most`, and how likely each is among them."""
        if not self.chains:
            return ()
        texts = combine(self.chains, most)
        weights = np.exp([score - texts[0][1] for _, score in texts])
        chances: dict[str, float] = defaultdict(float)
        for (text, _), weight in zip(texts, weights, strict=True):
            chances[_pass_over_marks(text)] += float(weight / weights.sum())
        return tuple(Alternative(text, chance) for text, chance in chances.items())


def find_and_read(
    rgb: np.ndarray, finder: Finder, ask: Ask, constraints: Constraints, effort: Effort = PICTURE
) -> FinderReading:
    """Find the characters of a picture and group their ink so that it reads best.

    Where something is doubtful at the scale that was found, two others are tried, and one where all is clear is taken.
    Where rows climb or fall steeply, the picture is turned, and what is clearer on the whole is taken.

    Args:
        rgb: (height, width, 3) uint8.
        finder: the network that finds.
        ask: asks the networks that read about shapes, all at once.
        constraints: what the caller knows.
        effort: how much of it is looked at, and how closely.

    Raises:
        TooManyDigitsError: more than `effort.frames` shapes.
    """
    found = _read_at_best_scale(Pyramid(rgb), finder, ask, constraints, effort)
    judgements = list(chain(*found.rows))
    slope = slope_of([one.shape.box for one in judgements])
    if abs(slope) < LEVEL.min_slope or not may_look_closer(judgements, effort):
        return found
    with suppress(TooManyDigitsError):
        level = _turn_and_read(rgb, slope, found.seen.scale, finder, ask, constraints, effort)
        if mean_log_clarity(chain(*level.rows)) >= mean_log_clarity(judgements):
            return level
    return found


def _turn_and_read(
    rgb: np.ndarray, slope: float, scale: float, finder: Finder, ask: Ask, constraints: Constraints, effort: Effort
) -> FinderReading:
    """Turn a picture so that rows which fall by `slope` degrees lie level, and read it at about the same scale.

    Raises:
        TooManyDigitsError: more than `effort.shapes` shapes.
    """
    turn = Turn.by(slope, rgb.shape[:2])
    picture = Pyramid(turn.picture(rgb))
    seen = look(picture, clamp_scale(picture, scale, effort.pixels), finder)
    return replace(_read_at(seen, picture, ask, constraints, effort, effort.shapes), turn=turn)


def _read_at_best_scale(
    picture: Pyramid, finder: Finder, ask: Ask, constraints: Constraints, effort: Effort
) -> FinderReading:
    """Read at the scale that the finder finds, or at another one where all is clear and this one is not.

    Raises:
        TooManyDigitsError: more than `effort.frames` shapes.
    """
    first = _read_at(search(picture, finder, effort.pixels), picture, ask, constraints, effort, effort.frames)
    judgements = list(chain(*first.rows))
    if not count_unclear(judgements) or not may_look_closer(judgements, effort):
        return first
    others = []
    for factor in CONFIG.other_scales:
        scale = clamp_scale(picture, first.seen.scale * factor, effort.pixels)
        if not is_near(scale, first.seen.scale):
            with suppress(TooManyDigitsError):  # a scale that shows nothing but pieces
                others.append(_read_at(look(picture, scale, finder), picture, ask, constraints, effort, effort.shapes))
    return max([first, *(other for other in others if other.is_clear)], key=lambda one: one.clear_area)


def _read_at(
    seen: Look, picture: Pyramid, ask: Ask, constraints: Constraints, effort: Effort, max_shapes: int
) -> FinderReading:
    """Read what was seen at one scale.

    Raises:
        TooManyDigitsError: more than `max_shapes` shapes.
    """
    page = part_ink(picture, seen)
    found = [(group, shape) for group in page.groups if (shape := page.shape(group)) is not None]
    if len(found) > max_shapes:
        raise TooManyDigitsError.beyond(max_shapes)
    judged = list(zip([group for group, _ in found], ask([shape for _, shape in found]), strict=True))
    judged = _join_ones(page, judged, ask, effort.shapes)
    boxes = [one.shape.box for _, one in judged]
    order = (
        [sorted(range(len(boxes)), key=lambda i: boxes[i].left)]
        if constraints.rows == 1 and boxes
        else group_into_rows(boxes)
    )
    lattices = [_Lattice(page, [judged[i] for i in row]) for row in order]
    is_crowded = count_unclear(one for _, one in judged) > MAX_UNCLEAR
    know_layout = constraints.know_layout
    doubtful = [one for one in lattices if not is_crowded and (know_layout or one.is_doubtful)]
    asked = _ask_about(doubtful, ask, effort.frames, everywhere=know_layout)
    readings = READINGS if know_layout else 1
    rows = [tuple(lattice.chains(readings, 1, constraints.digits)) for lattice in lattices]
    if constraints.alternatives and not is_crowded:
        _ask_about(lattices, ask, effort.frames - asked, everywhere=True)
        most = 1 + constraints.alternatives
        others = [lattice.chains(READINGS, most, constraints.digits) for lattice in lattices]
        rows = [_begin_with(own[0], some) for own, some in zip(rows, others, strict=True)]
    return FinderReading(seen, page, tuple(rows))


def _begin_with(reading: Chain, others: Sequence[Chain]) -> tuple[Chain, ...]:
    """Put a row's reading before its other chains, with the score that its text has among them, or else the best."""
    score = next((other.score for other in others if other.text == reading.text), others[0].score)
    return (Chain(score, reading.candidates), *(other for other in others if other.text != reading.text))


def _ask_about(lattices: Sequence[_Lattice], ask: Ask, most: int, everywhere: bool) -> int:
    """Ask the networks about runs of the rows' parts, at most `most` in all, and return how many were asked about.

    See `_Lattice.runs_to_ask`.
    """
    wanted = [lattice.runs_to_ask(most // len(lattices), everywhere) for lattice in lattices]
    answers = iter(ask([shape for runs in wanted for shape in runs.values()]))
    for lattice, runs in zip(lattices, wanted, strict=True):
        lattice.learn({run: next(answers) for run in runs})
    return sum(map(len, wanted))


def _join_ones(page: InkParts, judged: Sequence[Judged], ask: Ask, most: int) -> list[Judged]:
    """Join two ones above one another whose ink hangs together: a one much higher than what stands beside it.

    Rows are regrouped one by one, so such halves would stay ones of two rows. At most `most` pairs are looked at.
    """
    ones = [(group, one) for group, one in judged if one.is_clear and one.is_one]
    halves = [
        (upper, lower, both)
        for upper, lower in combinations(ones, 2)
        if _share_columns(upper[1].shape.box, lower[1].shape.box)
        and not {page.components[part - 1] for part in upper[0]}.isdisjoint(page.components[p - 1] for p in lower[0])
        and (both := page.shape(upper[0] + lower[0])) is not None
    ][:most]
    kept = list(judged)
    for (upper, lower, _), whole in zip(halves, ask([both for _, _, both in halves]), strict=True):
        if whole.is_clear and whole.is_one and upper in kept and lower in kept:
            kept[kept.index(upper)] = (upper[0] + lower[0], whole)
            kept.remove(lower)
    return kept


class _Lattice:
    """One row: its parts from left to right, and what the networks say of runs of them."""

    def __init__(self, page: InkParts, shapes: Sequence[Judged]) -> None:
        self._page = page
        places = [(part, shape) for group, _ in shapes for part in group if (shape := page.shape([part])) is not None]
        places.sort(key=lambda place: place[1].box.left + place[1].box.width / 2)
        self._parts = [part for part, _ in places]
        self._own = {frozenset(group) & set(self._parts): one for group, one in shapes}
        self._order = [one for _, one in shapes]
        self._doubtful = self._find_doubtful(shapes)
        self._has_number = any(
            one.is_clear and not one.is_one and self._doubtful.isdisjoint(group) for group, one in shapes
        )
        self._runs: dict[tuple[int, int], Judgement] = {}

    def _find_doubtful(self, shapes: Sequence[Judged]) -> frozenset[int]:
        """Return the parts of shapes that are no clear digit, or only a part of what may be one.

        The latter hang together with another shape, or stand over or under one in the same row.
        """
        components = [{self._page.components[part - 1] for part in group} for group, _ in shapes]
        shared = Counter(chain(*components))
        boxes = [one.shape.box for _, one in shapes]
        doubtful: set[int] = set()
        for i, (group, one) in enumerate(shapes):
            is_cut = any(shared[component] > 1 for component in components[i])
            is_stacked = any(j != i and _share_columns(boxes[i], box) for j, box in enumerate(boxes))
            if not one.is_clear or is_cut or is_stacked:
                doubtful.update(group)
        return frozenset(doubtful)

    @property
    def is_doubtful(self) -> bool:
        """Whether some parts may belong together in another way."""
        return bool(self._doubtful)

    def runs_to_ask(self, most: int, everywhere: bool) -> dict[tuple[int, int], Shape]:
        """Return the runs of parts that may be a character and that the networks have not seen, at most `most`.

        Runs without a doubtful part are among them only if `everywhere`.
        """
        shapes: dict[tuple[int, int], Shape] = {}
        for start in range(len(self._parts)):
            for stop in range(start + 1, min(len(self._parts), start + MAX_PARTS) + 1):
                own = frozenset(self._parts[start:stop])
                is_sure = not everywhere and own.isdisjoint(self._doubtful)
                if own in self._own or (start, stop) in self._runs or is_sure or len(shapes) == most:
                    continue
                shape = self._page.shape(self._parts[start:stop])
                if shape is not None and _may_be_character(shape.box):
                    shapes[start, stop] = shape
        return shapes

    def learn(self, answers: Mapping[tuple[int, int], Judgement]) -> None:
        """Take what the networks answered about runs."""
        self._runs.update(answers)

    def _cuts(self, start: int, stop: int) -> bool:
        """Whether a run of parts leaves out some that hang together with it."""
        components = [self._page.components[part - 1] for part in self._parts]
        return not set(components[start:stop]).isdisjoint(components[:start] + components[stop:])

    def _other_cost(self, start: int, stop: int) -> float:
        """What it costs that a run of parts is no digit: in a number, as much for each shape that it takes from."""
        run = set(self._parts[start:stop])
        return CONFIG.other_cost * (sum(not run.isdisjoint(own) for own in self._own) if self._has_number else 1)

    def chains(self, readings: int, most: int, digits: int | None) -> list[Chain]:
        """Return the likeliest chains of characters; the finder's own shapes where there is no other."""
        own = Chain(
            0.0, tuple(Candidate(i, i + 1, 0.0, _likelier_label(one), one) for i, one in enumerate(self._order))
        )
        if not self._runs and readings == 1:
            return [own]
        candidates = []
        for group, one in self._own.items():
            runs = sorted(self._parts.index(part) for part in group)
            if runs and runs[-1] - runs[0] == len(runs) - 1:
                cost = CONFIG.character_cost + (CONFIG.own_cut_cost if self._cuts(runs[0], runs[-1] + 1) else 0.0)
                candidates += _readings_of(runs[0], runs[-1] + 1, one, cost, CONFIG.other_cost, readings)
        for (start, stop), one in self._runs.items():
            cost = CONFIG.character_cost + (CONFIG.cut_cost if self._cuts(start, stop) else 0.0)
            candidates += _readings_of(start, stop, one, cost, self._other_cost(start, stop), readings)
        chains = best_chains(candidates, len(self._parts), most, digits)
        return chains or best_chains(candidates, len(self._parts), most) or [own]


def _readings_of(
    start: int, stop: int, one: Judgement, cost: float, other_cost: float, readings: int
) -> list[Candidate]:
    """Return the likeliest digits that a shape may be, and that it is none."""
    order = np.argsort(-one.probabilities, kind="stable")[:readings]
    likely = [(str(digit), one.digitness * float(one.probabilities[digit]), cost) for digit in order]
    likely.append((one.other_label, 1 - one.digitness, cost + other_cost))
    return [
        Candidate(start, stop, float(np.log(max(chance, 1e-9))) - cost, label, one) for label, chance, cost in likely
    ]


def _pass_over_marks(text: str) -> str:
    """Return what a chain's text reads: beside digits marks are left out, and so are rows of nothing else."""
    if not any(map(str.isdigit, text)):
        return text.replace(MARK_LABEL, NOT_A_DIGIT_MARK)
    return "\n".join(filter(None, text.replace(MARK_LABEL, "").split("\n")))


def _likelier_label(one: Judgement) -> str:
    """Return the digit that a shape is read as, or that it is none, whichever is likelier."""
    return one.answer if one.clarity >= 1 - one.digitness else one.other_label


def _share_columns(a: Box, b: Box) -> bool:
    """Whether one box stands over the other with more than half of its width."""
    return min(a.right, b.right) - max(a.left, b.left) > min(a.width, b.width) / 2


def _may_be_character(box: Box) -> bool:
    """Whether a box is no wider than a digit, and no mere line."""
    return box.width <= CONFIG.max_aspect * box.height and box.height > 1
