"""The pages of every step, composed in other processes before they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from digit_core.command.workers import results_in_order
from training.data.pages.hands import Hands
from training.data.pages.targets import targets_of
from training.data.workers import start_workers

SIDES = ((192, 14), (256, 8), (320, 5))  # pixels of a page and pages in a step: one after the other
STEPS_AHEAD = 4  # for each worker, whose pages are composed in advance


def compose_batches(seed: int, first: int, last: int, workers: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Compose the pages of steps `first` up to, not including, `last` in advance, in other processes."""
    with start_workers(workers) as pool:
        tasks = (pool.submit(_compose_batch, seed, step) for step in range(first, last))
        yield from results_in_order(tasks, STEPS_AHEAD * workers)


@cache
def _training_hands() -> Hands:
    """Gather who writes, once in each process."""
    return Hands("training")


def _compose_batch(seed: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Compose the pages of one training step, in a process of its own."""
    side, count = SIDES[step % len(SIDES)]
    pages = [_training_hands().page(side, [seed, step, i]) for i in range(count)]
    return np.stack([page.picture for page in pages]), np.stack([targets_of(page).to_array() for page in pages])
