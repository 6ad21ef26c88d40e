"""Who may read a picture, and when."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from threading import BoundedSemaphore
from time import perf_counter

from digit_core.errors import DigitError, EmptyDrawingError
from ui.server.refusals import refusals

# This many pictures are read at a time: `digit_core.page.decode` keeps two of the largest below 500 MB.
AT_ONCE = 2
# This many requests may wait for their turn, each on one of Gradio's 40 threads. `ui.server.doors` lets in no more than
# these and `AT_ONCE`.
WAITING = 14
# The mean length of this many turns predicts how long the requests that are inside will take.
RECENT = 20


class TooBusyError(DigitError):
    """More pictures are waiting than can be read in a bearable time.

    Attributes:
        seconds: after so many all who are inside now will have been read.
    """

    def __init__(self, seconds: int) -> None:
        wait = "a second" if seconds == 1 else f"{seconds} seconds"
        super().__init__(f"Many pictures are being read just now. Please try again in {wait}.")
        self.seconds = seconds


class SupersededError(DigitError):
    """A newer request of the same session has taken this one's place."""

    def __init__(self) -> None:
        super().__init__("A newer drawing is read instead.")


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
    def turn(self, can_be_refused: bool = True) -> Iterator[None]:
        """Wait for a turn and hold it.

        Args:
            can_be_refused: False waits however many are waiting already. A request that reads many pictures one after
                the other asks so: a crowd makes it slow, but none of its rows is lost.

        Raises:
            TooBusyError: too many are waiting already, and this one can be refused.
        """
        if not self._inside.acquire(blocking=not can_be_refused):
            refusals.count(TooBusyError.__name__)
            raise TooBusyError(self.seconds_until_free())
        try:
            with self._reading:
                start = self._clock()
                yield
                self._recent.append(self._clock() - start)
        except EmptyDrawingError:  # an answer like any other
            raise
        except DigitError as error:
            refusals.count(type(error).__name__)
            raise
        finally:
            self._inside.release()

    def seconds_until_free(self) -> int:
        """How long those who are inside will take, by what the last turns took; a second where nobody knows yet."""
        recent = tuple(self._recent)
        return max(1, ceil(self._rounds * sum(recent) / len(recent))) if recent else 1
