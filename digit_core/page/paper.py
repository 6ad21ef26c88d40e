"""Where the paper lies and how light falls on it: sheets on desks, light ink on dark paper, shadows, a lamp's gleam."""

from __future__ import annotations

import cv2
import numpy as np

from digit_core.page.decode import WHITE

SMALL_SIDE = 40  # pixels: pictures no larger are scans of one character, as MNIST's and USPS' are
PAPER_SIDE = 192  # pixels: the paper's brightness is estimated on a picture shrunk to this
SHEET_SHARE = 0.15  # of the picture: a sheet on a darker desk is no smaller ...
SHEET_SOLID = 0.93  # ... fills its own convex hull so far ...
SHEET_CORNERS = 0.82  # ... and the tightest rectangle around it; an ellipse fills 0.785 of that
SHEET_BESIDE = 0.15  # of the picture's border at least lies beside it
SHEET_CONTRAST = 0.5  # of its brightness at most is that of what lies beside it; shadows are seldom so deep ...
SHEET_LIGHT = 0.88  # ... or this, where a sharp edge parts the two and nothing is written beside it
SHEET_STEP = 0.6  # of the contrast between the two is the step that such an edge makes within a few pixels ...
SHEET_SHARP = 0.8  # ... along so much of it
SHEET_WRITTEN = 0.5  # of the ink's contrast: marks beside the sheet that are as dark were written ...
SHEET_BARE = 0.25  # ... unless they are rarer than this, by those on it
SHEET_DARK = 0.35  # of the sheet at most is darker than paper
SHEET_EDGE = 3  # pixels of PAPER_SIDE that are left out along its edge, where it throws a shadow
PAPER_KERNEL = 0.3  # share of the picture's longest side: a bold digit's blots are narrower than this
EVEN_PAPER = 0.03  # of the full range: when the paper's brightness differs by less, it is the same everywhere
LIGHT_SLOPE = 0.6  # of the full range along the longest side: only a shadow's edge is steeper
CLEAR_MAJORITY = 0.3  # beyond half: a lighter or darker part this large is the paper, without further look ...
SHARP_EDGE = 0.35  # ... if by so much of the contrast it ends within three pixels of PAPER_SIDE; a gleam does not
UNEVEN_PAPER = 0.10  # of the full range: when the paper's brightness differs by more, light falls unevenly ...
UNEVEN_KERNEL = 0.10  # ... and the paper is followed more closely; wider strokes are known by reaching no border
FAR_PAPER = 0.005  # how much paper farther away counts beside near paper: under wide strokes there is none near
LOOK_EVERY = 16  # pixels that light from the border goes on before it is looked whether it has come to its end
MIN_CONTRAST = 0.06  # of the full range between paper and ink; fainter marks are paper


def shrink(grey: np.ndarray) -> np.ndarray:
    """Shrink (height, width) float32 to `PAPER_SIDE`, where paper is looked for."""
    return cv2.resize(grey, _shrunk(grey.shape), interpolation=cv2.INTER_AREA)


def find_sheet(small: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Find the light sheet that lies on something darker.

    It is large, solid and has corners, something is written on it, and what lies beside it reaches the border and is
    much darker, or is parted from it by a sharp edge and bare. So a bold stroke of chalk is none, nor is paper beside
    a shadow.

    Args:
        small: float32 grey in [0, 1], see `shrink`.
        shape: height and width of the picture itself.

    Returns:
        (height, width) bool, True on the sheet; None where there is none.
    """
    if max(shape) <= SMALL_SIDE:
        return None
    light = (small > otsu(small)).astype(np.uint8)
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    if float(border.mean()) > 1 - SHEET_BESIDE:
        return None
    contours, _ = cv2.findContours(light, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=cv2.contourArea, default=None)
    if outline is None:
        return None
    area, (_, sides, _) = cv2.contourArea(outline), cv2.minAreaRect(outline)
    hull = cv2.convexHull(outline)
    solid, corners = area / max(1.0, cv2.contourArea(hull)), area / max(1.0, sides[0] * sides[1])
    if area < SHEET_SHARE * small.size or solid < SHEET_SOLID or corners < SHEET_CORNERS:
        return None
    filled = cv2.fillConvexPoly(np.zeros_like(light), hull, 1)
    reach = 2 * SHEET_EDGE + 1
    inside = cv2.erode(np.pad(filled, 1), np.ones((reach, reach), np.uint8))[1:-1, 1:-1] > 0
    if filled.all() or not inside.any() or float(light[inside].mean()) < 1 - SHEET_DARK:
        return None
    written = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, np.ones((reach, reach), np.uint8))
    if float(written[inside].max()) < MIN_CONTRAST:
        return None
    beside = float(np.median(small[filled == 0])) / float(np.median(small[inside]))  # how bright, by the sheet
    share = written / np.maximum(small + written, 1e-6)
    if beside > SHEET_LIGHT or (beside > SHEET_CONTRAST and not _lies_on(small, filled, share)):
        return None
    full = cv2.resize(inside.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)
    return full > 0.5


def spread_over(grey: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    """Make all beside a sheet as bright as the sheet's nearest paper.

    Args:
        grey: (height, width) float32 in [0, 1].
        sheet: (height, width) bool (see `find_sheet`).

    Returns:
        A new array like `grey`.
    """
    size = _shrunk(grey.shape)
    small = shrink(grey)
    beside = (cv2.resize(sheet.astype(np.float32), size, interpolation=cv2.INTER_AREA) < 0.99).astype(np.uint8)
    reach = max(3, round(UNEVEN_KERNEL * max(size))) | 1
    paper = cv2.morphologyEx(np.where(beside > 0, 0, small), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    _, nearest = cv2.distanceTransformWithLabels(beside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    value = np.zeros(int(nearest.max()) + 1, np.float32)
    value[nearest[beside == 0]] = paper[beside == 0]
    around = cv2.resize(value[nearest], grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(sheet, grey, around)


def clean_paper(pixels: np.ndarray) -> int | None:
    """Return how bright the paper of a drawing made by a program is, which saves looking for it.

    Its whole border, and more than half of it, is wholly white or wholly black, which no camera's or scanner's grain
    leaves so.

    Args:
        pixels: (height, width) uint8, grey.

    Returns:
        0 or 255; None for any other picture, and for the small scans that are cut out tightly.
    """
    corner = int(pixels[0, 0])
    height, width = pixels.shape
    if max(height, width) <= SMALL_SIDE or corner not in (0, WHITE):
        return None
    marked = pixels if corner == 0 else cv2.bitwise_not(pixels)
    box = cv2.boundingRect(marked)
    reaches_border = box[0] == 0 or box[1] == 0 or box[0] + box[2] == width or box[1] + box[3] == height
    if box[2] and reaches_border:
        return None
    return corner if 2 * cv2.countNonZero(marked) < pixels.size else None


def is_paper_dark(pixels: np.ndarray, small: np.ndarray) -> bool:
    """Tell whether the ink is lighter than the paper.

    Paper is most of the picture and of its border. Where light falls so unevenly that one threshold cannot part the
    two, the ink is on the side on which more stands out from the neighbourhood.

    Args:
        pixels: (height, width) uint8, grey.
        small: the same as float32 in [0, 1], see `shrink`.
    """
    is_light = pixels > cv2.threshold(pixels, 0, WHITE, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    if max(pixels.shape) <= SMALL_SIDE:
        return _ground_of_small(is_light) < 0.5
    ring = max(1, min(pixels.shape) // 40)
    sides = is_light[:ring], is_light[-ring:], is_light[:, :ring], is_light[:, -ring:]
    border = sum(int(np.count_nonzero(side)) for side in sides) / sum(side.size for side in sides)
    light = 0.5 * border + 0.5 * int(np.count_nonzero(is_light)) / is_light.size
    if abs(light - 0.5) > CLEAR_MAJORITY and _edge_step(small) >= SHARP_EDGE:
        return light < 0.5
    sigma = UNEVEN_KERNEL * max(small.shape)
    sharp = small - cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return float((np.clip(sharp, 0, None) ** 3).sum()) > float((np.clip(-sharp, 0, None) ** 3).sum())


def paper_level(small: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | float:
    """Estimate the paper under the ink.

    A grey opening takes the strokes away; what it leaves marks the paper's pixels, whose smoothed brightness
    (normalised convolution, Knutsson & Westin 1993) fills in what lies under the ink.

    Args:
        small: float32 in [0, 1], ink is bright, see `shrink`.
        shape: height and width of the picture itself.

    Returns:
        (height, width) float32, or one number where the paper is the same everywhere.
    """
    opened, kernel = _opened(small, PAPER_KERNEL), PAPER_KERNEL
    low, high = np.percentile(opened, (2, 98))
    if high - low < EVEN_PAPER:
        is_paper = small < np.median(opened) + MIN_CONTRAST
        return float(np.median(small[is_paper]))
    if high - low >= UNEVEN_PAPER:
        opened, kernel = _closely_lit(small), UNEVEN_KERNEL
    is_paper = (small < opened + MIN_CONTRAST).astype(np.float32)
    weight: np.ndarray = np.full_like(small, FAR_PAPER**2)
    paper = weight * opened
    for reach, share in ((kernel / 4, 1.0), (kernel, FAR_PAPER)):
        sigma = max(1.0, reach * max(small.shape))
        weight = weight + share * cv2.GaussianBlur(is_paper, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        paper = paper + share * cv2.GaussianBlur(small * is_paper, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize((paper / weight).astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)


def otsu(values: np.ndarray) -> float:
    """Otsu's threshold (1979) of values in [0, 1]."""
    threshold, _ = cv2.threshold(np.round(values * 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return threshold / 255.0


def _lies_on(small: np.ndarray, filled: np.ndarray, written: np.ndarray) -> bool:
    """Tell a sheet on something hardly darker from paper in a patch of light, whose edge is soft or written across.

    Args:
        small: (height, width) float32 grey.
        filled: (height, width) uint8, 1 on the sheet.
        written: (height, width) float32, by what share thin marks are darker than around them: as much in a shadow.
    """
    near, far = np.ones((3, 3), np.uint8), np.ones((2 * SHEET_EDGE + 1,) * 2, np.uint8)
    padded = np.pad(filled, SHEET_EDGE, mode="edge")

    def side(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pixels a little farther from the edge than its own blur, and how bright it is there."""
        ring = (cv2.erode(mask, near) - cv2.erode(mask, far))[SHEET_EDGE:-SHEET_EDGE, SHEET_EDGE:-SHEET_EDGE]
        ring = ring.astype(np.float32)
        reach = (4 * SHEET_EDGE + 1,) * 2
        amount = cv2.boxFilter(ring, -1, reach)
        return amount > 0, cv2.boxFilter(small * ring, -1, reach) / np.maximum(amount, 1e-6)

    (inner, bright), (outer, dark) = side(padded), side(1 - padded)
    edge = inner & outer & ((cv2.dilate(filled, near) - filled) > 0)
    within = cv2.erode(filled, far) > 0
    beside = cv2.dilate(filled, far) == 0
    if not edge.any() or not beside.any():
        return False
    step = float(np.median(small[within])) - float(np.median(small[beside]))
    sharp = float(((bright - dark)[edge] >= SHEET_STEP * step).mean())
    dark_enough = SHEET_WRITTEN * float(written[within].max())
    marked, bare = (float((written[part] > dark_enough).mean()) for part in (within, beside))
    return step > 0 and sharp >= SHEET_SHARP and bare <= SHEET_BARE * marked


def _edge_step(small: np.ndarray) -> float:
    """By how much of the contrast between light and dark brightness usually steps within three pixels of their edge."""
    light = small > otsu(small)
    if light.all() or not light.any():
        return 1.0
    kernel = np.ones((3, 3), np.uint8)
    edge = cv2.morphologyEx(light.astype(np.uint8), cv2.MORPH_GRADIENT, kernel) > 0
    step = float(np.median(cv2.morphologyEx(small, cv2.MORPH_GRADIENT, kernel)[edge]))
    return step / max(float(small[light].mean() - small[~light].mean()), 1e-6)


def _ground_of_small(light: np.ndarray) -> float:
    """How light the ground of a small (height, width) scan is, in [0, 1]; its digit may touch all four sides."""
    corner = max(1, min(light.shape) // 8)
    ends = slice(None, corner), slice(-corner, None)
    corners = [light[rows, columns].mean() for rows in ends for columns in ends]
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return float(np.mean([np.mean(corners), border.mean(), light.mean()]))


def _closely_lit(relief: np.ndarray) -> np.ndarray:
    """Follow the paper into shadows, but not into strokes wider than the opening that follows it.

    Such a stroke has edges steeper than light has them, and unlike a shadow it does not reach the border.
    """
    opened = _opened(relief, UNEVEN_KERNEL)
    gentle = _gently_sloping(opened, LIGHT_SLOPE / max(relief.shape))
    return np.minimum(opened, np.maximum(gentle, _lit_from_border(relief)))


def _lit_from_border(relief: np.ndarray) -> np.ndarray:
    """Take what stands out and does not reach the border away, however wide it is.

    A morphological reconstruction by dilation of the border (Vincent 1993).
    """
    seed = np.full_like(relief, -np.inf)
    seed[0], seed[-1], seed[:, 0], seed[:, -1] = relief[0], relief[-1], relief[:, 0], relief[:, -1]
    kernel, grown = np.ones((3, 3), np.uint8), np.empty_like(relief)
    for step in range(max(relief.shape)):  # pixels: paper at the end of a longer way lies in a maze, and is left out
        cv2.dilate(seed, kernel, dst=grown)
        cv2.min(grown, relief, dst=grown)
        if step % LOOK_EVERY == 0 and np.array_equal(grown, seed):
            break
        seed, grown = grown, seed
    return seed


def _gently_sloping(relief: np.ndarray, slope: float) -> np.ndarray:
    """The highest surface below (height, width) relief that nowhere rises by more than `slope` a pixel."""
    for axis in (0, 1):
        ramp = slope * np.arange(relief.shape[axis], dtype=np.float32)
        ramp = ramp[:, None] if axis == 0 else ramp
        there = np.minimum.accumulate(relief - ramp, axis=axis) + ramp
        back = np.flip(np.minimum.accumulate(np.flip(relief + ramp, axis), axis=axis), axis) - ramp
        relief = np.minimum(there, back)
    return relief


def _opened(relief: np.ndarray, share: float) -> np.ndarray:
    reach = max(3, round(share * max(relief.shape))) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (reach, reach))
    return cv2.morphologyEx(relief, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_REPLICATE)


def _shrunk(shape: tuple[int, ...]) -> tuple[int, int]:
    """The (width, height) at which a picture of this (height, width) is no larger than `PAPER_SIDE`."""
    scale = min(1.0, PAPER_SIDE / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
