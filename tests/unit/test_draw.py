"""The Draw tab's handlers with a recognizer that errs."""

import pytest
from PIL import Image

from digit_core.errors import EmptyDrawingError, TooManyDigitsError
from ui.components.sketchpad import Drawing
from ui.tabs.draw import DrawHandlers


class Refusing:
    """A recognizer that finds the same fault with every drawing."""

    def __init__(self, error):
        self.error = error

    def read(self, *_):
        raise self.error


def test_blank_paper_is_not_even_read():
    answer = DrawHandlers(Refusing(AssertionError())).answer(Drawing(sequence=4), "ensemble", "arithmetic", 0.5, 0.5)

    assert (answer.reading, answer.sentence, answer.sequence) == (None, "", 4)


@pytest.mark.parametrize(
    ("error", "sentence"), [(EmptyDrawingError(), ""), (TooManyDigitsError("Too many shapes."), "Too many shapes.")]
)
def test_an_error_becomes_the_sentence_of_the_drawing_it_answers(error, sentence):
    drawing = Drawing(9, Image.new("L", (280, 280), 255))

    answer = DrawHandlers(Refusing(error)).answer(drawing, "ensemble", "arithmetic", 0.5, 0.5)

    assert (answer.reading, answer.sentence, answer.sequence) == (None, sentence, 9)


def test_a_vote_that_does_not_exist_becomes_a_sentence():
    drawing = Drawing(1, Image.new("L", (280, 280), 255))

    answer = DrawHandlers(Refusing(AssertionError())).answer(drawing, "ensemble", "arithmetic", 7, 0.5)

    assert "between 0 and 1" in answer.sentence
