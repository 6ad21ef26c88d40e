"""Counts of what was refused, for the log."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

# Seconds between two lines of the log about refusals, however many there are.
REFUSALS_EVERY = 60

log = logging.getLogger("digits")


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
