"""Drawings on the page's canvas: pen strokes plain and written again, and what is no digit.

Every picture is a (280, 280) uint8 canvas of black ink on white paper, the page's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digit_core.page.decode import WHITE
from digit_core.pen import CANVAS_SIDE
from training.data import characters, habits, strokes
from training.data.strokes import Drawing, Placement

BOLDEST = 0.12  # of a Greek letter's or a sign's longest side: with bolder pens a delta is a six, a dollar an eight
PRINTED = "CFHJKLNPTUVWYcdfhjnpruvy"  # the letters that are printed, none of them of `frames.HELD_OUT_KINDS`
FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
)


def draw_plainly(drawing: Drawing, rng: np.random.Generator, placement: Placement, brush: int) -> np.ndarray:
    """Draw a drawing as it is, "fill" or "off", with a brush of so many pixels."""
    return strokes.draw([strokes.place(drawing, placement, rng)], brush)


def write_again(
    drawing: Drawing, rng: np.random.Generator, boldest: float = 0.30, habit_share: float = habits.HABIT_SHARE
) -> np.ndarray:
    """Write a drawing again, with a hair-thin pen or a bold one, up to a share of its longest side."""
    if rng.random() < habit_share:
        drawing = habits.with_habit(drawing, rng)
    if rng.random() < 0.75:
        drawing = strokes.vary(drawing, rng)
    side = CANVAS_SIDE * rng.uniform(0.28, 0.88)
    placed = drawing.resize(side).transform(np.eye(2), np.full(2, CANVAS_SIDE / 2))
    brush = side * np.exp(rng.uniform(np.log(0.03), np.log(boldest)))
    return strokes.draw([placed], float(np.clip(brush, 2, 34)))


def write_pair(drawing: Drawing, rng: np.random.Generator, others: Sequence[Drawing]) -> np.ndarray:
    """Write two digits side by side, touching or nearly so."""
    height = rng.uniform(90, 130)
    left, right = drawing, others[int(rng.integers(0, len(others)))]
    shapes = []
    for digit in (left, right):
        low, high = digit.extent
        scale = digit.scale_to(height * rng.uniform(0.85, 1.15), strokes.NARROWEST)
        shapes.append(digit.transform(np.eye(2) * scale, -(low + high) / 2 * scale))
    gap = rng.uniform(-12, 10)
    middle = np.array([CANVAS_SIDE / 2, CANVAS_SIDE / 2])
    first = shapes[0].transform(np.eye(2), middle - [shapes[0].extent[1][0] + gap / 2, 0])
    second = shapes[1].transform(np.eye(2), middle + [gap / 2 - shapes[1].extent[0][0], rng.uniform(-15, 15)])
    return strokes.draw([first, second], rng.uniform(6, 18))


def print_letter(_: Drawing, rng: np.random.Generator) -> np.ndarray:
    """Print a letter in one of OpenCV's Hershey faces or in Pillow's own."""
    letter = PRINTED[rng.integers(0, len(PRINTED))]
    canvas = np.full((CANVAS_SIDE, CANVAS_SIDE), WHITE, np.uint8)
    face = rng.integers(0, len(FACES) + 2)
    if face < len(FACES):
        weight = int(rng.integers(3, 24))
        cv2.putText(canvas, letter, (60, 200), FACES[face], rng.uniform(4, 7), 0, weight, cv2.LINE_AA)
    else:
        page = Image.fromarray(canvas)
        middle = (CANVAS_SIDE / 2, CANVAS_SIDE / 2)
        ImageDraw.Draw(page).text(middle, letter, 0, ImageFont.load_default(rng.uniform(120, 220)), anchor="mm")
        canvas = np.asarray(page)
    turn = cv2.getRotationMatrix2D((CANVAS_SIDE / 2, CANVAS_SIDE / 2), rng.normal(0, 6), 1)
    return cv2.warpAffine(canvas, turn, (CANVAS_SIDE, CANVAS_SIDE), borderValue=WHITE)


def invent_character(drawing: Drawing, rng: np.random.Generator, others: Sequence[Drawing]) -> np.ndarray:
    """Write a character of a script nobody writes: one letter, or a stroke of it, over another."""
    shapes = []
    for character in (drawing, others[int(rng.integers(0, len(others)))]):
        part = character.strokes
        if len(part) > 1 and rng.random() < 0.4:
            part = (part[int(rng.integers(0, len(part)))],)
        shape = replace(strokes.vary(replace(character, strokes=part), rng)).resize(rng.uniform(70, 180))
        shapes.append(shape.transform(np.eye(2), CANVAS_SIDE / 2 + rng.uniform(-45, 45, 2)))
    return strokes.draw(shapes, float(rng.integers(6, 24)))


def write_greek(_: Drawing, rng: np.random.Generator) -> np.ndarray:
    """Write a Greek letter as a digit would be."""
    return write_again(characters.write_letter(rng), rng, BOLDEST)


def write_sign(_: Drawing, rng: np.random.Generator) -> np.ndarray:
    """Write a sign that stands beside numbers as a digit would be."""
    return write_again(characters.write_sign(rng), rng, BOLDEST)


def scribble(_: Drawing, rng: np.random.Generator) -> np.ndarray:
    """Draw a random line, zigzag, spiral, star, polygon, blot or several strokes."""
    canvas = np.full((CANVAS_SIDE, CANVAS_SIDE), WHITE, np.uint8)
    brush = int(rng.integers(4, 26))
    kind = rng.integers(0, 6)
    if kind == 0:  # a wandering line with many turns
        turns = int(rng.integers(7, 16))
        knots = rng.uniform(50, 230, (turns, 2))
        along = np.linspace(0, turns - 1, turns * 12)
        points = np.stack([np.interp(along, np.arange(turns), knots[:, axis]) for axis in (0, 1)], axis=1)
        lines = [np.asarray(cv2.GaussianBlur(points.astype(np.float32), (1, 9), 0))]
    elif kind == 1:  # a zigzag
        count = int(rng.integers(6, 14))
        x = np.linspace(50, 230, count)
        lines = [np.stack([x, 140 + np.where(np.arange(count) % 2, 1, -1) * rng.uniform(25, 90, count)], axis=1)]
    elif kind == 2:  # a spiral of two turns and more
        angle = np.linspace(0, 2 * np.pi * rng.uniform(2.2, 4), 120)
        reach = np.linspace(5, rng.uniform(70, 110), 120)
        lines = [np.stack([140 + reach * np.cos(angle), 140 + reach * np.sin(angle)], axis=1)]
    elif kind == 3:  # rays, crosses, grids
        angles = rng.uniform(0, np.pi) + np.pi * np.arange(rng.integers(2, 6)) / rng.integers(2, 6)
        middle = rng.uniform(115, 165, 2)
        rays = 90 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        lines = [np.stack([middle - ray, middle + ray]) for ray in rays]
    elif kind == 4:  # triangles, boxes and stars; more corners would make a zero
        corners, step = ((3, 1), (4, 1), (5, 2), (7, 3))[rng.integers(0, 4)]
        angles = rng.uniform(0, 2 * np.pi) + np.arange(corners + 1) * step * 2 * np.pi / corners
        side = rng.uniform(60, 110)
        lines = [np.stack([140 + side * np.cos(angles), 140 + side * np.sin(angles) * rng.uniform(0.6, 1)], axis=1)]
    else:  # several short strokes
        starts = rng.uniform(50, 230, (int(rng.integers(3, 9)), 2))
        lines = [np.stack([start, start + rng.normal(0, 45, 2)]) for start in starts]
    if kind == 4 and rng.random() < 0.3:
        cv2.fillPoly(canvas, [np.round(lines[0]).astype(np.int32)], 0, cv2.LINE_AA)
        return canvas
    drawing = Drawing(tuple(np.clip(line, 20, 260).astype(np.float32) for line in lines), "", "")
    return strokes.draw([drawing], brush)
