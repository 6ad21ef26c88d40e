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
from digit_core.paper import MIN_CONTRAST, SMALL_SIDE, find_sheet, is_paper_dark, otsu, paper_level, spread_over
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
    sheet = find_sheet(grey)
    if sheet is not None:
        grey = spread_over(grey, sheet)
    paper_is_dark = sheet is None and is_paper_dark(grey)
    relief = grey if paper_is_dark else 1.0 - grey
    light: np.ndarray | None = None  # how much falls on the paper, where that is uneven
    if max(relief.shape) <= SMALL_SIDE:  # a scan cut out tightly: ink may be most of it, and its paper is even
        relief, noise = relief - float(np.percentile(relief, SMALL_PAPER)), 0.0
    else:
        paper = paper_level(relief)
        relief = relief - paper
        if isinstance(paper, np.ndarray) and not paper_is_dark:
            light = np.maximum(1.0 - paper, LEAST_LIGHT)
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


def _grain(relief: np.ndarray) -> float:
    """The standard deviation of what is paper, from the median absolute deviation of every pixel (ink is rare)."""
    step = max(1, relief.size // 200_000)
    return 1.4826 * float(np.median(np.abs(relief.ravel()[::step])))


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
