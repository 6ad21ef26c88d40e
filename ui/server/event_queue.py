"""Gradio's queue of events, with an end and with fairness: behind `ui.server.doors`, which guards the asking alone.

Gradio answers who asks at once, lets the event wait without a limit in the order of asking, and keeps what came of it
until somebody fetches that. So one visitor could make everybody else wait for minutes.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

from fastapi import Request
from gradio.data_classes import PredictBodyInternal
from gradio.exceptions import Error
from gradio.queueing import Event, EventQueue, Queue
from gradio.server_messages import EventMessage, ProcessCompletedMessage
from gradio.utils import error_payload, run_coro_in_background

from ui.server.refusals import refusals
from ui.server.turns import TooBusyError
from ui.server.visitors import current_visitor

# Seconds that a look inside takes of both cores, the longest of what waits here in crowds.
SECONDS_OF_ONE = 0.3
# Events that may wait in all: the last look inside of so many comes after a minute, as long as requests wait at most.
MAX_WAITING = ceil(60 / SECONDS_OF_ONE)
# Events of one address that may wait: as many as Gradio's client for Python asks at a time, 40, and a page's beside it.
MAX_WAITING_OF_ONE = 48
# Events of one address that may wait, run, or have an answer that nobody has fetched.
MAX_KEPT_OF_ONE = 128
# Events in all that are kept; beyond, the answers that have waited longest to be fetched are forgotten.
MAX_KEPT = 1024
# Seconds after which an answer that nobody has fetched is forgotten: a page, or a client, takes it at once.
FORGET_AFTER = 300.0
# Messages of a session that lie unread where certainly nobody listens; whoever does has read all but the latest.
MAX_UNREAD = 100
# Seconds between two looks for such answers.
FORGET_EVERY = 60.0


@dataclass(slots=True, eq=False)
class Kept:
    """An event that Gradio keeps.

    Attributes:
        event: the event itself.
        address: whose it is.
        finished_at: when it was first seen to have an answer; None before.
    """

    event: Event
    address: str
    finished_at: float | None = None


class FairEventQueue(Queue):
    """Gradio's queue, in which each address gets its turn before another's second, and which puts off who floods.

    Who is put off is told so by the way on which the answer would have come, as Gradio's client for Python shows
    nothing of a refused request; requests by plain HTTP get status 429.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._kept: dict[str, Kept] = {}  # by the events' names, in the order they came

    def start(self) -> None:
        """Begin to let events in, and to forget."""
        super().start()
        run_coro_in_background(self._forget_regularly)

    async def push(
        self, body: PredictBodyInternal, request: Request, username: str | None
    ) -> tuple[bool, str | list[dict[str, Any]], Literal["success", "error", "queue_full", "validator_error"]]:
        """Let an event wait.

        Raises:
            TooBusyError: too many of this address wait or are kept, or too many in all.
        """
        address = current_visitor.get().address
        self.forget()
        if sum(kept.address == address for kept in self._kept.values()) >= MAX_KEPT_OF_ONE:
            raise self._refusal(FORGET_AFTER)
        outcome = await super().push(body, request, username)
        event = self.event_ids_to_events.get(str(outcome[1]))
        if event is None:
            return outcome
        self._kept[event._id] = Kept(event, address)
        late = self._choose_to_put_off(event, address)
        if late is event and event.session_hash == event._id:  # a request by plain HTTP
            self._take_out(event)
            self._drop_messages(event.session_hash)
            raise self._refusal()
        if late:
            self._take_out(late)
            answer = error_payload(Error(str(self._refusal()), print_exception=False), show_error=True)
            self.send_message(late, ProcessCompletedMessage(output=answer, success=False))
        self._put_in_fair_order(self.event_queue_per_concurrency_id[event.concurrency_id])
        return outcome

    def send_message(self, event: Event, event_message: EventMessage) -> None:
        """Tell an event's session something; where Gradio has forgotten the session, nobody can be told."""
        if event.session_hash in self.pending_messages_per_session:
            super().send_message(event, event_message)

    def forget(self) -> None:
        """Forget what has been fetched, what nobody waits for any more, and what nobody has fetched for long."""
        now = time.monotonic()
        finished = []
        for name, kept in list(self._kept.items()):
            if name in self.event_ids_to_events:  # it waits or runs
                continue
            session = kept.event.session_hash
            unfetched = self.pending_event_ids_session.get(session, set())
            if not kept.event.alive:  # whoever asked has left
                unfetched.discard(name)
            if not unfetched:
                self.pending_event_ids_session.pop(session, None)
            if name not in unfetched:
                del self._kept[name]
                continue
            if kept.finished_at is None:
                kept.finished_at = now
            finished.append((kept, now - kept.finished_at))
        surplus = len(self._kept) - MAX_KEPT
        for number, (kept, seconds) in enumerate(finished):
            if number < surplus or seconds >= FORGET_AFTER:
                self._forget_answer(kept.event)

    def _forget_answer(self, event: Event) -> None:
        """Forget an answer; where nobody listens, forget its session, too.

        A session whose stream broke may have lost an answer, have come back and be waiting for another one.
        """
        session = event.session_hash
        messages = self.pending_messages_per_session.get(session)
        waits = any(one.session_hash == session for one in self.event_ids_to_events.values())
        if waits and (messages is None or messages.qsize() <= MAX_UNREAD):
            self.pending_event_ids_session.get(session, set()).discard(event._id)
            self._kept.pop(event._id, None)
        else:
            self._forget_session(session)

    def _forget_session(self, session: str) -> None:
        """Forget all of a session that does not fetch its answers, and what waits for it, too."""
        for name, kept in list(self._kept.items()):
            if kept.event.session_hash == session:
                kept.event.alive = False
                if kept.event in self._waiting_beside(kept.event):
                    self._take_out(kept.event)
                if name not in self.event_ids_to_events:
                    del self._kept[name]
        self._drop_messages(session)

    def _drop_messages(self, session: str) -> None:
        self.pending_event_ids_session.pop(session, None)
        self.pending_messages_per_session.pop(session, None)

    async def _forget_regularly(self) -> None:
        while not self.stopped:
            await asyncio.sleep(FORGET_EVERY)
            self.forget()

    def _choose_to_put_off(self, event: Event, address: str) -> Event | None:
        """Return whose event has to go: the newest of the address that has most of them waiting; None where nobody's.

        Args:
            event: the newest.
            address: its visitor's.
        """
        waiting = {one._id for queue in self.event_queue_per_concurrency_id.values() for one in queue.queue}
        counts = Counter(kept.address for name, kept in self._kept.items() if name in waiting)
        if counts[address] > MAX_WAITING_OF_ONE:
            return event
        if len(waiting) <= MAX_WAITING:
            return None
        greedy = max(counts, key=lambda one: counts[one])
        if counts[greedy] <= counts[address]:
            return event
        return next(
            kept.event for name, kept in reversed(self._kept.items()) if kept.address == greedy and name in waiting
        )

    def _waiting_beside(self, event: Event) -> list[Event]:
        """All events that wait in the same line as one."""
        return self.event_queue_per_concurrency_id[event.concurrency_id].queue

    def _take_out(self, event: Event) -> None:
        self._waiting_beside(event).remove(event)
        self.event_ids_to_events.pop(event._id, None)

    def _put_in_fair_order(self, line: EventQueue) -> None:
        """Put every address's first event before any address's second; the one that runs is a first one, too."""
        waiting = set(line.queue)
        before: Counter[str] = Counter()
        ranks = {}
        for name, kept in self._kept.items():
            event = kept.event
            if name in self.event_ids_to_events and event.concurrency_id == line.concurrency_id:
                if event in waiting:
                    ranks[event] = before[kept.address]
                before[kept.address] += 1
        line.queue.sort(key=ranks.__getitem__)

    def _refusal(self, seconds: float = MAX_WAITING_OF_ONE * SECONDS_OF_ONE) -> TooBusyError:
        refusals.count(TooBusyError.__name__)
        return TooBusyError(ceil(seconds))
