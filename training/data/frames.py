"""The frames that training and validation see: MNIST, pen strokes drawn anew, and what is no digit.

Everything but MNIST goes through `digit_core.page`, the preprocessing that serves. Writers are kept apart: each
belongs to training, validation or report for good, by a hash of its name.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import cv2
import numpy as np

from digit_core.errors import DigitError, EmptyDrawingError
from digit_core.page.decode import WHITE
from digit_core.page.frame import FRAME_SIZE, MASK_THRESHOLD, stroke_width, to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.page.seams import slices
from digit_core.page.segmentation import Shape, find_digits, whole_picture
from digit_core.pen import CANVAS_SIDE, WIDE_CANVAS
from training.data import canvases, habits, papers, strokes
from training.data.sources import MARK, MARK_OR_LETTER, NOT_A_DIGIT
from training.data.strokes import Drawing, Placement
from training.data.workers import spread

MAX_PER_WRITER = 250  # drawings; two UNIPEN writers gave 700 each and would outweigh thirty others
BRUSHES = (12, 20, 28)  # pixels: the page's fine, usual and bold brush, used for measuring

LOOK_ALIKES = frozenset("OoQDIil|SsZzBbgqG")  # letters that may be taken for a digit: neither kind in training
STROKE_LIKE = frozenset("/|!()[]\\'`,.:;-_\"")  # punctuation: dots and bars, apart too
MARKS_OR_LETTERS = frozenset("xX")  # which nobody can tell from times
SIGNS = frozenset("+=*$%&#@")  # what people write beside numbers and never as a letter
HELD_OUT_KINDS = frozenset("AEMRXaekmtw?")  # never trained on, so that validation knows unseen kinds

RIGHT_CUT = 0.88  # least share of a right cut's ink that is one digit's, and of that digit's ink that is in it
WRONG_PURE = 0.72  # a cut with a smaller share of its ink from one digit is wrong
WRONG_WHOLE = 0.55  # a cut with a smaller share of the digit's ink is wrong
MIN_CUT_HEIGHT = 0.6  # of the shape that is cut: lower pieces are left out
LINE_ASPECT = 0.4  # short by long side of the tightest box: narrower pieces look like a one
MAX_RIGHT, MAX_WRONG = 3, 4  # cuts that are kept of one number

PHOTO_SHARE = 0.15  # of what is written again: the share that is photographed
SCAN_SHARE = 0.10  # of what is written again: the share that is scanned small
PEN_WIDTH = 20  # pixels of the canvas: a wider pen is none that people photograph
WORN_SIDE = (80, 190)  # pixels of the canvas: a side of the sheet that MNIST's pictures are enlarged to
SAME_BOX = 0.7  # shared area by area of both: a shape found so near to where the ink was drawn is the drawing

Part = Literal["training", "validation", "report"]


@dataclass(frozen=True, slots=True, eq=False)
class FrameSet:
    """Frames with their labels.

    Attributes:
        frames: (n, 28, 28) uint8, ink is bright.
        labels: (n,) int8, the digit, or what else it is, see `sources`.
        writers: (n,) who wrote each, "" where nobody did.
    """

    frames: np.ndarray
    labels: np.ndarray
    writers: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, rows: np.ndarray) -> FrameSet:
        """Return the given rows as a set of their own."""
        return FrameSet(self.frames[rows], self.labels[rows], self.writers[rows])


def join_sets(sets: Iterable[FrameSet]) -> FrameSet:
    """Return several sets as one."""
    sets = list(sets)
    return FrameSet(
        np.concatenate([s.frames for s in sets]),
        np.concatenate([s.labels for s in sets]),
        np.concatenate([s.writers for s in sets]),
    )


def assign_part(writer: str) -> Part:
    """Tell whose hands are trained on, chosen by, reported: 80, 10 and 10 % of the writers, by a hash of the name."""
    slot = int.from_bytes(hashlib.sha256(writer.encode()).digest()[:4], "big") % 10
    return "validation" if slot == 0 else "report" if slot == 1 else "training"


def select_part(drawings: Iterable[Drawing], part: Part, cap: int = MAX_PER_WRITER) -> list[Drawing]:
    """Return the drawings whose writers belong to `part`, at most `cap` of each writer."""
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for drawing in drawings:
        if assign_part(drawing.writer) == part and seen[drawing.writer] < cap:
            seen[drawing.writer] += 1
            kept.append(drawing)
    return kept


def from_mnist(pictures: np.ndarray, labels: np.ndarray) -> FrameSet:
    """Take MNIST's (n, 28, 28) uint8 pictures as the frames they are."""
    return FrameSet(pictures, labels.astype(np.int8), np.full(len(labels), "", dtype="<U32"))


def draw_for_measuring(drawings: Sequence[Drawing], placement: Placement, brush: int, seed: int) -> FrameSet:
    """Draw each drawing once, unvaried, "fill" or "off", with one brush: how drawings are measured."""
    picture = partial(canvases.draw_plainly, placement=placement, brush=brush)
    return _draw_frames(drawings, picture, copies=1, seed=seed, title=f"{placement}, {brush} px", wear=False)


def training_frames(
    drawings: Sequence[Drawing], copies: int, seed: int, habit_share: float = habits.HABIT_SHARE
) -> FrameSet:
    """Draw each digit several times: varied, some with habits MNIST lacks, every size and brush."""
    picture = partial(canvases.write_again, habit_share=habit_share)
    return _draw_frames(drawings, picture, copies=copies, seed=seed, title="pen strokes")


def worn_frames(pictures: np.ndarray, labels: np.ndarray, amount: int, seed: int) -> FrameSet:
    """Enlarge some of MNIST's (n, 28, 28) uint8 pictures and take them from a photo or a small scan of each."""
    chosen = np.random.default_rng(seed).choice(len(pictures), min(amount, len(pictures)), replace=False)
    wear = partial(_wear_picture, pictures=pictures[chosen], labels=labels[chosen], seed=seed)
    return as_set(seen for seen in spread(wear, range(len(chosen)), "MNIST on paper") if seen is not None)


def _wear_picture(i: int, pictures: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, int, str] | None:
    rng = np.random.default_rng([seed, i])
    side = int(rng.integers(*WORN_SIDE))
    large = cv2.resize(pictures[i], (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    middle = WHITE / 2
    sharp = np.clip((large - middle) * side / FRAME_SIZE / 2 + middle, 0, WHITE)  # a pen's edge, not a scan's
    before = (CANVAS_SIDE - side) // 2
    after = CANVAS_SIDE - side - before
    sheet = cv2.copyMakeBorder(sharp, before, after, before, after, cv2.BORDER_CONSTANT, value=0.0)
    drawn = (WHITE - sheet).astype(np.uint8)
    try:
        if rng.random() < PHOTO_SHARE / (PHOTO_SHARE + SCAN_SHARE):
            frame = find_on_photo(papers.photograph(drawn, rng), to_ink(drawn))
        else:
            frame = to_mnist_frame(to_ink(papers.scan(drawn, rng)))
    except DigitError:
        return None
    return to_bytes(frame), int(labels[i]), ""


def drop_ambiguous(characters: Iterable[Drawing]) -> list[Drawing]:
    """Leave out the letters and symbols that may be taken for a digit: it is not fair to ask what they are."""
    return [character for character in characters if character.label not in LOOK_ALIKES | STROKE_LIKE]


def other_frames(characters: Sequence[Drawing], digits: Sequence[Drawing], copies: int, seed: int) -> FrameSet:
    """Draw what is no digit: letters and symbols, two digits at once, other scripts, printed letters, scribbles.

    Args:
        characters: letters and symbols; those that look like digits are left out, and so are signs.
        digits: drawings to compose pairs of digits from, which are no single digit.
        copies: how often each character is drawn; the other kinds follow in proportion.
        seed: the source of chance.
    """
    fair = [one for one in drop_ambiguous(characters) if one.label not in SIGNS]
    labels = [MARK_OR_LETTER if one.label in MARKS_OR_LETTERS else NOT_A_DIGIT for one in fair]
    labelled = [replace(one, label=str(label)) for one, label in zip(fair, labels, strict=True)]
    kinds = [_draw_frames(labelled, canvases.write_again, copies, seed, "letters and symbols")]
    amount = max(1, len(fair) * copies // 4)
    rng = np.random.default_rng([seed, 7])
    if len(digits) > 1:
        pairs = [digits[i] for i in rng.integers(0, len(digits), amount)]
        pair = partial(canvases.write_pair, others=digits)
        kinds.append(_draw_frames(pairs, pair, 1, seed + 1, "pairs of digits", label=NOT_A_DIGIT))
    if len(fair) > 1:
        mixed = [fair[i] for i in rng.integers(0, len(fair), amount)]
        invent = partial(canvases.invent_character, others=fair)
        kinds.append(_draw_frames(mixed, invent, 1, seed + 4, "invented characters", label=NOT_A_DIGIT))
    nobody = [Drawing((np.zeros((1, 2), np.float32),), "", "")] * amount
    for i, (picture, copies, title, label) in enumerate(
        (
            (canvases.print_letter, 1, "printed letters", NOT_A_DIGIT),
            (canvases.scribble, 1, "scribbles and shapes", MARK_OR_LETTER),  # crosses and stars among them
            (canvases.write_greek, 2, "Greek", NOT_A_DIGIT),
        )
    ):
        kinds.append(_draw_frames(nobody, picture, copies, seed + 10 + i, title, label=label))
    return join_sets(kinds)


def sign_frames(characters: Sequence[Drawing], amount: int, seed: int) -> FrameSet:
    """Draw signs that stand beside numbers.

    Args:
        characters: letters and symbols; of these the signs are drawn again, half of all.
        amount: how many are drawn.
        seed: the source of chance.
    """
    rng = np.random.default_rng([seed, 7])
    signs = [one for one in characters if one.label in SIGNS]
    chosen = [signs[i] for i in rng.integers(0, len(signs), amount // 2)] if signs else []
    nobody = [Drawing((np.zeros((1, 2), np.float32),), "", "")] * (amount - len(chosen))
    again = partial(canvases.write_again, boldest=canvases.BOLDEST)
    kinds = [
        _draw_frames(chosen, again, 1, seed, "signs", label=MARK),
        _draw_frames(nobody, canvases.write_sign, 1, seed + 1, "composed signs", label=MARK),
    ]
    return join_sets(kinds)


def cut_frames(digits: Sequence[Drawing], numbers: int, seed: int) -> FrameSet:
    """Write numbers whose digits touch and cut them as reading does: right cuts are digits, wrong ones are none.

    Args:
        digits: drawings; each number is composed of one writer's.
        numbers: how many are written.
        seed: the source of chance.
    """
    by_writer: dict[str, list[Drawing]] = defaultdict(list)
    for digit in digits:
        by_writer[digit.writer].append(digit)
    cut = partial(_cut_number, by_writer=dict(by_writer), people=sorted(by_writer), seed=seed)
    return as_set(seen for number in spread(cut, range(numbers), "cuts through numbers") for seen in number)


def _cut_number(
    i: int, by_writer: dict[str, list[Drawing]], people: Sequence[str], seed: int
) -> list[tuple[np.ndarray, int, str]]:
    rng = np.random.default_rng([seed, i])
    writer = people[int(rng.integers(0, len(people)))]
    chosen = [by_writer[writer][j] for j in rng.integers(0, len(by_writer[writer]), rng.integers(2, 5))]
    return [(to_bytes(to_mnist_frame(ink)), label, writer) for ink, label in _cuts(chosen, rng)]


def _cuts(digits: Sequence[Drawing], rng: np.random.Generator) -> list[tuple[np.ndarray, int]]:
    """Return some of the right and some of the wrong cuts through one drawn number: (ink, label)."""
    placed = strokes.write_number([strokes.vary(digit, rng) for digit in digits], True, rng)
    brush = float(rng.integers(6, 19))
    alone = [strokes.draw([digit], brush, WIDE_CANVAS) < WHITE // 2 for digit in placed]
    right, wrong = [], []
    for row in find_digits(to_ink(strokes.draw(placed, brush, WIDE_CANVAS))):
        for shape in row:
            parts = [s.shape for s in slices(shape)]
            tall = [part for part in parts if part.box.height >= MIN_CUT_HEIGHT * shape.box.height]
            for part in [shape, *tall]:
                covers = [_overlap(part, mask) for mask in alone]
                best = max(range(len(covers)), key=lambda j: min(covers[j]))
                pure, whole = covers[best]
                if pure >= RIGHT_CUT and whole >= RIGHT_CUT:
                    right.append((part.ink, int(digits[best].label)))
                elif (pure < WRONG_PURE or whole < WRONG_WHOLE) and not is_line(part):
                    wrong.append((part.ink, NOT_A_DIGIT))
    kept = []
    for cuts, most in ((right, MAX_RIGHT), (wrong, MAX_WRONG)):
        kept += [cuts[i] for i in rng.permutation(len(cuts))[:most]]
    return kept


def is_line(part: Shape) -> bool:
    """Tell a piece that looks like a one, whatever it was cut from, upright or slanted."""
    points = cv2.findNonZero((part.ink > MASK_THRESHOLD).astype(np.uint8))
    sides = cv2.minAreaRect(points)[1] if points is not None else (0.0, 0.0)
    return min(sides) <= LINE_ASPECT * max(sides)


def _overlap(part: Shape, mask: np.ndarray) -> tuple[float, float]:
    """How much of a part's ink is the digit's of this (height, width) mask, and how much of the digit it holds."""
    box, ink = part.box, part.ink > MASK_THRESHOLD
    shared = float((ink & mask[box.top : box.bottom, box.left : box.right]).sum())
    return shared / max(1, int(ink.sum())), shared / max(1, int(mask.sum()))


Picture = Callable[[Drawing, np.random.Generator], np.ndarray]


def _draw_frames(
    drawings: Sequence[Drawing],
    picture: Picture,
    copies: int,
    seed: int,
    title: str,
    label: int | None = None,
    wear: bool = True,
) -> FrameSet:
    """Turn drawings into frames by a picture of each, some by a photo or scan of it (`wear`); drop what has no ink."""
    rounds = [(i, copy) for i in range(len(drawings)) for copy in range(copies)]
    draw = partial(_frame_of, drawings=drawings, picture=picture, seed=seed, label=label, wear=wear)
    return as_set(seen for seen in spread(draw, rounds, title) if seen is not None)


def _frame_of(
    which: tuple[int, int], drawings: Sequence[Drawing], picture: Picture, seed: int, label: int | None, wear: bool
) -> tuple[np.ndarray, int, str] | None:
    """Return one drawing's frame, its label and its writer; None where nothing of it is found."""
    i, copy = which
    rng = np.random.default_rng([seed, i, copy])
    drawn = picture(drawings[i], rng)
    try:
        frame = _wear(drawn, rng) if wear else to_mnist_frame(to_ink(drawn))
    except DigitError:
        return None
    return to_bytes(frame), int(drawings[i].label) if label is None else label, drawings[i].writer


def _wear(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the frame of a drawing, of a photo of it, or of a small scan.

    Raises:
        EmptyDrawingError: its ink is not found again.
    """
    way, ink = rng.random(), to_ink(drawn)
    if way < PHOTO_SHARE and stroke_width(ink) <= PEN_WIDTH:
        return find_on_photo(papers.photograph(drawn, rng), ink)
    if PHOTO_SHARE <= way < PHOTO_SHARE + SCAN_SHARE:
        return to_mnist_frame(to_ink(papers.scan(drawn, rng)))
    return to_mnist_frame(ink)


def find_on_photo(photo: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Return the frame of the shape on a photo that stands where the drawing's ink did.

    Raises:
        DigitError: there is none.
    """
    truth = whole_picture(ink).box
    shapes = [shape for row in find_digits(to_ink(photo)) for shape in row]
    largest = max(shapes, key=lambda shape: shape.box.width * shape.box.height)
    box = largest.box
    across = min(box.right, truth.right) - max(box.left, truth.left)
    down = min(box.bottom, truth.bottom) - max(box.top, truth.top)
    shared = max(0, across) * max(0, down)
    if shared < SAME_BOX * (box.width * box.height + truth.width * truth.height - shared):
        raise EmptyDrawingError()
    return to_mnist_frame(largest.ink)


def as_set(seen: Iterable[tuple[np.ndarray, int, str]]) -> FrameSet:
    rows = list(seen)
    return FrameSet(
        np.stack([frame for frame, _, _ in rows]) if rows else np.zeros((0, FRAME_SIZE, FRAME_SIZE), np.uint8),
        np.array([label for _, label, _ in rows], np.int8),
        np.array([writer for _, _, writer in rows], dtype="<U32"),
    )


def to_bytes(frames: np.ndarray) -> np.ndarray:
    return np.round(frames * 255).astype(np.uint8)
