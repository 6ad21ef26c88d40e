"""Who is let in, and when: turns for pictures, a fair queue for requests, and counts of what was refused."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import ceil
from threading import BoundedSemaphore
from time import perf_counter

from digit_core.errors import DigitError, EmptyDrawingError

AT_ONCE = 2  # pictures decoded at a time: `digit_core.page.decode` holds two to 500 MB
WAITING = 14  # that may wait for their turn, each on one of 40 threads: with these two as many as `ui.doors` lets in
RECENT = 20  # turns whose mean length tells how long those who are inside will take
REFUSALS_EVERY = 60  # seconds between two lines of the log about refusals, however many there are

log = logging.getLogger("digits")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as fairness needs to know.

    Attributes:
        address: of the client, an IPv6 one without its last 64 bits, which a client chooses freely; "" is unknown.
        session: the page's or client's own name for itself; "" is unknown.
    """

    address: str = ""
    session: str = ""


NOBODY = Visitor()
current_visitor: ContextVar[Visitor] = ContextVar("current_visitor", default=NOBODY)


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


@dataclass(slots=True)
class Refusals:
    """Counts what is refused by its reason, and writes at most one line a minute about it."""

    clock: Callable[[], float] = time.monotonic
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next_line: float = 0.0

    def count(self, reason: str) -> None:
        """Count a refusal; the first one is written at once."""
        with self._lock:
            self._counts[reason] += 1
            if self.clock() < self._next_line:
                return
            self._next_line = self.clock() + REFUSALS_EVERY
            line = self._line()
        log.info(line)

    def flush(self) -> None:
        """Write what has been counted since the last line."""
        with self._lock:
            line = self._line() if self._counts else ""
        if line:
            log.info(line)

    def _line(self) -> str:
        counts = ", ".join(f"{reason} {count}" for reason, count in self._counts.most_common())
        self._counts.clear()
        return f"refused: {counts}"


refusals = Refusals()


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


class FairQueue:
    """Lets a few requests in at a time; of those that wait, each address gets its turn before another's second.

    All of it runs on the server's event loop, so that who waits holds no thread.

    Args:
        at_once: requests inside at a time.
        waiting: requests that may wait. One more puts off the newest of whoever has most waiting.
        seconds: after so long a request is put off.
        newest_only: a session's request replaces the one of it that waits.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float, newest_only: bool = False) -> None:
        self._free = at_once
        self._most_waiting = waiting
        self._seconds = seconds
        self._newest_only = newest_only
        self._count = 0
        self._waiting: OrderedDict[str, list[tuple[str, asyncio.Future[None]]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, visitor: Visitor) -> AsyncIterator[None]:
        """Wait for a turn and hold it.

        Raises:
            SupersededError: the session has asked again, and only its newest request counts.
            TooBusyError: it would have to wait too long.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(visitor)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, visitor: Visitor) -> None:
        mine = self._waiting.setdefault(visitor.address, [])
        if self._newest_only and visitor.session:
            for entry in [entry for entry in mine if entry[0] == visitor.session]:
                self._put_off(visitor.address, entry, SupersededError())
                mine = self._waiting.setdefault(visitor.address, [])
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (visitor.session, place)
        mine.append(entry)
        self._count += 1
        if self._count > self._most_waiting:
            greedy = max(self._waiting, key=lambda address: len(self._waiting[address]))
            self._put_off(greedy, self._waiting[greedy][-1], TooBusyError(ceil(self._seconds)))
        try:
            await asyncio.wait_for(asyncio.shield(place), self._seconds)
        except TimeoutError:
            if place.done() and not place.cancelled() and place.exception() is None:
                return  # its turn came in the same moment
            self._remove(visitor.address, entry)
            raise TooBusyError(ceil(self._seconds)) from None
        except asyncio.CancelledError:
            if place.done() and place.exception() is None:
                self._pass_on()
            else:
                self._remove(visitor.address, entry)
            raise

    def _put_off(self, address: str, entry: tuple[str, asyncio.Future[None]], error: DigitError) -> None:
        self._remove(address, entry)
        entry[1].set_exception(error)

    def _remove(self, address: str, entry: tuple[str, asyncio.Future[None]]) -> None:
        entries = self._waiting.get(address, [])
        if entry in entries:
            entries.remove(entry)
            self._count -= 1
        if not entries:
            self._waiting.pop(address, None)

    def _pass_on(self) -> None:
        """Give the turn to the oldest of the address that has waited longest since its last one."""
        if not self._waiting:
            self._free += 1
            return
        address = next(iter(self._waiting))
        entry = self._waiting[address][0]
        self._remove(address, entry)
        if address in self._waiting:
            self._waiting.move_to_end(address)
        entry[1].set_result(None)
