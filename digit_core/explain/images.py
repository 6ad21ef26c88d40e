"""Value -> picture: what explanations, feature maps and steps look like, black ink on white paper."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from digit_core.explain.counterfactual import Counterfactual
from digit_core.figures.colours import AGAINST_COLOUR, FOR_COLOUR, MARK_COLOUR
from digit_core.page.decode import WHITE
from digit_core.page.frame import FRAME_SIZE
from digit_core.types import Explanation, FeatureMaps, FrameSteps

EXPLANATION_SIDE = 10 * FRAME_SIZE  # Pixels of an explanation's side: ten for each pixel of the frame.
INK_STRENGTH = 0.72  # Ink is drawn this dark over the colour of its evidence, which stays visible below it.
LONGEST_STEP = 420  # Pixels; a longer picture of ink is shrunk to fit the page.
TILE_GAP = 1  # Pixels between two feature maps.
MAPS_IN_ROW = 20  # Feature maps side by side; the widest layer of the app then has four rows.


def explanation_picture(explanation: Explanation) -> Image.Image:
    """Colour the frame by its evidence: `FOR_COLOUR` for the target, `AGAINST_COLOUR` against it, white where none."""
    size = (EXPLANATION_SIDE, EXPLANATION_SIDE)
    ink = _enlarge(explanation.frame, size, Image.Resampling.NEAREST)[..., None]
    evidence = _enlarge(explanation.evidence, size, Image.Resampling.BILINEAR)[..., None]
    colour = np.where(evidence > 0, ImageColor.getrgb(FOR_COLOUR), ImageColor.getrgb(AGAINST_COLOUR))
    strength = np.abs(evidence)
    paper = WHITE * (1 - strength) + colour * strength
    return Image.fromarray(np.rint(paper * (1 - INK_STRENGTH * ink)).astype(np.uint8))


def mark_picture(change: Counterfactual) -> Image.Image:
    """Colour the ink that would go and leave all else transparent, to be laid over the drawing."""
    alpha = np.rint(WHITE * change.mark).astype(np.uint8)
    colour = np.broadcast_to(np.array(ImageColor.getrgb(MARK_COLOUR), np.uint8), (*alpha.shape, 3))
    return Image.fromarray(np.dstack([colour, alpha]))


def draw_change(change: Counterfactual) -> Image.Image:
    """Draw a shape's ink with the part that would go in colour, as small as its ink allows."""
    drawn = _as_ink(change.ink).convert("RGB")
    mark = mark_picture(change)
    drawn.paste(mark, mask=mark)
    rows, columns = np.flatnonzero(change.ink.any(axis=1)), np.flatnonzero(change.ink.any(axis=0))
    return drawn.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))


def feature_picture(features: FeatureMaps) -> Image.Image:
    """Lay a convolution's maps out side by side, bright where the filter answers."""
    count, height, width = features.maps.shape
    columns = min(MAPS_IN_ROW, count)
    rows = -(-count // columns)
    sheet: np.ndarray = np.full((rows * (height + TILE_GAP), columns * (width + TILE_GAP)), WHITE / 2, np.float32)
    for i, one in enumerate(features.maps):
        top, left = (i // columns) * (height + TILE_GAP), (i % columns) * (width + TILE_GAP)
        sheet[top : top + height, left : left + width] = WHITE * one
    return _grey(sheet[:-TILE_GAP, :-TILE_GAP])


def step_pictures(steps: FrameSteps) -> tuple[Image.Image, Image.Image, Image.Image]:
    """Draw the ink with the shape's box, the ink inside the box, and the frame as the networks see it."""
    whole = _as_ink(steps.ink).convert("RGB")
    box = steps.box
    thickness = max(1, max(whole.size) // 140)
    ImageDraw.Draw(whole).rectangle((box.left, box.top, box.right - 1, box.bottom - 1), None, MARK_COLOUR, thickness)
    ink_in_box = _as_ink(steps.ink_in_box)
    for picture in (whole, ink_in_box):
        picture.thumbnail((LONGEST_STEP, LONGEST_STEP))
    return whole, ink_in_box, _grey(WHITE * steps.frame)


def _as_ink(ink: np.ndarray) -> Image.Image:
    return _grey(WHITE * (1 - ink))


def _grey(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(values).astype(np.uint8))


def _enlarge(values: np.ndarray, size: tuple[int, int], resampling: Image.Resampling) -> np.ndarray:
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, resampling))
