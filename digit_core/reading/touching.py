"""Touching and broken digits the plain way: pieces that are one digit are joined, shapes of several are cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain, groupby

import numpy as np

from digit_core.effort import PICTURE, Effort
from digit_core.models.ensemble import MIN_PROBABILITY, sigmoid
from digit_core.models.verdict import CLEAR
from digit_core.page.rows import gap
from digit_core.page.seams import MAX_CUTS, Slice, slices
from digit_core.page.segmentation import Shape, join, split_into_pieces, split_into_rows
from digit_core.reading.alternatives import Candidate, Chain, best_chains
from digit_core.reading.judgement import Ask, Judgement, count_unclear, may_look_closer


@dataclass(frozen=True, slots=True)
class TouchingConfig:
    """When a shape is cut into digits, and when two are joined.

    Attributes:
        part_cost: what each part of a cut shape costs, in nats: fewer parts are likelier.
        crossing_cost: what each stroke width of ink costs that a cut crosses, in nats.
        min_cut_aspect: the least width of a shape that holds two digits, in its heights.
        max_digit_aspect: the greatest width of a single digit, however many its parts, in its heights.
        min_part_clarity: the least `Judgement.clarity` of each part of a cut.
        min_part_height: the least height of a part, in the shape's: digits of one number are about as high, on a
            slanting line less so.
        min_number_odds: the log-odds of a number from which a cut stands, and gives its parts their digitness.
        number_company: the log-odds that a clear digit or another number on the picture adds.
        min_slices: the least number of slices that a shape is cut into: to look for the cuts takes some 4 ms, and fewer
            slices hold no two digits as a rule; two drawn digits that touch have 30 to 90.
        min_whole_clarity: the clarity from which a shape of several parts, above or beside one another, is one digit.
        min_stacked_digitness: the digitness of every digit in them from which parts above one another are rows.
        max_join_gap: the widest gap between two pieces of one digit, in heights of the taller one.
        max_join_aspect: the greatest width of a digit of two pieces, in its heights.
    """

    part_cost: float = 0.5
    crossing_cost: float = 0.1
    min_cut_aspect: float = 0.35
    max_digit_aspect: float = 1.6
    min_part_clarity: float = 0.02
    min_part_height: float = 0.5
    min_number_odds: float = -2.4
    number_company: float = 1.0
    min_slices: int = 12
    min_whole_clarity: float = 0.5
    min_stacked_digitness: float = 0.5
    max_join_gap: float = 0.2
    max_join_aspect: float = 1.1


CONFIG = TouchingConfig()

# Log-odds that a shape is the number it was cut into, and no letter: `python -m training.number_odds` fits them.
NUMBER_WEIGHTS = {
    "bias": -20.9,  # lower than fitted, so that fewer letters are answered as digits
    "weakest": 0.55,  # for each log-odds of the weakest part's clarity; more than fitted: half a letter may be clear
    "mean": 0.7,  # for each log-odds of a part's clarity, on average
    "parts": 1.3,  # for each part but ones, as every straight stroke of a letter is one
    "width": 4.4,  # for each height that a part is wide, on average
    "lowest": 13.8,  # for the lowest part's height, of the shape's
}
SUREST = 1e-3  # a floor for 1 - clarity, so that its logarithm stays finite
PLACES = MAX_CUTS + 2  # for each shape of a row: its two edges and the cuts between

JudgedRow = tuple[Judgement, ...]


def regroup(rows: Sequence[JudgedRow], ask: Ask, effort: Effort) -> tuple[JudgedRow, ...]:
    """Join pieces that are a digit only together, and cut shapes in which digits touch."""
    if not _may_change(rows, effort):
        return tuple(rows)
    together = _split_pieces([join_pieces(row, ask) for row in rows], ask, effort)
    alone = len(together) == 1 and len(together[0]) == 1
    return (alone and _split_rows(together[0][0], ask, effort)) or _cut_rows(together, ask, effort)


def cut_in_company(rows: Sequence[JudgedRow], ask: Ask, effort: Effort) -> tuple[JudgedRow, ...]:
    """Cut the shapes in which digits touch where a clear digit stands beside them, as on a page of numbers."""
    if not _may_change(rows, effort) or not has_clear_digit(list(chain(*rows))):
        return tuple(rows)
    return _cut_rows(rows, ask, effort)


def _may_change(rows: Sequence[JudgedRow], effort: Effort) -> bool:
    """Tell whether shapes are in doubt, and neither they nor all shapes are too many to look at any more closely."""
    judgements = list(chain(*rows))
    return count_unclear(judgements) > 0 and may_look_closer(judgements, effort)


def join_pieces(row: JudgedRow, ask: Ask) -> JudgedRow:
    """Join neighbours of which one is no digit by itself but both together are, as an open four's halves."""
    kept: list[Judgement] = []
    for one in row:
        if kept and min(one.clarity, kept[-1].clarity) < CLEAR:
            before, shape = kept[-1].shape, one.shape
            both = join(before, shape)
            near = gap(before.box, shape.box) <= CONFIG.max_join_gap * max(before.box.height, shape.box.height)
            if near and both.box.width <= CONFIG.max_join_aspect * both.box.height:
                (together,) = ask([both])
                apart = kept[-1].clarity, one.clarity
                if together.clarity > max(CLEAR * (1 - min(apart)), apart[0] * apart[1]):
                    kept[-1] = together
                    continue
        kept.append(one)
    return tuple(kept)


def cut(whole: Judgement, ask: Ask, most: int = PICTURE.slices) -> JudgedRow:
    """Return the most plausible way to cut a shape into digits, nothing where it is more plausible whole.

    Nothing either where there are more than `most` parts to look at.
    """
    shape = whole.shape
    if not _may_be_cut(whole):
        return ()
    parts = slices(shape, most)
    end = _end_of(parts)
    if end is None:
        return ()
    offered = [s for s in parts if s.shape.box.height >= CONFIG.min_part_height * shape.box.height]
    clarity = whole.clarity if shape.box.width <= CONFIG.max_digit_aspect * shape.box.height else 0.0
    least = float(np.log(max(clarity, MIN_PROBABILITY)))
    # Most shapes that are no number show it at an end, and then nobody need look at what lies between.
    outer = _score([s for s in offered if s.start == 0 or s.is_last], ask)
    at_start = max((part.score for part in outer if part.start == 0), default=-np.inf)
    at_end = max((part.score for part in outer if part.stop == end), default=-np.inf)
    if at_start + at_end <= least:
        return ()
    inner = _score([s for s in offered if s.start > 0 and not s.is_last], ask)
    found = best_chains(outer + inner, end)
    return found[0].judgements if found and found[0].score > least else ()


def cut_into_digits(rows: Sequence[JudgedRow], count: int, ask: Ask, effort: Effort) -> tuple[JudgedRow, ...] | None:
    """Cut each row so that it has `count` digits; None where one cannot be cut so."""
    most = effort.slices // max(1, sum(map(len, rows)))
    chains = [best_chains(_candidates(row, ask, most), len(row) * PLACES, 1, count) for row in rows]
    return tuple(to_digits(found[0]) for found in chains) if all(chains) else None


def to_digits(counted: Chain) -> JudgedRow:
    """Return what a chain with a known number of digits is made of: they are digits, and nothing else is."""
    return tuple(
        replace(candidate.judgement, is_left_over=True)
        if not candidate.label.isdigit()
        else replace(candidate.judgement, is_part=True)
        for candidate in counted.candidates
    )


def has_clear_digit(judgements: Sequence[Judgement]) -> bool:
    """Tell whether any is a clear digit other than 1, which may be any stroke."""
    return any(one.is_clear and not one.is_one for one in judgements)


def number_features(shape: Shape, parts: JudgedRow) -> dict[str, float]:
    """Return what tells a number from a letter: how clear, how many and how high the parts of a shape are."""
    clear = [float(np.log(part.clarity / max(1 - part.clarity, SUREST))) for part in parts]
    return {
        "bias": 1.0,
        "weakest": min(clear),
        "mean": float(np.mean(clear)),
        "parts": float(sum(not part.is_one for part in parts)),
        "width": shape.box.width / shape.box.height / len(parts),
        "lowest": min(part.shape.box.height for part in parts) / shape.box.height,
    }


def _number_odds(shape: Shape, parts: JudgedRow) -> float:
    """Return the log-odds that a shape by itself is the number that its parts make, and no letter."""
    return sum(NUMBER_WEIGHTS[name] * value for name, value in number_features(shape, parts).items())


def _split_pieces(rows: Sequence[JudgedRow], ask: Ask, effort: Effort) -> list[JudgedRow]:
    """Take shapes that are no digit apart, where all their pieces are clear ones, as in a slanted 11."""
    wholes = [one for row in rows for one in row if one.clarity < CONFIG.min_whole_clarity and one.shape.pieces > 1]
    if sum(one.shape.pieces for one in wholes) > effort.shapes:
        return list(rows)
    parts = {whole: ask(pieces) for whole in wholes if len(pieces := split_into_pieces(whole.shape)) > 1}
    clear = {whole: pieces for whole, pieces in parts.items() if not count_unclear(pieces)}
    return [tuple(one for whole in row for one in clear.get(whole, (whole,))) for row in rows]


def _split_rows(whole: Judgement, ask: Ask, effort: Effort) -> tuple[JudgedRow, ...]:
    """Read a shape as rows, if it is no digit but each of them is one or a number; nothing otherwise."""
    parts = split_into_rows(whole.shape) if whole.clarity < CONFIG.min_whole_clarity else ()
    if len(parts) < 2:
        return ()
    rows = _cut_rows([(part,) for part in ask(parts)], ask, effort)
    read = [part for row in rows for part in row]
    is_number = has_clear_digit(read) or any(part.is_part for part in read)
    return rows if is_number and min(part.digitness for part in read) >= CONFIG.min_stacked_digitness else ()


def _cut_rows(rows: Sequence[JudgedRow], ask: Ask, effort: Effort) -> tuple[JudgedRow, ...]:
    """Cut the shapes in which digits touch, more readily if there is a clear digit or another such number."""
    wholes = [whole for row in rows for whole in row]
    most = effort.slices // max(1, sum(map(_may_be_cut, wholes)))
    cuts = [cut(whole, ask, most) if most >= CONFIG.min_slices else () for whole in wholes]
    odds = [_number_odds(whole.shape, parts) if parts else -np.inf for whole, parts in zip(wholes, cuts, strict=True)]
    clear, numbers = has_clear_digit(wholes), sum(likely > 0 for likely in odds)
    answers = []
    for whole, parts, likely in zip(wholes, cuts, odds, strict=True):
        in_company = clear or numbers > (likely > 0)
        likely += CONFIG.number_company if in_company else 0.0
        answers.append(_give_one_digitness(parts, likely) if likely >= CONFIG.min_number_odds else (whole,))
    following = iter(answers)
    return tuple(tuple(part for _ in row for part in next(following)) for row in rows)


def _give_one_digitness(parts: JudgedRow, odds: float) -> JudgedRow:
    """Give the parts of a shape one digitness, as they are a number together or not at all."""
    number = float(sigmoid(np.array(odds)))
    return tuple(replace(part, digitness=number, is_part=True) for part in parts)


def doubt_cuts(rows: Sequence[JudgedRow]) -> tuple[JudgedRow, ...]:
    """Give clear digits whose ink hangs together one digitness, as `cut` does: a letter's halves are clear."""
    return tuple(
        tuple(one for is_cut, run in groupby(row, key=_is_clear_cut) for one in _doubt(tuple(run), is_cut))
        for row in rows
    )


def _doubt(run: JudgedRow, is_cut: bool) -> JudgedRow:
    if not is_cut or len(run) < 2:
        return run
    whole = reduce(join, (part.shape for part in run))
    return _give_one_digitness(run, _number_odds(whole, run))


def _is_clear_cut(one: Judgement) -> bool:
    """Tell whether it is a clear digit whose ink hangs together with a neighbour's."""
    return one.is_clear and one.shape.is_cut


def _candidates(row: JudgedRow, ask: Ask, most: int) -> list[Candidate]:
    """Return every way to read a part of a row as one digit: its shapes, and what they may be cut into."""
    candidates = []
    for number, whole in enumerate(row):
        first, next_one = number * PLACES, (number + 1) * PLACES
        score = float(np.log(max(whole.clarity, MIN_PROBABILITY)))
        candidates.append(Candidate(first, next_one, score, whole.answer, whole))
        if whole.is_mark:
            other = float(np.log(max(1 - whole.digitness, MIN_PROBABILITY)))
            candidates.append(Candidate(first, next_one, other, whole.other_label, whole))
        parts = slices(whole.shape, most)
        end = _end_of(parts)
        for part in _score(parts, ask):
            stop = next_one if part.stop == end else first + part.stop
            candidates.append(replace(part, start=first + part.start, stop=stop))
    return candidates


def _end_of(parts: Sequence[Slice]) -> int | None:
    """Return the number of the shape's right edge; None where no part reaches it, and parts make no whole."""
    return next((part.stop for part in parts if part.is_last), None)


def _cost_of(part: Slice) -> float:
    return CONFIG.part_cost + CONFIG.crossing_cost * part.crossed


def _score(parts: Sequence[Slice], ask: Ask) -> list[Candidate]:
    """Ask the networks about slices; those that are no digit at all are left out."""
    looks = zip(parts, ask([s.shape for s in parts]), strict=True)
    return [
        Candidate(s.start, s.stop, float(np.log(one.clarity)) - _cost_of(s), one.answer, one)
        for s, one in looks
        if one.clarity >= CONFIG.min_part_clarity
    ]


def _may_be_cut(whole: Judgement) -> bool:
    """Tell whether a shape is no clear digit and wide enough for two."""
    return not whole.is_clear and whole.shape.box.width >= CONFIG.min_cut_aspect * whole.shape.box.height
