"""What the components' demos have for a recognizer."""

import numpy as np
import pytest

from digit_core.errors import EmptyDrawingError
from tests.support.drawings import picture_of
from ui.components.demo import FakeRecognizer


def test_the_fake_recognizer_reads_a_shape_for_each_piece_of_ink():
    reading = FakeRecognizer().read(picture_of("1017", width=560))

    assert len(reading.digits) == 4
    first, second = reading.digits[:2]
    assert first.box.right <= second.box.left
    assert np.shape(first.frame) == (28, 28)
    assert first.prediction.digit < second.prediction.digit  # a nought takes more ink than a one


def test_the_fake_recognizer_finds_nothing_on_blank_paper():
    with pytest.raises(EmptyDrawingError):
        FakeRecognizer().read(picture_of(""))
