"""The measured figures as Markdown, for the documents, the model cards and the page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from digit_core.figures.measures import BEYOND_CHANCE, DigitScores, Peer, Peers, VoteGain
from digit_core.figures.records import SETS, Metrics, read_metrics, read_vote_gains
from digit_core.models.manifest import MODELS_DIR
from digit_core.types import MODELS

NOT_MEASURED = "Nothing has been measured yet."
UNKNOWN = "–"

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
    "drawn_digits_unsure": "drawn digits called unsure",
    "mnist_digits_refused": "MNIST digits refused",
}
SUMMARY_SETS = (  # the sets that the README's short table names
    "mnist test",
    "mnist validation",
    "drawings fill 20",
    "drawings off 20",
    "drawings",
    "numbers spaced",
    "numbers touching",
)
SUMMARY_NOT_A_DIGIT = ("answered_as_digit", "drawn_digits_refused")  # the same of `NOT_A_DIGIT`

LINE = 120  # Characters of a line of running text in the documents.
ROUNDED = 0.005  # Percent; accuracies closer than this look equal with the two decimals that are shown.


def vote_sentence(gains: Sequence[VoteGain]) -> str:
    """Say whether the vote beats the better of its two networks, and how often it is right where they differ."""
    if not gains:
        return NOT_MEASURED
    better = [gain.title for gain in gains if gain.beyond_chance and gain.beyond_better > ROUNDED]
    worse = [gain.title for gain in gains if gain.beyond_chance and gain.beyond_better < -ROUNDED]
    sets = f"{len(gains)} sets"
    if better:
        sentence = f"On {len(better)} of {sets} the vote beats the better of its two networks ({'; '.join(better)})"
    else:
        sentence = f"On none of {sets} does the vote beat the better of its two networks"
    sentence += f", and on {len(worse)} it falls behind it ({'; '.join(worse)})" if worse else ""
    sentence += f" beyond chance, by exact McNemar tests at p < {BEYOND_CHANCE:g}."
    differ = sum(gain.differ for gain in gains)
    if differ:
        right = sum(gain.accuracy_where_they_differ * gain.differ for gain in gains) / differ
        sentence += f" Where the two differ, {right:.0f} % of the vote's {differ:,} answers are right."
    return sentence


def scores_table(scores: Sequence[DigitScores]) -> str:
    """Render each digit's precision, recall and F1, in percent, as Markdown, and below them their means."""
    rows = [
        [str(digit), *(_number(value, 1) for value in (one.precision, one.recall, one.f1)), f"{one.support:,}"]
        for digit, one in enumerate(scores)
    ]
    columns = [[one.precision for one in scores], [one.recall for one in scores], [one.f1 for one in scores]]
    means = [_number(_mean(column), 1) for column in columns]
    rows.append(["mean", *means, f"{sum(one.support for one in scores):,}"])
    return markdown_table(["digit", "precision", "recall", "F1", "support"], rows)


def vote_table(gains: Sequence[VoteGain]) -> str:
    """Render what the vote gained, set by set, as Markdown; empty where nothing is known."""
    head = ["set", "compact, %", "deep, %", "vote, %", "both right", "only compact wrong", "only deep wrong"]
    head += ["both wrong", "McNemar's p", "the vote where they differ"]
    rows = [
        [
            gain.title,
            *(f"{gain.accuracies[model]:.2f}" for model in MODELS),
            *(f"{n:,}" for n in (gain.both_right, gain.only_compact_wrong, gain.only_deep_wrong, gain.both_wrong)),
            f"{gain.p_value:.2f}",
            f"{gain.accuracy_where_they_differ:.0f} % of {gain.differ}" if gain.differ else UNKNOWN,
        ]
        for gain in gains
    ]
    return markdown_table(head, rows) if rows else ""


def peers_table(peers: Peers, own: Peer | None = None) -> str:
    """Render other projects' figures as Markdown, this project's first where they are given."""
    head = ["project", "parameters", "MNIST, %", "large, %", "small and aside, %"]
    head += ["letters answered with 0.7 or more, %"]

    def cells(peer: Peer) -> list[str]:
        mnist = peer.mnist_mark if peer.mnist is None else f"{peer.mnist:.2f}"
        letters = "" if peer.letters is None else f"{peer.letters:.1f}"
        return [peer.project, f"{peer.parameters:,}", mnist, f"{peer.large:.1f}", f"{peer.small:.1f}", letters]

    return markdown_table(head, [cells(peer) for peer in ([own] if own else []) + list(peers.peers)])


def measured_table(models_dir: Path = MODELS_DIR, with_vote: bool = True) -> str:
    """Render what `training.evaluate` measured, as Markdown.

    Args:
        models_dir: holds `compact/`, `deep/` and `ensemble/` with a `metrics.json` each; any may be missing.
        with_vote: whether `vote_sentence` follows the tables, where the vote was compared.

    Returns:
        Tables of what was read right, how sure the ensemble was, and what it takes for a digit.

    Raises:
        RecordsError: a file is damaged.
    """
    metrics = read_metrics(models_dir)
    if not metrics:
        return NOT_MEASURED
    gains = read_vote_gains(models_dir) if with_vote else ()
    vote = textwrap.fill(vote_sentence(gains), LINE) if gains else ""
    return "\n\n".join(
        part for part in (_accuracy_table(metrics), _sureness_table(metrics), _rejection_table(metrics), vote) if part
    )


def summary_table(models_dir: Path = MODELS_DIR) -> str:
    """Render the figures that matter most of what `training.evaluate` measured, as one Markdown table.

    Args:
        models_dir: holds `compact/`, `deep/` and `ensemble/` with a `metrics.json` each; any may be missing.

    Raises:
        RecordsError: a file is damaged.
    """
    metrics = read_metrics(models_dir)
    if not metrics:
        return NOT_MEASURED
    rows = [_parameter_row(metrics)]
    for title in (title for title in _measured_sets(metrics) if title in SUMMARY_SETS):
        name, *cells = _accuracy_row(metrics, title)
        rows.append([f"{name}, % right", *cells])
    for name, *values in _rejection_rows(metrics, SUMMARY_NOT_A_DIGIT):
        rows.append([f"{name}, %", "", *values])
    return markdown_table(["", "count", *metrics], rows)


def _accuracy_table(metrics: Metrics) -> str:
    """Render what was read right, in percent, with the 95 % interval where writers were resampled."""
    rows = [_parameter_row(metrics), *(_accuracy_row(metrics, title) for title in _measured_sets(metrics))]
    return markdown_table(["read right, %", "count", *metrics], rows)


def _parameter_row(metrics: Metrics) -> list[str]:
    return ["parameters", "", *(f"{found['parameters']:,}" for found in metrics.values())]


def _accuracy_row(metrics: Metrics, title: str) -> list[str]:
    measures = [found["measures"].get(title) for found in metrics.values()]
    count = max(measure["count"] for measure in measures if measure)
    return [SETS[title], f"{count:,}", *(_accuracy(measure) for measure in measures)]


def _accuracy(measure: Mapping[str, Any] | None) -> str:
    if not measure:
        return UNKNOWN
    low_high = measure.get("interval")
    return f"{measure['accuracy']:.2f}" + (f" ({low_high[0]:.1f}–{low_high[1]:.1f})" if low_high else "")


def _sureness_table(metrics: Metrics) -> str:
    """Render how far the ensemble's confidence can be trusted."""
    measures = metrics.get("ensemble", {}).get("measures", {})
    titles = [title for title in _measured_sets(metrics) if measures.get(title, {}).get("nll") is not None]
    rows = [
        [SETS[title], *(_number(measures[title].get(key), decimals) for key, (_, decimals) in SURENESS.items())]
        for title in titles
    ]
    return markdown_table(["ensemble", *(heading for heading, _ in SURENESS.values())], rows) if rows else ""


def _rejection_table(metrics: Metrics) -> str:
    """Render how well digits are separated from letters."""
    measured = [model for model, found in metrics.items() if "not_a_digit" in found]
    rows = _rejection_rows({model: metrics[model] for model in measured}, NOT_A_DIGIT)
    return markdown_table(["is it a digit at all?, %", *measured], rows) if rows else ""


def _rejection_rows(metrics: Metrics, keys: Iterable[str]) -> list[list[str]]:
    figures = [found.get("not_a_digit", {}) for found in metrics.values()]
    return [
        [NOT_A_DIGIT[key], *(_number(found.get(key), 2) for found in figures)]
        for key in keys
        if any(key in found for found in figures)
    ]


def _measured_sets(metrics: Metrics) -> list[str]:
    return [title for title in SETS if any(title in found["measures"] for found in metrics.values())]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _number(value: float | None, decimals: int) -> str:
    return UNKNOWN if value is None else f"{value:.{decimals}f}"


def markdown_row(cells: Sequence[object]) -> str:
    """Render one row of a table as Markdown."""
    return f"| {' | '.join(map(str, cells))} |"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]], texts: int = 1) -> str:
    """Render a table as Markdown, its first columns, `texts` of them, to the left and the others to the right."""
    alignment = [*["---"] * texts, *["--:"] * (len(header) - texts)]
    return "\n".join(markdown_row(cells) for cells in (header, alignment, *rows))
