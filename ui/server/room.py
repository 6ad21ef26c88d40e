"""How much room uploads may take: together what the disk bears, and each visitor no more than stays for others."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from digit_core.errors import DigitError
from ui.components.batch import MAX_FILES

# Bytes of the disk that uploads leave free, for the cache of the networks and the log.
KEPT_FREE = 200 * 1024 * 1024
# Bytes of a large photo from a phone, which has 2 to 12 MB.
LARGE_PHOTO = 8 * 1024 * 1024
# Bytes that all uploads may take together, 16 GB: the first who comes may take half of it, which is one batch of large
# photos. A Space's disk has 50 GB.
MAX_STORED = 2 * MAX_FILES * LARGE_PHOTO
# Bytes that each file counts beside its content: with its folder it takes two inodes, and ext4 has one for each 16 kB.
FILE_COST = 2 * 16 * 1024

FULL_SENTENCE = "There is no room for uploads just now. Please try again later."
SHARE_SENTENCE = (
    "This is more than one visitor may upload here within an hour, so that there is room for others. "
    "Please send fewer pictures, or try again later."
)


class RoomError(DigitError):
    """There is no room for what is to be uploaded.

    Attributes:
        status: of the answer over HTTP.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(slots=True)
class Claim:
    """What one upload takes, from the moment it is announced.

    Attributes:
        size: bytes that it counts, announced or arrived.
        outstanding: bytes that are still to come, which the disk does not know of yet.
    """

    size: int
    outstanding: int

    def arrive(self, size: int) -> None:
        """Note that so many bytes more are on the disk."""
        self.outstanding = max(0, self.outstanding - size)

    def settle(self, size: int) -> None:
        """Say how many bytes remain on the disk in the end."""
        self.size, self.outstanding = size, 0


def free_on_disk() -> int:
    """Return how many bytes uploads may still take of the disk, negative where it has fewer than `KEPT_FREE`."""
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
    return shutil.disk_usage(folder if folder.exists() else tempfile.gettempdir()).free - KEPT_FREE


@dataclass(slots=True)
class Room:
    """Knows what uploads take, and whose they are.

    An address may have as much as then stays free for everybody: alone one half, beside it another one a quarter, and
    so on, so that nobody fills the disk and a single visitor has plenty. Files that the app did not receive itself,
    of an earlier life or of another replica, count from the next sweep on.

    Attributes:
        most: bytes that all uploads may take together.
        free: tells how many bytes the disk has for them.
        clock: tells the time in seconds, as the files' own times are told.
    """

    most: int = MAX_STORED
    free: Callable[[], int] = free_on_disk
    clock: Callable[[], float] = time.time
    _found: int = 0  # bytes that stood there at the last sweep
    _since: int = 0  # bytes that have come since then
    _coming: dict[int, tuple[str, Claim]] = field(default_factory=dict)
    _recent: Counter[str] = field(default_factory=Counter)  # bytes of each address since the last sweep
    _earlier: deque[tuple[float, Counter[str]]] = field(default_factory=deque)  # the same until each sweep before
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def claim(self, address: str, size: int) -> Iterator[Claim]:
        """Claim room for an upload of an address; what it counts in the end is what its `Claim` then says.

        Raises:
            RoomError: there is not as much room, or it is for others.
        """
        with self._lock:
            outstanding = sum(claim.outstanding for _, claim in self._coming.values())
            announced = sum(claim.size for _, claim in self._coming.values())
            free = min(self.most - self._found - self._since - announced, self.free() - outstanding) - size
            if free < 0:
                raise RoomError(FULL_SENTENCE, 507)
            if self._taken_by(address) + size > free:
                raise RoomError(SHARE_SENTENCE, 429)
            claim = Claim(size, size)
            self._coming[id(claim)] = (address, claim)
        try:
            yield claim
        finally:
            with self._lock:
                del self._coming[id(claim)]
                if claim.size:
                    self._recent[address] += claim.size
                    self._since += claim.size

    def count_anew(self, stored: Callable[[], int], kept_seconds: float) -> None:
        """Count what stands there, once old files are deleted, and forget whose those were.

        Args:
            stored: looks how many bytes stand there.
            kept_seconds: how old a file becomes before it is deleted.
        """
        with self._lock:
            now = self.clock()
            self._earlier.append((now, self._recent))
            self._recent = Counter()
            while self._earlier and now - self._earlier[0][0] > kept_seconds:
                self._earlier.popleft()
            before = self._since
        found = stored()
        with self._lock:
            self._found = found
            self._since -= before

    def _taken_by(self, address: str) -> int:
        coming = sum(claim.size for whose, claim in self._coming.values() if whose == address)
        return coming + self._recent[address] + sum(counts[address] for _, counts in self._earlier)


room = Room()
