"""Which of two readings of a picture stands: the plain one, or that of what the finder found.

Neither is better everywhere: the finder splits a letter that it does not know, the plain way takes a folded digit for
two. What tells which one to believe is learned from pictures where one of them is right (`python -m training.choice`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from digit_core.reading.judgement import Judgement, count_unclear

# Log-odds that the finder's reading is the right one where one of them is, for each unit that it has more of.
CHOICE_WEIGHTS = {
    "bias": -0.2,  # lower than fitted by 0.6: letters are answered as digits more rarely, and nothing else is lost
    "doubtful": -1.7,  # for the share of its shapes that are no clear digits
    "mean": -1.0,  # for the mean logarithm of its shapes' clarity
    "weakest": 0.6,  # for the lowest such logarithm
    "ones": -1.5,  # for the share of ones among them, as any stroke may be one
    "cut": -2.9,  # for the share of shapes whose ink hangs together with another's
    "merged": -1.8,  # for the share of shapes of several pieces
}
MIN_CLARITY = 1e-3  # a shape less clear than this counts as one so clear


def choice_features(plain: Sequence[Sequence[Judgement]], found: Sequence[Sequence[Judgement]]) -> dict[str, float]:
    """Return what tells which of two readings is right, in the order of `CHOICE_WEIGHTS`: what `found` has more of."""
    before, after = (_features(list(chain(*rows))) for rows in (plain, found))
    return {"bias": 1.0} | {name: after[name] - before[name] for name in after}


def prefers_finder(plain: Sequence[Sequence[Judgement]], found: Sequence[Sequence[Judgement]]) -> bool:
    """Tell whether what the finder found may stand and is likelier the right reading; `plain` has shapes."""
    if not may_stand(found):
        return False
    return sum(CHOICE_WEIGHTS[name] * value for name, value in choice_features(plain, found).items()) > 0


def may_stand(found: Sequence[Sequence[Judgement]]) -> bool:
    """Whether what the finder found has a clear digit; without one it never takes the other reading's place."""
    return any(one.is_clear for one in chain(*found))


def _features(judgements: Sequence[Judgement]) -> dict[str, float]:
    """Describe one reading, of one shape at least."""
    clarities = np.log([max(one.clarity, MIN_CLARITY) for one in judgements])
    return {
        "doubtful": count_unclear(judgements) / len(judgements),
        "mean": float(clarities.mean()),
        "weakest": float(clarities.min()),
        "ones": sum(one.is_one for one in judgements) / len(judgements),
        "cut": sum(one.shape.is_cut for one in judgements) / len(judgements),
        "merged": sum(one.shape.pieces > 1 for one in judgements) / len(judgements),
    }
