"""Taking turns with large pictures, so that a crowd cannot fill the memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from threading import BoundedSemaphore
from time import perf_counter

from digit_core.errors import DigitError

AT_ONCE = 2  # pictures decoded at a time: the largest allowed one takes some 600 MB while it is read
WAITING = 8  # pictures that may wait for their turn, each on one of the server's 40 threads
RECENT = 20  # turns whose mean length tells how long those who are inside will take


class TooBusyError(DigitError):
    """More pictures are waiting than can be read in a bearable time.

    Attributes:
        seconds: after so many all who are inside now will have been read.
    """

    def __init__(self, seconds: int) -> None:
        wait = "a second" if seconds == 1 else f"{seconds} seconds"
        super().__init__(f"Many pictures are being read just now. Please try again in {wait}.")
        self.seconds = seconds


class Turns:
    """Lets a few pictures in at a time, lets a few more wait and sends the rest away with a polite sentence."""

    def __init__(
        self, at_once: int = AT_ONCE, waiting: int = WAITING, clock: Callable[[], float] = perf_counter
    ) -> None:
        self._reading = BoundedSemaphore(at_once)
        self._inside = BoundedSemaphore(at_once + waiting)
        self._clock = clock
        self._rounds = (at_once + waiting) / at_once  # until all who are inside have been read
        self._recent: deque[float] = deque(maxlen=RECENT)  # seconds that turns took

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
            raise TooBusyError(self.seconds_until_free())
        try:
            with self._reading:
                start = self._clock()
                yield
                self._recent.append(self._clock() - start)
        finally:
            self._inside.release()

    def seconds_until_free(self) -> int:
        """How long those who are inside will take, by what the last turns took; a second where nobody knows yet."""
        recent = tuple(self._recent)
        return max(1, ceil(self._rounds * sum(recent) / len(recent))) if recent else 1
