"""Write the model cards: `python -m training.card`.

`training.report` writes them, too, and `training.push` again with the repos' names in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from digit_core.command.options import tell_errors
from digit_core.errors import RecordsError
from digit_core.figures.records import read_figures
from digit_core.files import write_whole
from digit_core.models.manifest import HISTORY_NAME, METRICS_NAME, MODELS_DIR, NETWORKS, NetworkEntry, read_manifest
from training.errors import DataError
from training.publish.cards.base import Card
from training.publish.cards.digits import DigitCard
from training.publish.cards.finder import FinderCard

CARD_NAME = "README.md"
CARDS: Mapping[str, type[Card]] = dict.fromkeys(NETWORKS, DigitCard) | {"finder": FinderCard}  # of each network


def read_card(models_dir: Path, name: str, entry: NetworkEntry, repo: str | None) -> Card:
    """Gather what training and evaluation left in `models_dir` about a network.

    Raises:
        DataError: metrics or history are missing, damaged, or of another network.
    """
    try:
        metrics = read_figures(name, models_dir)
        if metrics is None:
            raise FileNotFoundError(METRICS_NAME)
        history = json.loads((models_dir / name / HISTORY_NAME).read_text(encoding="utf-8"))
        card = CARDS[name](name, entry, metrics, history, repo)
        if metrics.get("parameters", entry.parameters) != entry.parameters:
            raise ValueError(f"{metrics['parameters']} parameters, expected {entry.parameters}")
        card.text, card.pictures  # noqa: B018 - whatever is missing shows now, before anything is written
    except (OSError, ValueError, KeyError, TypeError, StopIteration, RecordsError) as error:
        raise DataError(
            f"The figures of {name} in {models_dir / name} cannot be read ({error!r}): "
            "run python -m training.train and python -m training.evaluate first."
        ) from error
    return card


def write_card(card: Card, folder: Path) -> None:
    """Write the card and its pictures into a folder, each whole or not at all."""
    for name, content in ({CARD_NAME: card.text.encode()} | dict(card.pictures)).items():
        write_whole(folder / name, content)


def write_cards() -> None:
    """Write every network's card into `models/`, and print where.

    Raises:
        DigitError: the manifest or some figures are missing or damaged.
    """
    for name, entry in read_manifest().networks.items():
        write_card(read_card(MODELS_DIR, name, entry, entry.repo), MODELS_DIR / name)
        print(f"wrote {MODELS_DIR / name / CARD_NAME}")


@tell_errors()
def main() -> int:
    """Write every network's card into `models/`; return the exit code."""
    write_cards()
    return 0
