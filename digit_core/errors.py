"""The kinds of what can go wrong with a picture; whoever raises one gives it its sentence for the person at the pen."""

from __future__ import annotations


class DigitError(Exception):
    """Something a user can cause; `str(error)` is one sentence ready for the page."""


class EmptyDrawingError(DigitError):
    """There is no ink to read."""

    def __init__(self, sentence: str = "There is nothing to read yet: draw a digit or choose a picture.") -> None:
        super().__init__(sentence)


class UnreadablePictureError(DigitError):
    """The file is not a picture that can be decoded."""


class PictureTooLargeError(DigitError):
    """The picture exceeds the limit on bytes or pixels."""


class TooManyDigitsError(DigitError):
    """More shapes were found than one picture may hold."""

    @classmethod
    def beyond(cls, most: int) -> TooManyDigitsError:
        """Return the error that tells of more shapes than the most that are looked at."""
        return cls(f"More than {most} shapes were found: choose a part of the picture.")


class VoteError(DigitError, ValueError):
    """What is asked of a reading makes no sense: a vote, threshold, weight, or a number of digits, rows or texts."""


class ExplanationError(DigitError, ValueError):
    """A shape, target digit or method that does not exist."""


class StrokesError(DigitError, ValueError):
    """What was sent is not strokes, or too many of them."""


class WeightsError(DigitError):
    """The networks' weights are missing, damaged or not the ones the manifest vouches for."""


class OutputError(DigitError):
    """An output path that cannot be used: it would overwrite something, or no file can be there."""


class RecordsError(DigitError):
    """A file that training or evaluation wrote is damaged."""


class CorrectionError(DigitError):
    """A correction that is not kept: nobody agreed, or the store is full."""


class NoLongerKeptError(CorrectionError):
    """A correction that cannot be taken back, since it is no longer known or no longer there."""


class CorrectionsError(DigitError):
    """Corrections were asked for, and where they are to be kept cannot or must not be used."""


class CorrectionsUnreachableError(CorrectionsError):
    """The Hub that is to keep corrections cannot be asked just now."""
