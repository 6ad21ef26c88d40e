"""How good a finder is on the pages that runs are compared on."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from training.data.pages.compose import Page
from training.data.pages.hands import Hands
from training.data.pages.targets import targets_of
from training.finder.losses import LossParts, loss_parts

VALIDATION_PAGES, VALIDATION_SEED = 60, 9_000_001  # of no page of training
VALIDATION_SIDE = 320  # pixels, as the largest pages of training
TOGETHER = 6  # pages that the network is asked about at a time


def validation_pages() -> list[Page]:
    """Compose the pages that runs are compared on."""
    hands = Hands("validation")
    return [hands.page(VALIDATION_SIDE, [VALIDATION_SEED, i]) for i in range(VALIDATION_PAGES)]


def validate(network: keras.Model, pages: Sequence[Page]) -> dict[str, float]:
    """Return the parts of the loss on validation pages."""
    totals = np.zeros(len(LossParts._fields))
    for start in range(0, len(pages), TOGETHER):
        batch = pages[start : start + TOGETHER]
        pictures = np.stack([page.picture for page in batch]).astype(np.float32) / 255
        wanted = np.stack([targets_of(page).to_array() for page in batch]).astype(np.float32)
        answered = network.predict_on_batch(pictures)
        totals += np.array([float(part) for part in loss_parts(wanted, ops.convert_to_tensor(answered))]) * len(batch)
    return {f"val_{name}": mean for name, mean in zip(LossParts._fields, (totals / len(pages)).tolist(), strict=True)}
