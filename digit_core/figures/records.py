"""What training and evaluation wrote into `models/`, read as `measures`; `tables` renders them.

Files of earlier versions lack some figures: what is not there is none, only what cannot be read is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digit_core.errors import RecordsError
from digit_core.figures.measures import (
    Bin,
    Epoch,
    Peer,
    Peers,
    Reliability,
    SingleDigits,
    VoteGain,
    WeightCurve,
    digit_scores,
)
from digit_core.models.manifest import HISTORY_NAME, MANIFEST_NAME, METRICS_NAME, MODELS_DIR, digest_of_figures
from digit_core.types import MODELS, Layer, Model

SETS = {
    "mnist test": "MNIST's test set",
    "mnist validation": "MNIST, writers held out of training",
    "drawings fill 12": "drawn large, brush 12 px",
    "drawings fill 20": "drawn large, brush 20 px",
    "drawings fill 28": "drawn large, brush 28 px",
    "drawings off 12": "drawn small and aside, brush 12 px",
    "drawings off 20": "drawn small and aside, brush 20 px",
    "drawings off 28": "drawn small and aside, brush 28 px",
    "drawings": "drawn, both sizes, all brushes",
    "numbers spaced": "numbers of 2 to 5 digits, spaced",
    "numbers touching": "numbers of 2 to 5 digits, some touching",
}

MATRIX_SETS = ("mnist test", "mnist validation")  # what the page shows of single digits: the first that was measured

DRAWN_SETS = ("drawings",)  # The set that stands for drawings of both sizes and all brushes.
RELIABILITY_SETS = (MATRIX_SETS, DRAWN_SETS)  # whose confidence is looked at: from each row the first that is known
PEERS_FILE = Path(__file__).with_name("peers.json")  # other projects' weights, measured once, by hand

Metrics = Mapping[str, Mapping[str, Any]]


def read_history(name: Model, models_dir: Path = MODELS_DIR) -> tuple[Epoch, ...]:
    """Read how a network was trained; nothing where nobody wrote it down.

    Raises:
        RecordsError: the file is damaged.
    """
    path = models_dir / name / HISTORY_NAME
    content = _read_json(path) or {"epochs": []}
    with _tell_damage(path):
        recipes = [*content.get("began_with", []), content.get("recipe", {})]
        taught = [bool(recipe.get("teachers")) for recipe in recipes]
        return tuple(
            Epoch(
                row["epoch"],
                None if taught[row.get("run", 0)] else row["loss"],
                row.get("val_loss"),
                row["error"],
                row.get("learning_rate"),
            )
            for row in content["epochs"]
        )


def read_layers(name: Model, models_dir: Path = MODELS_DIR) -> tuple[Layer, ...]:
    """Read how a network is built, from frame to logits; nothing where nobody wrote it down.

    Raises:
        RecordsError: see `read_figures`.
    """
    content = read_figures(name, models_dir) or {}
    with _tell_damage(models_dir / name / METRICS_NAME):
        return tuple(Layer(**layer | {"shape": tuple(layer["shape"])}) for layer in content.get("layers", []))


def read_single_digits(
    name: Model, models_dir: Path = MODELS_DIR, among: Sequence[str] = MATRIX_SETS
) -> SingleDigits | None:
    """Read how a model did on MNIST's test set, or else on its held-out writers; None where neither was measured.

    Args:
        name: the model.
        models_dir: holds a folder for each model.
        among: other sets to choose the first measured one from.

    Raises:
        RecordsError: the file is damaged.
    """
    path = models_dir / name / METRICS_NAME
    content = read_figures(name, models_dir) or {"measures": {}}
    with _tell_damage(path):
        for title in among:
            if found := content["measures"].get(title):
                confusion = tuple(tuple(row) for row in found["confusion"])
                digit_scores(confusion)  # refuses what is no confusion matrix
                return SingleDigits(
                    SETS[title], found["count"], found["accuracy"], found["nll"], tuple(found["per_digit"]), confusion
                )
    return None


def read_reliability(name: Model, among: Sequence[str], models_dir: Path = MODELS_DIR) -> Reliability | None:
    """Read a model's reliability on the first of some sets that has it; None where none has.

    Raises:
        RecordsError: the file is damaged.
    """
    path = models_dir / name / METRICS_NAME
    content = read_figures(name, models_dir) or {"measures": {}}
    with _tell_damage(path):
        for title in among:
            found = content["measures"].get(title, {})
            if rows := found.get("reliability"):
                bins = tuple(Bin(count, confidence, accuracy) for count, confidence, accuracy in rows if count)
                return Reliability(SETS[title], found["count"], found["ece"], bins)
    return None


def read_by_weight(models_dir: Path = MODELS_DIR) -> tuple[WeightCurve, ...]:
    """Read what the vote reads right at every weight, one curve for each set; none where that was not measured.

    Raises:
        RecordsError: the file is damaged.
    """
    path = models_dir / "ensemble" / METRICS_NAME
    content = read_figures("ensemble", models_dir) or {}
    with _tell_damage(path):
        return tuple(
            WeightCurve(SETS[title], *(tuple(found[key]) for key in ("weights", "arithmetic", "geometric")))
            for title, found in content.get("by_weight", {}).items()
        )


def read_vote_gains(models_dir: Path = MODELS_DIR) -> tuple[VoteGain, ...]:
    """Read what the vote gained on each set whose digits are independent; none where that was not measured.

    Raises:
        RecordsError: the file is damaged.
    """
    path = models_dir / "ensemble" / METRICS_NAME
    metrics = {model: read_figures(model, models_dir) or {} for model in MODELS}
    with _tell_damage(path):
        return tuple(
            VoteGain(
                title=SETS[title],
                accuracies={model: float(metrics[model]["measures"][title]["accuracy"]) for model in MODELS},
                both_right=pair["both_right"],
                only_compact_wrong=pair["only_compact_wrong"],
                only_deep_wrong=pair["only_deep_wrong"],
                both_wrong=pair["both_wrong"],
                p_value=pair["mcnemar_against_better"],
                differ=pair["differ"],
                accuracy_where_they_differ=pair["accuracy_where_they_differ"],
            )
            for title in SETS
            if (pair := metrics["ensemble"].get("vote", {}).get(title)) and "mcnemar_against_better" in pair
        )


def read_peers(file: Path = PEERS_FILE) -> Peers:
    """Read how well other projects' weights do.

    Raises:
        RecordsError: the file is missing or damaged.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Peers(content["introduction"], tuple(Peer(**row) for row in content["peers"]), content["caveats"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordsError(f"The file {file.name} about other projects is missing or damaged.") from error


def own_figures(project: str, models_dir: Path = MODELS_DIR) -> Peer | None:
    """Read this project's ensemble as one more row of the peers' table; None where something was not measured.

    Raises:
        RecordsError: the file is damaged.
    """
    path = models_dir / "ensemble" / METRICS_NAME
    content = read_figures("ensemble", models_dir)
    if content is None:
        return None
    with _tell_damage(path):
        measures = content["measures"]
        test, large, small = (measures.get(t) for t in ("mnist test", "drawings fill 20", "drawings off 20"))
        if not (test and large and small):
            return None
        letters = content.get("not_a_digit", {}).get("answered_as_digit")
        right = [measure["accuracy"] for measure in (test, large, small)]
        return Peer(project, content["parameters"], right[0], right[1], right[2], letters)


def read_metrics(models_dir: Path) -> Metrics:
    """Read the figures of every model that has some."""
    found = {model: read_figures(model, models_dir) for model in MODELS}
    return {model: figures for model, figures in found.items() if figures}


def read_figures(model: str, models_dir: Path = MODELS_DIR) -> dict[str, Any] | None:
    """Read what was measured of a model, None where nothing was.

    Raises:
        RecordsError: the file is damaged, or it is not the one that was written with the manifest: a measuring that
            was stopped between two files leaves figures that do not belong together.
    """
    content = _read_json(models_dir / model / METRICS_NAME)
    manifest = _read_json(models_dir / MANIFEST_NAME) or {}
    expected = manifest.get("figures", {}).get(model)
    if content is not None and expected not in (None, digest_of_figures(content)):
        raise RecordsError(
            f"The figures in {model}/metrics.json were not written with manifest.json, so they may be of other "
            "networks; `python -m training.evaluate` writes both anew."
        )
    return content


def _read_json(path: Path) -> dict[str, Any] | None:
    """Read a file, None where it is missing."""
    with _tell_damage(path):
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


@contextmanager
def _tell_damage(path: Path) -> Iterator[None]:
    """Say which file is damaged where its content is not what was expected."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RecordsError(f"The file {path.parent.name}/{path.name} of the models is damaged.") from error
