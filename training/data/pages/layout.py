"""What a composed page holds: characters of one hand, marks made by hand, and what is printed.

Everything is lines in pixels of the page, x to the right and y down; nothing is drawn yet (see `compose`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from training.data.frames import SIGNS
from training.data.strokes import Drawing

Scene = Literal["single", "number", "rows", "table", "dense", "squares", "form", "sum", "mixed", "none", "tiles"]
SCENES: tuple[Scene, ...] = get_args(Scene)
NARROWEST = 0.42  # width by height: what is wider than high counts with this share of its width
PASSED_OVER = SIGNS | frozenset("-.,:;()[]'\"!_~^<>")  # marks that people write beside numbers


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """One writer's drawings.

    Attributes:
        digits: at least ten.
        others: letters and symbols, which may be by another writer.
    """

    digits: Sequence[Drawing]
    others: Sequence[Drawing]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line that is drawn: (n, 2) points and its width in pixels."""

    points: np.ndarray
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class Character:
    """A character that is to be found: its lines, and the label."""

    lines: tuple[Line, ...]
    label: str

    @property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """Top left and bottom right of the pen's path."""
        points = np.concatenate([line.points for line in self.lines])
        return points.min(axis=0), points.max(axis=0)


@dataclass(slots=True, eq=False)
class Layout:
    """What stands on a page of `side` pixels, the usual height of its characters, and the pen's width.

    Attributes:
        rows: characters from left to right, rows from top to bottom.
        marks: lines made by hand that belong to no character.
        printed: printed lines and dots.
        words: printed text as (left, top, height, text).
        tiles: what is no paper but a picture each, with its own ground, as (left, top, right, bottom).
        hollow: share of each stroke's width that stays empty, as in letters of which only the outline is drawn.
    """

    side: int
    scene: Scene
    height: float
    pen: float
    rows: list[list[Character]] = field(default_factory=list)
    marks: list[Line] = field(default_factory=list)
    printed: list[Line] = field(default_factory=list)
    words: list[tuple[float, float, float, str]] = field(default_factory=list)
    tiles: list[tuple[float, float, float, float]] = field(default_factory=list)
    hollow: float = 0.0

    @property
    def characters(self) -> list[Character]:
        """All characters in reading order."""
        return [character for row in self.rows for character in row]
