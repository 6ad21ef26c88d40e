"""What can go wrong with training's data, with the sentence for the person who started the run."""

from __future__ import annotations

from digit_core.errors import DigitError


class DataError(DigitError):
    """Data that is missing or damaged; `str(error)` says what was looked for, where, and what to do."""
