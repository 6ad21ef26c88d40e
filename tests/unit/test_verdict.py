"""Digit, unsure or none: what decides it, and the reason that is told."""

import pytest

from digit_core.models.manifest import Calibration, MeanCalibration
from digit_core.models.verdict import Decision, Evidence, Limits, decide, limits_for
from digit_core.types import Vote

LIMITS = Limits(refused_below=0.4, doubted_below=0.7, threshold=0.6)
SEVEN, NONE, ONE = Evidence(0.95, 0.9), Evidence(0.1, 0.9), Evidence(0.95, 0.9, is_one=True)


@pytest.mark.parametrize(
    ("digitness", "confidence", "decision"),
    [
        (0.95, 0.9, Decision("digit")),
        (0.7, 0.6, Decision("digit")),
        (0.95, 0.59, Decision("unsure", "confidence")),
        (0.69, 0.9, Decision("unsure", "digitness")),
        (0.69, 0.5, Decision("unsure", "confidence")),
        (0.45, 0.5, Decision("unsure", "digitness")),
        (0.39, 0.9, Decision("not_a_digit")),
    ],
)
def test_what_falls_short_the_most_is_the_reason(digitness, confidence, decision):
    assert decide([Evidence(digitness, confidence)], LIMITS) == (decision,)


def test_beside_many_shapes_that_are_none_the_company_is_the_reason():
    decisions = decide([SEVEN, NONE, NONE, NONE], LIMITS)

    assert decisions == (Decision("unsure", "company"), *[Decision("not_a_digit")] * 3)


def test_beside_two_shapes_that_are_none_a_digit_stays_one():
    assert decide([SEVEN, NONE, NONE], LIMITS)[0] == Decision("digit")


@pytest.mark.parametrize(("others", "verdict"), [(1, "unsure"), (2, "digit")])
def test_a_shape_that_is_likely_a_digit_is_one_among_three(others, verdict):
    assert decide([*[SEVEN] * others, Evidence(0.5, 0.9)], LIMITS)[-1].verdict == verdict


@pytest.mark.parametrize(("digitness", "verdict"), [(0.055, "not_a_digit"), (0.07, "unsure")])
def test_three_clear_digits_make_a_fourth_ten_times_as_likely(digitness, verdict):
    assert decide([SEVEN, SEVEN, SEVEN, Evidence(digitness, 0.9)], LIMITS)[-1].verdict == verdict


def test_a_lone_one_beside_what_is_none_may_be_its_stroke():
    assert decide([ONE, NONE], LIMITS)[0] == Decision("unsure", "company")
    assert decide([SEVEN, NONE], LIMITS)[0] == Decision("digit")


def test_a_shape_among_clear_digits_is_doubted_for_its_digitness_and_not_refused():
    assert decide([SEVEN, SEVEN, SEVEN, Evidence(0.3, 0.9)], LIMITS)[-1] == Decision("unsure", "digitness")


def test_a_part_of_a_number_is_doubted_and_never_refused():
    assert decide([Evidence(0.1, 0.9, is_part=True)], LIMITS) == (Decision("unsure", "digitness"),)


def test_who_asks_for_no_unsure_gets_none_but_in_bad_company():
    anything = Limits(refused_below=0.4, doubted_below=0.7, threshold=0.0)

    assert decide([Evidence(0.5, 0.2)], anything) == (Decision("digit"),)
    assert decide([SEVEN, NONE, NONE, NONE], anything)[0] == Decision("unsure", "company")


def test_no_shapes_need_no_decision():
    assert decide([], LIMITS) == ()


def test_the_limits_are_those_that_were_calibrated_for_the_vote():
    plain = MeanCalibration((1.0, 1.0), (0.2, 0.4), (0.5, 0.7))
    calibration = Calibration((0.0, 1.0), plain, plain)

    assert limits_for(calibration, Vote("compact"), 0.8) == Limits(0.2, 0.5, 0.8)
    assert limits_for(calibration, Vote("deep"), 0.8) == Limits(0.4, 0.7, 0.8)
