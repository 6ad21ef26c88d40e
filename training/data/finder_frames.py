"""What the finder finds on composed pages, as frames: digits, letters and wrong groupings, and marks.

Right shapes are digits, letters and wrong groupings are none, and what no character has a part in is a mark to pass
over. The networks that read meet the finder's shapes on every photo: ink that it saw too thin or too fat, with a bit of
a neighbour, a rule or a shadow, and groupings of parts that they are asked to choose between.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from functools import partial

import cv2
import numpy as np
from scipy.ndimage import find_objects

from digit_core.loading import ONNX_NAME, WEIGHTS_NAME
from digit_core.models.finder import NetworkFinder
from digit_core.models.manifest import MODELS_DIR
from digit_core.models.runtime import OnnxRuntime, load_runtime_weights
from digit_core.page.frame import to_mnist_frame
from digit_core.page.look import CONFIG as LOOK
from digit_core.page.look import clamp_scale, look, search
from digit_core.page.pyramid import Pyramid
from digit_core.page.segmentation import CONFIG as SEGMENTATION
from digit_core.page.segmentation import Shape
from digit_core.page.shapes import InkParts, part_ink
from training.data import frames
from training.data.frames import FrameSet, Part
from training.data.pages import compose
from training.data.pages.hands import Hands
from training.data.sources import MARK, NOT_A_DIGIT
from training.data.workers import spread

SIDES = (192, 256, 320)  # pixels of a page
OFF_SCALE = 0.25  # standard deviation of the logarithm of the scale that a page is looked at, beside the right one
MAX_RIGHT, MAX_WRONG, MAX_MARKS = 10, 8, 6  # frames that are kept of one page
RIGHT = 0.92  # least share of a right shape's ink that is one character's, and of that character's ink that is in it
MAX_AROUND = 0.4  # greatest share of a right shape's ink that is beside all characters: a stroke's edge, bits of rules
FILLS = 0.75  # least share of a right shape's longer side that its character takes up
OF_NOBODY = 0.98  # a shape with a greater share of its ink beside all characters is a mark
NOTHING = 0.7  # a shape with a greater share of its ink beside all characters is wrong
UNFAIR = (
    frames.LOOK_ALIKES | frames.STROKE_LIKE | frames.HELD_OUT_KINDS | frames.MARKS_OR_LETTERS
)  # characters that are not learned as none
NEIGHBOURS = 4  # a shape is merged with one of so many that stand nearest


def collect_finder_frames(part: Part, pages: int, seed: int) -> FrameSet:
    """Compose pages and take the frames of what the finder finds on them.

    Args:
        part: whose hands write, and in which fonts is printed.
        pages: how many.
        seed: the source of chance.
    """
    read = partial(_read_page, part=part, seed=seed)
    return frames.as_set(seen for page in spread(read, range(pages), "pages") for seen in page)


@functools.cache
def hands_of(part: Part) -> Hands:
    """Gather who writes a part's pages, once in each process."""
    return Hands(part)


@functools.cache
def _finder() -> NetworkFinder:
    folder = MODELS_DIR / "finder"
    return NetworkFinder(
        OnnxRuntime(folder / ONNX_NAME, lambda: load_runtime_weights("finder", folder / WEIGHTS_NAME).network())
    )


def _read_page(i: int, part: Part, seed: int) -> list[tuple[np.ndarray, int, str]]:
    """Return some of the right and some of the wrong shapes on a page: frame, label, nobody's name."""
    rng = np.random.default_rng([seed, i])
    page = hands_of(part).page(int(rng.choice(SIDES)), [seed, i], words=False)
    picture = Pyramid(page.picture)
    seen = search(picture, _finder())
    if int((seen.ink > SEGMENTATION.faint_ink).sum()) < LOOK.min_ink:
        return []
    near = seen.scale * float(np.exp(rng.normal(0, OFF_SCALE)))
    seen = look(picture, clamp_scale(picture, near), _finder())
    shapes = list(label_shapes(part_ink(picture, seen), page, rng))
    groups = (
        ([one for one in shapes if one[1] >= 0], MAX_RIGHT),
        ([one for one in shapes if one[1] == NOT_A_DIGIT], MAX_WRONG),
        ([one for one in shapes if one[1] == MARK], MAX_MARKS),
    )
    kept = [some[j] for some, most in groups for j in rng.permutation(len(some))[:most]]
    return [(frames.to_bytes(to_mnist_frame(shape.ink)), label, "") for shape, label in kept]


def label_shapes(found: InkParts, page: compose.Page, rng: np.random.Generator) -> Iterator[tuple[Shape, int]]:
    """Compare the finder's shapes, and regroupings of them, with what stands on the page.

    Args:
        found: what the finder found on the page.
        page: the page and the truth about it.
        rng: chooses the regroupings.

    Returns:
        Shapes with their digits, `NOT_A_DIGIT` or `MARK`; what is neither right nor wrong is left out, and so are
        letters that look like digits.
    """
    size = found.ink.shape[::-1]
    owners = cv2.resize(page.owners, size, interpolation=cv2.INTER_NEAREST)
    edged = np.where(page.owners == 0, cv2.dilate(page.owners, np.ones((3, 3), np.uint8)), page.owners)
    near = cv2.resize(edged, size, interpolation=cv2.INTER_NEAREST)
    sides = _longer_sides(page)
    totals = np.bincount(owners.ravel(), minlength=len(page.labels) + 1)
    for group in _groupings(found, rng):
        shape = found.shape(group)
        if shape is None:
            continue
        box, ink = shape.box, shape.ink > SEGMENTATION.faint_ink
        place = slice(box.top, box.bottom), slice(box.left, box.right)
        shares = np.bincount(owners[place][ink], minlength=len(totals))[1:]
        pure, whole = shares / max(1, int(shares.sum())), shares / np.maximum(totals[1:], 1)
        around = float((near[place][ink] == 0).mean()) if ink.any() else 1.0
        best = int(np.argmax(np.minimum(pure, whole))) if len(pure) else -1
        is_wrong = best < 0 or pure[best] < frames.WRONG_PURE or whole[best] < frames.WRONG_WHOLE or around > NOTHING
        if is_wrong:
            if not frames.is_line(shape):
                yield shape, MARK if around > OF_NOBODY else NOT_A_DIGIT
        elif min(pure[best], whole[best]) >= RIGHT and around <= MAX_AROUND:
            label, fills = page.labels[best], sides[best] * found.scale >= FILLS * max(box.width, box.height)
            if fills and (label.isdigit() or label not in UNFAIR):
                yield shape, int(label) if label.isdigit() else NOT_A_DIGIT


def _longer_sides(page: compose.Page) -> list[int]:
    """Return how long each character is, in pixels of the page; 0 where it does not stand on it as a whole."""
    sides = []
    for place in find_objects(page.owners, len(page.labels)):
        rows, columns = place or (slice(0, 0), slice(0, 0))
        is_whole = min(rows.start, columns.start) > 0 and max(rows.stop, columns.stop) < page.side
        sides.append(max(rows.stop - rows.start, columns.stop - columns.start) if is_whole else 0)
    return sides


def _groupings(found: InkParts, rng: np.random.Generator) -> Iterator[Sequence[int]]:
    """Return the finder's own shapes, each of several parts also without one, each with one of its neighbours."""
    boxes = found.boxes
    places = []
    for group in found.groups:
        own = [boxes[part - 1] for part in group]
        places.append(np.mean([[b.left + b.width / 2, b.top + b.height / 2] for b in own if b] or [[0, 0]], axis=0))
    for i, group in enumerate(found.groups):
        yield group
        if len(group) > 1:
            left_out = int(rng.integers(len(group)))
            yield [part for j, part in enumerate(group) if j != left_out]
        if len(places) > 1:
            distance = np.linalg.norm(np.array(places) - places[i], axis=1)
            nearest = np.argsort(distance)[1 : NEIGHBOURS + 1]
            other = found.groups[int(rng.choice(nearest))]
            yield [*group, *(other if rng.random() < 0.5 else other[:1])]
