"""The ten digits as pen strokes made by code, for a mouse to draw or for Pillow to render.

A stroke is a list of (x, y) points; a digit fills the unit square, y pointing down.
"""

import io
from math import cos, pi, radians, sin

import numpy as np
from PIL import Image, ImageDraw

SOFTEN = 4  # drawn that many times larger and shrunk, so that edges are as soft as a canvas makes them


def arc(x, y, width, height, start, end, steps=24):
    """Points along an ellipse around (x, y), from one angle to another in degrees, clockwise from the right."""
    angles = [radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + width / 2 * cos(angle), y + height / 2 * sin(angle)) for angle in angles]


DIGITS = {
    0: [arc(0.5, 0.5, 0.6, 0.96, -90, -450)],
    1: [[(0.55, 0.02), (0.46, 0.98)]],
    2: [[*arc(0.48, 0.28, 0.58, 0.52, -165, 45), (0.18, 0.96), (0.84, 0.96)]],
    3: [[*arc(0.45, 0.27, 0.52, 0.5, -150, 85), *arc(0.45, 0.74, 0.62, 0.48, -85, 150)]],
    4: [[(0.3, 0.04), (0.2, 0.55), (0.82, 0.52)], [(0.7, 0.06), (0.64, 0.98)]],
    5: [[(0.78, 0.04), (0.32, 0.04), (0.27, 0.45), *arc(0.47, 0.69, 0.58, 0.54, -120, 145)]],
    6: [[(0.68, 0.03), (0.45, 0.22), (0.3, 0.5), *arc(0.5, 0.72, 0.5, 0.5, 180, -180)]],
    7: [[(0.18, 0.06), (0.82, 0.06), (0.42, 0.98)]],
    8: [[(0.5 + 0.27 * sin(2 * pi * step / 24), 0.5 - 0.47 * cos(pi * step / 24)) for step in range(49)]],
    9: [[*arc(0.48, 0.28, 0.52, 0.5, 0, -360), (0.72, 0.4), (0.64, 0.98)]],
}


def strokes_of(text, width=280, height=280, margin=0.2):
    """Place the digits of `text` side by side on a sheet of width x height pixels; without digits it stays blank."""
    cell = width / max(len(text), 1)
    side = min(cell, height) * (1 - 2 * margin)
    return [
        [(cell * index + (cell - side) / 2 + side * x, (height - side) / 2 + side * y) for x, y in stroke]
        for index, digit in enumerate(text)
        for stroke in DIGITS[int(digit)]
    ]


def picture_of(text, width=280, height=280, brush=20, ink="black", paper="white", margin=0.2):
    """Render the digits of `text` as an RGB picture."""
    picture = Image.new("RGB", (width * SOFTEN, height * SOFTEN), paper)
    pen = ImageDraw.Draw(picture)
    radius = brush * SOFTEN / 2
    for stroke in strokes_of(text, width, height, margin):
        points = [(x * SOFTEN, y * SOFTEN) for x, y in stroke]
        pen.line(points, fill=ink, width=round(2 * radius))
        for x, y in points:
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink)
    return picture.resize((width, height), Image.Resampling.BOX)


def draw_crowded_pair():
    """Twenty sevens and two threes that touch, 700x280: too much to be cut while a pen moves, not on a picture."""
    places = [("7", 10 + 65 * (i % 10), 20 + 90 * (i // 10), 60) for i in range(20)]
    places += [("3", 20, 200, 70), ("3", 63, 200, 70)]
    strokes = [
        [(left + size * x, top + size * y) for x, y in stroke]
        for digit, left, top, size in places
        for stroke in DIGITS[int(digit)]
    ]
    return draw_strokes(Image.new("L", (700, 280), 255), *strokes, brush=6)


def to_bytes(picture, form, **manner):
    """Return the file that Pillow makes of a picture, as "PNG" or another of its forms."""
    file = io.BytesIO()
    picture.save(file, format=form, **manner)
    return file.getvalue()


def draw_strokes(picture, *strokes, brush=10):
    """Draw straight strokes, each a list of points, with a round pen on a grey picture; return it."""
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line(stroke, fill=0, width=brush, joint="curve")
        for x, y in stroke:
            pen.ellipse([x - brush / 2, y - brush / 2, x + brush / 2, y + brush / 2], fill=0)
    return picture


def lines(*strokes, size=(280, 280), brush=14):
    """Straight strokes, each a list of points, on white paper."""
    return draw_strokes(Image.new("L", size, 255), *strokes, brush=brush)


def blocks(*boxes, size=(700, 260), level=1.0):
    """Ink that fills boxes, each (left, top, width, height), on a sheet of some width and height."""
    ink = np.zeros(size[::-1], np.float32)
    for left, top, width, height in boxes:
        ink[top : top + height, left : left + width] = level
    return ink
