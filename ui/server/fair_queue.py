"""A queue of requests in which each address gets its turn before another gets its second one."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from math import ceil
from time import perf_counter

from ui.server.turns import RECENT, SupersededError, TooBusyError
from ui.server.visitors import Visitor


class Admission(Enum):
    """What becomes of a request that waits."""

    TURN = auto()
    SUPERSEDED = auto()
    TOO_LATE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a request waits.

    Attributes:
        session: whose request waits here; "" is unknown.
        outcome: what becomes of it. Never an exception: those refer to the frames they pass, so that a crowd of them
            would keep Python's cyclic garbage collector busy.
    """

    session: str
    outcome: asyncio.Future[Admission]

    def settle(self, outcome: Admission) -> bool:
        """Decide what becomes of it; False where that has been decided, or whoever waited has left."""
        if self.outcome.done():
            return False
        self.outcome.set_result(outcome)
        return True


class FairQueue:
    """Lets a few requests in at a time; of those that wait, each address gets its turn before another's second.

    All of it runs on the server's event loop, so that who waits holds no thread. A request that could not be let in
    within `seconds`, by what the last turns took, is put off at once: that costs a small part of letting it wait.

    Args:
        at_once: requests inside at a time.
        waiting: requests that may wait, however short turns are. One more puts off the newest of the address that has
            most of them inside and waiting, itself where no other has more than its own.
        seconds: after so long a request is put off.
        newest_only: a session's request takes the place of the one of it that waits.
        clock: seconds that only go on.
    """

    def __init__(
        self,
        at_once: int,
        waiting: int,
        seconds: float,
        newest_only: bool = False,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._at_once = self._free = at_once
        self._most_waiting = waiting
        self._seconds = seconds
        self._newest_only = newest_only
        self._clock = clock
        self._recent: deque[float] = deque(maxlen=RECENT)  # seconds that turns took
        self._count = 0
        self._inside: Counter[str] = Counter()  # requests of each address
        self._waiting: OrderedDict[str, list[Place]] = OrderedDict()

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
        start = self._clock()
        self._inside[visitor.address] += 1
        try:
            yield
        finally:
            self._recent.append(self._clock() - start)
            self._inside -= Counter([visitor.address])
            self._pass_on()

    async def _wait(self, visitor: Visitor) -> None:
        loop = asyncio.get_running_loop()
        place = Place(visitor.session, loop.create_future())
        self._take(place, visitor)
        timer = loop.call_later(self._seconds, self._put_off, visitor.address, place, Admission.TOO_LATE)
        try:
            outcome = await place.outcome
        except asyncio.CancelledError:
            if place.outcome.done() and not place.outcome.cancelled() and place.outcome.result() is Admission.TURN:
                self._pass_on()
            else:
                self._remove(visitor.address, place)
            raise
        finally:
            timer.cancel()
        if outcome is Admission.SUPERSEDED:
            raise SupersededError
        if outcome is Admission.TOO_LATE:
            raise TooBusyError(ceil(self._seconds))

    def _take(self, place: Place, visitor: Visitor) -> None:
        """Put a place into the line, or raise `TooBusyError`."""
        mine = self._waiting.get(visitor.address, [])
        if self._newest_only and visitor.session:
            for number, older in enumerate(mine):
                if older.session == visitor.session:
                    mine[number] = place
                    older.settle(Admission.SUPERSEDED)
                    return
        if self._count >= self._room():
            greedy = max(self._waiting, key=self._burden)
            if self._burden(greedy) <= self._burden(visitor.address) + 1:
                raise TooBusyError(ceil(self._seconds))
            self._put_off(greedy, self._waiting[greedy][-1], Admission.TOO_LATE)
        self._waiting.setdefault(visitor.address, []).append(place)
        self._count += 1

    def _burden(self, address: str) -> int:
        return self._inside[address] + len(self._waiting.get(address, ()))

    def _room(self) -> int:
        """How many may wait so that the last of them is let in within the seconds; one at least."""
        if not sum(self._recent):
            return self._most_waiting
        turns = self._seconds * len(self._recent) / sum(self._recent)
        return max(1, min(self._most_waiting, int(self._at_once * turns)))

    def _put_off(self, address: str, place: Place, outcome: Admission) -> None:
        self._remove(address, place)
        place.settle(outcome)

    def _remove(self, address: str, place: Place) -> None:
        places = self._waiting.get(address, [])
        if place in places:
            places.remove(place)
            self._count -= 1
        if not places:
            self._waiting.pop(address, None)

    def _pass_on(self) -> None:
        """Give the turn to the oldest of the address that has waited longest since its last one."""
        while self._waiting:
            address = next(iter(self._waiting))
            place = self._waiting[address][0]
            self._remove(address, place)
            if address in self._waiting:
                self._waiting.move_to_end(address)
            if place.settle(Admission.TURN):
                return
        self._free += 1
