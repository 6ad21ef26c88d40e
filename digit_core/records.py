"""What training and evaluation wrote into `models/`: histories, figures, and the measured tables made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digit_core.errors import RecordsError
from digit_core.manifest import MODELS_DIR
from digit_core.types import MODELS, Model

NOT_MEASURED = "Nothing has been measured yet."
UNKNOWN = "–"

SETS = {
    "mnist test": "MNIST's test set",
    "mnist validation": "MNIST, writers held out of training",
    "drawings fill 12": "drawn large, brush 12 px",
    "drawings fill 20": "drawn large, brush 20 px",
    "drawings fill 28": "drawn large, brush 28 px",
    "drawings off 12": "drawn small and aside, brush 12 px",
    "drawings off 20": "drawn small and aside, brush 20 px",
    "drawings off 28": "drawn small and aside, brush 28 px",
    "drawings": "drawn, these six ways together",
    "numbers spaced": "numbers of 2 to 5 digits, spaced",
    "numbers touching": "numbers of 2 to 5 digits, some touching",
}
SURENESS = {  # key of a measure: heading, decimals
    "writer_mean": ("mean over writers, %", 2),
    "nll": ("NLL", 4),
    "brier": ("Brier", 4),
    "ece": ("ECE, %", 2),
    "wrong_at_90": ("wrong though 90 % sure, %", 2),
    "error_surest_99": ("wrong among the surest 99 %, %", 2),
}
NOT_A_DIGIT = {
    "auroc": "AUROC of digits against letters",
    "false_positives_at_99": "letters passed where 99 % of the digits pass",
    "answered_as_digit": "letters answered as a digit",
    "answered_as_digit_unseen_kinds": "the same, kinds of letters that training never saw",
    "drawn_digits_refused": "drawn digits refused",
    "mnist_digits_refused": "MNIST digits refused",
}

MATRIX_SETS = ("mnist test", "mnist validation")  # what the page shows of single digits: the first that was measured

Metrics = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training frames.

    Attributes:
        number: counted from 1.
        loss: mean training loss.
        validation_loss: None where it was not measured.
        error: mean error on the validation sets, percent.
        learning_rate: at its end; None where it was not written down.
    """

    number: int
    loss: float
    validation_loss: float | None
    error: float
    learning_rate: float | None


@dataclass(frozen=True, slots=True)
class SingleDigits:
    """How single digits of one set were read.

    Attributes:
        title: the set, in words.
        count: how many digits.
        accuracy: percent.
        nll: mean negative log-likelihood.
        per_digit: accuracy of each digit, percent; None where there was none.
        confusion: rows are true digits, columns answers.
    """

    title: str
    count: int
    accuracy: float
    nll: float
    per_digit: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]


def read_history(name: Model, models_dir: Path = MODELS_DIR) -> tuple[Epoch, ...]:
    """Read how a network was trained; nothing where nobody wrote it down.

    Raises:
        RecordsError: the file is damaged.
    """
    path = models_dir / name / "history.json"
    content = _read_json(path) or {"epochs": []}
    try:
        return tuple(
            Epoch(row["epoch"], row["loss"], row.get("val_loss"), row["error"], row.get("learning_rate"))
            for row in content["epochs"]
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path) from error


def read_single_digits(name: Model, models_dir: Path = MODELS_DIR) -> SingleDigits | None:
    """Read how a model did on MNIST's test set, or else on its held-out writers; None where neither was measured.

    Raises:
        RecordsError: the file is damaged.
    """
    path = models_dir / name / "metrics.json"
    content = _read_json(path) or {"measures": {}}
    try:
        for title in MATRIX_SETS:
            if found := content["measures"].get(title):
                confusion = tuple(tuple(row) for row in found["confusion"])
                return SingleDigits(
                    SETS[title], found["count"], found["accuracy"], found["nll"], tuple(found["per_digit"]), confusion
                )
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path) from error
    return None


def measured_table(models_dir: Path = MODELS_DIR) -> str:
    """Render what `training.evaluate` measured, as Markdown.

    Args:
        models_dir: holds `compact/`, `deep/` and `ensemble/` with a `metrics.json` each; any may be missing.

    Returns:
        Tables of what was read right, how sure the ensemble was, and what it takes for a digit.
    """
    metrics: dict[str, Mapping[str, Any]] = {
        model: found for model in MODELS if (found := _read_json(models_dir / model / "metrics.json"))
    }
    if not metrics:
        return NOT_MEASURED
    return "\n\n".join(part for part in (_accuracies(metrics), _sureness(metrics), _rejection(metrics)) if part)


def _read_json(path: Path) -> dict[str, Any] | None:
    """Read a file, None where it is missing."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except ValueError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> RecordsError:
    return RecordsError(f"The file {path.parent.name}/{path.name} of the models is damaged.")


def _accuracies(metrics: Metrics) -> str:
    """What was read right, in percent, with the 95 % interval where writers were resampled."""

    def cells(title: str) -> list[str]:
        measures = [found["measures"].get(title) for found in metrics.values()]
        count = max(measure["count"] for measure in measures if measure)
        return [SETS[title], f"{count:,}", *(_accuracy(measure) for measure in measures)]

    parameters = ["parameters", "", *(f"{found['parameters']:,}" for found in metrics.values())]
    return _table(["read right, %", "count", *metrics], [parameters, *map(cells, _measured_sets(metrics))])


def _accuracy(measure: Mapping[str, Any] | None) -> str:
    if not measure:
        return UNKNOWN
    low_high = measure.get("interval")
    return f"{measure['accuracy']:.2f}" + (f" ({low_high[0]:.1f}–{low_high[1]:.1f})" if low_high else "")


def _sureness(metrics: Metrics) -> str:
    """How far the ensemble's confidence can be trusted."""
    measures = metrics.get("ensemble", {}).get("measures", {})
    titles = [title for title in _measured_sets(metrics) if measures.get(title, {}).get("nll") is not None]
    rows = [
        [SETS[title], *(_number(measures[title].get(key), decimals) for key, (_, decimals) in SURENESS.items())]
        for title in titles
    ]
    return _table(["ensemble", *(heading for heading, _ in SURENESS.values())], rows) if rows else ""


def _rejection(metrics: Metrics) -> str:
    """How well digits are told from letters."""
    told = {model: found["not_a_digit"] for model, found in metrics.items() if "not_a_digit" in found}
    rows = [
        [heading, *(_number(told[model].get(key), 2) for model in told)]
        for key, heading in NOT_A_DIGIT.items()
        if any(key in found for found in told.values())
    ]
    return _table(["is it a digit at all?, %", *told], rows) if rows else ""


def _measured_sets(metrics: Metrics) -> list[str]:
    return [title for title in SETS if any(title in found["measures"] for found in metrics.values())]


def _number(value: float | None, decimals: int) -> str:
    return UNKNOWN if value is None else f"{value:.{decimals}f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    alignment = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, alignment, *rows))
