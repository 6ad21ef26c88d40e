"""Ink -> the shapes on it, in reading order: one digit anywhere on the picture, or rows of them.

Connected ink is one piece. Specks go; pieces of one digit (a five's bar, a four's two strokes, a broken pencil line)
come together, and what stands side by side forms a row. Digits that touch are one shape, which `page.seams` cuts.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from digit_core.errors import EmptyDrawingError, TooManyDigitsError
from digit_core.page.frame import stroke_width
from digit_core.page.rows import group_into_rows
from digit_core.types import Box


@dataclass(frozen=True, slots=True)
class SegmentationConfig:
    """How connected ink becomes shapes.

    Attributes:
        faint_ink: fainter ink is paper: it connects no pieces and lies outside bounding boxes.
        firm_ink: a piece holds some ink above this.
        max_speck_share: how long a speck is at most, as a share of the longest piece.
        max_speck_strokes: how long a speck is at most, in stroke widths.
        min_shared_columns: the least share of the narrower piece's columns that pieces of one digit have in common when
            they stand above one another.
        max_bar_height: how high a bar is at most, which is a part of a neighbour, in usual heights.
        max_bar_gap: how far a bar is from that neighbour at most, in usual heights.
        max_digit_height: how high a digit of several pieces is at most, in usual heights.
        min_usual_height: how high pieces are at least that tell the usual height, as a share of the tallest.
        min_stacked_height: how high digits above one another are at least, as a share of the tallest.
        max_stack_gap: the widest gap between pieces of one digit above one another, in usual heights: wider ones
            separate two rows.
    """

    faint_ink: float = 0.3
    firm_ink: float = 0.6
    max_speck_share: float = 0.12
    max_speck_strokes: float = 1.6
    min_shared_columns: float = 0.5
    max_bar_height: float = 0.45
    max_bar_gap: float = 0.22
    max_digit_height: float = 1.6
    min_usual_height: float = 0.5
    min_stacked_height: float = 0.5
    max_stack_gap: float = 0.3


CONFIG = SegmentationConfig()

MAX_SHAPES = 200  # shapes on one picture; more is a page of text
MAX_PIECES = 600  # pieces of ink, before those of one digit come together; grain and gravel have thousands


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Ink that belongs together.

    Attributes:
        box: where it stands, in the ink's pixels.
        ink: (box.height, box.width) float32 in [0, 1], other shapes' ink erased.
        pieces: how many pieces of ink that does not hang together it was put together from.
        is_cut: some of its ink hangs together with another shape's.
    """

    box: Box
    ink: np.ndarray
    pieces: int = 1
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """One or more connected components, by their labels, and their common bounding box."""

    labels: frozenset[int]
    box: Box

    def with_(self, other: _Piece) -> _Piece:
        return _Piece(self.labels | other.labels, self.box.union(other.box))


def find_digits(ink: np.ndarray) -> tuple[tuple[Shape, ...], ...]:
    """Find the shapes that may be digits.

    Args:
        ink: (height, width) float32 in [0, 1], ink is bright.

    Returns:
        Rows from top to bottom, each with its shapes from left to right.

    Raises:
        EmptyDrawingError: there is no ink.
        TooManyDigitsError: more than `MAX_SHAPES` shapes, or `MAX_PIECES` pieces of ink.
    """
    faint = (ink > CONFIG.faint_ink).view(np.uint8)
    left, top, width, height = cv2.boundingRect(faint)
    inked = slice(top, top + height), slice(left, left + width)
    ink = ink[inked]  # all else is paper
    labels, pieces = _find_pieces(ink, np.ascontiguousarray(faint[inked]))
    if not pieces:
        raise EmptyDrawingError()
    if len(pieces) == 1:
        return ((_cut_out(ink, labels, pieces[0], (left, top)),),)
    pieces = _drop_specks(pieces, ink)
    if len(pieces) > MAX_PIECES:
        raise TooManyDigitsError("There are too many separate marks on this picture: choose a part of it.")
    pieces = _join_pieces(pieces)
    if len(pieces) > MAX_SHAPES:
        raise TooManyDigitsError.beyond(MAX_SHAPES)
    order = group_into_rows([piece.box for piece in pieces])
    return tuple(tuple(_cut_out(ink, labels, pieces[i], (left, top)) for i in row) for row in order)


def join(first: Shape, other: Shape) -> Shape:
    """Return two shapes as one."""
    box = first.box.union(other.box)
    ink = np.zeros((box.height, box.width), np.float32)
    for shape in (first, other):
        top, left = shape.box.top - box.top, shape.box.left - box.left
        area = ink[top : top + shape.box.height, left : left + shape.box.width]
        np.maximum(area, shape.ink, out=area)
    return Shape(box, ink, first.pieces + other.pieces)


def split_into_rows(shape: Shape) -> tuple[Shape, ...]:
    """Split a shape where rows without ink run through it: two digits above one another look like one's pieces.

    Returns:
        The parts from top to bottom; one where no such row is, or where a part is a bar or a dot beside another.
    """
    inked = np.concatenate([[False], (shape.ink > CONFIG.faint_ink).any(axis=1), [False]])
    starts, stops = np.flatnonzero(inked[1:] & ~inked[:-1]), np.flatnonzero(~inked[1:] & inked[:-1])
    heights = stops - starts
    if len(heights) < 2 or heights.min() < CONFIG.min_stacked_height * heights.max():
        return (shape,)
    parts = []
    for top, bottom in zip(starts, stops, strict=True):
        part = whole_picture(shape.ink[top:bottom])
        box = Box(shape.box.left + part.box.left, shape.box.top + int(top), part.box.width, part.box.height)
        parts.append(Shape(box, part.ink))
    return tuple(parts)


def split_into_pieces(shape: Shape) -> tuple[Shape, ...]:
    """Split a shape into what hangs together: slanted digits side by side share columns, as one digit's pieces do.

    Returns:
        The parts from left to right; one where a part is a bar or a dot beside another, or stands above it.
    """
    faint = (shape.ink > CONFIG.faint_ink).view(np.uint8)
    count, labels, figures, _ = cv2.connectedComponentsWithStats(faint, connectivity=8)
    boxes = [Box(*figures[label, : cv2.CC_STAT_AREA].tolist()) for label in range(1, count)]
    if count < 3:
        return (shape,)
    shared = min(box.bottom for box in boxes) - max(box.top for box in boxes)  # rows that all have
    if shared < CONFIG.min_stacked_height * max(box.height for box in boxes):
        return (shape,)
    pieces = [_Piece(frozenset({label}), box) for label, box in enumerate(boxes, 1)]
    corner = shape.box.left, shape.box.top
    return tuple(_cut_out(shape.ink, labels, piece, corner) for piece in sorted(pieces, key=lambda one: one.box.left))


def whole_picture(ink: np.ndarray) -> Shape:
    """Take all ink as one shape.

    Raises:
        EmptyDrawingError: there is no ink.
    """
    box = bounding_box(ink)
    if box is None:
        raise EmptyDrawingError()
    return Shape(box, ink[box.top : box.bottom, box.left : box.right])


def bounding_box(ink: np.ndarray) -> Box | None:
    """Return the bounding box of what is visible of (height, width) ink in [0, 1]; None where nothing is."""
    box = Box(*cv2.boundingRect((ink > CONFIG.faint_ink).view(np.uint8)))
    return box if box.width else None


def _find_pieces(ink: np.ndarray, faint: np.ndarray) -> tuple[np.ndarray, list[_Piece]]:
    """Return which connected component of faint ink each pixel belongs to, from 1, and those that hold firm ink."""
    if faint.size == 0:
        return faint, []
    # Outlines take a tenth of the time that OpenCV's statistics of components do, and tell a lone one from several.
    outlines, nesting = cv2.findContours(faint, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outer = [outline for outline, (*_, hole_of) in zip(outlines, nesting[0], strict=True) if hole_of < 0]
    if len(outer) == 1:  # it fills the picture
        is_firm = float(ink.max()) > CONFIG.firm_ink
        return faint, [_Piece(frozenset([1]), Box(0, 0, ink.shape[1], ink.shape[0]))] if is_firm else []
    count, labels = cv2.connectedComponents(faint, connectivity=8)
    firm = np.zeros(count, bool)
    firm[labels[ink > CONFIG.firm_ink]] = True
    boxes = {int(labels[outline[0, 0, 1], outline[0, 0, 0]]): Box(*cv2.boundingRect(outline)) for outline in outer}
    return labels, [_Piece(frozenset([label]), boxes[label]) for label in range(1, count) if firm[label]]


def _drop_specks(pieces: Sequence[_Piece], ink: np.ndarray) -> list[_Piece]:
    longest = [max(piece.box.height, piece.box.width) for piece in pieces]
    smallest = CONFIG.max_speck_share * max(longest)
    if min(longest) > smallest:
        return list(pieces)
    smallest = min(smallest, CONFIG.max_speck_strokes * max(stroke_width(ink), 1.0))
    return [piece for piece, length in zip(pieces, longest, strict=True) if length > smallest]


def _join_pieces(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Join the pieces of one digit until nothing more belongs together."""
    usual = _usual_height(pieces)
    joined = sorted(pieces, key=lambda piece: piece.box.left)
    edges = np.array([_edges(piece.box) for piece in joined], np.float64)
    gaps = _gaps_to_mates(edges[:, None], edges, usual)
    np.fill_diagonal(gaps, np.inf)
    i = 0
    while i < len(joined):
        j = int(gaps[i].argmin())
        if gaps[i, j] == np.inf:
            i += 1
            continue
        joined[i] = joined[i].with_(joined[j])  # and looked at again: whoever belongs to it now is found from here
        edges[i] = _edges(joined[i].box)
        del joined[j]
        edges = np.delete(edges, j, axis=0)
        gaps = np.delete(np.delete(gaps, j, axis=0), j, axis=1)
        i -= j < i
        gaps[i] = gaps[:, i] = _gaps_to_mates(edges[i], edges, usual)
        gaps[i, i] = np.inf
    return joined


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _gaps_to_mates(edges: np.ndarray, others: np.ndarray, usual: float) -> np.ndarray:
    """Return how far pieces are from others; infinity where two do not belong together.

    Args:
        edges: (..., 4), left, top, right and bottom of boxes.
        others: the same of the others; both are broadcast.
        usual: the usual height.
    """
    low, high, other_low, other_high = edges[..., :2], edges[..., 2:], others[..., :2], others[..., 2:]
    shared = np.minimum(high, other_high) - np.maximum(low, other_low)  # columns and rows, negative: a gap
    smaller = np.minimum(high - low, other_high - other_low)
    apart = np.maximum(0, -shared)
    gaps = np.hypot(apart[..., 0], apart[..., 1])
    height_of_both = np.maximum(high[..., 1], other_high[..., 1]) - np.minimum(low[..., 1], other_low[..., 1])
    is_column = (shared[..., 0] >= CONFIG.min_shared_columns * smaller[..., 0]) & (
        -shared[..., 1] <= CONFIG.max_stack_gap * usual
    )
    is_bar = (smaller[..., 1] < CONFIG.max_bar_height * usual) & (gaps <= CONFIG.max_bar_gap * usual)
    return np.where((height_of_both <= CONFIG.max_digit_height * usual) & (is_column | is_bar), gaps, np.inf)


def _usual_height(pieces: Sequence[_Piece]) -> float:
    """The height of a digit on this picture: what the taller pieces have in common."""
    if len(pieces) <= 2:
        return float(_whole_height(pieces))
    heights = [piece.box.height for piece in pieces]
    least = CONFIG.min_usual_height * max(heights)
    return float(statistics.median(height for height in heights if height >= least))


def _whole_height(pieces: Sequence[_Piece]) -> int:
    """The height of all pieces together: one or two pieces may be a single digit, whose parts are all low."""
    return max(piece.box.bottom for piece in pieces) - min(piece.box.top for piece in pieces)


def _cut_out(ink: np.ndarray, labels: np.ndarray, piece: _Piece, corner: tuple[int, int]) -> Shape:
    """Return a piece's ink as a shape; `corner` is where `ink` lies on the picture, from the left and the top."""
    box = piece.box
    area = slice(box.top, box.bottom), slice(box.left, box.right)
    first, *others = piece.labels
    own = np.isin(labels[area], [first, *others]) if others else labels[area] == first
    place = Box(box.left + corner[0], box.top + corner[1], box.width, box.height)
    return Shape(place, cv2.copyTo(ink[area], own.view(np.uint8)), len(piece.labels))
