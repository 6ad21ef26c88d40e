"""Find the ink on paper that is plainly lit: a step from a picture to its frames (see `page.frame`).

Drawings made by a program, clean scans and pictures of one character are read so; on a photo of a page the finder
looks for characters (`page.look`), and takes their ink from the picture's colours (`page.contrast`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from digit_core.errors import EmptyDrawingError
from digit_core.page.conversion import shrink_array
from digit_core.page.decode import WHITE, to_grey

INK_SIDE = 1600  # pixels: larger pictures are shrunk to this before the ink is looked for


@dataclass(frozen=True, slots=True)
class InkConfig:
    """How ink is told from paper without the finder.

    Attributes:
        small_side: the longest side of a scan of one character, as MNIST's and USPS' are, in pixels.
        small_paper: the percentile of a small scan's brightness that is paper.
        paper_side: the longest side of the picture that the paper's brightness is estimated on, in pixels.
        paper_kernel: what a bold digit's blots are narrower than, as a share of the picture's longest side.
        neighbourhood: how near the paper is that ink stands out from, as a share of the picture's longest side.
        min_contrast: the least contrast of ink, as a share of the full range between paper and ink.
        noise_sigmas: how many of its own standard deviations the paper's grain rarely exceeds.
        min_ink: the least ink, as a share of the picture: less is dust.
    """

    small_side: int = 40
    small_paper: int = 5
    paper_side: int = 192
    paper_kernel: float = 0.3
    neighbourhood: float = 0.1
    min_contrast: float = 0.06
    noise_sigmas: float = 4.0
    min_ink: float = 2e-5


CONFIG = InkConfig()

OPENED_WEIGHT = np.float32(2e-5)  # of the opening itself: it fills in where a blot hides all paper
GRAIN_PIXELS = 200_000  # about so many are sampled to measure the paper's grain
BRIGHTNESSES = np.arange(WHITE + 1, dtype=np.float32) / WHITE  # of 8 bits, in [0, 1]


def to_ink(picture: Image.Image | np.ndarray, paper: int | None = None) -> np.ndarray:
    """Find the ink on the paper, whichever of the two is darker.

    The paper's brightness is estimated locally (grey opening on a shrunken copy), so uneven light goes; what stands out
    from the paper's grain is scaled to [0, 1]. A clean drawing passes through unchanged.

    Args:
        picture: an upright PIL image (see `decode.open_picture`) or a uint8 array (H, W) or (H, W, 3).
        paper: what `clean_paper` says of it; None where that is still to be asked.

    Returns:
        (height, width) float32 in [0, 1], ink is bright; shrunk so that no side exceeds `INK_SIDE`.

    Raises:
        EmptyDrawingError: nothing stands out from the paper.
    """
    pixels = to_grey(picture)
    if max(pixels.shape) > INK_SIDE:
        pixels, paper = shrink_array(pixels, INK_SIDE), None
    paper = clean_paper(pixels) if paper is None else paper
    return _ink_on_lit_paper(pixels) if paper is None else _ink_on_clean_paper(pixels, paper)


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
    if max(height, width) <= CONFIG.small_side or not has_clean_corner(pixels):
        return None
    marked = pixels if corner == 0 else cv2.bitwise_not(pixels)
    box = cv2.boundingRect(marked)
    reaches_border = box[0] == 0 or box[1] == 0 or box[0] + box[2] == width or box[1] + box[3] == height
    if box[2] and reaches_border:
        return None
    return corner if 2 * cv2.countNonZero(marked) < pixels.size else None


def has_clean_corner(pixels: np.ndarray) -> bool:
    """Tell whether (height, width) or (height, width, 3) uint8 begins wholly white or black, as clean paper does."""
    return int(to_grey(pixels[:1, :1])[0, 0]) in (0, WHITE)


def _ink_on_clean_paper(pixels: np.ndarray, paper: int) -> np.ndarray:
    """Scale what stands out from paper that is white or black throughout; `pixels` are (height, width) uint8."""
    contrast = pixels if paper == 0 else cv2.bitwise_not(pixels)
    left, top, width, height = cv2.boundingRect(contrast)
    inked = slice(top, top + height), slice(left, left + width)
    counts = cv2.calcHist([contrast[inked]], [0], None, [len(BRIGHTNESSES)], [0, len(BRIGHTNESSES)]).ravel()
    counts[CONFIG.min_contrast >= BRIGHTNESSES] = 0
    stands_out = np.repeat(np.arange(len(counts), dtype=np.uint8), counts.astype(np.int64))  # sorted
    if stands_out.size <= CONFIG.min_ink * pixels.size:
        raise EmptyDrawingError()
    dark, _ = cv2.threshold(stands_out, 0, WHITE, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strong = stands_out[int(np.searchsorted(stands_out, dark)) :]
    level = (BRIGHTNESSES[strong[(strong.size - 1) // 2]] + BRIGHTNESSES[strong[strong.size // 2]]) / 2  # the median
    ink = np.zeros(pixels.shape, np.float32)
    ink[inked] = cv2.LUT(contrast[inked], np.minimum(BRIGHTNESSES / level, 1.0))
    return ink


def _ink_on_lit_paper(pixels: np.ndarray) -> np.ndarray:
    """Scale what stands out from the paper's grain; `pixels` are (height, width) uint8."""
    grey = cv2.LUT(pixels, BRIGHTNESSES)
    relief = grey if _is_paper_dark(pixels) else 1.0 - grey
    noise = 0.0
    if max(relief.shape) <= CONFIG.small_side:  # a scan cut out tightly: ink may be most of it, and its paper is even
        relief = relief - float(np.percentile(relief, CONFIG.small_paper))
    else:
        relief = relief - _paper_level(relief)
        noise = _grain(relief)
    stands_out = relief[relief > max(CONFIG.min_contrast, CONFIG.noise_sigmas * noise)]
    smooth = cv2.blur(relief, (3, 3))  # a stroke has ink beside its ink
    if float(smooth.max()) <= CONFIG.noise_sigmas * noise or stands_out.size <= CONFIG.min_ink * relief.size:
        raise EmptyDrawingError()
    ink_level = float(np.median(stands_out[stands_out >= _otsu(stands_out)]))
    floor = min(CONFIG.noise_sigmas * noise, 0.5 * ink_level)
    return np.clip((relief - floor) / (ink_level - floor), 0.0, 1.0)


def _is_paper_dark(pixels: np.ndarray) -> bool:
    """Tell whether the ink is lighter than the paper: what stands out most from its neighbourhood is ink.

    A small scan is cut out so tightly that its digit is the neighbourhood; there the paper is at the border.
    """
    if max(pixels.shape) <= CONFIG.small_side:
        return _ground_of_small(pixels > cv2.threshold(pixels, 0, WHITE, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]) < 0.5
    small = shrink_array(cv2.LUT(pixels, BRIGHTNESSES), CONFIG.paper_side)
    near = CONFIG.neighbourhood * max(small.shape)
    sharp = small - cv2.GaussianBlur(small, (0, 0), near, borderType=cv2.BORDER_REPLICATE)
    return float((np.clip(sharp, 0, None) ** 3).sum()) > float((np.clip(-sharp, 0, None) ** 3).sum())


def _ground_of_small(light: np.ndarray) -> float:
    """How light the ground of a small (height, width) scan is, in [0, 1]; its digit may touch all four sides."""
    corner = max(1, min(light.shape) // 8)
    ends = slice(None, corner), slice(-corner, None)
    corners = [light[rows, columns].mean() for rows in ends for columns in ends]
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return float(np.mean([np.mean(corners), border.mean(), light.mean()]))


def _paper_level(relief: np.ndarray) -> np.ndarray:
    """Estimate the paper under the ink; `relief` is (height, width) float32 in [0, 1], ink is bright.

    A grey opening takes the strokes away; what it leaves marks the paper's pixels, whose smoothed brightness
    (normalised convolution, Knutsson & Westin 1993) fills in what lies under the ink.
    """
    small = shrink_array(relief, CONFIG.paper_side)
    reach = max(3, round(CONFIG.paper_kernel * max(small.shape))) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (reach, reach))
    opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_REPLICATE)
    is_paper = (small < opened + CONFIG.min_contrast).astype(np.float32)
    sigma = max(1.0, CONFIG.paper_kernel / 4 * max(small.shape))
    weight = cv2.GaussianBlur(is_paper, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) + OPENED_WEIGHT
    light = cv2.GaussianBlur(small * is_paper, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    paper = (light + OPENED_WEIGHT * opened) / weight
    return np.asarray(cv2.resize(paper, relief.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _otsu(values: np.ndarray) -> float:
    """Otsu's threshold (1979) of values in [0, 1]."""
    threshold, _ = cv2.threshold(
        np.round(values * WHITE).astype(np.uint8), 0, WHITE, cv2.THRESH_BINARY | cv2.THRESH_OTSU
    )
    return threshold / WHITE


def _grain(relief: np.ndarray) -> float:
    """The standard deviation of what is paper, from the median absolute deviation of sampled pixels (ink is rare)."""
    deviations = np.abs(relief.ravel()[:: max(1, relief.size // GRAIN_PIXELS)])
    middle = deviations.size // 2
    deviations.partition(middle)
    return 1.4826 * float(deviations[middle])
