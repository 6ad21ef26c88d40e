"""What a network is trained to make small: the loss on labels, and the one on teachers' answers beside them."""

from __future__ import annotations

import keras
from keras import ops

from digit_core.types import DIGIT_LOGITS, DIGITNESS, MARK
from training.data import sources

# Weight of the digitness loss beside the ten-digit loss.
DIGITNESS_SHARE = 0.3
# Weight of the loss that tells marks, likewise.
MARK_SHARE = 0.1
# Weight of the teachers' answers beside the labels.
TEACHER_SHARE = 0.7
# What both logits are divided by, so that a teacher's second choice counts, too.
TEACHER_TEMPERATURE = 2.0


def reading_loss(labels: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of the ten digits where there is one, plus the digitness and the mark loss everywhere.

    Args:
        labels: (n,) or (n, 1), the digit, or what else it is, see `training.data.sources`.
        logits: (n, 12), see `digit_core.models.architectures`.
    """
    labels = ops.reshape(labels, (-1,))
    is_digit = ops.cast(labels >= 0, logits.dtype)
    digit = ops.cast(ops.maximum(labels, 0), "int32")
    reading = keras.losses.sparse_categorical_crossentropy(digit, logits[:, :DIGIT_LOGITS], from_logits=True)
    digitness = ops.binary_crossentropy(is_digit, logits[:, DIGITNESS], from_logits=True)
    return reading * is_digit + DIGITNESS_SHARE * digitness + MARK_SHARE * _mark_loss(labels, logits)


def _mark_loss(labels: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of whether each is a mark, where that is known; labels are (n,)."""
    is_mark = ops.cast(labels == sources.MARK, logits.dtype)
    is_known = ops.cast(labels != sources.MARK_OR_LETTER, logits.dtype)
    return is_known * ops.binary_crossentropy(is_mark, logits[:, MARK], from_logits=True)


def taught_loss(labels: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """`reading_loss` beside the cross-entropy with teachers' answers (distillation, Hinton et al. 2015).

    Args:
        labels: (n, 13), the label and the teachers' twelve logits.
        logits: (n, 12), see `digit_core.models.architectures`.
    """
    taught = labels[:, 1:]
    is_digit = ops.cast(labels[:, 0] >= 0, logits.dtype)
    softened = ops.softmax(taught[:, :DIGIT_LOGITS] / TEACHER_TEMPERATURE)
    answers = keras.losses.categorical_crossentropy(
        softened, logits[:, :DIGIT_LOGITS] / TEACHER_TEMPERATURE, from_logits=True
    )
    plausible = ops.sigmoid(taught[:, DIGITNESS]) * is_digit  # what is none is known: no teacher need be asked
    digitness = ops.binary_crossentropy(plausible, logits[:, DIGITNESS], from_logits=True)
    guided = TEACHER_TEMPERATURE**2 * answers * is_digit + DIGITNESS_SHARE * digitness
    guided += MARK_SHARE * _mark_loss(labels[:, 0], logits)  # no teacher is asked about marks
    return (1 - TEACHER_SHARE) * reading_loss(labels[:, 0], logits) + TEACHER_SHARE * guided
