"""What would have to go for a drawing to be read as another digit: strokes are taken away part by part.

The smallest change that gives another answer is a counterfactual explanation (Wachter, Mittelstadt & Russell 2018,
arXiv:1711.00399). What is changed here is what a pen did: each part of a stroke, two neighbouring parts, or a whole
stroke is left out, and the rest is drawn and read like any other drawing, an occlusion (Zeiler & Fergus 2014,
arXiv:1311.2901) by strokes in place of patches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from digit_core.effort import DRAWING
from digit_core.errors import ExplanationError
from digit_core.explain.saliency import check_target
from digit_core.explain.steps import shape_at
from digit_core.models.ensemble import MIN_PROBABILITY
from digit_core.page.decode import WHITE
from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.page.segmentation import whole_picture
from digit_core.pen import MAX_STROKES, Stroke, draw_strokes
from digit_core.recognizer import Recognizer
from digit_core.types import Box, Prediction, Vote

USUAL_PARTS, MAX_PARTS = 10, 14  # A shape is cut into about so many parts, and never into more than the second.
SHORTEST_PART = 1.3  # Brush widths; the round ends of what stays would cover a shorter part.
CORNER = 60.0  # Degrees; a stroke that turns more than this within about one brush width is cut there.
MIN_LENGTH = 1e-12  # Pixels; a dot counts as this long, so that no stretch has length 0.
STEP = 2.0  # Pixels between the points at which a stroke is examined.
MAX_STEPS = 1_000  # One stroke is examined at no more points than this, however long it is.
MIN_SHARE_INSIDE = 0.8  # A stroke with at least this share inside a shape's box belongs to the shape as a whole.
MAX_SHARE_OUTSIDE = 0.2  # A stroke with at most this share inside a shape's box is outside and does not belong to it.
MIN_GAIN = 0.1  # Nats; a part makes no difference to a digit that gains less than this when the part is gone.
MAX_VERIFICATIONS = 6  # So many removals are read again, from ink to answer, before the search gives up.


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a stroke.

    Attributes:
        stroke: its place in the drawing, counted from 0.
        start: where it begins, as pixels along the stroke.
        end: where it ends.
    """

    stroke: int
    start: float
    end: float

    @property
    def length(self) -> float:
        """Pixels along the stroke."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """What leaving out a part of a drawing does to a digit's chances.

    Attributes:
        target: the digit asked about, 0 to 9.
        now: what the shape is read as.
        without: what it is read as when the marked ink is gone; None when nothing is marked.
        flips_answer: whether the answer becomes `target`, or, where it is that already, another digit.
        ink: (height, width) float32 in [0, 1], the drawing.
        mark: (height, width) float32 in [0, 1], the ink that goes; all 0 when taking ink away does not help.
    """

    target: int
    now: Prediction
    without: Prediction | None
    flips_answer: bool
    ink: np.ndarray
    mark: np.ndarray

    @property
    def place(self) -> str:
        """Where on the drawing the marked ink stands, in words: "top left", "middle"; "" when nothing is marked."""
        if not self.mark.any():
            return ""
        box = whole_picture(self.ink).box
        rows, columns = np.indices(self.mark.shape)
        down = (float(np.average(rows, weights=self.mark)) - box.top) / box.height
        right = (float(np.average(columns, weights=self.mark)) - box.left) / box.width
        names = (("top", "middle", "bottom"), ("left", "middle", "right"))
        row, column = (name[min(2, max(0, int(3 * at)))] for name, at in zip(names, (down, right), strict=True))
        return " ".join(dict.fromkeys(word for word in (row, column) if word != "middle")) or "middle"


def find_counterfactual(
    recognizer: Recognizer,
    strokes: Sequence[Stroke],
    size: tuple[int, int],
    target: int,
    vote: Vote,
    index: int = 0,
) -> Counterfactual:
    """Find the smallest part of a drawing without which a shape would be read as another digit.

    It is read as closely as while it was drawn.

    Args:
        recognizer: who reads.
        strokes: the drawing, in the order in which it was drawn.
        size: width and height of the paper in pixels.
        target: the digit asked about, 0 to 9; where it is the answer already, what keeps it the answer is looked for.
        vote: who answers.
        index: which shape of the drawing, counted from 0 in reading order; the others stay out of it.

    Returns:
        The removal of the least ink that flips the answer; where none does, the one that helps the target most.

    Raises:
        EmptyDrawingError: nothing is drawn.
        ExplanationError: there is no such digit or shape.
    """
    check_target(target)
    reading = recognizer.read(draw_strokes(strokes, size), vote, effort=DRAWING)
    shape = shape_at(reading, index)
    own = _parts_of_shape(strokes, shape.box if len(reading.digits) > 1 else None)
    if len(own) > MAX_STROKES:
        raise ExplanationError("The strokes are too tangled to be taken apart.")
    whole = draw_strokes(_remove_parts(strokes, own, ()), size)
    pictures = _draw_removals(strokes, own, whole)
    if pictures:
        trials = _try_removals(recognizer, whole, pictures, target, vote)
        found = _find_flip(recognizer, trials, vote) or _find_gain(trials)
        if found is not None:
            return found
    ink = _ink(whole)
    return Counterfactual(target, shape.prediction, None, False, ink, np.zeros_like(ink))


@dataclass(frozen=True, slots=True, eq=False)
class _Trials:
    """What the networks make of a drawing and of what each removal leaves of it.

    Attributes:
        target: the digit asked about, 0 to 9.
        ink: (height, width) float32 in [0, 1], the drawing.
        pictures: (height, width) uint8 each, the drawing after each removal, ink is dark.
        now: what the drawing is read as.
        answers: what it is read as after each removal.
        gains: (n,) float64, by how many nats each removal helps: the target, or the other digits where the target is
            the answer already.
    """

    target: int
    ink: np.ndarray
    pictures: tuple[np.ndarray, ...]
    now: Prediction
    answers: tuple[Prediction, ...]
    gains: np.ndarray

    def is_flip(self, answer: Prediction) -> bool:
        """Whether an answer is the target, or another digit where the drawing is read as the target already."""
        return (answer.digit == self.target) != (self.now.digit == self.target)

    def removed_ink(self, number: int) -> np.ndarray:
        """Return the ink that a removal takes, (height, width) float32 in [0, 1]."""
        return np.maximum(self.ink - _ink(self.pictures[number]), 0.0)

    def to_counterfactual(self, number: int, without: Prediction, flips_answer: bool) -> Counterfactual:
        """Return what a removal does."""
        mark = self.removed_ink(number)
        return Counterfactual(self.target, self.now, without, flips_answer, self.ink, mark)


def _draw_removals(strokes: Sequence[Stroke], own: Sequence[Part], whole: np.ndarray) -> list[np.ndarray]:
    """Draw what each removal leaves of a shape, where that shows less than the whole of it."""
    height, width = whole.shape
    pictures = (
        draw_strokes(_remove_parts(strokes, own, gone), (width, height))
        for gone in _removals(cut_strokes(strokes, own))
    )
    return [picture for picture in pictures if _shows_less(picture, whole)]


def _try_removals(
    recognizer: Recognizer, whole: np.ndarray, pictures: Sequence[np.ndarray], target: int, vote: Vote
) -> _Trials:
    """Ask the networks about a drawing and what each removal leaves of it, all in one batch."""
    ballot = recognizer.ensemble.poll(np.stack([_frame(picture) for picture in (whole, *pictures)]), vote)
    now, *answers = (Prediction(tuple(row.tolist())) for row in ballot.probabilities)
    is_target = ballot.probabilities[:, target] * ballot.digitness  # a digit at all, and this one
    chances = np.log(np.maximum(is_target, MIN_PROBABILITY))
    gains = (chances[1:] - chances[0]) * (-1 if now.digit == target else 1)
    return _Trials(target, _ink(whole), tuple(pictures), now, tuple(answers), gains)


def _find_flip(recognizer: Recognizer, trials: _Trials, vote: Vote) -> Counterfactual | None:
    """Find the removal of the least ink that flips the answer for a person, too, who rubs it out.

    What the networks promise is therefore read again, from ink to answer.
    """
    promising = [i for i, answer in enumerate(trials.answers) if trials.is_flip(answer)]
    by_ink = sorted(promising, key=lambda i: float(trials.removed_ink(i).sum()))
    for i in by_ink[:MAX_VERIFICATIONS]:
        after = recognizer.read(trials.pictures[i], vote, effort=DRAWING).digits
        if len(after) == 1 and after[0].text.isdigit() and trials.is_flip(after[0].prediction):
            return trials.to_counterfactual(i, after[0].prediction, flips_answer=True)
    return None


def _find_gain(trials: _Trials) -> Counterfactual | None:
    """Find the removal that helps most, though it flips no answer; None where none helps by `MIN_GAIN`."""
    best = int(trials.gains.argmax())
    if trials.gains[best] < MIN_GAIN:
        return None
    return trials.to_counterfactual(best, trials.answers[best], flips_answer=False)


def cut_strokes(strokes: Sequence[Stroke], own: Sequence[Part]) -> tuple[tuple[Part, ...], ...]:
    """Cut strokes at their corners, and what is still long into equal lengths.

    Args:
        strokes: the drawing.
        own: which stretches of it to cut.

    Returns:
        About `USUAL_PARTS` groups of neighbouring stretches, `MAX_PARTS` at most, in the order in which they were
        drawn. Each group has one stretch, except where there are so many strokes that some of them go together.
    """
    pieces = [piece for part in own for piece in _between_corners(strokes[part.stroke], part)]
    usual = sum(piece.length for piece in pieces) / USUAL_PARTS
    groups: list[tuple[Part, ...]] = [
        (Part(piece.stroke, *ends),)
        for piece in pieces
        for ends in pairwise(_equal_cuts(piece, max(usual, SHORTEST_PART * strokes[piece.stroke].width)))
    ]
    if len(groups) > 8 * MAX_PARTS:  # a thicket: whatever was drawn one after the other goes together
        cuts = np.linspace(0, len(groups), MAX_PARTS + 1).astype(int).tolist()
        return tuple(tuple(part for group in groups[a:b] for part in group) for a, b in pairwise(cuts))
    while len(groups) > MAX_PARTS:
        lengths = [sum(part.length for part in group) for group in groups]
        shortest = min(range(len(groups) - 1), key=lambda i: lengths[i] + lengths[i + 1])
        groups[shortest : shortest + 2] = [groups[shortest] + groups[shortest + 1]]
    return tuple(groups)


def _equal_cuts(piece: Part, usual: float) -> list[float]:
    """Where equal parts of about the usual length begin, and where the last one ends."""
    return [float(at) for at in np.linspace(piece.start, piece.end, max(1, round(piece.length / usual)) + 1)]


def _between_corners(stroke: Stroke, part: Part) -> list[Part]:
    """Part a stretch where the pen turned sharply, but not near its ends nor near a sharper corner."""
    reach = SHORTEST_PART * stroke.width
    at = _steps(part)
    points = _points_at(stroke, at)
    side = max(1, round(stroke.width / (at[1] - at[0]))) if len(at) > 1 else 1
    if len(at) <= 2 * side:
        return [part]
    before, after = points[side:-side] - points[: -2 * side], points[2 * side :] - points[side:-side]
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turns = np.degrees(np.abs(np.arctan2(cross, (before * after).sum(axis=1))))
    corners = [part.start, part.end]
    for i in np.argsort(-turns):
        here = float(at[side + i])
        if turns[i] < CORNER or len(corners) > MAX_PARTS:
            break
        if min(abs(here - corner) for corner in corners) >= reach:
            corners.append(here)
    return [Part(part.stroke, *ends) for ends in pairwise(sorted(corners))]


def _removals(groups: Sequence[tuple[Part, ...]]) -> Iterator[tuple[Part, ...]]:
    """Every group, every two groups that follow one another on a stroke, and every stroke that has more than two."""
    yield from groups
    for first, second in pairwise(groups):
        if first[-1].stroke == second[0].stroke:
            yield first + second
    for _, together in groupby(groups, key=lambda group: group[0].stroke):
        alike = tuple(together)
        if len(alike) > 2:
            yield tuple(part for group in alike for part in group)


def _parts_of_shape(strokes: Sequence[Stroke], box: Box | None) -> tuple[Part, ...]:
    """Find what of the strokes belongs to a shape by its box; without one everything does."""
    found = []
    for i, stroke in enumerate(strokes):
        if stroke.erases:
            continue
        whole = Part(i, 0.0, max(float(_arc_lengths(stroke.points)[-1]), MIN_LENGTH))
        found += [whole] if box is None else _clip_to_box(stroke, whole, box)
    return tuple(found)


def _clip_to_box(stroke: Stroke, whole: Part, box: Box) -> list[Part]:
    """Find the stretches of a stroke inside a box: all of it where most of it is inside, none where hardly any is."""
    at = _steps(whole)
    x, y = _points_at(stroke, at).T
    near = stroke.width / 2
    within = (box.left - near <= x) & (x < box.right + near) & (box.top - near <= y) & (y < box.bottom + near)
    if within.mean() >= MIN_SHARE_INSIDE:
        return [whole]
    if within.mean() <= MAX_SHARE_OUTSIDE:
        return []
    runs = [[int(i) for i, _ in run] for is_in, run in groupby(enumerate(within), key=lambda pair: pair[1]) if is_in]
    return [Part(whole.stroke, float(at[run[0]]), float(at[run[-1]])) for run in runs if len(run) > 1]


def _remove_parts(strokes: Sequence[Stroke], own: Sequence[Part], gone: Sequence[Part]) -> list[Stroke]:
    """Return a shape's own strokes without some parts, and every eraser, in the order in which they were drawn."""
    rest = []
    for i, stroke in enumerate(strokes):
        if stroke.erases:
            rest.append(stroke)
        left_out = sorted((part.start, part.end) for part in gone if part.stroke == i)
        for part in own:
            if part.stroke != i:
                continue
            start = part.start
            for out, back in (*((a, b) for a, b in left_out if part.start <= a < part.end), (part.end, part.end)):
                if out > start:
                    rest.append(Stroke(_cut_stroke(stroke, start, out), stroke.width))
                start = back
    return rest


def _cut_stroke(stroke: Stroke, start: float, end: float) -> np.ndarray:
    """Follow a stroke from one place along it to another, (n, 2)."""
    along = _arc_lengths(stroke.points)
    inner = stroke.points[(along > start) & (along < end)]
    first, last = _points_at(stroke, np.array([start, end]))
    return np.concatenate([first[None], inner, last[None]])


def _arc_lengths(points: np.ndarray) -> np.ndarray:
    """How far along its stroke each of (n, 2) points is, in pixels."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points.astype(np.float64), axis=0).T))])


def _points_at(stroke: Stroke, at: np.ndarray) -> np.ndarray:
    along = _arc_lengths(stroke.points)
    return np.stack([np.interp(at, along, stroke.points[:, axis]) for axis in (0, 1)], axis=1)


def _steps(part: Part) -> np.ndarray:
    """Places along a stretch, `STEP` apart or, on a very long one, `MAX_STEPS` of them."""
    return np.linspace(part.start, part.end, min(MAX_STEPS, 2 + int(part.length / STEP)))


def _ink(picture: np.ndarray) -> np.ndarray:
    return (1.0 - picture / WHITE).astype(np.float32)


def _shows_less(picture: np.ndarray, whole: np.ndarray) -> bool:
    """Whether a removal takes visible ink and leaves some; an eraser may have taken it before."""
    return bool((picture > whole).any()) and bool((picture < WHITE / 2).any())


def _frame(picture: np.ndarray) -> np.ndarray:
    return to_mnist_frame(whole_picture(to_ink(picture)).ink)
