"""Taking turns with large pictures, so that a crowd cannot fill the memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from digit_core.errors import DigitError

AT_ONCE = 2  # pictures decoded at a time: the largest allowed one takes some 600 MB while it is read
WAITING = 8  # pictures that may wait for their turn, each on one of the server's 40 threads


class TooBusyError(DigitError):
    """More pictures are waiting than can be read in a bearable time."""

    def __init__(self) -> None:
        super().__init__("Many pictures are being read just now. Please try again in a moment.")


class Turns:
    """Lets a few pictures in at a time, lets a few more wait and sends the rest away with a polite sentence."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._reading = BoundedSemaphore(at_once)
        self._inside = BoundedSemaphore(at_once + waiting)

    @contextmanager
    def turn(self, patient: bool = False) -> Iterator[None]:
        """Wait for a turn and hold it.

        Args:
            patient: wait however many are waiting already: for what reads many pictures one after the other, so that
                a crowd makes it slow and no row of it is lost.

        Raises:
            TooBusyError: too many are waiting already, and this one is not patient.
        """
        if not self._inside.acquire(blocking=patient):
            raise TooBusyError
        try:
            with self._reading:
                yield
        finally:
            self._inside.release()
