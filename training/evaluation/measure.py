"""How good a set of answers is: accuracy, calibration, what the vote gained. Pure functions on arrays."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, roc_auc_score

BINS = 15  # The expected calibration error has so many bins (Guo et al. 2017).
LEAST_LIKELY = 1e-12  # A probability counts as this at least: zero would make the likelihood loss infinite.
SURE = 0.9  # An answer at this confidence or above should not be wrong.
RESAMPLES = 1000  # Writers are drawn anew so many times for a 95 % interval.
PERMUTATIONS = 10_000  # The signs of the writers' sums are drawn so many times.


@dataclass(frozen=True, slots=True)
class Measure:
    """One set's figures; accuracies and errors in percent.

    Attributes:
        count: digits or pictures.
        accuracy: share that was read right.
        wrong: how many were not.
        writer_mean: accuracy averaged over writers; None where writers are unknown.
        interval: 95 % of the accuracy when writers (or digits, where writers are unknown) are resampled.
        nll: mean negative log-likelihood, nats; this and the following are None where there are no probabilities.
        brier: mean squared distance between probabilities and truth, summed over the ten digits.
        ece: expected calibration error, 15 bins.
        wrong_at_90: share of all that is wrong at a confidence of 0.9 or more.
        error_surest_99: error among the 99 % with the highest confidence.
        per_digit: accuracy of each digit.
        confusion: rows are true digits, columns answers.
        reliability: for each of 15 bins of the confidence how many answers fall into it, their mean confidence and
            the share of them that is right, both in percent; None where there is no answer.
    """

    count: int
    accuracy: float
    wrong: int
    writer_mean: float | None = None
    interval: tuple[float, float] | None = None
    nll: float | None = None
    brier: float | None = None
    ece: float | None = None
    wrong_at_90: float | None = None
    error_surest_99: float | None = None
    per_digit: tuple[float | None, ...] | None = None
    confusion: tuple[tuple[int, ...], ...] | None = None
    reliability: tuple[tuple[int, float | None, float | None], ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the figures that exist, rounded to what their count can tell."""
        return {key: _round(value) for key, value in asdict(self).items() if value is not None}


def measure(
    probabilities: np.ndarray, labels: np.ndarray, writers: np.ndarray | None = None, failed: np.ndarray | None = None
) -> Measure:
    """Measure answers to single digits.

    Args:
        probabilities: (n, 10).
        labels: (n,) the truth, 0 to 9.
        writers: (n,) who wrote each; None or "" where that is unknown.
        failed: (n,) true where no single digit was found on the picture, which is wrong whatever the probabilities.
    """
    labels = labels.astype(np.int64)
    answers = probabilities.argmax(axis=1)
    right = answers == labels
    if failed is not None:
        right &= ~failed
    confidence = probabilities.max(axis=1)
    surest = np.argsort(-confidence, kind="stable")[: max(1, int(0.99 * len(labels)))]
    truth = np.eye(10)[labels]
    known = writers is not None and bool((writers != "").all())
    people = writers if known else None
    by_writer = [right[people == writer].mean() for writer in np.unique(people)] if people is not None else None
    return Measure(
        count=len(labels),
        accuracy=100 * float(right.mean()),
        wrong=int((~right).sum()),
        writer_mean=100 * float(np.mean(by_writer)) if by_writer else None,
        interval=bootstrap_interval(right, people),
        nll=negative_log_likelihood(probabilities, labels),
        brier=float(((probabilities - truth) ** 2).sum(axis=1).mean()),
        ece=100 * calibration_error(confidence, right),
        wrong_at_90=100 * float((~right & (confidence >= SURE)).mean()),
        error_surest_99=100 * float((~right[surest]).mean()),
        per_digit=tuple(100 * float(right[labels == d].mean()) if (labels == d).any() else None for d in range(10)),
        confusion=tuple(map(tuple, confusion_matrix(labels, answers, labels=range(10)).tolist())),
        reliability=reliability(confidence, right),
    )


def measure_exact(right: np.ndarray, writers: np.ndarray | None = None) -> Measure:
    """Measure pictures that were read exactly right, or not; `right` is (n,) bool."""
    return Measure(
        len(right), 100 * float(right.mean()), int((~right).sum()), interval=bootstrap_interval(right, writers)
    )


def bootstrap_interval(right: np.ndarray, writers: np.ndarray | None) -> tuple[float, float]:
    """Return 95 % of the accuracy, in percent, when writers are resampled; digits where `writers` is None."""
    rng = np.random.default_rng(0)
    if writers is None:
        who = np.arange(len(right))
    else:
        _, who = np.unique(writers, return_inverse=True)
    hits, sizes = np.bincount(who, weights=right), np.bincount(who)
    means = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, len(hits), len(hits))
        means.append(hits[drawn].sum() / sizes[drawn].sum())
    low, high = np.percentile(means, (2.5, 97.5))
    return 100 * float(low), 100 * float(high)


def negative_log_likelihood(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean negative log-likelihood, in nats, of labels, (n,) int, by probabilities, (n, 10)."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], LEAST_LIKELY)).mean())


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error in [0, 1]: |accuracy - confidence| averaged over 15 equal bins."""
    gaps = (
        count * abs(accuracy - sure)
        for count, sure, accuracy in reliability(confidence, right)
        if sure is not None and accuracy is not None
    )
    return sum(gaps) / (100 * len(right))


def reliability(confidence: np.ndarray, right: np.ndarray) -> tuple[tuple[int, float | None, float | None], ...]:
    """Return the reliability diagram (DeGroot & Fienberg 1983): count, mean confidence and accuracy in each bin.

    Confidence and accuracy are in percent, None where a bin is empty.
    """
    bins = np.clip((confidence * BINS).astype(np.int64), 0, BINS - 1)
    return tuple(
        (int(inside.sum()), 100 * float(confidence[inside].mean()), 100 * float(right[inside].mean()))
        if (inside := bins == b).any()
        else (0, None, None)
        for b in range(BINS)
    )


def auroc(positives: np.ndarray, negatives: np.ndarray) -> float:
    """Return the chance in [0, 1] that a positive scores above a negative, ties counting half."""
    is_positive = np.repeat([True, False], [len(positives), len(negatives)])
    return float(roc_auc_score(is_positive, np.concatenate([positives, negatives])))


def mcnemar(only_first_right: int, only_second_right: int) -> float:
    """Return the exact two-sided p-value that two readers differ by chance (McNemar 1947, binomial)."""
    different = only_first_right + only_second_right
    return float(binomtest(only_first_right, different).pvalue) if different else 1.0


def permutation_test(gained: np.ndarray, writers: np.ndarray) -> float:
    """Return the two-sided p-value that one reader's gain over another is chance, whole writers at a time.

    A writer's digits, and the ways in which each is drawn, are not independent of one another: under chance a writer's
    whole sum has either sign alike (a paired permutation test over writers).

    Args:
        gained: (n,) 1 where only the one is right, -1 where only the other is, 0 elsewhere.
        writers: (n,) who wrote each.
    """
    _, rows = np.unique(writers, return_inverse=True)
    sums = np.bincount(rows, weights=gained)
    signs = np.random.default_rng(0).choice((-1, 1), (PERMUTATIONS, len(sums)))
    as_far = np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9
    return (1 + int(as_far.sum())) / (1 + PERMUTATIONS)


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list | tuple):
        return [_round(v) for v in value]
    return value
