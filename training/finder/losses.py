"""What the finder is trained to make small, part by part."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from digit_core.models.geometry import CENTRE_MAP, INK_MAP, MARKS_MAP, OFFSET_MAPS, SCALE_MAP
from training.data.pages.targets import WEIGHTS_MAP

POSITIVE = 0.6  # of a bump's height: from here up a pixel counts as a character's centre
PEAK = 0.9  # of a bump's height: so much has about one pixel of each character, by which characters are counted
OFF_CENTRES = 0.25  # what a pixel off the centres counts for, beside 1 on one: it is nearly all of a page
WRITTEN = 3.0  # how much more a pixel of handwriting counts than one of paper, which is nearly all of a page
NEAR = 0.05  # offset units: below this an error counts by its square (Huber)
FEW_CHARACTERS, FEW_PIXELS = 8.0, 50.0  # added where losses are shared out: a page with hardly any weighs less


class LossParts(NamedTuple):
    """A value for each part of the loss."""

    ink: Any
    marks: Any
    centres: Any
    offsets: Any
    scales: Any


PART_WEIGHTS = LossParts(4.0, 1.5, 1.0, 2.0, 0.3)  # what each part counts for; chosen by hand for the first run


def finder_loss(wanted: keras.KerasTensor, answered: keras.KerasTensor) -> keras.KerasTensor:
    """Return the loss of a batch, a scalar.

    Args:
        wanted: (n, height, width, 7), see `targets.Targets.to_array`.
        answered: (n, height, width, 6), see `architectures.build_finder`.
    """
    return sum(weight * part for weight, part in zip(PART_WEIGHTS, loss_parts(wanted, answered), strict=True))


def loss_parts(wanted: keras.KerasTensor, answered: keras.KerasTensor) -> LossParts:
    """Return the parts of the loss, a scalar each; arguments as `finder_loss` takes them."""
    ink, marks, centres, weights = (wanted[..., at] for at in (INK_MAP, MARKS_MAP, CENTRE_MAP, WEIGHTS_MAP))
    written = ops.maximum(ink, marks)  # a sign taken for a character is as wrong as a character that is missed
    ink_loss = ops.mean(_cross_entropy(ink, answered[..., INK_MAP]) * (1 + WRITTEN * written))
    marks_loss = ops.mean(_cross_entropy(marks, answered[..., MARKS_MAP]) * (1 + WRITTEN * marks))
    heat = ops.sigmoid(answered[..., CENTRE_MAP])
    rarely = ops.where(centres > POSITIVE, 1.0, OFF_CENTRES + centres)  # focal: sure pixels of the paper hardly count
    focal = rarely * ops.square(centres - heat) * _cross_entropy(centres, answered[..., CENTRE_MAP])
    centre_loss = ops.sum(focal) / (ops.sum(ops.cast(centres > PEAK, "float32")) + FEW_CHARACTERS)
    total = ops.sum(weights) + FEW_PIXELS
    offset_loss = ops.sum(weights[..., None] * _huber(wanted[..., OFFSET_MAPS] - answered[..., OFFSET_MAPS])) / total
    scale_loss = ops.sum(weights * _huber(wanted[..., SCALE_MAP] - answered[..., SCALE_MAP])) / total
    return LossParts(ink_loss, marks_loss, centre_loss, offset_loss, scale_loss)


def _cross_entropy(share: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    return ops.binary_crossentropy(share, logits, from_logits=True)


def _huber(error: keras.KerasTensor) -> keras.KerasTensor:
    size = ops.abs(error)
    return ops.where(size < NEAR, ops.square(size) / (2 * NEAR), size - NEAR / 2)
