"""Which of two readings of a picture stands: that of the first way, or that of what the finder found.

Neither is better everywhere: the finder splits a letter that it does not know, the first way takes a folded digit for
two. What tells which one to believe is learned from pictures where one of them is right (`python -m training.choice`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from digit_core.judgement import Judgement, count_doubtful

# Log-odds that the finder's reading is the right one where one of them is, for each unit that it has more of.
CHOICE_WEIGHTS = {
    "bias": 0.0,
    "doubtful": -1.0,  # for the share of its shapes that are no clear digits
    "mean": -0.9,  # for the mean logarithm of what its shapes are worth
    "weakest": 1.4,  # for the lowest such logarithm
    "count": -1.3,  # for the logarithm of their number
    "ones": -1.0,  # for the share of ones among them
    "clear": -0.5,  # for the logarithm of one more than its clear digits
}
LEAST_WORTH = 1e-3  # a shape that is worth less counts for no less


def features(first: Sequence[Sequence[Judgement]], found: Sequence[Sequence[Judgement]]) -> dict[str, float]:
    """Return what tells which of two readings is right, in the order of `CHOICE_WEIGHTS`: what `found` has more of."""
    before, after = (_features(list(chain(*rows))) for rows in (first, found))
    return {"bias": 1.0} | {name: after[name] - before[name] for name in after}


def prefers_found(first: Sequence[Sequence[Judgement]], found: Sequence[Sequence[Judgement]]) -> bool:
    """Tell whether what the finder found is likelier the right reading; both have shapes."""
    return sum(CHOICE_WEIGHTS[name] * value for name, value in features(first, found).items()) > 0


def _features(judgements: Sequence[Judgement]) -> dict[str, float]:
    """Describe one reading, of one shape at least."""
    worths = np.log([max(one.worth, LEAST_WORTH) for one in judgements])
    doubtful = count_doubtful(judgements)
    return {
        "doubtful": doubtful / len(judgements),
        "mean": float(worths.mean()),
        "weakest": float(worths.min()),
        "count": float(np.log(len(judgements))),
        "ones": sum(one.is_one for one in judgements) / len(judgements),
        "clear": float(np.log1p(len(judgements) - doubtful)),
    }
