"""What would change the answer: the part of a drawing without which it would be read as another digit."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from digit_core import Vote
from digit_core.errors import EmptyDrawingError, ExplanationError
from digit_core.explain.counterfactual import MAX_PARTS, Part, cut_strokes, find_counterfactual
from digit_core.pen import Stroke, draw_strokes
from digit_core.types import Box, Reading
from tests.support.drawings import strokes_of
from tests.support.reader import shape

PAPER, WIDE_PAPER = (280, 280), (700, 280)
ALL_OF_IT = Box(0, 0, *PAPER)
BAR = [(95, 60), (118, 135), (95, 215)]  # closes a three's open sides: an eight
THREE_WITH_BAR = [*strokes_of("3"), BAR]


def strokes_along(lines, width=20):
    return [Stroke(np.array(line, np.float32), width) for line in lines]


def whole(strokes):
    return [Part(i, 0.0, float(np.hypot(*np.diff(s.points, axis=0).T).sum())) for i, s in enumerate(strokes)]


def share_on(mark, lines, width=20):
    """How much of a mark lies on some strokes."""
    own = draw_strokes(strokes_along(lines, width), mark.shape[::-1]) < 128
    return mark[own].sum() / mark.sum()


def test_a_three_that_a_bar_closed_to_an_eight_is_opened_by_taking_the_bar_away(recognizer):
    change = find_counterfactual(recognizer, strokes_along(THREE_WITH_BAR), PAPER, 3, Vote())

    assert (change.now.digit, change.flips_answer, change.without.digit) == (8, True, 3)
    assert share_on(change.mark, [BAR]) > 0.9
    assert "left" in change.place


def test_a_nine_whose_loop_is_opened_becomes_a_four(recognizer):
    change = find_counterfactual(recognizer, strokes_along(strokes_of("9")), PAPER, 4, Vote())

    assert (change.now.digit, change.flips_answer, change.without.digit) == (9, True, 4)
    assert "top" in change.place


def test_who_rubs_the_marked_ink_out_reads_the_digit_that_was_promised(recognizer):
    for text, target in (("9", 4), ("6", 5), ("8", 3)):
        change = find_counterfactual(recognizer, strokes_along(strokes_of(text)), PAPER, target, Vote())

        rubbed_out = np.rint(255 * (1 - (change.ink - change.mark))).astype(np.uint8)

        assert change.flips_answer
        assert recognizer.read(rubbed_out).text == str(target)


def test_where_no_part_turns_the_answer_the_one_that_speaks_most_against_the_digit_is_marked(recognizer):
    change = find_counterfactual(recognizer, strokes_along(strokes_of("7")), PAPER, 1, Vote())

    assert not change.flips_answer
    assert change.without.probabilities[1] > change.now.probabilities[1]
    assert "top" in change.place  # the bar that a one has not


def test_what_keeps_the_answer_is_marked_when_the_answer_itself_is_asked_about(recognizer):
    change = find_counterfactual(recognizer, strokes_along(strokes_of("4")), PAPER, 4, Vote())

    assert (change.now.digit, change.flips_answer) == (4, True)
    assert change.without.digit != 4


def test_nothing_is_marked_where_taking_ink_away_does_not_help(recognizer):
    change = find_counterfactual(recognizer, strokes_along([[(140, 100), (140, 190)]]), PAPER, 1, Vote())

    assert change.now.digit == 1
    assert change.without is None or change.mark.any()
    assert (change.without is None) == (change.place == "")


def test_of_a_number_only_the_shape_asked_about_is_changed(recognizer):
    strokes = strokes_along(strokes_of("194", *WIDE_PAPER), 12)

    change = find_counterfactual(recognizer, strokes, WIDE_PAPER, 4, Vote(), index=1)

    assert (change.now.digit, change.flips_answer, change.without.digit) == (9, True, 4)
    assert not change.mark[:, :230].any()
    assert not change.mark[:, 470:].any()
    assert not change.ink[:, :230].any()


def test_other_weights_mark_other_parts(recognizer, small_recognizer):
    """The sanity check of Adebayo et al. 2018: what random weights also mark tells of the drawing alone."""
    overlaps = []
    for text, target in (("9", 4), ("6", 5), ("8", 3), ("7", 1), ("0", 6)):
        strokes = strokes_along(strokes_of(text))
        readers = recognizer, small_recognizer
        first, other = (find_counterfactual(reader, strokes, PAPER, target, Vote()).mark for reader in readers)
        overlaps.append(np.minimum(first, other).sum() / max(float(np.maximum(first, other).sum()), 1e-9))

    assert np.mean(overlaps) < 0.5


def test_ink_that_was_erased_takes_no_part(recognizer):
    line = Stroke(np.array(BAR, np.float32), 20)
    rubber = Stroke(np.array([(95, 40), *BAR, (95, 235)], np.float32), 36, erases=True)
    strokes = [line, rubber, *strokes_along(strokes_of("3"))]

    change = find_counterfactual(recognizer, strokes, PAPER, 3, Vote())

    assert change.now.digit == 3
    assert change.ink == pytest.approx(1 - draw_strokes(strokes_along(strokes_of("3")), PAPER) / 255)
    assert share_on(change.mark, strokes_of("3")) > 0.95


class SaysSeven:
    """Reads a seven, or two side by side, whatever is drawn; `gain` is what every removal adds to a one's log-odds.

    Attributes:
        read_again: how many pictures it was asked to read after the first.
        ensemble: itself.
    """

    def __init__(self, boxes=(ALL_OF_IT,), gain=0.0, networks_turn=False):
        self.boxes, self.gain, self.networks_turn, self.read_again = boxes, gain, networks_turn, -1
        self.ensemble = self

    def read(self, picture, vote, effort):
        self.read_again += 1
        return Reading((tuple(replace(shape("7"), box=box) for box in self.boxes),))

    def poll(self, frames, vote):
        probabilities = np.full((len(frames), 10), 0.01)
        probabilities[:, 7], probabilities[:, 1] = 0.6, 0.2
        probabilities[1:, 1] = 0.9 if self.networks_turn else 0.2 * np.exp(self.gain)
        return SimpleNamespace(probabilities=probabilities, digitness=np.ones(len(frames)))


@pytest.mark.parametrize(("gain", "is_marked"), [(0.08, False), (0.12, True)])
def test_marks_show_only_what_helps(gain, is_marked):
    change = find_counterfactual(SaysSeven(gain=gain), strokes_along(strokes_of("8")), PAPER, 1, Vote())

    assert change.mark.any() == is_marked


def test_only_so_many_removals_are_read_again_where_the_networks_promise_too_much():
    recognizer = SaysSeven(networks_turn=True)

    change = find_counterfactual(recognizer, strokes_along(strokes_of("8")), PAPER, 1, Vote())

    assert not change.flips_answer
    assert recognizer.read_again == 6


@pytest.mark.parametrize(
    ("share", "inside", "outside"), [(0.16, False, False), (0.25, True, False), (0.7, True, False), (0.85, True, True)]
)
def test_a_stroke_of_two_shapes_belongs_to_one_as_far_as_it_lies_in_its_box(share, inside, outside):
    start = 100 - 100 * share
    strokes = strokes_along([[(40, 20), (40, 220)], [(start, 120), (start + 100, 120)]], 2)
    boxes = Box(0, 0, 100, 240), Box(140, 0, 140, 240)

    change = find_counterfactual(SaysSeven(boxes), strokes, PAPER, 7, Vote())

    assert change.ink[60, 40] > 0.5
    assert (change.ink[120, 95] > 0.5) == inside
    assert (change.ink[120, 110] > 0.5) == outside


@pytest.mark.parametrize("text", "0123456789")
def test_a_digit_is_cut_into_several_parts_which_together_are_all_of_it(text):
    strokes = strokes_along(strokes_of(text))

    groups = cut_strokes(strokes, whole(strokes))

    assert 5 <= len(groups) <= MAX_PARTS
    parts = [part for group in groups for part in group]
    for i, part in enumerate(whole(strokes)):
        own = [each for each in parts if each.stroke == i]
        assert own[0].start == 0
        assert own[-1].end == pytest.approx(part.end, rel=1e-4)
        assert all(first.end == second.start for first, second in pairwise(own))


def test_a_stroke_is_cut_at_its_corner():
    seven = strokes_along([[(80, 80), (200, 80), (120, 230)]])

    cuts = {round(part.end) for group in cut_strokes(seven, whole(seven)) for part in group}

    assert any(abs(cut - 120) <= 3 for cut in cuts)


@pytest.mark.parametrize(("degrees", "is_cut"), [(50, False), (70, True)])
def test_a_stroke_is_cut_where_it_turns_sharply_and_not_where_it_bends(degrees, is_cut):
    turned = np.radians(degrees)
    end = (120 + 137 * np.cos(turned), 40 + 137 * np.sin(turned))
    bent = strokes_along([[(20, 40), (120, 40), end]])

    cuts = [part.end for group in cut_strokes(bent, whole(bent)) for part in group]

    assert any(abs(cut - 100) <= 3 for cut in cuts) == is_cut


@pytest.mark.parametrize(("width", "count"), [(10, 8), (20, 4), (40, 2)])
def test_no_part_is_so_short_that_the_round_ends_of_its_neighbours_cover_it(width, count):
    line = strokes_along([[(20, 40), (124, 40)]], width)

    groups = cut_strokes(line, whole(line))

    assert len(groups) == count


@pytest.mark.parametrize("count", [40, 250])
def test_hatching_goes_together_in_bundles(count):
    hatched = strokes_along([[(20 + i % 240, 60), (20 + i % 240, 200)] for i in range(count)], 1)

    groups = cut_strokes(hatched, whole(hatched))

    assert len(groups) == MAX_PARTS
    assert {part.stroke for group in groups for part in group} == set(range(count))


def test_what_is_too_tangled_to_be_taken_apart_is_answered_by_a_sentence(recognizer, monkeypatch):
    monkeypatch.setattr("digit_core.explain.counterfactual.MAX_STROKES", 1)

    with pytest.raises(ExplanationError, match=r"tangled.*\.$"):
        find_counterfactual(recognizer, strokes_along(strokes_of("4")), PAPER, 9, Vote())


def test_an_answer_asks_the_networks_a_bounded_number_of_times(recognizer, monkeypatch):
    asked = []
    poll = type(recognizer.ensemble).poll

    def poll_and_count(ensemble, frames, vote):
        asked.append(len(frames))
        return poll(ensemble, frames, vote)

    monkeypatch.setattr(type(recognizer.ensemble), "poll", poll_and_count)
    for text, size, target in (("8", PAPER, 3), ("174", WIDE_PAPER, 9)):
        asked.clear()

        find_counterfactual(recognizer, strokes_along(strokes_of(text, *size), 12), size, target, Vote())

        assert 0 < len(asked) <= 12
        assert sum(asked) <= 400


def test_blank_paper_is_answered_by_a_sentence(recognizer):
    with pytest.raises(EmptyDrawingError, match=r"nothing to read.*\.$"):
        find_counterfactual(recognizer, [], PAPER, 3, Vote())


@pytest.mark.parametrize("target", [10, -1, "3", None, True])
def test_a_target_that_is_no_digit_is_answered_by_a_sentence(recognizer, target):
    with pytest.raises(ExplanationError, match=r"from 0 to 9, not .*\.$"):
        find_counterfactual(recognizer, strokes_along(THREE_WITH_BAR), PAPER, target, Vote())


def test_a_shape_that_is_not_there_is_answered_by_a_sentence(recognizer):
    with pytest.raises(ExplanationError, match=r"1 shape was found.*\.$"):
        find_counterfactual(recognizer, strokes_along(THREE_WITH_BAR), PAPER, 3, Vote(), index=1)
