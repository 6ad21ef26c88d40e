"""What a sheet, its light and what lies around it make of ink: layers -> a picture in linear [0, 1] colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator

from training.data.imaging import draw_edge, shade, smooth_noise

HALO_SHARE = 0.12  # of clean scans and screens whose characters have an outline
BLACK_INKS = 0.4  # share of pens that have no colour
# Ground and ink of pictures that are shown in a colour map instead of grey: viridis, plasma, hot.
MAPPED = (((0.27, 0.0, 0.33), (0.99, 0.91, 0.14)), ((0.05, 0.03, 0.53), (0.94, 0.98, 0.13)), ((0.04, 0, 0), (1, 1, 1)))
RULE_COLOURS = ((1.0, 0.7, 0.35), (0.3, 0.9, 0.8), (0.6, 0.6, 0.6))  # of the light that red, blue, grey lines swallow


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What lies on a page: (side, side) each.

    Attributes:
        ink: uint8 cover by characters.
        marks: uint8 cover by other handwriting.
        printed: uint8 cover by printed lines and words.
        owners: int16, whose ink each pixel is, 0 is nobody's.
        tiles: bool, where there is no paper but a picture with its own ground.
        picture: (side, side, 3) float32, once the layers are on paper.
    """

    ink: np.ndarray
    marks: np.ndarray
    printed: np.ndarray
    owners: np.ndarray
    tiles: np.ndarray
    picture: np.ndarray | None = None


def put_on_paper(layers: Layers, pen: float, pen_cover: float, rng: Generator) -> Layers:
    """Light a page, colour its ink and print, and lay it on something.

    Args:
        layers: what lies on the page.
        pen: the pen's width in pixels.
        pen_cover: how much of a pixel under the pen is ink, less than 1 where the pen is finer than a pixel.
        rng: the source of chance.
    """
    side = len(layers.ink)
    if layers.tiles.any():
        return replace(layers, picture=_figure(layers, rng))
    if rng.random() < 0.12:
        layers = _fold(layers, pen, rng)
    ink, marks, printed = (cover.astype(np.float32) / 255 for cover in (layers.ink, layers.marks, layers.printed))
    ink, marks = pen_cover * ink, pen_cover * marks
    if rng.random() < 0.05:
        printed = np.maximum(printed, shine_through(ink, rng))
    if rng.random() < 0.2:
        picture = _scan(np.maximum(ink, marks), printed, rng)
        if rng.random() < HALO_SHARE:
            picture = _add_halo(picture, ink, pen, rng)
    else:
        picture = _light_paper(ink, marks, printed, rng)
        if rng.random() < 0.12:  # chalk on a board, a light pen on a dark sheet
            picture = np.clip(1 - picture, 0, 1) * rng.uniform(0.7, 1.1)
    if not layers.ink.any() and rng.random() < 0.5:  # no paper at all
        picture = picture * _surface(side, rng) if rng.random() < 0.5 else _surface(side, rng)
    layers = replace(layers, picture=picture.astype(np.float32))
    if rng.random() < 0.25:
        layers = _lay_on_desk(layers, rng)
    if rng.random() < 0.18:
        layers = _cover_edges(layers, rng)
    return layers


def _scan(written: np.ndarray, printed: np.ndarray, rng: Generator) -> np.ndarray:
    """A clean scan or a drawing on a screen: even paper, even ink, light on dark in some."""
    paper = 1.0 if rng.random() < 0.6 else rng.uniform(0.85, 1.0)
    dark = np.maximum(written * rng.uniform(0.6, 1), printed * rng.uniform(0.25, 1))
    grey = (paper - dark * paper)[..., None] * np.ones(3, np.float32)
    if rng.random() < 0.3:
        tint = rng.uniform(0.0, 1.0, 3)
        grey = paper - dark[..., None] * (paper - tint * 0.6)
    return grey if rng.random() < 0.7 else 1 - grey


def _figure(layers: Layers, rng: Generator) -> np.ndarray:
    """Pictures of their own ground and ink on an even page, coarse in some, as MNIST's are shown side by side."""
    ink, printed = (cover.astype(np.float32)[..., None] / 255 for cover in (layers.ink, layers.printed))
    tiles = layers.tiles[..., None]
    page = np.ones(3) * (rng.uniform(0.9, 1) if rng.random() < 0.75 else rng.uniform(0, 1))
    ground, pen = rng.uniform(0, 0.1, 3), rng.uniform(0.85, 1, 3)
    if rng.random() < 0.2:
        ground = rng.random(3)
        pen = (ground + rng.uniform(0.35, 0.65, 3)) % 1  # far enough away in each colour
    elif rng.random() < 0.4:
        ground, pen = (np.array(colour) for colour in MAPPED[int(rng.integers(len(MAPPED)))])
    if rng.random() < 0.2:
        ground, pen = pen, ground
    coloured: np.ndarray = ground * (1 - ink) + pen * ink
    if rng.random() < 0.5:
        side = len(ink)
        few = max(32, round(side * rng.uniform(0.3, 1)))
        small = cv2.resize(coloured.astype(np.float32), (few, few), interpolation=cv2.INTER_AREA)
        method = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
        coloured = cv2.resize(small, (side, side), interpolation=method)
    words = page * (1 - printed) + (page < 0.5) * printed
    return np.where(tiles, coloured, words).astype(np.float32)


def _add_halo(picture: np.ndarray, ink: np.ndarray, pen: float, rng: Generator) -> np.ndarray:
    """Put characters with an outline of another colour on a ground, as stickers and picture editors have them."""
    side = len(ink)
    reach = 2 * max(1, round(pen * rng.uniform(0.2, 1.0))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    halo = cv2.GaussianBlur(cv2.dilate(ink, kernel), (0, 0), 0.7)[..., None]
    ground = _surface(side, rng) if rng.random() < 0.6 else np.ones(3) * rng.uniform(0, 1, 3)
    dark_on_light = float(picture.mean()) > 0.5
    edge, pen_colour = (
        (rng.uniform(0.85, 1.0), rng.uniform(0, 0.45, 3))
        if dark_on_light
        else (rng.uniform(0, 0.12), rng.uniform(0.6, 1, 3))
    )
    return ground * (1 - halo) + halo * (edge * (1 - ink[..., None]) + pen_colour * ink[..., None])


def _grain(side: int, rng: Generator) -> np.ndarray:
    """The grain of rough paper lit from one side, as a near photo shows it: about 0, (side, side) float32."""
    noise = rng.normal(0, 1, (side, side)).astype(np.float32)
    fine = float(np.exp(rng.uniform(np.log(0.6), np.log(4))))
    hills = cv2.GaussianBlur(noise, (0, 0), fine, sigmaY=fine * rng.uniform(0.5, 1.6))
    slope = hills - np.roll(hills, (1, 1) if rng.random() < 0.5 else (0, 1), (0, 1))
    return np.asarray(slope / max(float(slope.std()), 1e-6), np.float32)


def _light_paper(ink: np.ndarray, marks: np.ndarray, printed: np.ndarray, rng: Generator) -> np.ndarray:
    """Ink and print on paper in uneven light."""
    side = len(ink)
    across = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    x, y = across[None, :], across[:, None]
    light = rng.uniform(0.45, 0.98) * (1 + rng.normal(0, 0.2) * x + rng.normal(0, 0.2) * y)
    light = light * (1 - rng.uniform(0, 0.3) * smooth_noise((side, side), int(rng.integers(2, 6)), rng))
    for _ in range(int(rng.choice([0, 1, 2], p=[0.7, 0.2, 0.1]))):
        distances = draw_edge(x, y, 0.5, rng)
        softness = float(np.exp(rng.uniform(np.log(0.002), np.log(0.1))))
        light = light * shade(rng.uniform(0.15, 0.65), np.clip(distances / softness, -30, 30))
    if rng.random() < 0.2:  # creases
        for _ in range(int(rng.integers(1, 5))):
            far = draw_edge(x, y, 0.5, rng)
            ridge = np.exp(-((far / rng.uniform(0.003, 0.02)) ** 2))
            light = light * (1 + rng.normal(0, 0.06) * np.tanh(far / 0.01) + rng.normal(0, 0.15) * ridge)
    if rng.random() < 0.5:
        grain = smooth_noise((side, side), int(rng.integers(20, side)), rng) - 0.5
        light = light * (1 + rng.uniform(0, 0.08 if rng.random() < 0.85 else 0.25) * grain)
    if rng.random() < (0.15 if ink.any() else 0.5):
        light = light * (1 + rng.uniform(0.005, 0.06) * _grain(side, rng))
    if rng.random() < 0.08:  # gleam of a lamp
        middle, reach = rng.uniform(-0.5, 0.5, 2), rng.uniform(0.02, 0.12)
        light = light * 0.85 + rng.uniform(0.2, 0.6) * np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / reach)
    if rng.random() < 0.05:  # a screen's pixels
        period = rng.uniform(2.2, 7)
        wave = np.sin(2 * np.pi * side / period * x) + np.sin(2 * np.pi * side / period * y)
        light = light * (1 + rng.uniform(0.01, 0.06) * wave)
    dark = rng.uniform(0.35, 0.97) if rng.random() < 0.78 else rng.uniform(0.15, 0.4)  # pen; pencil
    if rng.random() < 0.5:  # ink that does not run evenly
        worn = rng.uniform(0, 0.6 if rng.random() < 0.85 else 0.95)
        dark = dark * (1 - worn * np.clip(smooth_noise((side, side), int(rng.integers(6, 110)), rng), 0, 1))
    paper, pen, rule = np.ones(3), np.ones(3), np.ones(3)
    if rng.random() < 0.5:
        paper = rng.uniform(0.75, 1, 3) if rng.random() < 0.75 else rng.uniform(0.3, 1, 3)
    if rng.random() > BLACK_INKS:
        pen = rng.uniform(0.25, 1, 3)
        pen[rng.integers(3)] = 1
    if rng.random() < 0.6:
        rule = np.array(RULE_COLOURS[rng.integers(len(RULE_COLOURS))])
    strength = rng.uniform(0.06, 0.5) if rng.random() < 0.6 else rng.uniform(0.4, 0.97)
    other_pen = pen
    if rng.random() < 0.35:  # marks by another pen, as a teacher's
        other_pen = rng.uniform(0.1, 1, 3)
        other_pen[rng.integers(3)] = 1
    channels = []
    for c in range(3):
        sheet = light * paper[c] * (1 - strength * rule[c] * printed)
        channels.append(sheet * (1 - dark * np.maximum(pen[c] * ink, other_pen[c] * marks)))
    return np.stack(channels, axis=-1)


def _fold(layers: Layers, pen: float, rng: Generator) -> Layers:
    """A fold, a scratch or a lost scan line: hairlines on which no ink shows."""
    side = len(layers.ink)
    missing = np.zeros((side, side), np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        place, angle = rng.uniform(0, side, 2), rng.normal(0, 0.15) + (np.pi / 2) * rng.integers(0, 2)
        reach = side * 1.5 * np.array([np.cos(angle), np.sin(angle)])
        width = max(1, round(rng.uniform(0.2, 1.1) * min(pen, 6)))
        start, end = np.round(place - reach).astype(int), np.round(place + reach).astype(int)
        cv2.line(missing, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 255, width)
    keep = missing == 0
    return replace(layers, ink=layers.ink * keep, marks=layers.marks * keep)


def shine_through(ink: np.ndarray, rng: Generator) -> np.ndarray:
    """What is written on the sheet's back: mirrored, pale and blurred."""
    back = np.roll(ink[:, ::-1], rng.integers(0, len(ink), 2), (0, 1))
    return np.asarray(rng.uniform(0.1, 0.6) * cv2.GaussianBlur(back, (0, 0), rng.uniform(0.6, 2.5)))


def _hide(layers: Layers, hidden: np.ndarray, picture: np.ndarray) -> Layers:
    """Cover a part of the page with something else: what is under it is neither seen nor looked for."""
    keep = ~hidden
    assert layers.picture is not None
    return replace(
        layers,
        ink=layers.ink * keep,
        marks=layers.marks * keep,
        owners=layers.owners * keep,
        picture=np.where(hidden[..., None], picture, layers.picture).astype(np.float32),
    )


def _surface(side: int, rng: Generator) -> np.ndarray:
    """Wood, cloth, stone or something corrugated: (side, side, 3) float32."""
    kind = rng.random()
    if kind < 0.15:
        pattern = draw_stripes(side, rng)
    elif kind < 0.35:
        pattern = smooth_noise((side, side), int(rng.integers(3, 120)), rng)
    elif kind < 0.65:  # coarse and fine at once, with edges in some
        octaves = [smooth_noise((side, side), 2**i, rng) - 0.5 for i in range(2, 8)]
        fading = (octave * rng.uniform(0.2, 1) ** i for i, octave in enumerate(octaves))
        pattern = 0.5 + sum(fading, start=np.zeros((side, side), np.float32))
        pattern = np.tanh((pattern - 0.5) * rng.uniform(1, 12)) + 0.5 if rng.random() < 0.5 else pattern
    else:
        pattern = smooth_noise((side, side), (int(rng.integers(4, 120)), 3), rng)
        pattern = pattern.T if rng.random() < 0.5 else pattern
    level = rng.uniform(0.02, 0.9)
    shaded = level * (1 + rng.uniform(0, 0.7) * (pattern - 0.5))[..., None] * rng.uniform(0.55, 1, 3)
    return np.asarray(shaded, np.float32)


def draw_stripes(side: int, rng: Generator) -> np.ndarray:
    """Stripes that are lighter and darker by turns, at any angle: (side, side) float32 in [0, 1]."""
    angle, wave = rng.uniform(0, np.pi), float(np.exp(rng.uniform(np.log(5), np.log(60))))  # pixels
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    bent = 4 * smooth_noise((side, side), 3, rng) if rng.random() < 0.5 else 0.0
    along = 2 * np.pi * (np.cos(angle) * columns + np.sin(angle) * rows) / wave + bent
    return np.asarray(0.5 + 0.5 * np.tanh(np.sin(along) * rng.uniform(0.5, 3)), np.float32)


def _lay_on_desk(layers: Layers, rng: Generator) -> Layers:
    """Show the desk at some of the sheet's edges."""
    side = len(layers.ink)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    if rng.random() < 0.5:  # the desk shows at one edge alone
        depth = np.zeros((4, 2))
        edge, reach = int(rng.integers(4)), rng.uniform(0.02, 0.2, 2)
        axis = 1 if edge in (0, 2) else 0
        for corner, amount in zip((edge, (edge + 1) % 4), reach, strict=True):
            depth[corner, axis] = amount
    else:
        depth = rng.uniform(-0.12, 0.22, (4, 2))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * side + depth * side * inward
    sheet = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(sheet, np.round(corners).astype(np.int32), 1)
    desk = _surface(side, rng)
    if rng.random() < 0.4:  # the sheet's shadow, or the rim of another sheet, along its edge
        away = cv2.distanceTransform(1 - sheet, cv2.DIST_L2, cv2.DIST_MASK_5)
        fade = float(np.exp(rng.uniform(np.log(1.0), np.log(20.0))))  # pixels
        desk = desk * (1 + rng.uniform(-0.8, 0.4) * np.exp(-away / fade))[..., None]
    return _hide(layers, sheet == 0, desk)


def _cover_edges(layers: Layers, rng: Generator) -> Layers:
    """Fingers, holes and round things at an edge."""
    side = len(layers.ink)
    hidden = np.zeros((side, side), np.uint8)
    if rng.random() < 0.65:  # punched holes along an edge
        radius, inward = max(2, round(rng.uniform(0.015, 0.08) * side)), rng.uniform(0.02, 0.25) * side
        start, end = rng.uniform(0, side, 2).tolist()
        for along in np.linspace(start, end, int(rng.integers(2, 5))).tolist():
            hole = (inward, along) if rng.random() < 0.8 else (along, inward)
            cv2.circle(hidden, (round(hole[0]), round(hole[1])), radius, 1, -1)
        under = _surface(side, rng) if rng.random() < 0.4 else np.full((side, side, 3), rng.uniform(0.02, 0.5))
        return _hide(layers, hidden > 0, under)
    for _ in range(int(rng.integers(1, 4))):
        place = rng.uniform(0, 1, 2)
        place[rng.integers(2)] = rng.choice([0.0, 1.0]) + rng.normal(0, 0.03)
        axes = np.maximum(2, rng.uniform(0.01, 0.15, 2) * side).astype(int)
        centre = np.round(place * side).astype(int)
        cv2.ellipse(
            hidden,
            (int(centre[0]), int(centre[1])),
            (int(axes[0]), int(axes[1])),
            float(rng.uniform(0, 180)),
            0,
            360,
            1,
            -1,
        )
    return _hide(layers, hidden > 0, _surface(side, rng))
