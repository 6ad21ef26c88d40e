"""The finder's answer -> shapes: whose ink is whose, the ink itself from the picture's own colours, reading order."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from digit_core.errors import TooManyDigitsError
from digit_core.models.geometry import CHARACTER_HEIGHT, FINDER_STRIDE
from digit_core.page.contrast import ink_of
from digit_core.page.look import CONFIG as LOOK
from digit_core.page.look import Look
from digit_core.page.pyramid import Pyramid
from digit_core.page.segmentation import MAX_SHAPES, Shape, bounding_box
from digit_core.types import Box


@dataclass(frozen=True, slots=True)
class ShapesConfig:
    """Whose ink is whose, by the finder's answer.

    Attributes:
        votes_blur: how far offsets scatter about a character's centre, in pixels of the finder's answer.
        heat_floor: what a centre counts for where the offsets alone point to it.
        min_centre_distance: the least distance of two shapes' centres, in character heights; parts that shapes may be
            regrouped from are half as far apart.
        min_votes: the least ink that points to a centre, in blurred pixels.
        min_share: the least ink of a shape, as a share of the median shape's: who has less gives it to the next
            centre.
        max_reach: how far a centre is from its ink at most, in character heights: what is further is dust, and
            nobody's.
        min_part_share: the least ink of such a part, as a share of its shape's.
        ink_scale: how much finer than the look the ink is taken from the picture, where it has the pixels.
    """

    votes_blur: float = 1.5
    heat_floor: float = 0.15
    min_centre_distance: float = 0.16
    min_votes: float = 0.35
    min_share: float = 0.18
    max_reach: float = 0.6
    min_part_share: float = 0.15
    ink_scale: float = 1.4


CONFIG = ShapesConfig()

MAX_PARTED_SHAPES = 2 * MAX_SHAPES  # while parting: a few are too faint to count, more need not be looked at closer
MAX_INK_PIXELS = 3_000_000  # of the ink: twice the largest look; each million takes a tenth of a second
MAX_CENTRES = 1_000  # that are chosen from, the likeliest: a page of 458 characters has 479, grain has ten thousand
MAX_DISTANCES = 250_000  # between places and centres, held at a time: 1 MB, which stays in a processor's cache
MAX_PARTS = 3  # of a character that is regrouped


@dataclass(frozen=True, eq=False)
class InkParts:
    """All ink of a picture, parted finely, and how the finder groups the parts.

    Attributes:
        ink: (height, width) float32 in [0, 1].
        parts: (height, width) int32: whose each pixel is, n is the n-th part's, counted from 1; 0 is nobody's.
        groups: the parts of each shape.
        components: the connected component of each part, in the parts' order: parts of one hang together.
        scale: pixels of the ink for one of the picture that the finder looked at.
    """

    ink: np.ndarray
    parts: np.ndarray
    groups: tuple[tuple[int, ...], ...]
    components: tuple[int, ...]
    scale: float

    @functools.cached_property
    def boxes(self) -> tuple[Box | None, ...]:
        """Where each part stands; None where none of its ink is visible."""
        return _boxes_of(self.parts)

    def shape(self, parts: Sequence[int]) -> Shape | None:
        """Return some parts as one shape; None where no ink of theirs is visible."""
        boxes = [box for box in (self.boxes[part - 1] for part in parts) if box is not None]
        if not boxes:
            return None
        whole = functools.reduce(Box.union, boxes)
        area = slice(whole.top, whole.bottom), slice(whole.left, whole.right)
        own = np.isin(self.parts[area], parts)
        shape = cut_out(self.ink[area], own)
        if shape is None:
            return None
        box = Box(shape.box.left + whole.left, shape.box.top + whole.top, shape.box.width, shape.box.height)
        pieces = {self.components[part - 1] for part in parts}
        hanging = sum(component in pieces for component in self.components)
        return Shape(box, shape.ink, len(pieces), is_cut=hanging > len(parts))


def part_ink(picture: Pyramid, seen: Look) -> InkParts:
    """Part the ink that the finder saw.

    Args:
        picture: what was looked at.
        seen: the finder's answer.

    Raises:
        TooManyDigitsError: far more than `MAX_SHAPES` shapes.
    """
    owners, groups, components = parts_of(seen)
    finest = float(np.sqrt(MAX_INK_PIXELS / (picture.size[0] * picture.size[1])))
    scale = max(seen.scale, min(1.0, CONFIG.ink_scale * seen.scale, finest))
    ink, near = ink_of(picture, seen, owners, scale)
    return InkParts(ink, near, groups, components, scale)


def parts_of(seen: Look) -> tuple[np.ndarray, tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Give every pixel of ink to the centre that it points to, and part shapes further where they have a second one.

    Returns:
        (height, width) int32 at the size of the finder's answer: n is the n-th part's, counted from 1, 0 is paper; the
        parts of each shape; and the connected component that each part belongs to.

    Raises:
        TooManyDigitsError: more than `MAX_PARTED_SHAPES` shapes.
    """
    owners = np.zeros(seen.ink.shape, np.int32)
    rows, columns = np.nonzero(seen.ink > LOOK.sure_ink)
    if len(rows) < LOOK.min_ink:
        return owners, (), ()
    aimed = np.stack([columns, rows], axis=1) + seen.offsets[rows, columns]
    height = float(np.median(seen.heights[rows, columns]))
    votes = _votes(aimed, seen)
    centres = _centres(votes, seen, height, CONFIG.min_centre_distance)
    if not len(centres):
        return owners, (), ()
    shapes, distance = _nearest(aimed, centres, CONFIG.min_share)
    if int(shapes.max()) >= MAX_PARTED_SHAPES:
        raise TooManyDigitsError.beyond(MAX_SHAPES)
    near = distance <= CONFIG.max_reach * height / FINDER_STRIDE
    rows, columns, aimed, shapes = rows[near], columns[near], aimed[near], shapes[near]
    fine, _ = _nearest(aimed, _centres(votes, seen, height, CONFIG.min_centre_distance / 2))
    piece = cv2.connectedComponents((seen.ink > LOOK.sure_ink).astype(np.uint8), connectivity=8)[1][rows, columns]
    pairs, part, sizes = np.unique(
        np.stack([shapes, fine, piece], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    joins = np.arange(len(pairs))
    for shape in np.unique(pairs[:, 0]):
        own = np.flatnonzero(pairs[:, 0] == shape)
        small = own[sizes[own] < CONFIG.min_part_share * sizes[own].sum()]
        joins[small] = own[sizes[own].argmax()]
    kept, part = np.unique(joins[part.ravel()], return_inverse=True)
    owners[rows, columns] = part.ravel() + 1
    groups = [tuple((np.flatnonzero(pairs[kept, 0] == shape) + 1).tolist()) for shape in np.unique(pairs[kept, 0])]
    return owners, tuple(groups), tuple(pairs[kept, 2].tolist())


def _votes(aimed: np.ndarray, seen: Look) -> np.ndarray:
    """Count where offsets point to, blurred; the size of the finder's answer."""
    limit = np.array(seen.ink.shape[::-1]) - 1
    inside = ((aimed >= 0) & (aimed <= limit)).all(axis=1)
    votes = np.zeros(seen.ink.shape, np.float32)
    to = np.round(aimed[inside]).astype(np.int64)
    np.add.at(votes, (to[:, 1], to[:, 0]), 1)
    return np.asarray(cv2.GaussianBlur(votes, (0, 0), CONFIG.votes_blur))


def _centres(votes: np.ndarray, seen: Look, height: float, share: float) -> np.ndarray:
    """Return (n, 2) places, x and y, where offsets meet and the finder sees a centre, the likeliest first.

    No two are nearer than a share of a character's usual height, and there are at most `MAX_CENTRES`.
    """
    score = votes * (CONFIG.heat_floor + seen.centre_heat)
    reach = 2 * max(1, round(share * min(height, 2 * CHARACTER_HEIGHT) / FINDER_STRIDE)) + 1
    peaks = (score >= cv2.dilate(score, np.ones((reach, reach), np.uint8)) - 1e-9) & (votes > CONFIG.min_votes)
    rows, columns = np.nonzero(peaks)
    order = np.argsort(-score[rows, columns], kind="stable")
    return np.stack([columns, rows], axis=1)[order[:MAX_CENTRES]].astype(np.float32)


def _nearest(aimed: np.ndarray, centres: np.ndarray, least: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return for each place the number of the nearest centre, and how far it is.

    Centres with less than a share of the median one's followers give them to the next.
    """
    kept = np.ones(len(centres), bool)
    nearest, distance = _nearest_of(aimed, centres, kept)
    for _ in range(3):
        followers = np.bincount(nearest, minlength=len(centres))
        weak = followers < least * np.median(followers[followers > 0])
        if weak.all() or not (weak & (followers > 0)).any():
            break
        kept &= ~weak
        lost = ~kept[nearest]
        nearest[lost], distance[lost] = _nearest_of(aimed[lost], centres, kept)
    return np.asarray(np.unique(nearest, return_inverse=True)[1]).ravel(), distance


def _nearest_of(aimed: np.ndarray, centres: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each place the number of the nearest of the centres that are kept, and how far it is."""
    numbers = np.flatnonzero(kept)
    x, y = np.ascontiguousarray(centres[numbers].T)
    nearest, nearest_distance = np.empty(len(aimed), np.int64), np.empty(len(aimed), np.float32)
    step = max(1, MAX_DISTANCES // len(numbers))
    for start in range(0, len(aimed), step):
        some = aimed[start : start + step].astype(np.float32)
        distance = np.square(some[:, :1] - x)
        distance += np.square(some[:, 1:] - y)
        best = distance.argmin(axis=1)
        nearest[start : start + step] = numbers[best]
        nearest_distance[start : start + step] = np.sqrt(distance[np.arange(len(best)), best])
    return nearest, nearest_distance


def cut_out(ink: np.ndarray, own: np.ndarray) -> Shape | None:
    """Return one shape's ink in its box; None where there is none."""
    box = bounding_box(np.where(own, ink, np.float32(0)))
    if box is None:
        return None
    place = slice(box.top, box.bottom), slice(box.left, box.right)
    return Shape(box, np.where(own[place], ink[place], np.float32(0)))


def _boxes_of(parts: np.ndarray) -> tuple[Box | None, ...]:
    """Return the bounding box of each part, None of one that has no pixel left."""
    count = int(parts.max(initial=0))
    rows, columns = np.nonzero(parts)
    numbers = parts[rows, columns] - 1
    low = np.full((count, 2), np.iinfo(np.int64).max)
    high = np.full((count, 2), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[:, axis], numbers, places)
        np.maximum.at(high[:, axis], numbers, places)
    sizes = high - low + 1
    return tuple(
        Box(int(x), int(y), int(w), int(h)) if w > 0 else None for (x, y), (w, h) in zip(low, sizes, strict=True)
    )
