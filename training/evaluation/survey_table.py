"""The lines of a survey: shares of outcomes by set, source or writer, and the Markdown tables of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from digit_core.figures.tables import markdown_table
from digit_core.models.manifest import NETWORKS
from training.evaluation.measure import auroc, bootstrap_interval
from training.evaluation.outcomes import SampleResult, group_by, share

UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One line of the table; shares in percent, None where there is nothing to tell.

    Attributes:
        title: the set, source or writer.
        count: pictures.
        exact: read exactly right; without any digit: not answered as a digit.
        low: the lower end of 95 % of `exact`, writers resampled, else sources, else pictures.
        high: the upper end.
        votes: by model, every digit right, whatever the verdict.
        miscounted: too many or too few shapes.
        refused: at least one shape was called no digit.
        unsure: at least one shape was called unsure.
        digit_errors: wrong, missing and superfluous digits per digit of the truth.
        auroc: drawn digits against this set, by digitness.
    """

    title: str
    count: int
    exact: float
    low: float | None = None
    high: float | None = None
    votes: dict[str, float] = field(default_factory=dict)
    miscounted: float | None = None
    refused: float | None = None
    unsure: float | None = None
    digit_errors: float | None = None
    auroc: float | None = None


def row_of(title: str, outcomes: Sequence[SampleResult]) -> SurveyRow:
    """Say how well pictures with digits are read."""
    exact = np.array([outcome.exact for outcome in outcomes])
    people = np.array([outcome.writer or outcome.source for outcome in outcomes])
    low, high = bootstrap_interval(exact, people if len(set(people)) > 1 else None)
    return SurveyRow(
        title,
        len(outcomes),
        100 * float(exact.mean()),
        low,
        high,
        {name: share(outcome.votes[name] for outcome in outcomes) for name in ("ensemble", *NETWORKS)},
        share(not outcome.is_count_right for outcome in outcomes),
        share(outcome.refused for outcome in outcomes),
        share(outcome.unsure for outcome in outcomes),
        100 * sum(outcome.errors for outcome in outcomes) / sum(outcome.characters for outcome in outcomes),
    )


def mean_over(title: str, outcomes: Sequence[SampleResult], key: str = "source") -> SurveyRow:
    """Say the same with every source, or every writer, counting alike."""
    rows = rows_by(outcomes, key, title)
    votes = {name: float(np.mean([row.votes[name] for row in rows])) for name in rows[0].votes}
    plural = f"{len(rows)} {key}s"
    return SurveyRow(
        f"{title}: mean over {plural}", len(outcomes), float(np.mean([row.exact for row in rows])), votes=votes
    )


def rows_by(outcomes: Sequence[SampleResult], key: str, title: str) -> list[SurveyRow]:
    """Say the same of each source, writer or kind."""
    return [row_of(f"{title}: {name}", some) for name, some in group_by(outcomes, key).items()]


def row_without_digits(title: str, outcomes: Sequence[SampleResult], digitness: np.ndarray | None) -> SurveyRow:
    """Say how often pictures without any digit are answered; `digitness`, (n,), is that of drawn digits, if known."""
    scores = np.array([outcome.digitness for outcome in outcomes])
    return SurveyRow(
        title,
        len(outcomes),
        share(outcome.exact for outcome in outcomes),
        refused=share(outcome.refused for outcome in outcomes),
        unsure=share(outcome.unsure for outcome in outcomes),
        auroc=None if digitness is None else 100 * auroc(digitness, scores),
    )


def as_markdown(digits: Sequence[SurveyRow], others: Sequence[SurveyRow]) -> str:
    """Render the lines of pictures with digits, and of those without, as Markdown tables."""
    heads = ["read right, %", "count", "exactly", "95 %", "ensemble", "compact", "deep"]
    heads += ["miscounted", "refused", "unsure", "digit errors"]
    rows = [
        [
            row.title,
            f"{row.count:,}",
            f"**{row.exact:.2f}**",
            UNKNOWN if row.low is None else f"{row.low:.1f}–{row.high:.1f}",
            *(_figure(row.votes.get(name)) for name in ("ensemble", "compact", "deep")),
            *(_figure(value) for value in (row.miscounted, row.refused, row.unsure, row.digit_errors)),
        ]
        for row in digits
    ]
    other_heads = ["no digit, %", "count", "answered as a digit", "a shape unsure", "a shape refused", "AUROC"]
    other_rows = [
        [row.title, f"{row.count:,}", f"**{100 - row.exact:.2f}**", *map(_figure, (row.unsure, row.refused, row.auroc))]
        for row in others
    ]
    return "\n\n".join(markdown_table(h, r) for h, r in ((heads, rows), (other_heads, other_rows)) if r)


def _figure(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f}"
