"""Waits that end: when something is so, or after a time that a busy machine keeps."""

import asyncio
import time

DEADLINE = 300  # seconds


def wait_until(is_so):
    """Wait until something is so.

    Raises:
        AssertionError: it is not so after `DEADLINE` seconds.
    """
    for _ in _ticks(is_so):
        time.sleep(0.01)


async def until(is_so):
    """Let others go on until something is so, as `wait_until` does."""
    for _ in _ticks(is_so):
        await asyncio.sleep(0.01)


def _ticks(is_so):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        if is_so():
            return
        yield
    assert is_so(), f"not within {DEADLINE} s"
