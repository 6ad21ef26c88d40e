"""What a camera makes of a composed page: its holes, the desk around it, light, grain, blur and JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from training.data.imaging import compress, draw_edge, enlarge, shade, smooth_noise, to_eight_bits
from training.data.page_kinds.kinds import Kind

LIGHT_KNOTS = 4  # spots a side between which light changes smoothly
WORN_KNOTS = 5  # the same for ink
HOLE, HOLE_MARGIN = 5.5, 7.0  # millimetres: a punched hole's width, and from its middle to the sheet's edge


def punch(width: int, height: int, scale: float, rng: Generator) -> np.ndarray:
    """What share of the light comes back from a punched sheet, (height, width) float32 in [0, 1]; `scale` per mm."""
    sheet = np.ones((height, width), np.float32)
    dark, step = float(rng.uniform(0.05, 0.4)), rng.uniform(8.5, 80)
    for y in np.arange(rng.uniform(0, step), height / scale, step):
        middle = round(HOLE_MARGIN * scale), round(y * scale)
        cv2.circle(sheet, middle, round(HOLE / 2 * scale), dark, -1, cv2.LINE_AA)
    return sheet


def put_on_desk(
    width: int, height: int, returned: tuple[float, float], rng: Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Put desk around a sheet of this size in pixels, none on some sides, where the sheet leaves the picture.

    Returns:
        Where the sheet's top left corner lies, (x, y), and what share of the light comes back, (height, width) float32
        in [0, 1]: a desk's share beside the sheet, all of it on the sheet.
    """
    beside = rng.uniform(0.03, 0.35, (2, 2)) * (rng.random((2, 2)) < 0.8) * [width, height]
    corner = beside[0]
    size = np.round(beside.sum(axis=0) + [width, height]).astype(int)
    grain = smooth_noise((int(size[1]), int(size[0])), (int(rng.integers(4, 200)), 3), rng)
    desk = np.float32(rng.uniform(*returned)) * (1 + np.float32(rng.uniform(0, 0.3)) * (grain - 0.5))
    sheet = corner + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [width, height]
    sheet = sheet + rng.normal(0, 0.01, (4, 2)) * [width, height]  # no camera stands quite upright
    cv2.fillConvexPoly(desk, np.round(sheet).astype(np.int32), 1.0, cv2.LINE_AA)
    return corner, np.clip(desk, 0, 1)


def photograph(
    ink: np.ndarray, lines: np.ndarray, kind: Kind, rng: Generator, desk: np.ndarray | None = None
) -> np.ndarray:
    """Light, grain, blur and JPEG over (height, width) coverage of ink and of printed lines; RGB uint8."""
    height, width = ink.shape
    spots = 1 - rng.uniform(0, 0.3) * rng.random((LIGHT_KNOTS, LIGHT_KNOTS), np.float32)
    light = enlarge(spots, ink.shape) * np.float32(rng.uniform(0.7, 0.98))
    if kind.shadow:
        rows = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
        columns = np.linspace(-0.5, 0.5, width, dtype=np.float32)
        distances = draw_edge(columns, rows, 0.35, rng)
        light = light * shade(rng.uniform(0.2, 0.5), distances / rng.uniform(0.003, 0.06))
    paper, pen, print_ = (np.ones(3) for _ in range(3))
    if desk is not None:
        light, lines = light * desk, lines * (desk == 1.0)
    if kind.coloured:
        paper, pen = rng.uniform(0.65, 1.0, 3), rng.uniform(0.3, 1.0, 3)
        pen[rng.integers(0, 3)] = 1.0
    if kind.lines and rng.random() < 0.6:
        print_ = np.array([1.0, 0.7, 0.35])  # what blue lines swallow of red, green and blue
    swallowed = ink * np.float32(rng.uniform(*kind.ink))
    if kind.worn:
        missing = np.clip(smooth_noise((height, width), WORN_KNOTS, rng), 0, 1)
        swallowed = swallowed * (1 - np.float32(rng.uniform(0, kind.worn)) * missing)
    printed = lines * np.float32(rng.uniform(*kind.printed))
    picture = np.stack(
        [light * paper[c] * (1 - printed * print_[c]) * (1 - swallowed * pen[c]) for c in range(3)], axis=-1
    ).astype(np.float32)
    if kind.gleam:
        picture = picture * np.float32(rng.uniform(0.6, 0.9)) + _gleam(width, height, rng)[..., None]
    if kind.dark:
        picture = (1 - picture) * np.float32(rng.uniform(0.6, 1.0))
    blurred: np.ndarray = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.0) * max(1.0, max(ink.shape) / 1600))
    grain = rng.normal(0, rng.uniform(0.003, 0.02), (height, width)).astype(np.float32)
    pixels = to_eight_bits(blurred + grain[..., None])
    return compress(pixels, int(rng.integers(60, 95)))


def _gleam(width: int, height: int, rng: Generator) -> np.ndarray:
    """The light of a lamp that paper mirrors: (height, width) float32, brightest at one place."""
    middle, reach = rng.uniform(0, 1, 2) * [width, height], rng.uniform(0.15, 0.3) * max(width, height)
    columns = np.exp(-((np.arange(width, dtype=np.float32) - middle[0]) ** 2) / (2 * reach**2))
    rows = np.exp(-((np.arange(height, dtype=np.float32) - middle[1]) ** 2) / (2 * reach**2))
    return np.asarray(rng.uniform(0.25, 0.6) * np.outer(rows, columns), np.float32)
