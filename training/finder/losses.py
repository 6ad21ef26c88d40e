"""What the finder is trained to make small, part by part."""

from __future__ import annotations

import keras
from keras import ops

# What each part of the loss counts for, in the order of `loss_parts`: ink, marks, centres, offsets, scales; chosen by
# hand for the first run.
PART_WEIGHTS = (4.0, 1.5, 1.0, 2.0, 0.3)
POSITIVE = 0.6  # of a bump's height: from here up a pixel counts as a character's middle
NEAR = 0.05  # offset units: below this an error counts by its square (Huber)


def finder_loss(wanted: keras.KerasTensor, answered: keras.KerasTensor) -> keras.KerasTensor:
    """Return the loss of a batch, a scalar.

    Args:
        wanted: (n, height, width, 7), see `targets.Targets.to_array`.
        answered: (n, height, width, 6), see `architectures.build_finder`.
    """
    return sum(weight * part for weight, part in zip(PART_WEIGHTS, loss_parts(wanted, answered), strict=True))


def loss_parts(wanted: keras.KerasTensor, answered: keras.KerasTensor) -> tuple[keras.KerasTensor, ...]:
    """Return the five parts of the loss: ink, marks, centres, offsets, scales."""
    ink, marks, centres, weights = wanted[..., 0], wanted[..., 1], wanted[..., 2], wanted[..., 6]
    written = ops.maximum(ink, marks)  # a sign taken for a character is as wrong as a character that is missed
    ink_loss = ops.mean(_cross_entropy(ink, answered[..., 0]) * (1 + 3 * written))
    marks_loss = ops.mean(_cross_entropy(marks, answered[..., 1]) * (1 + 3 * marks))
    heat = ops.sigmoid(answered[..., 2])
    rarely = ops.where(centres > POSITIVE, 1.0, 0.25 + centres)  # focal: sure pixels of the paper hardly count
    focal = rarely * ops.square(centres - heat) * _cross_entropy(centres, answered[..., 2])
    centre_loss = ops.sum(focal) / (ops.sum(ops.cast(centres > 0.9, "float32")) + 8.0)
    total = ops.sum(weights) + 50.0
    offset_loss = ops.sum(weights[..., None] * _huber(wanted[..., 3:5] - answered[..., 3:5])) / total
    scale_loss = ops.sum(weights * _huber(wanted[..., 5] - answered[..., 5])) / total
    return ink_loss, marks_loss, centre_loss, offset_loss, scale_loss


def _cross_entropy(share: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    return ops.relu(logits) - logits * share + ops.softplus(-ops.abs(logits))


def _huber(error: keras.KerasTensor) -> keras.KerasTensor:
    size = ops.abs(error)
    return ops.where(size < NEAR, ops.square(size) / (2 * NEAR), size - NEAR / 2)
