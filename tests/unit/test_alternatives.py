"""The best ways to read a row, from candidates that overlap."""

import pytest

from digit_core.reading.alternatives import Candidate, Chain, best_chains, combine


def candidate(start, stop, score, label):
    return Candidate(start, stop, score, label, f"{label} of {start} to {stop}")


TWO_PARTS = [
    candidate(0, 1, -2.0, "1"),
    candidate(1, 2, -2.5, "3"),
    candidate(0, 2, -1.0, "?"),
    candidate(0, 2, -4.0, "8"),
]


def test_the_best_chain_covers_the_row_from_end_to_end():
    [best] = best_chains(TWO_PARTS, 2)

    assert (best.text, best.score) == ("?", -1.0)


def test_the_next_best_follow_in_order():
    chains = best_chains(TWO_PARTS, 2, most=5)

    assert [chain.text for chain in chains] == ["?", "8", "13"]
    assert [chain.score for chain in chains] == [-1.0, -4.0, -4.5]


@pytest.mark.parametrize(("digits", "text"), [(0, "?"), (1, "8"), (2, "13")])
def test_a_row_of_so_many_digits_is_the_best_of_those(digits, text):
    [best] = best_chains(TWO_PARTS, 2, digits=digits)

    assert best.text == text


def test_no_chain_of_so_many_digits_is_none():
    assert best_chains(TWO_PARTS, 2, digits=3) == []


def test_of_chains_that_read_alike_only_the_best_is_kept():
    candidates = [candidate(0, 1, -1.0, "1"), candidate(0, 1, -3.0, "1"), candidate(0, 1, -2.0, "7")]

    assert [chain.score for chain in best_chains(candidates, 1, most=3)] == [-1.0, -2.0]


def test_rows_are_combined_by_the_sum_of_their_scores():
    upper = [Chain(-0.1, (candidate(0, 1, -0.1, "4"),)), Chain(-2.0, (candidate(0, 1, -2.0, "9"),))]
    lower = [Chain(-0.2, (candidate(0, 1, -0.2, "7"),)), Chain(-1.0, (candidate(0, 1, -1.0, "1"),))]

    texts = combine([upper, lower], 3)

    assert [text for text, _ in texts] == ["4\n7", "4\n1", "9\n7"]
    assert [score for _, score in texts] == pytest.approx([-0.3, -1.1, -2.2])
