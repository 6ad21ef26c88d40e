"""What a camera or a scanner makes of a drawing: uneven light, grain, blur, JPEG, rules, few pixels, no greys.

People photograph what they wrote with a pen on paper. Networks that saw drawings from a clean canvas alone know none
of what remains at a stroke's edge after that, so some of training's frames come this way.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from training.data.imaging import compress, draw_edge, enlarge, shade, to_eight_bits

WHITE = 255.0  # The grey value of white paper.
RULE_CHANCE = 0.25  # This share of the photographed sheets is ruled or squared.
SHADOW_CHANCE = 0.35  # A shadow falls on this share of them.
BINARY_CHANCE = 0.4  # This share of the small scans is black and white, without greys.
SCAN_SIDE = (11, 48)  # Pixels, least and most, of the digit's longest side on a small scan.


def photograph(drawing: np.ndarray, rng: Generator) -> np.ndarray:
    """Return a photo of black ink on white paper.

    Args:
        drawing: (height, width) uint8, black on white.
        rng: the source of chance.

    Returns:
        (height, width) uint8: paper that is neither white nor even, ink that is neither black nor even, now and then
        rules across the sheet or light ink on a dark board.
    """
    height, width = drawing.shape
    ink = 1.0 - drawing.astype(np.float32) / WHITE
    if rng.random() < 0.5:  # ink that did not run evenly
        ink *= 1.0 - rng.uniform(0.1, 0.45) * _clouds(drawing.shape, int(rng.integers(6, 40)), rng)
    paper: np.ndarray = rng.uniform(0.55, 0.98) + rng.uniform(0, 0.12) * (_clouds(drawing.shape, 3, rng) - 0.5)
    slope = rng.normal(0, 0.12, 2)
    rows, columns = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    paper = paper + slope[0] * rows + slope[1] * columns
    if rng.random() < SHADOW_CHANCE:
        distances = draw_edge(columns, rows, 0.4, rng)
        paper = paper * shade(rng.uniform(0.1, 0.4), distances / rng.uniform(0.01, 0.1))
    if rng.random() < RULE_CHANCE:
        paper = paper * (1 - rng.uniform(0.08, 0.3) * _rules(drawing.shape, rng))
    clear = np.asarray(paper * (1 - rng.uniform(0.35, 0.95) * ink), np.float32)
    picture: np.ndarray = cv2.GaussianBlur(clear, (0, 0), rng.uniform(0.3, 1.8))
    picture = picture + rng.normal(0, rng.uniform(0.002, 0.025), drawing.shape)
    if rng.random() < 0.15:
        picture = 1 - picture
    return compress(to_eight_bits(picture), int(rng.integers(35, 95)))


def scan(drawing: np.ndarray, rng: Generator) -> np.ndarray:
    """Return a small scan cut out around black ink on white paper: few pixels, now and then without greys.

    Args:
        drawing: (height, width) uint8, black on white, with some ink.
        rng: the source of chance.

    Returns:
        (height, width) uint8 of a picture a few dozen pixels wide, light on dark in half of the cases.
    """
    ink = WHITE - drawing
    left, top, width, height = cv2.boundingRect(cv2.findNonZero((ink > WHITE / 2).astype(np.uint8)))
    body = ink[top : top + height, left : left + width].astype(np.float32)
    scale = rng.uniform(*SCAN_SIDE) / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(body, size, interpolation=cv2.INTER_AREA)
    if rng.random() < BINARY_CHANCE:
        small = np.where(small > WHITE * rng.uniform(0.25, 0.5), np.float32(WHITE), np.float32(0))
    else:
        dust = rng.uniform(0, 10, small.shape)
        small = np.asarray(np.minimum(small * rng.uniform(0.7, 1.6), WHITE) + dust, np.float32)
    margin = int(rng.integers(0, max(2, round(0.25 * max(size)))))
    framed = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0.0)
    pixels = np.clip(np.round(framed), 0, WHITE).astype(np.uint8)
    return pixels if rng.random() < 0.5 else np.asarray(255 - pixels, np.uint8)


def _clouds(shape: tuple[int, ...], knots: int, rng: Generator) -> np.ndarray:
    """Smooth noise in [0, 1], `knots` spots a side."""
    spots = rng.random((knots, knots)).astype(np.float32)
    return np.clip(enlarge(spots, shape), 0, 1)


def _rules(shape: tuple[int, ...], rng: Generator) -> np.ndarray:
    """Where a sheet's rules or squares are printed: (height, width) in [0, 1]."""
    height, width = shape
    lines = np.zeros(shape, np.float32)
    step = int(rng.integers(24, 90))
    thickness = int(rng.integers(1, 3))
    for row in range(int(rng.integers(0, step)), height, step):
        lines[row : row + thickness] = 1
    if rng.random() < 0.5:
        for column in range(int(rng.integers(0, step)), width, step):
            lines[:, column : column + thickness] = 1
    return lines
