"""The code that the cards give to their readers: numpy and Pillow do what the app does around the networks.

The tests run it against the app's own preprocessing.
"""

from __future__ import annotations

from digit_core.models.geometry import CHARACTER_HEIGHT, FINDER_MULTIPLE, FINDER_STRIDE, OFFSET_UNIT
from digit_core.page.frame import MAX_STROKE, MIN_STROKE
from digit_core.page.look import BORDER
from digit_core.page.look import CONFIG as LOOK
from digit_core.page.shapes import CONFIG as SHAPES

SNIPPET_CLOSENESS = 0.02  # mean difference between the snippet's frame and ours, once a shift by a pixel is allowed
CROP = BORDER // FINDER_STRIDE  # of the answer, where the picture begins

FRAME_SNIPPET = f"""\
import numpy as np
from PIL import Image

def fit(ink, side):  # crop to the ink, then scale its longest side
    rows, columns = np.where(ink > 0.15)
    ink = Image.fromarray(ink[rows.min():rows.max() + 1, columns.min():columns.max() + 1])
    return np.asarray(ink.resize([max(1, round(n * side / max(ink.size))) for n in ink.size], Image.BOX))

def grow(ink, steps):  # by a cross, then a square, and so on: nearly a circle
    for step in range(steps):
        tall = np.max([ink, np.roll(ink, 1, 0), np.roll(ink, -1, 0)], 0)
        wide = tall if step % 2 else ink
        ink = np.max([tall, np.roll(wide, 1, 1), np.roll(wide, -1, 1)], 0)
    return ink

def picture_to_frame(picture):  # one digit on even paper, lighter or darker than the ink
    grey = np.asarray(picture.convert("L"), np.float32) / 255
    ink = np.abs(grey - np.median(grey))
    ink = np.pad(fit(ink / ink.max(), 120), 20)
    left = [(~grow(ink < 0.5, steps)).sum() for steps in range(30)]
    width = 4 * sum(left) / left[0] - 2  # of the pen, from how fast erosion eats the ink
    steps = round((np.clip(width, {MIN_STROKE} * 6, {MAX_STROKE} * 6) - width) / 2)
    body = fit(grow(ink, steps) if steps > 0 else 1 - grow(1 - ink, -steps), 20)
    corner = [13.5 - np.arange(n) @ body.sum(1 - axis) / body.sum() for axis, n in enumerate(body.shape)]
    frame = np.pad(body, [(0, 28 - n) for n in body.shape])
    return np.roll(frame, np.clip(np.round(corner), 0, 28 - np.array(body.shape)).astype(int), (0, 1))
"""

SHAPES_SNIPPET = f"""\
import numpy as np

def look(network, picture, scale):  # for 2x2 pixels each: logits of ink, marks, centres; offset x, y; height
    small = picture.convert("RGB").resize([max(2, round(n * scale)) for n in picture.size])
    sides = [({BORDER}, {BORDER} + -n % {FINDER_MULTIPLE}) for n in (small.height, small.width)]
    pixels = np.pad(np.asarray(small) / np.float32(255), [*sides, (0, 0)], "edge")
    return np.asarray(network(pixels[None]))[0, {CROP}:][:-(-small.height // 2), {CROP}:][:, :-(-small.width // 2)]

def find_shapes(network, picture):  # whose each pixel is, -1 for nobody's; and the scale of that to the picture
    height, scale = {CHARACTER_HEIGHT:.0f}, min({LOOK.max_first_zoom:.0f}, {LOOK.first_side} / max(picture.size))
    for _ in range({LOOK.max_looks}):  # characters {CHARACTER_HEIGHT:.0f} pixels high are parted best
        maps = look(network, picture, scale := scale * {CHARACTER_HEIGHT:.0f} / height)
        ink, other = np.moveaxis(1 / (1 + np.exp(-maps[..., :2])), -1, 0)
        y, x = np.nonzero(ink * (1 - other) > {LOOK.sure_ink})  # what is both is no character
        if len(y) == 0:
            return np.full(maps.shape[:2], -1), scale / 2
        height = {CHARACTER_HEIGHT:.0f} * 2 ** np.median(maps[y, x, 5])
    aimed = np.stack([x, y], 1) + {OFFSET_UNIT / FINDER_STRIDE:.0f} * maps[y, x, 3:5]  # at the centre of its character
    places, votes = np.unique(np.round(aimed), axis=0, return_counts=True)
    votes, centres = np.exp(-np.square(places[:, None] - places).sum(2) / 4.5) @ votes, np.empty((0, 2))
    for place in places[np.argsort(-votes)]:  # the likeliest first, no two near each other
        if (np.hypot(*(centres - place).T) > {SHAPES.min_centre_distance / FINDER_STRIDE:.2f} * height).all():
            centres = np.vstack([centres, place])
    distances, owners = np.hypot(*(aimed[:, None] - centres).T).T, np.full(maps.shape[:2], -1)
    followers = np.bincount(distances.argmin(1), minlength=len(centres))
    distances = distances[:, followers >= {SHAPES.min_share} * np.median(followers)]
    owners[y, x] = np.where(distances.min(1) < {SHAPES.max_reach / FINDER_STRIDE:.2f} * height, distances.argmin(1), -1)
    return owners, scale / 2
"""
