"""Picture -> ink -> 28x28 frame: THE preprocessing, shared by page, API, command line, training and evaluation.

Three steps, each a pure function: `open_picture` decodes whatever a person hands over, `to_ink` finds the ink on the
paper, `to_mnist_frame` fits one digit's ink into a frame the way MNIST was made (LeCun et al. 1998): longest side 20
pixels, area averaging, centre of mass in the middle of 28x28. Stroke width is brought into MNIST's range before the
digit shrinks, since thick strokes close loops and thin ones turn into grey ghosts.
"""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFile, ImageOps

from digit_core.errors import EmptyDrawingError, PictureTooLargeError, UnreadablePictureError
from digit_core.rules import CLEAN_INK, CLEAN_THICKNESS, LEAST_THICKNESS, RULE_THICKNESS, lines_across, printed_lines

FRAME_SIZE = 28  # pixels, MNIST's frame
BODY_SIZE = 20  # pixels: MNIST fits the digit in 20x20 and leaves a margin of 4
INK_THRESHOLD = 0.15  # fainter than this is paper, when a digit's bounding box is drawn
MASK_THRESHOLD = 0.5  # where a stroke's edge lies between paper (0) and ink (1)

MAX_BYTES = 25 * 1024 * 1024  # a phone's photo has 2 to 12 MB
MAX_PIXELS = 50_000_000  # 50 megapixels: 150 MB once decoded
MAX_SIDE = 30_000  # pixels; longer than this is no picture of handwriting
INK_SIDE = 1600  # pixels: larger pictures are shrunk to this before the ink is looked for

TIE = 0.49  # a centre halfway between two pixels, as of anything symmetrical, always goes to the same one
CANVAS_SIDE = 120  # pixels: a digit's longest side while its stroke width is measured and changed
MIN_STROKE = 1.8  # pixels of the 20-pixel body: thinner pens are thickened to this
MAX_STROKE = 3.0  # pixels of the 20-pixel body: bolder brushes are thinned to this

SMALL_SIDE = 40  # pixels: pictures no larger are scans of one character, as MNIST's and USPS' are
SMALL_PAPER = 5  # percentile of such a scan's brightness that is paper
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
LEAST_LIGHT = 0.1  # of the full range: deeper shadow hides what is printed
NOISE_SIGMAS = 4.0  # paper grain rarely exceeds its own standard deviation that often
TEXTURE_SIGMAS = 6.0  # the same of grain that smoothing leaves: a surface's own pattern is not much darker
MIN_CONTRAST = 0.06  # of the full range between paper and ink; fainter marks are paper
RULED_SIDE = 64  # pixels: in smaller pictures a digit's own strokes reach from side to side
SEAM = 5  # pixels: the faint edge of a line is no ink either
RULE_LEVEL = 75  # percentile of the ink on printed lines, as crossing strokes are darker and seams fainter
FAINT_RULE = 0.7  # of the pen's ink: strokes crossing a line as faint as this show through it
PRESSED_INK = 0.12  # ink down to this may belong to a stroke that was pressed harder elsewhere ...
FIRM_INK = 0.6  # ... to this
PRESSED_STEP = 7  # pixels of PRESSED_REACH that remain where it is looked for
PRESSED_REACH = 3.0  # stroke widths over which a stroke's own darkness is looked for
FAINTEST_STROKE = 0.25  # of full ink: strokes are darkened to full ink from here up
MIN_INK = 2e-5  # share of the picture: less than this is dust


def open_picture(source: Image.Image | str | os.PathLike[str] | bytes | np.ndarray) -> Image.Image:
    """Decode a picture and bring it upright, without transparency.

    Args:
        source: a PIL image, a file's path, a file's bytes, or a uint8 array (H, W), (H, W, 3) or (H, W, 4).

    Returns:
        A PIL image of mode "L" or "RGB". Animated files give their first picture; transparent parts become the
        paper that the visible ink stands out from.

    Raises:
        UnreadablePictureError: the source cannot be decoded.
        PictureTooLargeError: more than `MAX_BYTES`, `MAX_PIXELS` or `MAX_SIDE`.
        TypeError: a source of another type.
    """
    if isinstance(source, np.ndarray):
        return _flatten(_from_array(source))
    if isinstance(source, Image.Image):
        _refuse_large(source.size)
        return _flatten(source)
    if isinstance(source, bytes):
        return _decode(source)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                raise PictureTooLargeError(_too_many_bytes(size))
            return _decode(path.read_bytes())
        except OSError as error:
            raise UnreadablePictureError(f"The file {path.name!r} could not be opened.") from error
    raise TypeError(f"expected a PIL image, path, bytes or uint8 array, got {type(source).__name__}")


def to_ink(picture: Image.Image | np.ndarray) -> np.ndarray:
    """Find the ink on the paper, whichever of the two is darker.

    What lies beside a light sheet on a dark desk goes first. The paper's brightness is estimated locally (grey opening
    on a shrunken copy), so shadows and uneven light go; what stands out from the paper's grain is scaled to [0, 1]. A
    clean drawing passes through unchanged.

    Args:
        picture: an upright PIL image (see `open_picture`) or a uint8 array (H, W) or (H, W, 3).

    Returns:
        (height, width) float32 in [0, 1], ink is bright; shrunk so that no side exceeds `INK_SIDE`.

    Raises:
        EmptyDrawingError: nothing stands out from the paper.
    """
    image = picture if isinstance(picture, Image.Image) else open_picture(picture)
    pixels: np.ndarray = np.asarray(image.convert("L"))
    longest = max(pixels.shape)
    if longest > INK_SIDE:
        scale = INK_SIDE / longest
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    grey = pixels.astype(np.float32) / 255.0
    sheet = _sheet(grey)
    if sheet is not None:
        grey = _spread(grey, sheet)
    paper_is_dark = sheet is None and _paper_is_dark(grey)
    relief = grey if paper_is_dark else 1.0 - grey
    light: np.ndarray | None = None  # how much falls on the paper, where that is uneven
    if max(relief.shape) <= SMALL_SIDE:  # a scan cut out tightly: ink may be most of it, and its paper is even
        relief, noise = relief - float(np.percentile(relief, SMALL_PAPER)), 0.0
    else:
        paper = _paper_level(relief)
        relief = relief - paper
        if isinstance(paper, np.ndarray) and not paper_is_dark:
            light = np.maximum(1.0 - paper, LEAST_LIGHT)
        noise = _grain(relief if sheet is None else relief[sheet])
    stands_out = relief[relief > max(MIN_CONTRAST, NOISE_SIGMAS * noise)]
    smooth = cv2.blur(relief, (3, 3))  # a stroke has ink beside its ink
    if float(smooth.max()) <= NOISE_SIGMAS * noise or stands_out.size <= MIN_INK * relief.size:
        raise EmptyDrawingError()
    dark = _otsu(stands_out)
    ink_level = float(np.median(stands_out[stands_out >= dark]))
    if noise > 0.0 and ink_level < TEXTURE_SIGMAS * _grain(smooth if sheet is None else smooth[sheet]):  # cloth, wood
        raise EmptyDrawingError()
    floor = min(NOISE_SIGMAS * noise, 0.5 * ink_level)
    if light is None:
        return _clean(np.clip((relief - floor) / (ink_level - floor), 0.0, 1.0), noise > 0.0)
    light = light / float(np.median(light[relief >= dark]))
    reach = np.maximum(ink_level * np.minimum(light, 1.0), 2 * floor) - floor  # in shadow the same ink swallows less
    return _clean(np.clip((relief - floor) / reach, 0.0, 1.0), noise > 0.0, np.maximum(light, 1.0))


def _clean(ink: np.ndarray, grainy: bool, light: np.ndarray | None = None) -> np.ndarray:
    """Take printed lines away and darken faint strokes, where the picture is not too small for either."""
    if min(ink.shape) < RULED_SIDE:
        return ink
    return _evenly_dark(without_rules(ink, grainy, light))


def _evenly_dark(ink: np.ndarray) -> np.ndarray:
    """Darken the faint parts of strokes that are firm elsewhere, as a pencil leaves them where it was pressed less.

    Only thin ink that hangs together with firm ink is touched, so the paper's grain and grey areas stay faint.
    """
    reach = int(np.ceil(PRESSED_REACH * max(1.0, stroke_width(ink)))) | 1
    step = max(1, reach // PRESSED_STEP)  # how dark strokes are changes slowly: a smaller picture tells it as well
    small = cv2.resize(ink, (-(-ink.shape[1] // step), -(-ink.shape[0] // step)), interpolation=cv2.INTER_AREA)
    kernel = np.ones((reach // step | 1,) * 2, np.uint8)
    thin = (small - cv2.morphologyEx(small, cv2.MORPH_OPEN, kernel) > PRESSED_INK).astype(np.uint8)
    count, labels = cv2.connectedComponents(thin, connectivity=8)
    firm = np.zeros(count, bool)
    firm[labels[small > FIRM_INK]] = True
    firm[0] = False
    strokes = firm[labels]
    level = cv2.dilate(np.where(strokes, small, 0.0).astype(np.float32), kernel)
    level = np.clip(cv2.GaussianBlur(level, (0, 0), reach / step / 8), FAINTEST_STROKE, 1.0)
    factor = np.where(cv2.dilate(strokes.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, 1.0 / level, 1.0)
    factor = cv2.resize(factor.astype(np.float32), ink.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.minimum(ink * factor, 1.0)


def without_rules(ink: np.ndarray, grainy: bool = True, light: np.ndarray | None = None) -> np.ndarray:
    """Take away printed lines: rules, squares, form lines, boxes and tables (see `digit_core.rules`).

    On a canvas without any grain only lines from one side to the other go: shorter ones may be drawn. Strokes that
    cross a line stay where they are darker than it, and are closed again where they are not. Ink that is nothing but
    lines stays: somebody may have drawn them.

    Args:
        ink: (height, width) float32 in [0, 1], ink is bright.
        grainy: it is from a photo or a scan.
        light: (height, width) float32, by how much printed lines are darker than elsewhere since there is more light to
            swallow; None: nowhere.

    Returns:
        A new array of the same shape, or `ink` itself where there is no such line.
    """
    even = ink if light is None else ink / light
    lines = printed_lines(even, stroke_width(ink)) if grainy else lines_across(ink)
    if lines is None:
        return ink
    rest = np.where(lines, 0.0, ink).astype(np.float32)
    if int((rest > CLEAN_INK).sum()) <= MIN_INK * ink.size:
        return ink
    thickness = max((RULE_THICKNESS if grainy else 2 * CLEAN_THICKNESS) * min(ink.shape), LEAST_THICKNESS)
    if grainy:
        seam = cv2.dilate(lines.astype(np.uint8), np.ones((SEAM, SEAM), np.uint8)) > 0
        rest[seam & (even < INK_THRESHOLD)] = 0.0
        level = float(np.percentile(even[lines], RULE_LEVEL))
        firm = even[rest > MASK_THRESHOLD]
        pen = float(np.median(firm)) if firm.size else 1.0
        if level < FAINT_RULE * pen:
            rest = np.where(lines & (even > (level + pen) / 2), ink, rest)
    else:
        thickness = max(thickness, 2 * LEAST_THICKNESS)
    gap = int(np.ceil(min(thickness, stroke_width(lines.astype(np.float32)) + SEAM))) | 1
    closed = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap)))
    return np.where(lines, closed, rest)


def to_mnist_frame(ink: np.ndarray) -> np.ndarray:
    """Fit one digit into a frame the way MNIST was made.

    Args:
        ink: (height, width) float32 in [0, 1], ink is bright.

    Returns:
        (28, 28) float32 in [0, 1], its centre of mass in the middle.

    Raises:
        EmptyDrawingError: nothing is brighter than `INK_THRESHOLD`.
    """
    body = _with_mnist_stroke(crop_to_ink(ink))
    height, width = body.shape
    scale = BODY_SIZE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _centre_by_mass(np.clip(cv2.resize(body, size, interpolation=cv2.INTER_AREA), 0.0, 1.0))


def crop_to_ink(ink: np.ndarray) -> np.ndarray:
    """Cut (height, width) ink down to the bounding box of everything brighter than `INK_THRESHOLD`.

    Raises:
        EmptyDrawingError: there is no such pixel.
    """
    visible = ink > INK_THRESHOLD
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    if rows.size == 0:
        raise EmptyDrawingError()
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def stroke_width(ink: np.ndarray) -> float:
    """Measure the mean stroke width of (height, width) ink, in its pixels; 0 where there is none.

    Across a stroke of width w the distance to the nearest edge averages w / 4.
    """
    mask = (ink > MASK_THRESHOLD).astype(np.uint8)
    if not mask.any():
        return 0.0
    distance = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, cv2.DIST_MASK_5)
    return 4.0 * (float(distance[distance > 0].mean()) - 0.5)


def _with_mnist_stroke(body: np.ndarray) -> np.ndarray:
    """Scale a cropped digit to `CANVAS_SIDE` and bring its stroke between `MIN_STROKE` and `MAX_STROKE`."""
    scale = CANVAS_SIDE / max(body.shape)
    size = (max(1, round(body.shape[1] * scale)), max(1, round(body.shape[0] * scale)))
    body = cv2.resize(body, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if body.max() > 0:
        body = body / body.max()  # thin lines lose contrast in shrinking
    width = stroke_width(body)
    unit = CANVAS_SIDE / BODY_SIZE
    change = float(np.clip(width, MIN_STROKE * unit, MAX_STROKE * unit)) - width
    if width == 0.0 or abs(change) < 0.5:
        return body
    margin = int(np.ceil(max(change, 0.0) / 2)) + 2
    mask = (np.pad(body, margin) > MASK_THRESHOLD).astype(np.uint8)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    edge_distance = np.where(mask > 0, inside - 0.5, 0.5 - outside)
    changed = np.clip(edge_distance + change / 2 + 0.5, 0.0, 1.0).astype(np.float32)
    return crop_to_ink(changed) if changed.max() > INK_THRESHOLD else body


def _centre_by_mass(body: np.ndarray) -> np.ndarray:
    """Paste a body of at most 20x20 into a frame, its centre of mass on the middle, by whole pixels as MNIST does."""
    height, width = body.shape
    total = float(body.sum())
    row = float(body.sum(axis=1) @ np.arange(height)) / total
    column = float(body.sum(axis=0) @ np.arange(width)) / total
    middle = (FRAME_SIZE - 1) / 2
    top = int(np.clip(np.floor(middle - row + TIE), 0, FRAME_SIZE - height))
    left = int(np.clip(np.floor(middle - column + TIE), 0, FRAME_SIZE - width))
    frame = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    frame[top : top + height, left : left + width] = body
    return frame


def _paper_is_dark(grey: np.ndarray) -> bool:
    """Tell whether the ink is lighter than the paper.

    Paper is most of the picture and of its border. Where light falls so unevenly that one threshold cannot part the
    two, the ink is on the side on which more stands out from the neighbourhood.
    """
    threshold = _otsu(grey)
    if max(grey.shape) <= SMALL_SIDE:
        return _ground_of_small(grey > threshold) < 0.5
    ring = max(1, min(grey.shape) // 40)
    border = np.concatenate(
        [grey[:ring].ravel(), grey[-ring:].ravel(), grey[:, :ring].ravel(), grey[:, -ring:].ravel()]
    )
    light = 0.5 * float((border > threshold).mean()) + 0.5 * float((grey > threshold).mean())
    small = cv2.resize(grey, _shrunk(grey.shape), interpolation=cv2.INTER_AREA)
    if abs(light - 0.5) > CLEAR_MAJORITY and _edge_step(small) >= SHARP_EDGE:
        return light < 0.5
    sigma = UNEVEN_KERNEL * max(small.shape)
    sharp = small - cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return float((np.clip(sharp, 0, None) ** 3).sum()) > float((np.clip(-sharp, 0, None) ** 3).sum())


def _edge_step(small: np.ndarray) -> float:
    """By how much of the contrast between light and dark brightness usually steps within three pixels of their edge."""
    light = small > _otsu(small)
    if light.all() or not light.any():
        return 1.0
    kernel = np.ones((3, 3), np.uint8)
    edge = cv2.morphologyEx(light.astype(np.uint8), cv2.MORPH_GRADIENT, kernel) > 0
    step = float(np.median(cv2.morphologyEx(small, cv2.MORPH_GRADIENT, kernel)[edge]))
    return step / max(float(small[light].mean() - small[~light].mean()), 1e-6)


def _sheet(grey: np.ndarray) -> np.ndarray | None:
    """Find the light sheet that lies on something darker: (height, width) bool, or None where there is none.

    It is large, solid and has corners, something is written on it, and what lies beside it reaches the border and is
    much darker, or is parted from it by a sharp edge and bare. So a bold stroke of chalk is none, nor is paper beside
    a shadow.
    """
    if max(grey.shape) <= SMALL_SIDE:
        return None
    small = cv2.resize(grey, _shrunk(grey.shape), interpolation=cv2.INTER_AREA)
    light = (small > _otsu(small)).astype(np.uint8)
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
    full = cv2.resize(inside.astype(np.float32), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return full > MASK_THRESHOLD


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


def _spread(grey: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    """Return (height, width) grey with all beside a sheet as bright as the sheet's nearest paper."""
    size = _shrunk(grey.shape)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    beside = (cv2.resize(sheet.astype(np.float32), size, interpolation=cv2.INTER_AREA) < 0.99).astype(np.uint8)
    reach = max(3, round(UNEVEN_KERNEL * max(size))) | 1
    paper = cv2.morphologyEx(np.where(beside > 0, 0, small), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    _, nearest = cv2.distanceTransformWithLabels(beside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    value = np.zeros(int(nearest.max()) + 1, np.float32)
    value[nearest[beside == 0]] = paper[beside == 0]
    around = cv2.resize(value[nearest], grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(sheet, grey, around)


def _ground_of_small(light: np.ndarray) -> float:
    """How light the ground of a small (height, width) scan is, in [0, 1]; its digit may touch all four sides."""
    corner = max(1, min(light.shape) // 8)
    ends = slice(None, corner), slice(-corner, None)
    corners = [light[rows, columns].mean() for rows in ends for columns in ends]
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return float(np.mean([np.mean(corners), border.mean(), light.mean()]))


def _shrunk(shape: tuple[int, ...]) -> tuple[int, int]:
    """The (width, height) at which a picture of this (height, width) is no larger than `PAPER_SIDE`."""
    scale = min(1.0, PAPER_SIDE / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


def _paper_level(relief: np.ndarray) -> np.ndarray | float:
    """Estimate the paper under the ink of (height, width) relief, ink bright.

    A grey opening takes the strokes away; what it leaves marks the paper's pixels, whose smoothed brightness
    (normalised convolution, Knutsson & Westin 1993) fills in what lies under the ink.
    """
    height, width = relief.shape
    size = _shrunk(relief.shape)
    small = cv2.resize(relief, size, interpolation=cv2.INTER_AREA)
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
        sigma = max(1.0, reach * max(size))
        weight = weight + share * cv2.GaussianBlur(is_paper, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        paper = paper + share * cv2.GaussianBlur(small * is_paper, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize((paper / weight).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)


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
    kernel = np.ones((3, 3), np.uint8)
    for _ in range(max(relief.shape)):  # pixels: paper at the end of a longer way lies in a maze, and is left out
        grown = np.minimum(cv2.dilate(seed, kernel), relief)
        if np.array_equal(grown, seed):
            break
        seed = grown
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


def _grain(relief: np.ndarray) -> float:
    """The standard deviation of what is paper, from the median absolute deviation of every pixel (ink is rare)."""
    step = max(1, relief.size // 200_000)
    return 1.4826 * float(np.median(np.abs(relief.ravel()[::step])))


def _otsu(values: np.ndarray) -> float:
    """Otsu's threshold (1979) of values in [0, 1]."""
    threshold, _ = cv2.threshold(np.round(values * 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return threshold / 255.0


def _from_array(array: np.ndarray) -> Image.Image:
    if array.dtype != np.uint8:
        raise TypeError(f"expected a uint8 array, got {array.dtype}")
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise TypeError(f"expected shape (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if array.size == 0:
        raise EmptyDrawingError()
    _refuse_large((array.shape[1], array.shape[0]))
    return Image.fromarray(array)


def _decode(content: bytes) -> Image.Image:
    if len(content) > MAX_BYTES:
        raise PictureTooLargeError(_too_many_bytes(len(content)))
    if not content:
        raise UnreadablePictureError("The file is empty: it has 0 bytes.")
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        raise UnreadablePictureError("HEIC photos cannot be read here; save the photo as JPEG or PNG first.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken metadata: the pixels decide
            image = Image.open(io.BytesIO(content))
            _refuse_large(image.size)
            return _flatten(image)
    except PictureTooLargeError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureTooLargeError(_too_many_pixels()) from error
    except Exception as error:  # Pillow's decoders raise almost anything on broken files
        raise UnreadablePictureError(
            "This file could not be read as a picture: it is damaged or of an unknown kind. PNG and JPEG work."
        ) from error


def _flatten(image: Image.Image) -> Image.Image:
    """Bring a decoded picture to "L" or "RGB": upright, 8 bits, transparency replaced by paper."""
    image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _from_deep(np.asarray(image, dtype=np.float64))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_paper(image.convert("RGBA"))
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")


def _from_deep(values: np.ndarray) -> Image.Image:
    """Scale 16-bit or float grey to 8 bits by its own range (scanners seldom use all of 16 bits)."""
    values = np.nan_to_num(values)
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return Image.fromarray(np.zeros(values.shape, np.uint8))
    if low >= 0 and high > 255:
        low, high = (0.0, 65535.0) if high > 65535 / 4 and high <= 65535 else (0.0, high)
    return Image.fromarray(np.round((values - low) / (high - low) * 255).astype(np.uint8))


def _on_paper(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on paper that its visible ink stands out from."""
    pixels = np.asarray(image, dtype=np.float32)
    alpha = pixels[..., 3:] / 255.0
    if float(alpha.sum()) == 0.0:
        raise EmptyDrawingError()
    ink_is_light = float((pixels[..., :3] * alpha).sum() / (3 * alpha.sum())) > 127.5
    paper = 0.0 if ink_is_light and float(alpha.mean()) < 0.5 else 255.0
    return Image.fromarray(np.round(pixels[..., :3] * alpha + paper * (1 - alpha)).astype(np.uint8))


def _refuse_large(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise PictureTooLargeError(_too_many_pixels())


def _too_many_bytes(size: int) -> str:
    return f"The file has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read."


def _too_many_pixels() -> str:
    megapixels = MAX_PIXELS // 1_000_000
    return f"The picture is too large: at most {megapixels} megapixels and {MAX_SIDE:,} pixels a side are read."


ImageFile.LOAD_TRUNCATED_IMAGES = False  # half a photo would be read as if it were whole
