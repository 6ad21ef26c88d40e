"""What can go wrong in training, measuring and publishing, with the sentence for the person who started it."""

from __future__ import annotations

from digit_core.errors import DigitError


class DataError(DigitError):
    """Data that is missing or damaged; `str(error)` says what was looked for, where, and what to do."""


class PushError(DigitError):
    """Something that may not or could not be sent to the Hub; `str(error)` says what to do."""
