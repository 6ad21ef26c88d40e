"""Habits: ways of writing a digit that MNIST hardly has, and that other data sets have too seldom to learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.interpolate import CubicSpline

from training.data.strokes import Drawing

HABIT_SHARE = 0.25  # of the digits that are given a habit where they have one
TAIL_SHARE = 0.25  # of the ones with a habit
LOOP_SHARE = 0.8  # of the fours with a habit
POINTS = 48  # of a looped four

# Places that the pen passes, in percent of the digit's height, x to the right and y down.
LOOPED_FOURS = (
    # down, round the bottom left, up over the stem's top and down through the line that came
    ((-32, 2), (-38, 35), (-25, 62), (2, 66), (30, 42), (36, 14), (20, 2), (6, 30), (0, 66), (-4, 100)),
    # with a corner at the bottom left and a narrow loop
    ((-20, 0), (-40, 50), (-42, 58), (-36, 62), (10, 60), (30, 36), (28, 10), (17, 12), (10, 60), (6, 100)),
    # the pen turns at the bar's right end in a small loop
    ((-12, 0), (-40, 52), (-42, 60), (-34, 63), (20, 62), (34, 52), (24, 42), (14, 56), (10, 70), (4, 100)),
)
ELSEWHERE = 0.03  # of the height: standard deviation of each of these places


def with_habit(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """Write a digit in a way that MNIST hardly has; other characters stay as they are.

    A zero gets a slash; a plain one a flag and a foot, or a tail; a seven a bar, or it is two straight lines; a four is
    written in one line that crosses itself in a loop.
    """
    if drawing.label == "4" and rng.random() < LOOP_SHARE:
        return replace(drawing, strokes=(looped_four(rng),))
    low, high = drawing.extent
    width, height = np.maximum(high - low, 1e-6)
    centre = (low + high) / 2
    if drawing.label == "0" and width > 0.35 * height:
        reach = rng.uniform(0.75, 1.3) / 2
        if rng.random() < 0.8:
            tilt = np.array([width * rng.uniform(0.5, 1.0), -height * rng.uniform(0.6, 1.0)])
        else:
            tilt = np.array([width * rng.uniform(-0.2, 0.2), -height])
        added = [np.stack([centre - tilt * reach, centre + tilt * reach])]
    elif drawing.label == "1" and len(drawing.strokes) == 1 and width < 0.3 * height:
        (stem,) = drawing.strokes
        top, bottom = stem[stem[:, 1].argmin()], stem[stem[:, 1].argmax()]
        if rng.random() < TAIL_SHARE:
            return replace(drawing, strokes=(_add_tail(stem, bottom, height, rng),))
        flag = height * rng.uniform(0.15, 0.33)
        angle = rng.uniform(0.70, 1.2)  # radians below the horizontal; flatter or longer flags make it a seven
        added = [np.stack([top + flag * np.array([-np.cos(angle), np.sin(angle)]), top])]
        if rng.random() < 0.55:
            foot = height * rng.uniform(0.15, 0.35)
            added.append(np.stack([bottom - [foot, 0], bottom + [foot, rng.normal(0, 0.03) * height]]))
    elif drawing.label == "7" and rng.random() < 0.5:
        return replace(drawing, strokes=(_straight_seven(rng),))
    elif drawing.label == "7" and len(drawing.strokes) == 1:
        middle = np.array([centre[0] + 0.08 * width, low[1] + height * rng.uniform(0.42, 0.6)])
        half = np.array([width * rng.uniform(0.25, 0.5), rng.normal(0, 0.04) * height])
        added = [np.stack([middle - half, middle + half])]
    else:
        return drawing
    return replace(drawing, strokes=drawing.strokes + tuple(np.asarray(line, np.float32) for line in added))


def _add_tail(stem: np.ndarray, bottom: np.ndarray, height: float, rng: np.random.Generator) -> np.ndarray:
    """Let a one's stem, whichever end it begins at, run out in a bend to the right, as an l does."""
    reach = height * rng.uniform(0.06, 0.15)
    angles = np.linspace(0, rng.uniform(0.55, 0.95) * np.pi, 8)
    bend = bottom + reach * np.stack([1 - np.cos(angles), np.sin(angles)], axis=1)
    down = stem if np.argmax(stem[:, 1]) * 2 >= len(stem) else stem[::-1]
    return np.concatenate([down[: np.argmax(down[:, 1]) + 1], bend]).astype(np.float32)


def _straight_seven(rng: np.random.Generator) -> np.ndarray:
    """Two straight lines, (20, 2) points: a bar that may rise to the right, and a stem."""
    bar, rise = rng.uniform(0.38, 0.75), rng.uniform(-0.1, 0.5)  # share of the stem's height; radians
    corner = np.zeros(2)
    start = corner + bar * np.array([-np.cos(rise), np.sin(rise)])
    foot = np.array([rng.uniform(-0.5, 0.05), 1.0])
    along = np.linspace(0, 1, 10)[:, None]
    return np.concatenate([start + along * (corner - start), corner + along * (foot - corner)]).astype(np.float32)


def looped_four(rng: np.random.Generator) -> np.ndarray:
    """Write a four in one line, (`POINTS`, 2), about 1 high."""
    places = np.array(LOOPED_FOURS[int(rng.integers(len(LOOPED_FOURS)))]) / 100
    places = (places + rng.normal(0, ELSEWHERE, places.shape)) * np.array([rng.uniform(0.7, 1.25), 1.0])
    along = np.concatenate([[0.0], np.cumsum(np.sqrt(np.linalg.norm(np.diff(places, axis=0), axis=1)))])  # centripetal
    return CubicSpline(along, places)(np.linspace(0, along[-1], POINTS)).astype(np.float32)
