"""Ink from the picture's own colours, where the finder says that there is some.

Paper is what lies around the ink, ink is as dark as its darkest neighbourhood; so neither the colour of either nor
which of them is darker nor shadow matters, and frames are as sharp as the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from digit_core.models.geometry import FINDER_STRIDE
from digit_core.page.look import CONFIG as LOOK
from digit_core.page.look import Look
from digit_core.page.pyramid import Pyramid


@dataclass(frozen=True, slots=True)
class ContrastConfig:
    """How dark ink is told from paper.

    Attributes:
        paper_reach: how far from a pixel its paper is looked for, in usual heights; beyond it may lie another ground,
            as beside a tile with one digit.
        far_paper_reach: the same where no paper is seen so near.
        ink_reach: how far from a pixel the darkest ink is looked for, in usual heights.
        own_reach: how far around a shape's ink pixels are still its own, in pixels of the finder's answer.
        max_hole: the width up to which a gap in likely ink, as within a bold stroke, is ink all the same, in pixels of
            the finder's answer.
        clear_paper: the chance of handwriting below which a pixel shows what the paper looks like.
    """

    paper_reach: float = 0.3
    far_paper_reach: float = 1.0
    ink_reach: float = 0.2
    own_reach: float = 2.0
    max_hole: int = 5
    clear_paper: float = 0.1


CONFIG = ContrastConfig()

FAR_WEIGHT = np.float32(1e-3)  # of far paper beside near one
MIN_DIVISOR = np.float32(1e-12)  # keeps quotients finite where nothing has any weight


def ink_of(picture: Pyramid, seen: Look, owners: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Take the ink from the picture's own colours, between its paper (0) and its darkest strokes (1).

    Args:
        picture: what was looked at.
        seen: the finder's answer.
        owners: see `shapes.parts_of`.
        scale: pixels of the ink for one of the picture.

    Returns:
        The ink, (height, width) float32 in [0, 1], and whose it is, (height, width) int32, 0 off the shapes.
    """
    rgb = seen.picture if scale == seen.scale else picture.resize(*(max(1, round(n * scale)) for n in picture.size))
    height, width = rgb.shape[:2]
    if not owners.any():
        return np.zeros((height, width), np.float32), np.zeros((height, width), np.int32)
    distance, own = _nearest_part(owners)
    size = (
        owners.shape[1] * FINDER_STRIDE * scale / seen.scale,
        owners.shape[0] * FINDER_STRIDE * scale / seen.scale,
    )
    covered = max(width, round(size[0])), max(height, round(size[1]))

    def enlarge(small: np.ndarray, method: int = cv2.INTER_LINEAR) -> np.ndarray:
        return np.asarray(cv2.resize(small, covered, interpolation=method)[:height, :width])

    distance, own = enlarge(distance), enlarge(own.astype(np.float32), cv2.INTER_NEAREST).astype(np.int32)
    closed = cv2.morphologyEx(seen.ink, cv2.MORPH_CLOSE, np.ones((CONFIG.max_hole, CONFIG.max_hole)))
    is_likely = np.clip(enlarge(closed) / LOOK.sure_ink, 0, 1)  # leaves out ruled lines beside a stroke
    gate = np.clip(CONFIG.own_reach - distance, 0, 1) * is_likely
    usual = seen.usual_height * scale / seen.scale
    clear = (enlarge(np.maximum(seen.ink, seen.marks)) < CONFIG.clear_paper) & (distance > CONFIG.own_reach)
    paper = _paper_around(rgb.astype(np.float32), clear.astype(np.float32), usual)
    difference = np.subtract(paper, rgb, out=paper)
    surely = np.where(distance < 1, enlarge(seen.ink), np.float32(0))
    ink = _share_of_darkest(difference, surely, CONFIG.ink_reach * usual) * gate
    return ink.astype(np.float32), np.where(gate > 0, own, 0)


def _nearest_part(owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far from every pixel the nearest part is, (height, width) float32 in pixels, and which one."""
    distance, nearest = cv2.distanceTransformWithLabels(
        (owners == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(nearest.max()) + 1, np.int32)
    of_label[nearest[owners > 0]] = owners[owners > 0]
    return np.asarray(distance), of_label[nearest]


def _share_of_darkest(difference: np.ndarray, surely: np.ndarray, reach: float) -> np.ndarray:
    """Return how far every pixel is from its paper, beside the darkest ink around it, (height, width) in [0, 1].

    Only what lies in the direction from paper to ink counts, which ink around the pixel tells: a stain has another.

    Args:
        difference: of the paper's colour from the pixel's, (height, width, 3) float32.
        surely: how sure it is that a pixel is ink, (height, width) float32 in [0, 1].
        reach: how far ink is looked for, in pixels.
    """
    direction = _blur(difference * (surely * _product(difference, difference))[..., None], reach)
    length = np.maximum(np.sqrt(_product(direction, direction)), MIN_DIVISOR)
    along = np.maximum(_product(difference, direction) / length, 0)
    level = _average(along, surely * along**2, reach)
    return np.asarray(np.clip(along / np.maximum(level, 1.0), 0, 1))


def _paper_around(rgb: np.ndarray, clear: np.ndarray, usual: float) -> np.ndarray:
    """Return the colour of the paper around every pixel, (height, width, 3) float32.

    Args:
        rgb: the picture, (height, width, 3) float32.
        clear: (height, width) float32, 1 where a pixel shows paper.
        usual: the height of a character in pixels.
    """
    near, far = CONFIG.paper_reach * usual, CONFIG.far_paper_reach * usual
    seen = rgb * clear[..., None]
    colours = _blur(seen, near) + FAR_WEIGHT * _blur(seen, far)
    colours /= np.maximum(_blur(clear, near) + FAR_WEIGHT * _blur(clear, far), MIN_DIVISOR)[..., None]
    return np.asarray(colours)


def _average(values: np.ndarray, weight: np.ndarray, reach: float) -> np.ndarray:
    """Average (height, width) values by weight around every pixel."""
    return np.asarray(_blur(values * weight, reach) / np.maximum(_blur(weight, reach), MIN_DIVISOR))


def _blur(values: np.ndarray, reach: float) -> np.ndarray:
    """Average the square around every pixel that reaches so far."""
    side = min(2 * max(1, round(reach)) + 1, 2 * max(values.shape[:2]) + 1)
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REPLICATE))


def _product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The scalar product of the colours of each pixel: (height, width, 3) both, (height, width)."""
    return np.asarray(cv2.transform(cv2.multiply(first, second), np.ones((1, 3), np.float32)))
