"""What is printed on a page: rules, squares, boxes, codes, outlines and words."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from digit_core.models.geometry import CHARACTER_HEIGHT
from training.data.pages.layout import Layout, Line

BESIDE = (
    "$",
    "€",
    "£",
    "Rs",
    "No.",
    "#",
    "Total:",
    "=",
    "Date",
    "Q1.",
    "+",
    "x",
    "%",
)  # beside numbers
# of a screen; the chosen disc has a ring around it
BUTTONS = ("disc", "chosen disc", "ring", "box", "word")


def line_width(page: Layout, rng: Generator) -> float:
    """The width of a printed line in pixels: a hairline, or as bold as the pen now and then."""
    return max(0.5, page.height / CHARACTER_HEIGHT * float(np.exp(rng.uniform(np.log(0.5), np.log(3.6)))))


def touches(page: Layout, points: np.ndarray) -> bool:
    """Whether a path's box overlaps that of any character."""
    low, high = points.min(axis=0) - page.pen, points.max(axis=0) + page.pen
    return any(
        (low < b[1] + page.pen).all() and (b[0] - page.pen < high).all() for b in (c.corners for c in page.characters)
    )


def print_paper(page: Layout, rng: Generator) -> None:
    """Rules, squares, a margin, dots, or a box around each row."""
    side, height = page.side, page.height
    width = line_width(page, rng)
    kind = rng.choice(["ruled", "squared", "margin", "box", "table", "dotted"], p=[0.35, 0.25, 0.1, 0.1, 0.1, 0.1])
    step = height * rng.uniform(0.5, 2.4) if kind != "squared" else max(7.0, height * rng.uniform(0.25, 1.3))
    levels = np.arange(-0.3 * side + rng.uniform(0, step), 1.3 * side, step)
    lines: list[list[list[float]]] = []
    if kind in ("ruled", "squared", "margin"):
        lines += [[[-side, y], [2 * side, y]] for y in levels]
    if kind == "squared":
        shift = rng.uniform(0, step)
        lines += [[[x + shift, -side], [x + shift, 2 * side]] for x in levels]
    if kind == "margin":
        x = rng.uniform(0, 1) * side
        lines.append([[x, -side], [x, 2 * side]])
        if rng.random() < 0.3:
            lines.append([[x + 4, -side], [x + 4, 2 * side]])
    if kind == "table":
        lines += [[[-5, y], [side + 5, y]] for y in levels[:: int(rng.integers(1, 3))]]
        lines += [[[x, 0], [x, side]] for x in np.cumsum(height * rng.uniform(1.2, 6, 12))]
    if kind == "box":
        for row in page.rows:
            corners = np.array([character.corners for character in row])
            low = corners[:, 0].min(axis=0) - rng.uniform(-0.03, 0.5, 2) * height
            high = corners[:, 1].max(axis=0) + rng.uniform(-0.03, 0.5, 2) * height
            (x0, y0), (x1, y1) = low.tolist(), high.tolist()
            lines += [[[x0, y0], [x1, y0]], [[x1, y0], [x1, y1]], [[x1, y1], [x0, y1]], [[x0, y1], [x0, y0]]]
    if kind == "dotted":
        step = max(6.0, step)
        lines += [[[x, y], [x + 0.3, y]] for y in levels[:60] for x in np.arange(0, side, step)]
    page.printed.extend(Line(np.array(line, float), width) for line in lines)


def print_things(page: Layout, rng: Generator) -> None:
    """Blocks as of a code for machines, bars, blots and outlines: printed, large, and no character."""
    side = page.side
    if rng.random() < 0.4:
        cell, count = rng.uniform(3, 20), int(rng.integers(6, 30))
        origin = rng.uniform(0, 0.5, 2) * side
        for i, j in np.argwhere(rng.random((count, count)) < 0.5):
            start = origin + np.array([j, i]) * cell
            page.printed.append(Line(np.stack([start, start + [cell, 0]]), cell))
        return
    for _ in range(int(rng.integers(1, 9))):
        middle, reach = rng.uniform(0, 1, 2) * side, rng.uniform(0.02, 0.4) * side
        angle = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(2, 24))))
        radius = reach * (1 + rng.uniform(-0.5, 0.5, len(angle)))[:, None]
        outline = middle + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        width = float(np.exp(rng.uniform(np.log(1.0), np.log(0.15 * side))))
        page.printed.append(Line(np.concatenate([outline, outline[:1]]), width))


def print_words(page: Layout, rng: Generator) -> None:
    """Printed words beside what is written, or lines of text."""
    letters = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIKLMNOPRSTUVW .:,")
    digits = list("0123456789-./")
    if rng.random() < 0.35:
        _print_text(page, rng)
        return
    for _ in range(int(rng.integers(1, 7))):
        tall = max(6.0, page.height * rng.uniform(0.25, 0.8 if page.rows else 3.0))
        text = "".join(rng.choice(letters, int(rng.integers(3, 16))))
        if rng.random() < 0.15:
            text += " " + "".join(rng.choice(digits, int(rng.integers(2, 9))))
        left, top = rng.uniform(-0.1, 0.9, 2) * page.side
        box = np.array([[left, top], [left + 0.62 * tall * len(text), top + 1.3 * tall]])
        if not touches(page, box):
            page.words.append((left, top, tall, text))


def _print_text(page: Layout, rng: Generator) -> None:
    """Lines of small print wherever nothing is written."""
    tall = max(5.0, page.height * rng.uniform(0.12, 0.45))
    left, top = rng.uniform(-0.1, 0.4) * page.side, rng.uniform(-0.1, 0.6) * page.side
    for i in range(int(rng.integers(2, 14))):
        words = ("".join(rng.choice(list("aabcdeeefghiiklmnnooprrssttuvw"), rng.integers(2, 9))) for _ in range(8))
        text = " ".join(words)[: int(rng.integers(8, 45))].capitalize()
        box = np.array([[left, top], [left + 0.6 * tall * len(text), top + 1.3 * tall]]) + [0, 1.5 * i * tall]
        if not touches(page, box):
            page.words.append((left, float(box[0, 1]), tall, text))


def print_beside(page: Layout, rng: Generator) -> None:
    """A sign or word about as high as the characters, before some rows or after them, as amounts and forms have it."""
    for row in page.rows:
        corners = np.array([character.corners for character in row])
        (x0, y0), (x1, y1) = corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)
        text, tall = str(rng.choice(BESIDE)), page.height * rng.uniform(0.5, 1.2)
        wide, away = 0.6 * tall * len(text), rng.uniform(0.2, 1.2) * page.height
        left = x0 - away - wide if rng.random() < 0.7 else x1 + away
        top = (y0 + y1) / 2 - 0.6 * tall + rng.normal(0, 0.1) * tall
        if rng.random() < 0.7 and not touches(page, np.array([[left, top], [left + wide, top + 1.2 * tall]])):
            page.words.append((left, top, tall, text))


def print_screen(page: Layout, rng: Generator) -> None:
    """Bars with words, buttons and colours at the top or the bottom, as pictures of a screen have them."""
    side = page.side
    for is_top in (True, False):
        if rng.random() < 0.3:
            continue
        deep = side * rng.uniform(0.05, 0.16)
        edge = 0.0 if is_top else side - deep
        if touches(page, np.array([[0, edge], [side, edge + deep]])):
            continue
        count, size = int(rng.integers(2, 9)), deep * rng.uniform(0.25, 0.7)
        kinds = BUTTONS if rng.random() < 0.5 else (str(rng.choice(BUTTONS)),)
        for x in np.linspace(0.1, rng.uniform(0.6, 0.9), count) * side:
            middle = np.array([x, edge + deep / 2])
            kind = rng.choice(kinds)
            if kind in ("disc", "chosen disc"):
                page.printed.append(Line(middle[None] + [[0.0, 0.0], [0.1, 0.0]], size))
            if kind in ("ring", "chosen disc"):
                angle = np.linspace(0, 2 * np.pi, 30)
                ring = middle + size * rng.uniform(0.5, 0.8) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
                page.printed.append(Line(ring, max(0.8, size * rng.uniform(0.03, 0.15))))
            if kind == "box":
                corners = size / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
                page.printed.append(Line(middle + corners, max(0.8, size * rng.uniform(0.03, 0.15))))
            if kind == "word":
                word = "".join(rng.choice(list("abcdefghilmnoprstuABCDERST<>:"), int(rng.integers(2, 8))))
                page.words.append((x - size, edge + deep / 2 - size / 2, size * rng.uniform(0.5, 0.9), word))
        if rng.random() < 0.5:
            level = deep if is_top else side - deep
            page.printed.append(Line(np.array([[0.0, level], [side, level]]), max(0.6, side * 0.003)))
