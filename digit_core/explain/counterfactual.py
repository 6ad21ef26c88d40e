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

from digit_core.errors import ExplanationError
from digit_core.explain.saliency import shape_at
from digit_core.models.ensemble import TINY
from digit_core.page.decode import WHITE
from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.page.segmentation import whole_picture
from digit_core.pen import MOST_STROKES, Stroke, draw_strokes
from digit_core.recognizer import Recognizer
from digit_core.types import Box, Prediction, Vote

USUAL_PARTS, MOST_PARTS = 10, 14  # A shape is cut into about so many parts, and never into more than the second.
SHORTEST_PART = 1.3  # Brush widths; the round ends of what stays would cover a shorter part.
CORNER = 60.0  # Degrees; a stroke that turns more than this within about one brush width is cut there.
STEP = 2.0  # Pixels between the points at which a stroke is examined.
MOST_STEPS = 1_000  # One stroke is examined at no more points than this, however long it is.
WHOLE = 0.8  # A stroke with at least this share inside a shape's box belongs to the shape as a whole.
NONE = 0.2  # A stroke with at most this share inside a shape's box does not belong to it.
HELPS = 0.1  # Nats; a part makes no difference to a digit that gains less than this when the part is gone.
TRIED = 6  # So many removals are read again, from ink to answer, before the search gives up.


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
        turns: whether the answer becomes `target`, or, where it is that already, another digit.
        ink: (height, width) float32 in [0, 1], the drawing.
        mark: (height, width) float32 in [0, 1], the ink that goes; all 0 when taking ink away does not help.
    """

    target: int
    now: Prediction
    without: Prediction | None
    turns: bool
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


def what_would_change(
    recognizer: Recognizer,
    strokes: Sequence[Stroke],
    size: tuple[int, int],
    target: int,
    vote: Vote,
    index: int = 0,
) -> Counterfactual:
    """Find the smallest part of a drawing without which a shape would be read as another digit.

    Args:
        recognizer: who reads.
        strokes: the drawing, in the order in which it was drawn.
        size: width and height of the paper in pixels.
        target: the digit asked about, 0 to 9; where it is the answer already, what keeps it the answer is looked for.
        vote: who answers.
        index: which shape of the drawing, counted from 0 in reading order; the others stay out of it.

    Returns:
        The removal of the least ink that turns the answer; where none does, the one that helps the target most.

    Raises:
        EmptyDrawingError: nothing is drawn.
        ExplanationError: there is no such digit or shape.
    """
    if isinstance(target, bool) or target not in range(10):
        raise ExplanationError(f"The target must be a digit from 0 to 9, not {target!r}.")
    reading = recognizer.read(draw_strokes(strokes, size), vote)
    shape = shape_at(reading, index)
    own = _parts_of_shape(strokes, shape.box if len(reading.digits) > 1 else None)
    if len(own) > MOST_STROKES:
        raise ExplanationError("The strokes are too tangled to be taken apart.")
    whole = draw_strokes(_rest(strokes, own, ()), size)
    ink = _ink(whole)
    unchanged = Counterfactual(target, shape.prediction, None, False, ink, np.zeros_like(ink))
    pictures = [
        picture
        for gone in _removals(cut_strokes(strokes, own))
        if _shows_less(picture := draw_strokes(_rest(strokes, own, gone), size), whole)
    ]
    if not pictures:
        return unchanged

    ballot = recognizer.ensemble.poll(np.stack([_frame(picture) for picture in (whole, *pictures)]), vote)
    answers = [Prediction(tuple(row.tolist())) for row in ballot.probabilities]
    asked_of_answer = answers[0].digit == target

    # The least ink first, and what counts is what a person would see who rubbed it out: read again, from ink to answer.
    turning = [i for i, answer in enumerate(answers[1:]) if (answer.digit == target) != asked_of_answer]
    for i in sorted(turning, key=lambda i: float(_removed_ink(ink, pictures[i]).sum()))[:TRIED]:
        after = recognizer.read(pictures[i], vote).digits
        if len(after) == 1 and after[0].text.isdigit() and (after[0].prediction.digit == target) != asked_of_answer:
            return Counterfactual(target, answers[0], after[0].prediction, True, ink, _removed_ink(ink, pictures[i]))

    chances = np.log(
        np.maximum(ballot.probabilities[:, target] * ballot.digitness, TINY)
    )  # a digit at all, and this one
    helped = (chances[1:] - chances[0]) * (-1 if asked_of_answer else 1)
    best = int(helped.argmax())
    if helped[best] < HELPS:
        return unchanged
    return Counterfactual(target, answers[0], answers[1 + best], False, ink, _removed_ink(ink, pictures[best]))


def cut_strokes(strokes: Sequence[Stroke], own: Sequence[Part]) -> tuple[tuple[Part, ...], ...]:
    """Cut strokes at their corners, and what is still long into equal lengths.

    Args:
        strokes: the drawing.
        own: which stretches of it to cut.

    Returns:
        About `USUAL_PARTS` groups of neighbouring stretches, `MOST_PARTS` at most, in the order in which they were
        drawn. Each group has one stretch, except where there are so many strokes that some of them go together.
    """
    pieces = [piece for part in own for piece in _between_corners(strokes[part.stroke], part)]
    usual = sum(piece.length for piece in pieces) / USUAL_PARTS
    groups: list[tuple[Part, ...]] = [
        (Part(piece.stroke, *ends),)
        for piece in pieces
        for ends in pairwise(_equal_cuts(piece, max(usual, SHORTEST_PART * strokes[piece.stroke].width)))
    ]
    if len(groups) > 8 * MOST_PARTS:  # a thicket: whatever was drawn one after the other goes together
        cuts = np.linspace(0, len(groups), MOST_PARTS + 1).astype(int).tolist()
        return tuple(tuple(part for group in groups[a:b] for part in group) for a, b in pairwise(cuts))
    while len(groups) > MOST_PARTS:
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
        if turns[i] < CORNER or len(corners) > MOST_PARTS:
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
        whole = Part(i, 0.0, max(float(_along(stroke.points)[-1]), TINY))
        found += [whole] if box is None else _inside(stroke, whole, box)
    return tuple(found)


def _inside(stroke: Stroke, whole: Part, box: Box) -> list[Part]:
    at = _steps(whole)
    x, y = _points_at(stroke, at).T
    near = stroke.width / 2
    within = (box.left - near <= x) & (x < box.right + near) & (box.top - near <= y) & (y < box.bottom + near)
    if within.mean() >= WHOLE:
        return [whole]
    if within.mean() <= NONE:
        return []
    runs = [[int(i) for i, _ in run] for is_in, run in groupby(enumerate(within), key=lambda pair: pair[1]) if is_in]
    return [Part(whole.stroke, float(at[run[0]]), float(at[run[-1]])) for run in runs if len(run) > 1]


def _rest(strokes: Sequence[Stroke], own: Sequence[Part], gone: Sequence[Part]) -> list[Stroke]:
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
    along = _along(stroke.points)
    inner = stroke.points[(along > start) & (along < end)]
    first, last = _points_at(stroke, np.array([start, end]))
    return np.concatenate([first[None], inner, last[None]])


def _along(points: np.ndarray) -> np.ndarray:
    """How far along its stroke each of (n, 2) points is, in pixels."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points.astype(np.float64), axis=0).T))])


def _points_at(stroke: Stroke, at: np.ndarray) -> np.ndarray:
    along = _along(stroke.points)
    return np.stack([np.interp(at, along, stroke.points[:, axis]) for axis in (0, 1)], axis=1)


def _steps(part: Part) -> np.ndarray:
    """Places along a stretch, `STEP` apart or, on a very long one, `MOST_STEPS` of them."""
    return np.linspace(part.start, part.end, min(MOST_STEPS, 2 + int(part.length / STEP)))


def _ink(picture: np.ndarray) -> np.ndarray:
    return (1.0 - picture / WHITE).astype(np.float32)


def _removed_ink(ink: np.ndarray, picture: np.ndarray) -> np.ndarray:
    return np.maximum(ink - _ink(picture), 0.0)


def _shows_less(picture: np.ndarray, whole: np.ndarray) -> bool:
    """Whether a removal takes visible ink and leaves some; an eraser may have taken it before."""
    return bool((picture > whole).any()) and bool((picture < WHITE / 2).any())


def _frame(picture: np.ndarray) -> np.ndarray:
    return to_mnist_frame(whole_picture(to_ink(picture)).ink)
