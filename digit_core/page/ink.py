"""Find the ink on the paper: the second of three steps from a picture to a frame (see `page.frame`)."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from digit_core.errors import EmptyDrawingError
from digit_core.page.decode import WHITE, to_grey
from digit_core.page.frame import INK_THRESHOLD, MASK_THRESHOLD, stroke_width
from digit_core.page.paper import (
    MIN_CONTRAST,
    SMALL_SIDE,
    clean_paper,
    find_sheet,
    is_paper_dark,
    otsu,
    paper_level,
    shrink,
    spread_over,
)
from digit_core.page.rules import (
    CLEAN_INK,
    CLEAN_THICKNESS,
    LEAST_THICKNESS,
    RULE_THICKNESS,
    lines_across,
    printed_lines,
)

INK_SIDE = 1600  # pixels: larger pictures are shrunk to this before the ink is looked for
SMALL_PAPER = 5  # percentile of a small scan's brightness that is paper
LEAST_LIGHT = 0.1  # of the full range: deeper shadow hides what is printed
NOISE_SIGMAS = 4.0  # paper grain rarely exceeds its own standard deviation that often
TEXTURE_SIGMAS = 6.0  # the same of grain that smoothing leaves: a surface's own pattern is not much darker
RULED_SIDE = 64  # pixels: in smaller pictures a digit's own strokes reach from side to side
SEAM = 5  # pixels: the faint edge of a line is no ink either
RULE_LEVEL = 75  # percentile of the ink on printed lines, as crossing strokes are darker and seams fainter
FAINT_RULE = 0.7  # of the pen's ink: strokes crossing a line as faint as this show through it
PRESSED_INK = 0.12  # ink down to this may belong to a stroke that was pressed harder elsewhere ...
FIRM_INK = 0.6  # ... to this
PRESSED_STEP = 7  # pixels of PRESSED_REACH that remain where it is looked for
PRESSED_REACH = 3.0  # stroke widths over which a stroke's own darkness is looked for
FAINTEST_STROKE = 0.25  # of full ink: strokes are darkened to full ink from here up
BRIGHTNESSES = np.arange(WHITE + 1, dtype=np.float32) / WHITE  # of 8 bits, in [0, 1]
MIN_INK = 2e-5  # share of the picture: less than this is dust


def to_ink(picture: Image.Image | np.ndarray) -> np.ndarray:
    """Find the ink on the paper, whichever of the two is darker.

    What lies beside a light sheet on a dark desk goes first. The paper's brightness is estimated locally (grey opening
    on a shrunken copy), so shadows and uneven light go; what stands out from the paper's grain is scaled to [0, 1]. A
    clean drawing passes through unchanged.

    Args:
        picture: an upright PIL image (see `decode.open_picture`) or a uint8 array (H, W) or (H, W, 3).

    Returns:
        (height, width) float32 in [0, 1], ink is bright; shrunk so that no side exceeds `INK_SIDE`.

    Raises:
        EmptyDrawingError: nothing stands out from the paper.
    """
    pixels = to_grey(picture)
    longest = max(pixels.shape)
    if longest > INK_SIDE:
        scale = INK_SIDE / longest
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    paper = clean_paper(pixels)
    return _ink_in_photo(pixels) if paper is None else _clean(_ink_on_clean_paper(pixels, paper), grainy=False)


def _ink_on_clean_paper(pixels: np.ndarray, paper: int) -> np.ndarray:
    """Scale what stands out from paper that is white or black throughout; `pixels` are (height, width) uint8."""
    contrast = pixels if paper == 0 else cv2.bitwise_not(pixels)
    left, top, width, height = cv2.boundingRect(contrast)
    inked = slice(top, top + height), slice(left, left + width)
    counts = np.bincount(contrast[inked].ravel(), minlength=len(BRIGHTNESSES))
    counts[BRIGHTNESSES <= MIN_CONTRAST] = 0
    stands_out = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)  # sorted
    if stands_out.size <= MIN_INK * pixels.size:
        raise EmptyDrawingError()
    dark, _ = cv2.threshold(stands_out, 0, WHITE, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strong = stands_out[int(np.searchsorted(stands_out, dark)) :]
    level = (BRIGHTNESSES[strong[(strong.size - 1) // 2]] + BRIGHTNESSES[strong[strong.size // 2]]) / 2  # the median
    ink = np.zeros(pixels.shape, np.float32)
    ink[inked] = cv2.LUT(contrast[inked], np.minimum(BRIGHTNESSES / level, 1.0))
    return ink


def _ink_in_photo(pixels: np.ndarray) -> np.ndarray:
    """Scale what stands out from the paper's grain, wherever light falls on it; `pixels` are (height, width) uint8."""
    grey = cv2.LUT(pixels, BRIGHTNESSES)
    small = shrink(grey)
    sheet = find_sheet(small, grey.shape)
    if sheet is not None:
        grey = spread_over(grey, sheet)
        small = shrink(grey)
    paper_is_dark = sheet is None and is_paper_dark(pixels, small)
    relief, small = (grey, small) if paper_is_dark else (1.0 - grey, 1.0 - small)
    light: np.ndarray | None = None  # how much falls on the paper, where that is uneven
    noise = 0.0
    if max(relief.shape) <= SMALL_SIDE:  # a scan cut out tightly: ink may be most of it, and its paper is even
        relief = relief - float(np.percentile(relief, SMALL_PAPER))
    else:
        paper = paper_level(small, relief.shape)
        relief -= paper
        if isinstance(paper, np.ndarray) and not paper_is_dark:
            light = np.subtract(1.0, paper, out=paper)
            np.maximum(light, LEAST_LIGHT, out=light)
        noise = _grain(relief if sheet is None else relief[sheet])
    stands_out = relief[relief > max(MIN_CONTRAST, NOISE_SIGMAS * noise)]
    smooth = cv2.blur(relief, (3, 3))  # a stroke has ink beside its ink
    if float(smooth.max()) <= NOISE_SIGMAS * noise or stands_out.size <= MIN_INK * relief.size:
        raise EmptyDrawingError()
    dark = otsu(stands_out)
    ink_level = float(np.median(stands_out[stands_out >= dark]))
    if noise > 0.0 and ink_level < TEXTURE_SIGMAS * _grain(smooth if sheet is None else smooth[sheet]):  # cloth, wood
        raise EmptyDrawingError()
    floor = min(NOISE_SIGMAS * noise, 0.5 * ink_level)
    if light is None:
        return _clean(np.clip((relief - floor) / (ink_level - floor), 0.0, 1.0), noise > 0.0)
    light /= float(np.median(light[relief >= dark]))
    reach = np.minimum(light, 1.0)  # in shadow the same ink swallows less
    reach *= ink_level
    np.maximum(reach, 2 * floor, out=reach)
    reach -= floor
    relief -= floor
    relief /= reach
    return _clean(np.clip(relief, 0.0, 1.0, out=relief), noise > 0.0, np.maximum(light, 1.0, out=light))


def _clean(ink: np.ndarray, grainy: bool, light: np.ndarray | None = None) -> np.ndarray:
    """Take printed lines away and darken faint strokes, where the picture is not too small for either."""
    if min(ink.shape) < RULED_SIDE:
        return ink
    stroke = stroke_width(ink)
    rest = without_rules(ink, grainy, light, stroke)
    return _evenly_dark(rest, stroke if rest is ink else stroke_width(rest))


def _evenly_dark(ink: np.ndarray, stroke: float) -> np.ndarray:
    """Darken the faint parts of strokes that are firm elsewhere, as a pencil leaves them where it was pressed less.

    Only thin ink that hangs together with firm ink is touched, so the paper's grain and grey areas stay faint.
    """
    reach = int(np.ceil(PRESSED_REACH * max(1.0, stroke))) | 1
    step = max(1, reach // PRESSED_STEP)  # how dark strokes are changes slowly: a smaller picture tells it as well
    (height, width), beyond = ink.shape, (0, -ink.shape[0] % step, 0, -ink.shape[1] % step)
    whole = cv2.copyMakeBorder(ink, *beyond, cv2.BORDER_REPLICATE)  # whole steps shrink in a seventh of the time
    small = cv2.resize(whole, (whole.shape[1] // step, whole.shape[0] // step), interpolation=cv2.INTER_AREA)
    kernel = np.ones((reach // step | 1,) * 2, np.uint8)
    thin = (small - cv2.morphologyEx(small, cv2.MORPH_OPEN, kernel) > PRESSED_INK).view(np.uint8)
    count, labels = cv2.connectedComponents(thin, connectivity=8)
    firm = np.zeros(count, bool)
    firm[labels[small > FIRM_INK]] = True
    firm[0] = False
    strokes = firm[labels]
    level = cv2.dilate(small * strokes, kernel)
    level = np.clip(cv2.GaussianBlur(level, (0, 0), reach / step / 8), FAINTEST_STROKE, 1.0)
    factor = np.where(cv2.dilate(strokes.view(np.uint8), np.ones((3, 3), np.uint8)) > 0, 1.0 / level, np.float32(1.0))
    darkened = cv2.resize(factor, whole.shape[::-1], interpolation=cv2.INTER_LINEAR)[:height, :width] * ink
    return np.minimum(darkened, 1.0, out=darkened)


def without_rules(
    ink: np.ndarray, grainy: bool = True, light: np.ndarray | None = None, stroke: float | None = None
) -> np.ndarray:
    """Take away printed lines: rules, squares, form lines, boxes and tables (see `digit_core.page.rules`).

    On a canvas without any grain only lines from one side to the other go: shorter ones may be drawn. Strokes that
    cross a line stay where they are darker than it, and are closed again where they are not. Ink that is nothing but
    lines stays: somebody may have drawn them.

    Args:
        ink: (height, width) float32 in [0, 1], ink is bright.
        grainy: it is from a photo or a scan.
        light: (height, width) float32, by how much printed lines are darker than elsewhere since there is more light to
            swallow; None: nowhere.
        stroke: the ink's mean stroke width in pixels, where it is known.

    Returns:
        A new array of the same shape, or `ink` itself where there is no such line.
    """
    even = ink if light is None else ink / light
    stroke = stroke_width(ink) if grainy and stroke is None else stroke or 0.0
    lines = printed_lines(even, stroke) if grainy else lines_across(ink)
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


def _grain(relief: np.ndarray) -> float:
    """The standard deviation of what is paper, from the median absolute deviation of every pixel (ink is rare)."""
    deviations = np.abs(relief.ravel()[:: max(1, relief.size // 200_000)])
    middle = deviations.size // 2
    deviations.partition(middle)
    return 1.4826 * float(deviations[middle])
