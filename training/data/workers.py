"""Processes that draw for a run, and end with it however it ends."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

import cv2
from tqdm import tqdm

from digit_core.command.workers import end_with_parent

MANY = 2000  # pictures: so many are shared out among the processors
TASK = 500  # pictures that a processor takes at a time

Item = TypeVar("Item")
Result = TypeVar("Result")


def start_workers(count: int | None = None, function: Callable[[Any], Any] | None = None) -> ProcessPoolExecutor:
    """Start processes of one OpenCV thread each, which end when this one ends, be it killed.

    Args:
        count: how many; None is one for each processor.
        function: what `spread` calls in them; None where functions are submitted.
    """
    fresh = multiprocessing.get_context("spawn")  # a forked process would inherit TensorFlow's threads, half alive
    return ProcessPoolExecutor(count, mp_context=fresh, initializer=_prepare, initargs=(function,))


def spread(function: Callable[[Item], Result], items: Sequence[Item], title: str) -> Iterable[Result]:
    """Apply a function to every item, in order; many items on all processors."""
    if len(items) < MANY:
        yield from map(function, tqdm(items, desc=title, disable=None))
        return
    with start_workers(function=function) as pool:
        results = pool.map(_apply, items, chunksize=TASK)
        yield from tqdm(results, desc=title, total=len(items), disable=None)


_function: Callable[[Any], Any] | None = None


def _prepare(function: Callable[[Any], Any] | None) -> None:
    """Give a worker its function once: what it draws from would be sent again with every task."""
    global _function
    _function = function
    cv2.setNumThreads(1)
    threading.Thread(target=end_with_parent, daemon=True).start()


def _apply(item: Any) -> Any:
    assert _function is not None
    return _function(item)
