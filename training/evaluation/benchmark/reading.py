"""Reading one picture, beside what had to be done in any case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image

from digit_core.effort import DRAWING as DRAWING_EFFORT
from digit_core.models.manifest import NETWORKS
from digit_core.pen import CANVAS_SIDE, WIDE_CANVAS
from digit_core.recognizer import Recognizer
from training.evaluation.benchmark.pictures import decode, draw_digits, draw_number, draw_seven, take_photo
from training.evaluation.benchmark.rows import Row
from training.evaluation.benchmark.runtimes import ask
from training.evaluation.benchmark.timing import FEW_ROUNDS, ROUNDS, compare

PHOTO = (4000, 3000)  # pixels, a phone's 12 megapixels
DIGITS = (1, 5, 20, 50, 100, 200)  # drawn on one picture
PHOTOS = ((366, 274), (1155, 866), (2000, 1500), PHOTO, (8000, 6000))  # pixels: from 0.1 megapixels to the most
DRAWING = f"one drawn digit, {CANVAS_SIDE}x{CANVAS_SIDE}"
NUMBER = f"a drawn number of five digits, {WIDE_CANVAS[0]}x{CANVAS_SIDE}"
NETWORKS_ALONE = "both networks, the same frames"


def measure_drawings(recognizer: Recognizer) -> Iterator[Row]:
    """Reading what was drawn, as the page hands it over, beside both networks asked about the same frames."""
    for title, canvas in ((DRAWING, draw_seven()), (NUMBER, draw_number())):
        picture = Image.fromarray(canvas)
        yield compare(
            title,
            partial(recognizer.read, picture, effort=DRAWING_EFFORT),
            NETWORKS_ALONE,
            _networks_alone(recognizer, picture),
            goal=2.0,
        )


def measure_photos(recognizer: Recognizer) -> Iterator[Row]:
    """Reading a phone's photo, beside decoding it at full size."""
    photo = take_photo(draw_seven(), PHOTO)
    yield compare(
        "a photo of 12 megapixels",
        partial(recognizer.read, photo),
        "decoding it with Pillow",
        partial(decode, photo),
        goal=1.2,
        rounds=FEW_ROUNDS,
    )


def measure_digits(recognizer: Recognizer) -> Iterator[Row]:
    """How reading grows with the digits on a drawing."""
    for count in DIGITS:
        picture = Image.fromarray(draw_digits(count))
        yield compare(
            f"{count} drawn digit{'s' * (count > 1)}, {picture.width}x{picture.height}",
            partial(recognizer.read, picture),
            NETWORKS_ALONE,
            _networks_alone(recognizer, picture),
            rounds=max(FEW_ROUNDS, ROUNDS // count),
            count=count,
        )


def measure_pixels(recognizer: Recognizer) -> Iterator[Row]:
    """How reading grows with the pixels of a photo."""
    for size in PHOTOS:
        photo, megapixels = take_photo(draw_seven(), size), round(size[0] * size[1] / 1e6, 1)
        yield compare(
            f"a photo of {megapixels} megapixels",
            partial(recognizer.read, photo),
            "decoding it with Pillow",
            partial(decode, photo),
            rounds=FEW_ROUNDS,
            count=megapixels,
        )


def _networks_alone(recognizer: Recognizer, picture: Image.Image) -> Callable[[], object]:
    """Return the asking of both networks, as they serve, about the frames of a picture."""
    frames = np.stack([digit.frame for digit in recognizer.read(picture).digits])[..., None]
    return partial(ask, [recognizer.ensemble.members[name].runtime for name in NETWORKS], frames)
