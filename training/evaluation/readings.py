"""What every measurement of reading shares: a recognizer, its reading or none, the text, the distance to the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from digit_core.errors import DigitError
from digit_core.loading import WEIGHTS_NAME, join_networks, load_runtime
from digit_core.models.manifest import MANIFEST_NAME, read_manifest
from digit_core.recognizer import Recognizer
from digit_core.types import Network, Reading
from training.data.samples import ROW_MARK


def recognizer_of(models_dir: Path) -> Recognizer:
    """Load the weights of a folder, which its manifest vouches for, without asking the Hub.

    Raises:
        WeightsError: they are missing or damaged.
    """
    manifest = read_manifest(models_dir / MANIFEST_NAME)
    runtimes = {
        name: load_runtime(cast("Network", name), models_dir / name / WEIGHTS_NAME, entry)
        for name, entry in manifest.networks.items()
    }
    return join_networks(runtimes, manifest, f"weights in {models_dir}")


def read_or_none(recognizer: Recognizer, picture: Any, **options: Any) -> Reading | None:
    """Read a picture as `Recognizer.read` does; None where there is nothing to read, or too much."""
    try:
        return recognizer.read(picture, **options)
    except DigitError:
        return None


def text_of(reading: Reading | None) -> str:
    """Return what was read as a truth is written, its rows separated by `ROW_MARK`; "" where nothing was."""
    return reading.text.replace("\n", ROW_MARK) if reading else ""


def distance(given: str, truth: str) -> int:
    """Count the characters to insert, delete or change to turn one text into the other (Levenshtein 1966)."""
    row = list(range(len(truth) + 1))
    for i, a in enumerate(given, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(truth, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
