"""What tests ask of a reading."""

from digit_core.errors import EmptyDrawingError


def digits_on(recognizer, picture):
    """Return the digits that are read on a picture, without rows and what is no digit; "" where nothing is."""
    try:
        return "".join(character for character in recognizer.read(picture).text if character.isdigit())
    except EmptyDrawingError:
        return ""
