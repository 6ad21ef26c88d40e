"""A logistic regression whose weights a person copies into the code, and the table that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from digit_core.figures.tables import markdown_table

FOLDS = 5
MAX_STEPS = 10_000
NOTHING_TO_FIT = "There are too few pictures, or all are of one kind: there is nothing to fit."


def fit_logistic(
    known: np.ndarray,
    is_so: np.ndarray,
    sample_weight: np.ndarray,
    groups: np.ndarray | None = None,
    ridge: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a logistic regression without an intercept.

    Args:
        known: (n, k) features.
        is_so: (n,) bool.
        sample_weight: (n,) how much each row counts.
        groups: (n,) int; rows of one group are never told from each other.
        ridge: how much large weights cost (their squares), beside the loss of one row.

    Returns:
        (k,) weights, and (n,) the chance of each row by weights that were fitted without its fold.
    """
    regression = LogisticRegression(C=1 / ridge, fit_intercept=False, max_iter=MAX_STEPS)
    apart = cross_val_predict(
        regression,
        known,
        is_so,
        groups=groups,
        cv=FOLDS if groups is None else GroupKFold(FOLDS),
        params={"sample_weight": sample_weight},
        method="predict_proba",
    )[:, 1]
    return np.asarray(regression.fit(known, is_so, sample_weight=sample_weight).coef_[0]), apart


def has_enough_to_fit(is_so: np.ndarray, groups: np.ndarray | None = None) -> bool:
    """Whether there are rows of both kinds, (n,) bool, and enough of them, or of their groups, for `FOLDS` folds."""
    fewest = min(int(is_so.sum()), int((~is_so).sum())) if groups is None else len(np.unique(groups))
    return len(np.unique(is_so)) == 2 and fewest >= FOLDS


def weights_table(names: Sequence[str], weights: Mapping[str, np.ndarray]) -> str:
    """Return a Markdown table of weights, (k,) each, by the title of their row."""
    return markdown_table(["", *names], [[title, *(f"{w:.2f}" for w in some)] for title, some in weights.items()])
