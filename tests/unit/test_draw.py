"""The Draw tab's handlers with a recognizer that errs."""

import gradio as gr
import pytest
from PIL import Image

from digit_core.errors import EmptyDrawingError, TooManyDigitsError
from digit_core.types import Vote
from ui.components.controls import with_vote
from ui.components.sketchpad import Drawing
from ui.tabs.draw import DrawHandlers


class Refusing:
    """A recognizer that finds the same fault with every drawing."""

    def __init__(self, error):
        self.error = error

    def read(self, *_, **__):
        raise self.error


def test_blank_paper_is_not_even_read():
    answer = DrawHandlers(Refusing(AssertionError())).answer(Drawing(sequence=4), Vote(), 0.5)

    assert (answer.reading, answer.sentence, answer.sequence) == (None, "", 4)


@pytest.mark.parametrize(
    ("error", "sentence"), [(EmptyDrawingError(), ""), (TooManyDigitsError("Too many shapes."), "Too many shapes.")]
)
def test_an_error_becomes_the_sentence_of_the_drawing_it_answers(error, sentence):
    drawing = Drawing(9, Image.new("L", (280, 280), 255))

    answer = DrawHandlers(Refusing(error)).answer(drawing, Vote(), 0.5)

    assert (answer.reading, answer.sentence, answer.sequence) == (None, sentence, 9)


def test_the_controls_values_reach_a_handler_as_one_vote():
    handler = with_vote(lambda drawing, vote, threshold: (drawing, vote, threshold))

    assert handler("a drawing", "deep", "geometric", 0.3, 0.8) == ("a drawing", Vote("deep", "geometric", 0.3), 0.8)


def test_a_vote_that_does_not_exist_becomes_a_sentence():
    handler = with_vote(DrawHandlers(Refusing(AssertionError())).answer)

    with pytest.raises(gr.Error, match="between 0 and 1"):
        handler(Drawing(1, Image.new("L", (280, 280), 255)), "ensemble", "arithmetic", 7, 0.5)
