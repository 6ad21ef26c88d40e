"""Event loops for what is asynchronous."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from tests.support.waiting import DEADLINE


def run_apart(coroutine):
    """Run a coroutine on a loop of its own: the browser of another test may keep one running in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(coroutine, DEADLINE)).result()
