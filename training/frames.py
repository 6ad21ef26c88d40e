"""The frames that training and validation see: MNIST, pen strokes drawn anew, and what is no digit.

Everything but MNIST goes through `digit_core.imaging`, the preprocessing that serves. Writers are kept apart: each
belongs to training, validation or report for good, by a hash of its name.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from tqdm import tqdm

from digit_core import imaging
from digit_core.errors import DigitError, EmptyDrawingError
from digit_core.imaging import FRAME_SIZE
from training import strokes
from training.data import NOT_A_DIGIT
from training.strokes import CANVAS_SIDE, Drawing, Placement

MAX_PER_WRITER = 250  # drawings; two UNIPEN writers gave 700 each and would outweigh thirty others
BRUSHES = (12, 20, 28)  # pixels: the page's fine, usual and bold brush, used for measuring

LOOK_ALIKES = frozenset("OoQDIil|SsZzBbgqG")  # letters that may be taken for a digit: neither kind in training
STROKE_LIKE = frozenset("/|!()[]\\'`,.:;-_\"")  # punctuation: dots and bars, apart too
HELD_OUT_KINDS = frozenset("AEMRXaekmtw?&@#%+")  # never trained on, so that validation knows unseen kinds

Part = Literal["training", "validation", "report"]


@dataclass(frozen=True, slots=True, eq=False)
class FrameSet:
    """Frames with their labels.

    Attributes:
        frames: (n, 28, 28) uint8, ink is bright.
        labels: (n,) int8, the digit or `NOT_A_DIGIT`.
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


def joined(sets: Iterable[FrameSet]) -> FrameSet:
    """Return several sets as one."""
    sets = list(sets)
    return FrameSet(
        np.concatenate([s.frames for s in sets]),
        np.concatenate([s.labels for s in sets]),
        np.concatenate([s.writers for s in sets]),
    )


def part_of(writer: str) -> Part:
    """Tell whose hands are trained on, chosen by, reported: 80, 10 and 10 % of the writers, by a hash of the name."""
    slot = int.from_bytes(hashlib.sha256(writer.encode()).digest()[:4], "big") % 10
    return "validation" if slot == 0 else "report" if slot == 1 else "training"


def of_part(drawings: Iterable[Drawing], part: Part, cap: int = MAX_PER_WRITER) -> list[Drawing]:
    """Return the drawings whose writers belong to `part`, at most `cap` of each writer."""
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for drawing in drawings:
        if part_of(drawing.writer) == part and seen[drawing.writer] < cap:
            seen[drawing.writer] += 1
            kept.append(drawing)
    return kept


def from_mnist(pictures: np.ndarray, labels: np.ndarray) -> FrameSet:
    """Take MNIST's (n, 28, 28) uint8 pictures as the frames they are."""
    return FrameSet(pictures, labels.astype(np.int8), np.full(len(labels), "", dtype="<U32"))


def measuring_frames(drawings: Sequence[Drawing], placement: Placement, brush: int, seed: int) -> FrameSet:
    """Draw each drawing once, unvaried, "fill" or "off", with one brush: how drawings are measured."""
    picture = partial(_measured, placement=placement, brush=brush)
    return _drawn(drawings, picture, copies=1, seed=seed, title=f"{placement}, {brush} px")


def training_frames(drawings: Sequence[Drawing], copies: int, seed: int) -> FrameSet:
    """Draw each digit several times: varied, some with habits MNIST lacks, every size and brush."""
    return _drawn(drawings, _practised, copies=copies, seed=seed, title="pen strokes")


def other_frames(characters: Sequence[Drawing], digits: Sequence[Drawing], copies: int, seed: int) -> FrameSet:
    """Draw what is no digit: letters and symbols, two digits at once, printed letters, scribbles and shapes.

    Args:
        characters: letters and symbols; those that look like digits are left out.
        digits: drawings to compose pairs of digits from, which are no single digit.
        copies: how often each character is drawn; the other kinds follow in proportion.
        seed: the source of chance.
    """
    fair = [c for c in characters if c.label not in LOOK_ALIKES | STROKE_LIKE]
    kinds = [_drawn(fair, _practised, copies, seed, "letters and symbols", label=NOT_A_DIGIT)]
    amount = max(1, len(fair) * copies // 4)
    rng = np.random.default_rng([seed, 7])
    if len(digits) > 1:
        pairs = [digits[i] for i in rng.integers(0, len(digits), amount)]
        kinds.append(_drawn(pairs, partial(_paired, others=digits), 1, seed + 1, "pairs of digits", label=NOT_A_DIGIT))
    nobody = [Drawing((np.zeros((1, 2), np.float32),), "", "")] * amount
    kinds.append(_drawn(nobody, _printed, 1, seed + 2, "printed letters", label=NOT_A_DIGIT))
    kinds.append(_drawn(nobody, _scribbled, 1, seed + 3, "scribbles and shapes", label=NOT_A_DIGIT))
    return joined(kinds)


def from_files(files: Sequence[tuple[Path, int]]) -> FrameSet:
    """Read pictures of one digit each, as serving does with `single=True`; unreadable ones are named and skipped."""
    frames, labels = [], []
    for path, label in tqdm(files, desc="extra pictures", disable=None):
        try:
            frames.append(imaging.to_mnist_frame(imaging.to_ink(imaging.open_picture(path))))
            labels.append(label)
        except DigitError as error:
            tqdm.write(f"skipped {path}: {error}")
    pictures = np.stack(frames) if frames else np.zeros((0, FRAME_SIZE, FRAME_SIZE), np.float32)
    return FrameSet(_to_bytes(pictures), np.array(labels, np.int8), np.full(len(labels), "", dtype="<U32"))


Picture = Callable[[Drawing, np.random.Generator], np.ndarray]


def _drawn(
    drawings: Sequence[Drawing], picture: Picture, copies: int, seed: int, title: str, label: int | None = None
) -> FrameSet:
    """Turn drawings into frames through a picture of each; what leaves no ink is left out."""
    frames, labels, writers = [], [], []
    rounds = [(i, copy) for i in range(len(drawings)) for copy in range(copies)]
    for i, copy in tqdm(rounds, desc=title, disable=None):
        rng = np.random.default_rng([seed, i, copy])
        try:
            frame = imaging.to_mnist_frame(imaging.to_ink(picture(drawings[i], rng)))
        except EmptyDrawingError:
            continue
        frames.append(_to_bytes(frame))
        labels.append(int(drawings[i].label) if label is None else label)
        writers.append(drawings[i].writer)
    empty = np.zeros((0, FRAME_SIZE, FRAME_SIZE), np.uint8)
    return FrameSet(np.stack(frames) if frames else empty, np.array(labels, np.int8), np.array(writers, dtype="<U32"))


def _measured(drawing: Drawing, rng: np.random.Generator, placement: Placement, brush: int) -> np.ndarray:
    return strokes.draw([strokes.place(drawing, placement, rng)], brush)


def _practised(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < strokes.HABIT_SHARE:
        drawing = strokes.with_habit(drawing, rng)
    if rng.random() < 0.75:
        drawing = strokes.vary(drawing, rng)
    side = CANVAS_SIDE * rng.uniform(0.28, 0.88)
    placed = drawing.sized(side).moved(np.eye(2), np.full(2, CANVAS_SIDE / 2))
    brush = side * np.exp(rng.uniform(np.log(0.03), np.log(0.30)))  # hair-thin to bold beside the digit
    return strokes.draw([placed], float(np.clip(brush, 2, 34)))


def _paired(drawing: Drawing, rng: np.random.Generator, others: Sequence[Drawing]) -> np.ndarray:
    """Two digits side by side, touching or nearly so."""
    height = rng.uniform(90, 130)
    left, right = drawing, others[int(rng.integers(0, len(others)))]
    shapes = []
    for digit in (left, right):
        low, high = digit.extent
        scale = height * rng.uniform(0.85, 1.15) / max(float(high[1] - low[1]), 0.3 * float((high - low).max()), 1e-6)
        shapes.append(digit.moved(np.eye(2) * scale, -(low + high) / 2 * scale))
    gap = rng.uniform(-12, 10)
    middle = np.array([CANVAS_SIDE / 2, CANVAS_SIDE / 2])
    first = shapes[0].moved(np.eye(2), middle - [shapes[0].extent[1][0] + gap / 2, 0])
    second = shapes[1].moved(np.eye(2), middle + [gap / 2 - shapes[1].extent[0][0], rng.uniform(-15, 15)])
    return strokes.draw([first, second], rng.uniform(6, 18))


_FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
)
_PRINTED = "ACEFHJKLMNPRTUVWXYacdefhjkmnprtuvwxy?&#%$+*=@<>"


def _printed(_: Drawing, rng: np.random.Generator) -> np.ndarray:
    """A letter in one of OpenCV's Hershey faces."""
    letter = _PRINTED[rng.integers(0, len(_PRINTED))]
    canvas = np.full((CANVAS_SIDE, CANVAS_SIDE), 255, np.uint8)
    face = _FACES[rng.integers(0, len(_FACES))]
    cv2.putText(canvas, letter, (60, 200), face, rng.uniform(4, 7), 0, int(rng.integers(3, 24)), cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((CANVAS_SIDE / 2, CANVAS_SIDE / 2), rng.normal(0, 6), 1)
    return cv2.warpAffine(canvas, turn, (CANVAS_SIDE, CANVAS_SIDE), borderValue=255)


def _scribbled(_: Drawing, rng: np.random.Generator) -> np.ndarray:
    """A random line, zigzag, spiral, star, polygon, blot or several strokes."""
    canvas = np.full((CANVAS_SIDE, CANVAS_SIDE), 255, np.uint8)
    brush = int(rng.integers(4, 26))
    kind = rng.integers(0, 6)
    if kind == 0:  # a wandering line with many turns
        turns = int(rng.integers(7, 16))
        knots = rng.uniform(50, 230, (turns, 2))
        along = np.linspace(0, turns - 1, turns * 12)
        points = np.stack([np.interp(along, np.arange(turns), knots[:, axis]) for axis in (0, 1)], axis=1)
        lines = [np.asarray(cv2.GaussianBlur(points.astype(np.float32), (1, 9), 0))]
    elif kind == 1:  # a zigzag
        count = int(rng.integers(6, 14))
        x = np.linspace(50, 230, count)
        lines = [np.stack([x, 140 + np.where(np.arange(count) % 2, 1, -1) * rng.uniform(25, 90, count)], axis=1)]
    elif kind == 2:  # a spiral of two turns and more
        angle = np.linspace(0, 2 * np.pi * rng.uniform(2.2, 4), 120)
        reach = np.linspace(5, rng.uniform(70, 110), 120)
        lines = [np.stack([140 + reach * np.cos(angle), 140 + reach * np.sin(angle)], axis=1)]
    elif kind == 3:  # rays, crosses, grids
        angles = rng.uniform(0, np.pi) + np.pi * np.arange(rng.integers(2, 6)) / rng.integers(2, 6)
        middle = rng.uniform(115, 165, 2)
        rays = 90 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        lines = [np.stack([middle - ray, middle + ray]) for ray in rays]
    elif kind == 4:  # triangles, boxes and stars; more corners would make a zero
        corners, step = ((3, 1), (4, 1), (5, 2), (7, 3))[rng.integers(0, 4)]
        angles = rng.uniform(0, 2 * np.pi) + np.arange(corners + 1) * step * 2 * np.pi / corners
        side = rng.uniform(60, 110)
        lines = [np.stack([140 + side * np.cos(angles), 140 + side * np.sin(angles) * rng.uniform(0.6, 1)], axis=1)]
    else:  # several short strokes
        starts = rng.uniform(50, 230, (int(rng.integers(3, 9)), 2))
        lines = [np.stack([start, start + rng.normal(0, 45, 2)]) for start in starts]
    if kind == 4 and rng.random() < 0.3:
        cv2.fillPoly(canvas, [np.round(lines[0]).astype(np.int32)], 0, cv2.LINE_AA)
        return canvas
    drawing = Drawing(tuple(np.clip(line, 20, 260).astype(np.float32) for line in lines), "", "")
    return strokes.draw([drawing], brush)


def _to_bytes(frames: np.ndarray) -> np.ndarray:
    return np.round(frames * 255).astype(np.uint8)
