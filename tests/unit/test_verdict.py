"""Digit, unsure or none: what decides it, and the reason that is told."""

import math
from dataclasses import replace

import pytest

from digit_core.models.manifest import Calibration, MeanCalibration
from digit_core.models.verdict import (
    DIGIT_WEIGHTS,
    Decision,
    Evidence,
    Limits,
    chance_of,
    decide,
    digit_features,
    limits_for,
)
from digit_core.types import Vote

LIMITS = Limits(digitness=0.4, threshold=0.8)
SEVEN, NONE = Evidence(0.99, 0.99), Evidence(0.01, 0.5)
ONE = Evidence(0.99, 0.99, is_one=True)
PLUS = Evidence(0.01, 0.5, mark=0.9)


def verdict_beside(others, shape):
    return decide([*others, shape], LIMITS)[-1].verdict


@pytest.mark.parametrize(
    ("digitness", "confidence", "decision"),
    [
        (0.99, 0.99, Decision("digit")),
        (0.97, 0.98, Decision("digit")),
        (0.95, 0.9, Decision("digit")),
        (0.95, 0.82, Decision("unsure", "digitness")),
        (0.97, 0.7, Decision("unsure", "confidence")),
        (0.999, 0.12, Decision("unsure", "confidence")),
        (0.6, 0.97, Decision("unsure", "digitness")),
        (0.78, 0.79, Decision("unsure", "digitness")),
        (0.2, 0.9, Decision("not_a_digit")),
        (0.01, 0.999, Decision("not_a_digit")),
    ],
)
def test_digitness_and_confidence_decide_about_a_lone_shape(digitness, confidence, decision):
    assert decide([Evidence(digitness, confidence)], LIMITS) == (decision,)


def test_a_clear_answer_makes_a_doubtful_shape_a_digit():
    assert decide([Evidence(0.3, 0.999)], LIMITS)[0].verdict == "unsure"
    assert decide([Evidence(0.3, 0.6)], LIMITS)[0].verdict == "not_a_digit"


def test_a_doubtful_shape_is_the_likelier_a_digit_the_more_digits_stand_beside_it():
    assert [verdict_beside([SEVEN] * n, Evidence(0.1, 0.9)) for n in (1, 3, 20)] == ["not_a_digit", "unsure", "digit"]


def test_a_shape_that_is_none_stays_so_beside_many_digits():
    assert verdict_beside([SEVEN] * 5, Evidence(0.001, 0.5)) == "not_a_digit"
    assert verdict_beside([SEVEN] * 199, Evidence(0.0, 0.999)) == "not_a_digit"


def test_a_one_is_rather_a_stroke_where_most_shapes_are_none():
    assert verdict_beside([SEVEN] * 3, ONE) == "digit"
    assert decide([ONE, NONE], LIMITS)[0] == Decision("unsure", "company")
    assert verdict_beside([NONE] * 5, ONE) == "not_a_digit"
    assert verdict_beside([NONE] * 5, SEVEN) == "digit"


@pytest.mark.parametrize("height", [0.25, 4.0])
def test_what_is_much_higher_or_lower_than_the_digits_is_rather_none(height):
    digits = [Evidence(0.99, 0.99, height=40)] * 3

    assert verdict_beside(digits, Evidence(0.5, 0.95, height=40)) != "not_a_digit"
    assert verdict_beside(digits, Evidence(0.5, 0.95, height=40 * height)) == "not_a_digit"


def test_a_part_of_a_number_is_doubted_and_never_refused():
    assert decide([Evidence(0.1, 0.9, is_part=True)], LIMITS) == (Decision("unsure", "digitness"),)


def test_who_asks_for_no_unsure_gets_none():
    anything = Limits(digitness=0.4, threshold=0.0)

    assert decide([Evidence(0.5, 0.95)], anything) == (Decision("digit"),)
    assert decide([Evidence(0.99, 0.3)], anything) == (Decision("digit"),)
    assert decide([NONE], anything) == (Decision("not_a_digit"),)


def test_no_shapes_need_no_decision():
    assert decide([], LIMITS) == ()


def test_the_limits_are_those_that_were_calibrated_for_the_vote():
    plain = MeanCalibration((1.0, 1.0), (0.2, 0.4))
    calibration = Calibration((0.0, 1.0), plain, plain)

    assert limits_for(calibration, Vote("compact"), 0.8) == Limits(0.2, 0.8)
    assert limits_for(calibration, Vote("deep"), 0.8) == Limits(0.4, 0.8)


def test_a_vote_that_says_less_of_each_shape_refuses_no_more_of_them():
    of_one, of_other = (digit_features([Evidence(d, 0.9)], limit) for d, limit in ((0.5, 0.5), (0.2, 0.2)))

    assert of_one[0] == pytest.approx(of_other[0])


def test_the_features_count_what_stands_beside_a_shape():
    shapes = [SEVEN, SEVEN, NONE, Evidence(0.99, 0.99, is_one=True, height=2.0)]

    known = {name: [one[name] for one in digit_features(shapes, 0.4)] for name in DIGIT_WEIGHTS}

    assert known["alone"] == [0, 0, 0, 0]
    assert known["clear"] == pytest.approx([2 / 3 * 2, 2 / 3 * 2, 2, 2 / 3 * 2])  # of three others, log2(4)
    assert known["one_among_refused"] == pytest.approx([0, 0, 0, 2 / 3])
    assert known["height"] == pytest.approx([0, 0, 0, math.log(2)])


@pytest.mark.parametrize(
    ("shape", "others", "than", "beside", "times"),
    [
        (Evidence(0.8, 0.9), [], Evidence(0.5, 0.9), [], 1.65),  # four times the odds of digitness
        (Evidence(0.5, 0.99), [], Evidence(0.5, 0.9), [], 1.94),
        (Evidence(0.5, 0.9, is_one=True), [], Evidence(0.5, 0.9), [], 0.45),
        (Evidence(0.5, 0.9), [], Evidence(0.5, 0.9), [Evidence(0.5, 0.9)], 1.82),
        (Evidence(0.5, 0.9), [SEVEN], Evidence(0.5, 0.9), [Evidence(0.5, 0.9)], 2.29),
        (ONE, [NONE], ONE, [Evidence(0.5, 0.9)], 0.38),
        (Evidence(0.5, 0.9, height=2.0), [SEVEN], Evidence(0.5, 0.9), [SEVEN], 0.28),
    ],
    ids=["digitness", "doubt", "one", "alone", "clear", "one among refused", "height"],
)
def test_what_is_known_of_a_shape_makes_it_so_many_times_likelier_a_digit(shape, others, than, beside, times):
    assert odds(shape, others) / odds(than, beside) == pytest.approx(times, rel=0.1)


def odds(shape, others):
    chance = chance_of(digit_features([shape, *others], LIMITS.digitness)[0])
    return chance / (1 - chance)


def test_a_shape_of_which_nothing_speaks_for_a_digit_is_rather_none():
    assert odds(Evidence(0.4, 0.0), [Evidence(0.5, 0.5)]) == pytest.approx(0.22, rel=0.1)


@pytest.mark.parametrize(("clarity", "counts"), [(0.95, 1), (0.8, 0)])
def test_only_a_shape_that_is_clearly_one_digit_counts_as_a_clear_one(clarity, counts):
    (beside, _) = digit_features([NONE, Evidence(clarity**0.5, clarity**0.5)], 0.4)

    assert beside["clear"] == counts


def test_an_answer_without_doubt_counts_as_one_of_a_hundredth():
    certain, nearly = (digit_features([Evidence(0.5, confidence)], 0.4)[0]["doubt"] for confidence in (1.0, 0.99))

    assert certain == pytest.approx(math.log(0.01))
    assert nearly == pytest.approx(math.log(0.02))


@pytest.mark.parametrize("digitness", [0.0, 1.0])
def test_certainty_is_no_infinite_evidence(digitness):
    assert all(map(math.isfinite, digit_features([Evidence(digitness, 1.0)], 0.0)[0].values()))


def test_a_mark_beside_a_digit_is_passed_over_and_one_alone_or_beside_letters_is_no_digit():
    assert decide([SEVEN, PLUS, SEVEN], LIMITS) == (Decision("digit"), None, Decision("digit"))
    assert decide([Evidence(0.97, 0.7), PLUS], LIMITS) == (Decision("unsure", "confidence"), None)
    assert decide([PLUS], LIMITS) == (Decision("not_a_digit"),)
    assert decide([NONE, PLUS, PLUS], LIMITS) == (Decision("not_a_digit"),) * 3


def test_what_is_likelier_a_letter_beside_digits_is_not_passed_over():
    assert decide([SEVEN, replace(PLUS, mark=0.35)], LIMITS)[1] is None
    assert verdict_beside([SEVEN] * 3, replace(PLUS, mark=0.25)) == "not_a_digit"
    assert verdict_beside([SEVEN] * 3, replace(PLUS, mark=0.4, digitness=0.9, confidence=0.99)) == "digit"
    assert verdict_beside([SEVEN] * 3, replace(PLUS, is_part=True)) == "unsure"


def test_marks_make_a_one_beside_a_digit_no_stroke_of_a_letter_as_refused_shapes_do():
    assert decide([ONE, SEVEN, *[PLUS] * 3], LIMITS)[0].verdict == "digit"
    assert decide([ONE, SEVEN, *[NONE] * 3], LIMITS)[0].verdict == "not_a_digit"


def test_what_the_known_number_of_digits_leaves_no_room_for_is_none_however_clear_it_is():
    assert verdict_beside([SEVEN] * 3, replace(SEVEN, is_left_over=True)) == "not_a_digit"
    assert decide([SEVEN, replace(SEVEN, is_left_over=True, mark=0.9)], LIMITS)[1] is None
