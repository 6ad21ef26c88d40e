"""The values that travel say what they hold and refuse what makes no sense."""

import json
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from digit_core import DigitError, errors
from digit_core.types import Alternative, Box, DigitReading, Prediction, Reading, Vote


def sure_of(digit, confidence=0.91):
    """A prediction that spreads what it is not sure of over the other nine."""
    return Prediction(tuple(confidence if d == digit else (1 - confidence) / 9 for d in range(10)))


def shape(digit, verdict="digit"):
    votes = {"compact": sure_of(digit), "deep": sure_of(digit)}
    return DigitReading(Box(1, 2, 3, 4), np.zeros((28, 28), np.float32), sure_of(digit), votes, 0.9, verdict)


@pytest.mark.parametrize("digit", range(10))
def test_a_prediction_answers_with_the_most_probable_digit(digit):
    assert sure_of(digit).digit == digit
    assert sure_of(digit).confidence == 0.91


def test_the_top_three_come_best_first():
    prediction = Prediction((0.1, 0.0, 0.4, 0.0, 0.3, 0.0, 0.2, 0.0, 0.0, 0.0))

    assert prediction.top(3) == ((2, 0.4), (4, 0.3), (6, 0.2))
    assert len(prediction.top(10)) == 10


def test_a_box_knows_its_far_sides():
    assert (Box(10, 20, 30, 40).right, Box(10, 20, 30, 40).bottom) == (40, 60)


def test_the_union_of_two_boxes_is_the_smallest_that_holds_both():
    box = Box(10, 20, 30, 40)

    assert box.union(Box(20, 30, 5, 5)) == box
    assert box.union(Box(0, 50, 5, 30)) == Box(0, 20, 40, 60)
    assert box.union(Box(50, 10, 10, 5)) == Box(10, 10, 50, 50)


@pytest.mark.parametrize(
    ("vote", "share"),
    [(Vote(), 0.5), (Vote(weight=0.3), 0.3), (Vote("compact", weight=0.3), 0.0), (Vote("deep", weight=0.3), 1.0)],
)
def test_a_weight_counts_only_where_both_networks_vote(vote, share):
    assert vote.share_of_deep == share


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        ({"model": "giant"}, "compact, deep, ensemble"),
        ({"model": None}, "compact, deep, ensemble"),
        ({"mean": "median"}, "arithmetic, geometric"),
        ({"weight": -0.1}, "between 0 and 1"),
        ({"weight": 1.1}, "between 0 and 1"),
        ({"weight": float("nan")}, "between 0 and 1"),
        ({"weight": "half"}, "between 0 and 1"),
        ({"weight": None}, "between 0 and 1"),
    ],
)
def test_a_vote_that_does_not_exist_is_refused_with_a_sentence(manner, words):
    with pytest.raises(DigitError, match=words):
        Vote(**manner)


def test_rows_are_joined_by_a_line_break_and_a_question_mark_stands_for_no_digit():
    reading = Reading(((shape(4), shape(0, "unsure")), (shape(7, "not_a_digit"), shape(1))))

    assert reading.text == "40\n?1"
    assert [digit.text for digit in reading.digits] == ["4", "0", "?", "1"]


def test_a_reading_becomes_json_with_everything_but_the_frame():
    content = json.loads(json.dumps(Reading(((shape(8),),), Vote("deep")).as_json()))

    assert content["text"] == "8"
    assert content["model"] == "deep"
    [digit] = content["digits"]
    assert digit["digit"] == 8
    assert digit["box"] == [1, 2, 3, 4]
    assert digit["top3"][0] == [8, 0.91]
    assert sorted(digit["votes"]) == ["compact", "deep"]
    assert set(digit) == {
        *("digit", "confidence", "verdict", "reason", "digitness", "probabilities", "top3", "box", "votes"),
    }


def test_values_do_not_change():
    reading = shape(3)

    with pytest.raises(FrozenInstanceError):
        reading.verdict = "unsure"
    with pytest.raises(TypeError):
        reading.votes["compact"] = sure_of(4)


def test_a_reading_travels_between_processes():
    reading = Reading(((shape(4), shape(0, "unsure")),), alternatives=(Alternative("46", 0.2),))

    come = pickle.loads(pickle.dumps(reading))

    assert come.as_json() == reading.as_json()
    assert np.array_equal(come.digits[0].frame, reading.digits[0].frame)
    with pytest.raises(TypeError):
        come.digits[0].votes["deep"] = sure_of(1)


def test_every_error_travels_between_processes_with_its_sentence():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]

    come = [pickle.loads(pickle.dumps(kind("This file is damaged."))) for kind in kinds]

    assert [type(error) for error in come] == kinds
    assert {str(error) for error in come} == {"This file is damaged."}
