"""What was measured of the networks and their vote, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BEYOND_CHANCE = 0.05  # A difference is called beyond chance where an exact McNemar test's p-value is below this.


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training frames.

    Attributes:
        number: counted from 1.
        loss: mean training loss; None where other networks taught as well, whose answers would count in it.
        validation_loss: None where it was not measured.
        error: mean error on the validation sets, percent.
        learning_rate: at its end; None where it was not written down.
    """

    number: int
    loss: float | None
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


@dataclass(frozen=True, slots=True)
class DigitScores:
    """How well one digit was separated from the other nine; all but `support` in percent.

    Attributes:
        precision: of the answers that named it, how many were right; None where no answer did.
        recall: of all there were of it, how many were read as it; None where there was none.
        f1: the harmonic mean of the two; None where it neither was nor was named.
        support: how many there were of it.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence falls into one interval; confidence and accuracy are means, in percent."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far a model's confidence can be trusted on one set.

    Attributes:
        title: the set, in words.
        count: how many digits.
        ece: expected calibration error, percent.
        bins: by rising confidence; empty ones are left out.
    """

    title: str
    count: int
    ece: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class WeightCurve:
    """What the vote reads right on one set, percent, at each share of deep, under both means."""

    title: str
    weights: tuple[float, ...]
    arithmetic: tuple[float, ...]
    geometric: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class VoteGain:
    """The vote against its two networks on one set.

    Attributes:
        title: the set, in words.
        accuracies: percent, by model.
        both_right: digits that both networks read, and likewise the next three.
        p_value: of the exact McNemar test of the vote against the better network.
        differ: digits about which the two networks differ.
        accuracy_where_they_differ: of the vote's answers about those, percent.
    """

    title: str
    accuracies: Mapping[str, float]
    both_right: int
    only_compact_wrong: int
    only_deep_wrong: int
    both_wrong: int
    p_value: float
    differ: int
    accuracy_where_they_differ: float

    @property
    def beyond_better(self) -> float:
        """How much more than the better network the vote reads right, in points."""
        return self.accuracies["ensemble"] - max(self.accuracies["compact"], self.accuracies["deep"])

    @property
    def beyond_chance(self) -> bool:
        """Whether that is hardly by chance."""
        return self.p_value < BEYOND_CHANCE


@dataclass(frozen=True, slots=True)
class Peer:
    """Another project's published weights, measured on drawings.

    Attributes:
        project: its name.
        parameters: how many numbers.
        mnist: percent; None where that would not be fair.
        large: drawings of natural size read right, percent.
        small: small ones aside, percent.
        letters: answered with a confidence of 0.7 or more, percent; None where that was not measured.
        mnist_mark: stands in the place of a missing `mnist`.
    """

    project: str
    parameters: int
    mnist: float | None
    large: float
    small: float
    letters: float | None
    mnist_mark: str = ""


@dataclass(frozen=True, slots=True)
class Peers:
    """Other projects, and what one has to know to read their figures."""

    introduction: str
    peers: tuple[Peer, ...]
    caveats: str


def digit_scores(confusion: Sequence[Sequence[int]]) -> tuple[DigitScores, ...]:
    """Derive each digit's precision, recall and F1 from a confusion matrix.

    Args:
        confusion: counts; rows are true digits, columns answers, as many of one as of the other.

    Returns:
        The scores, in the order of the rows.

    Raises:
        ValueError: the matrix is not square.
    """
    if any(len(row) != len(confusion) for row in confusion):
        raise ValueError(f"expected a square matrix, got {len(confusion)} rows of {[len(row) for row in confusion]}")

    def scores(digit: int) -> DigitScores:
        right, support = confusion[digit][digit], sum(confusion[digit])
        named = sum(row[digit] for row in confusion)
        return DigitScores(
            _percent(right, named), _percent(right, support), _percent(2 * right, named + support), support
        )

    return tuple(scores(digit) for digit in range(len(confusion)))


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
