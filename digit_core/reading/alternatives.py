"""Which way to group ink into characters reads best: all ways at once, by dynamic programming.

The finder parts ink more finely than into characters and proposes which parts belong together. Where what it proposes
is no clear digit, every run of neighbouring parts is a candidate that the networks judge, and the best chain of
candidates from one end of a row to the other is its reading (over-segmentation, LeCun et al. 1998; the k best chains
as in Viterbi's algorithm with lists, Seshadri & Sundberg 1994).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from digit_core.reading.judgement import Judgement


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One way to read some neighbouring parts of a row as one character.

    Attributes:
        start: the first part's number in the row.
        stop: the number after the last part's.
        score: the logarithm of how likely this is, less what it costs.
        label: "0" to "9", "?" for what is no digit, or `MARK_LABEL`.
        judgement: what the networks say of them.
    """

    start: int
    stop: int
    score: float
    label: str
    judgement: Judgement


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Candidates side by side that cover a row from end to end, and the sum of their scores."""

    score: float
    candidates: tuple[Candidate, ...]

    @property
    def text(self) -> str:
        """What the row reads."""
        return "".join(candidate.label for candidate in self.candidates)

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """What the networks say of each candidate."""
        return tuple(candidate.judgement for candidate in self.candidates)


def best_chains(candidates: Sequence[Candidate], end: int, most: int = 1, digits: int | None = None) -> list[Chain]:
    """Find the likeliest chains of candidates from 0 to `end`, the best first.

    Args:
        candidates: in any order.
        end: the number after the row's last part's.
        most: how many chains at most; no two read alike.
        digits: how many digits the row has; None where nobody knows.

    Returns:
        At most `most` chains; none where no chain of so many digits reaches the end.
    """
    following: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        following[candidate.start].append(candidate)
    reached: dict[int, dict[int, list[Chain]]] = defaultdict(lambda: defaultdict(list))
    reached[0][0] = [Chain(0.0, ())]
    for place in range(end):
        for count, chains in reached[place].items():
            for candidate in following[place]:
                total = count + candidate.label.isdigit() if digits is not None else 0
                if digits is None or total <= digits:
                    longer = [Chain(c.score + candidate.score, (*c.candidates, candidate)) for c in chains]
                    reached[candidate.stop][total] = _best(reached[candidate.stop][total] + longer, most)
    return reached[end][digits or 0]


def _best(chains: Sequence[Chain], most: int) -> list[Chain]:
    """Return the best chains, of those that read alike only the best."""
    by_text: dict[str, Chain] = {}
    for chain in chains:
        if chain.text not in by_text or chain.score > by_text[chain.text].score:
            by_text[chain.text] = chain
    return heapq.nlargest(most, by_text.values(), key=lambda chain: chain.score)


def combine(rows: Sequence[Sequence[Chain]], most: int) -> list[tuple[str, float]]:
    """Return the likeliest texts of all rows together, joined by line breaks, with their scores, the best first."""
    texts = [("", 0.0)]
    for i, chains in enumerate(rows):
        joined = [
            (f"{text}\n{chain.text}" if i else chain.text, score + chain.score)
            for text, score in texts
            for chain in chains
        ]
        texts = heapq.nlargest(most, joined, key=lambda pair: pair[1])
    return texts
