"""Which ink belongs together, and in which order it is read."""

from dataclasses import replace

import numpy as np
import pytest

from digit_core.errors import TooManyDigitsError
from digit_core.models.geometry import CHARACTER_HEIGHT
from digit_core.page.contrast import ink_of
from digit_core.page.look import Look, clamp_scale, look, search
from digit_core.page.pyramid import Pyramid
from digit_core.page.rows import group_into_rows
from digit_core.page.shapes import part_ink, parts_of
from digit_core.types import Box
from tests.support.drawings import picture_of
from tests.support.finder import shipped_finder


def two_bars(distance):
    """What a finder would answer about two upright bars so many of its pixels apart."""
    ink = np.zeros((40, 60), np.float32)
    offsets = np.zeros((40, 60, 2), np.float32)
    heat = np.zeros((40, 60), np.float32)
    for left in (10, 10 + distance):
        ink[10:30, left : left + 3] = 1
        rows, columns = np.mgrid[10:30, left : left + 3]
        offsets[10:30, left : left + 3] = np.stack([left + 1 - columns, 20 - rows], axis=-1)
        heat[20, left + 1] = 1
    return Look(
        np.full((80, 120, 3), 255, np.uint8),
        1.0,
        ink,
        0 * ink,
        heat,
        offsets,
        np.full((40, 60), CHARACTER_HEIGHT, np.float32),
    )


def test_ink_that_points_to_one_middle_is_one_shape():
    owners, groups, components = parts_of(two_bars(distance=20))

    assert len(groups) == 2
    assert len(set(components)) == 2
    assert len(np.unique(owners[:, :20])) == len(np.unique(owners[:, 25:])) == 2


def answer_about(*characters, height=CHARACTER_HEIGHT, certainty=1.0, sees_centres=True):
    """What a finder would answer about characters, each a box (left, top, width, height) in its pixels, full of ink."""
    ink, heat = np.zeros((2, 60, 120), np.float32)
    offsets = np.zeros((60, 120, 2), np.float32)
    for left, top, wide, high in characters:
        rows, columns = np.mgrid[top : top + high, left : left + wide]
        centre = left + wide // 2, top + high // 2
        ink[rows, columns] = certainty
        offsets[rows, columns] = np.stack([centre[0] - columns, centre[1] - rows], axis=-1)
        heat[centre[1], centre[0]] = sees_centres
    picture, heights = np.full((120, 240, 3), 255, np.uint8), np.full((60, 120), height, np.float32)
    return Look(picture, 1.0, ink, 0 * ink, heat, offsets, heights)


@pytest.mark.parametrize(("distance", "count"), [(5, 1), (8, 2)])
def test_centres_near_one_another_are_one_characters(distance, count):
    _, groups, _ = parts_of(answer_about((10, 10, 3, 20), (10 + distance, 10, 3, 18), height=2 * CHARACTER_HEIGHT))

    assert len(groups) == count


@pytest.mark.parametrize(("distance", "count"), [(2, 1), (4, 2)])
def test_offsets_that_scatter_a_little_point_to_one_centre(distance, count):
    _, groups, _ = parts_of(answer_about((10, 10, 1, 20), (10 + distance, 10, 1, 20), height=12, sees_centres=False))

    assert len(groups) == count


@pytest.mark.parametrize(("distance", "count"), [(3, 1), (4, 2)])
def test_one_character_has_several_parts_where_its_ink_points_to_places_apart(distance, count):
    halves = (10, 10, distance, 20), (10 + distance, 10, distance, 18)  # of ink that hangs together

    _, groups, _ = parts_of(answer_about(*halves, height=2 * CHARACTER_HEIGHT))

    assert [len(parts) for parts in groups] == [count]


@pytest.mark.parametrize(("rows", "count"), [(3, 1), (4, 2)])
def test_a_part_is_no_sliver_of_its_character(rows, count):
    _, groups, _ = parts_of(answer_about((10, 10, 3, 20), (15, 19, 3, rows), height=2 * CHARACTER_HEIGHT))

    assert [len(parts) for parts in groups] == [count]


@pytest.mark.parametrize(("rows", "count"), [(3, 2), (4, 3)])
def test_what_has_far_less_ink_than_the_others_is_no_character(rows, count):
    _, groups, _ = parts_of(answer_about((10, 10, 3, 20), (40, 10, 3, 20), (70, 18, 3, rows)))

    assert len(groups) == count


@pytest.mark.parametrize(("pixels", "is_in_reach"), [(7, True), (9, False)])
def test_a_centre_that_is_seen_counts_eight_times_as_much_as_one_that_ink_alone_points_to(pixels, is_in_reach):
    unseen, seen, dust = (49, 10, 3, 20), (56, 20 - pixels // 2, 1, pixels), (27, 19, 1, 3)
    answer = answer_about(unseen, seen, dust, height=2 * CHARACTER_HEIGHT, sees_centres=False)
    answer.centre_heat[20, 56] = 1

    owners, _, _ = parts_of(answer)  # the centres are too near for both to count, and the dust is near the first

    assert bool(owners[20, 27]) == is_in_reach


@pytest.mark.parametrize(("distance", "is_its_own"), [(10, True), (14, False)])
def test_dust_belongs_to_a_character_only_within_its_reach(distance, is_its_own):
    seen = answer_about((40, 10, 3, 20), (41 + distance, 19, 3, 3), (90, 10, 3, 20))

    owners, groups, _ = parts_of(seen)

    assert len(groups) == 2
    assert bool(owners[20, 42 + distance]) == is_its_own


@pytest.mark.parametrize(("pixels", "count"), [(4, 2), (6, 3)])
def test_a_centre_that_hardly_any_ink_points_to_is_none(pixels, count):
    _, groups, _ = parts_of(answer_about((10, 10, 1, 12), (40, 10, 1, 12), (70, 18, 1, pixels)))

    assert len(groups) == count


@pytest.mark.parametrize(("pixels", "count"), [(7, 0), (10, 1)])
def test_a_few_pixels_of_ink_are_nothing(pixels, count):
    assert len(parts_of(answer_about((10, 10, 1, pixels)))[1]) == count


@pytest.mark.parametrize(("certainty", "count"), [(0.4, 0), (0.5, 1)])
def test_what_is_hardly_likely_to_be_ink_is_none(certainty, count):
    assert len(parts_of(answer_about((10, 10, 3, 20), certainty=certainty))[1]) == count


def test_what_is_dark_beside_a_characters_ink_is_none_of_it():
    rgb = np.full((120, 240, 3), 200, np.uint8)
    rgb[20:60, 80:96] = 40  # of which the finder saw the pixels from 80 to 86
    seen = replace(answer_about((40, 10, 3, 20)), picture=rgb)

    ink, _ = ink_of(Pyramid(rgb), seen, parts_of(seen)[0], 1.0)

    assert ink[40, [78, 82, 84, 86, 87, 90]] == pytest.approx([0, 0.96, 0.82, 0.46, 0, 0], abs=0.02)


def ink_of_a_bar(field, value, chance_of_marks=0.0):
    """The ink of a bar 40 pixels high, at its right edge, beside a darker field; the finder may see marks there."""
    rgb = np.full((120, 240, 3), 200, np.uint8)
    rgb[20:60, 40:52] = 40
    rgb[:, field:] = value
    seen = replace(answer_about((20, 10, 6, 20)), picture=rgb)
    marks = seen.marks.copy()
    marks[:, 28:] = chance_of_marks
    return ink_of(Pyramid(rgb), replace(seen, marks=marks), parts_of(seen)[0], 1.0)[0][40, 50]


@pytest.mark.parametrize(("field", "is_its_paper"), [(59, True), (66, False)])
def test_a_characters_paper_is_what_lies_within_a_third_of_its_height(field, is_its_paper):
    assert (ink_of_a_bar(field, 60) < 0.98) == is_its_paper


def test_paper_is_looked_for_further_away_where_none_is_near():
    rgb = np.full((120, 240, 3), 200, np.uint8)
    rgb[20:60, 40:80] = 40
    seen = replace(answer_about((20, 10, 20, 20)), picture=rgb)
    marks = seen.marks.copy()
    marks[4:36, 14:46] = 1  # nothing within twelve pixels shows paper

    ink, _ = ink_of(Pyramid(rgb), replace(seen, marks=marks), parts_of(seen)[0], 1.0)

    assert ink[40, 44] == pytest.approx(1, abs=0.01)


def test_a_digit_on_a_tile_has_the_tile_for_paper():
    rgb = np.full((120, 240, 3), 255, np.uint8)
    rgb[12:68, 52:92] = 0
    rgb[20:60, 66:78] = 255
    seen = replace(answer_about((33, 10, 6, 20)), picture=rgb)

    ink, _ = ink_of(Pyramid(rgb), seen, parts_of(seen)[0], 1.0)

    assert ink[40, 67:77].min() > 0.9
    assert ink[40, [63, 80]].max() < 0.1


@pytest.mark.parametrize(("chance", "is_its_paper"), [(0.08, True), (0.12, False)])
def test_what_may_be_handwriting_tells_nothing_of_the_paper(chance, is_its_paper):
    assert (ink_of_a_bar(60, 120, chance) < 0.99) == is_its_paper


def test_ink_is_as_dark_as_the_darkest_of_it_within_a_fifth_of_its_height():
    rgb = np.full((120, 240, 3), 200, np.uint8)
    rgb[20:32, 40:80], rgb[20:32, 80:120] = 0, 100
    seen = replace(answer_about((20, 10, 40, 6)), picture=rgb)

    ink, _ = ink_of(Pyramid(rgb), seen, parts_of(seen)[0], 1.0)

    assert ink[26, 86] < 0.8  # six pixels from what is darker
    assert ink[26, 88] == pytest.approx(1)  # eight


def test_ink_is_finer_than_the_look_where_the_picture_has_the_pixels():
    seen = answer_about((40, 10, 3, 20))

    papers = (np.full((120 * times, 240 * times, 3), 255, np.uint8) for times in (1, 4))
    scales = [part_ink(Pyramid(rgb), replace(seen, scale=120 / len(rgb))).scale for rgb in papers]

    assert scales == pytest.approx([1.0, 0.35])


def test_a_rule_beside_a_stroke_is_no_ink_of_its_shape():
    seen = two_bars(distance=20)
    picture = seen.picture.copy()
    picture[20:60, 20:26] = picture[20:60, 60:66] = 0
    picture[:, 28:30] = 0  # nearer than the finder's answer tells apart, but it sees no ink there

    page = part_ink(Pyramid(picture), replace(seen, picture=picture))

    assert page.ink[25:55, 21:25].min() > 0.9
    assert page.ink[:, 28:30].max() < 0.3


@pytest.mark.parametrize(("hole", "is_filled"), [(4, True), (6, False)])
def test_a_small_hole_that_the_finder_sees_in_a_bold_stroke_is_ink(hole, is_filled):
    rgb = np.full((120, 240, 3), 200, np.uint8)
    rgb[20:60, 40:80] = 40
    seen = replace(answer_about((20, 10, 20, 20)), picture=rgb)
    seen.ink[20 - hole // 2 : 20 + hole // 2, 30 - hole // 2 : 30 + hole // 2] = 0

    ink, _ = ink_of(Pyramid(rgb), seen, parts_of(answer_about((20, 10, 20, 20)))[0], 1.0)

    assert (ink[40, 60] > 0.9) == is_filled


def test_no_ink_is_no_shape():
    nothing = two_bars(20)
    blank = replace(nothing, ink=0 * nothing.ink, marks=0 * nothing.ink)

    assert parts_of(blank)[1] == ()


def test_grain_is_refused_before_it_is_parted():
    grain = np.kron(np.ones((50, 50), np.float32), np.pad(np.ones((3, 3), np.float32), ((0, 9), (0, 9))))
    offsets, height = np.zeros((600, 600, 2), np.float32), np.full((600, 600), CHARACTER_HEIGHT, np.float32)
    seen = Look(np.full((1200, 1200, 3), 255, np.uint8), 1.0, grain, 0 * grain, grain, offsets, height)

    with pytest.raises(TooManyDigitsError):
        parts_of(seen)


@pytest.mark.parametrize("size", [(300, 300), (1200, 900), (40, 40), (3000, 200)])
def test_the_scale_that_is_found_brings_characters_to_the_size_that_was_learned(size):
    rgb = np.asarray(picture_of("4", *size, brush=max(3, min(size) // 14)))

    seen = search(Pyramid(rgb), shipped_finder())

    assert 0.6 * CHARACTER_HEIGHT < seen.usual_height < 1.7 * CHARACTER_HEIGHT


class DarkFinder:
    """Takes all that is dark for ink of one character, as high as the dark rows; `asked` has the sizes it looked at.

    Nothing is seen on pictures narrower than `blind_below`; `height` is what it says of every character's.
    """

    def __init__(self, blind_below=0, height=None):
        self.asked, self.blind_below, self.height = [], blind_below, height

    def __call__(self, pictures):
        dark = pictures[0, ..., 0] < 0.5
        self.asked.append(dark.shape)
        maps = np.full((dark.shape[0] // 2, dark.shape[1] // 2, 6), -10, np.float32)
        if dark.any() and dark.shape[1] > self.blind_below:
            maps[..., 0] = np.where(dark[::2, ::2], 10, -10)
            maps[..., 5] = np.log2((self.height or dark.any(axis=1).sum()) / 40)
        return maps[None]


def bar(side, height):
    """An upright bar in the middle of a white square."""
    rgb, top = np.full((side, side, 3), 255, np.uint8), (side - height) // 2
    rgb[top : top + height, side // 2 - side // 10 : side // 2 + side // 10] = 0
    return rgb


def test_a_character_is_looked_at_forty_pixels_high():
    seen = search(Pyramid(bar(400, 200)), DarkFinder())

    assert seen.usual_height == pytest.approx(40, abs=2)
    assert seen.scale == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(("side", "first"), [(1000, 288), (50, 160)])
def test_a_large_picture_is_first_looked_at_small_and_a_small_one_enlarged(side, first):
    finder = DarkFinder()

    search(Pyramid(bar(side, side // 2)), finder)

    assert finder.asked[0] == (first, first)  # 256 or twice 50 pixels, with a border, filled up to a multiple of 32


def test_where_nothing_is_seen_on_a_small_copy_a_larger_one_is_looked_at():
    seen = search(Pyramid(bar(1000, 50)), DarkFinder(blind_below=400))

    assert seen.scale == pytest.approx(0.96, abs=0.01)


def test_a_tiny_character_is_enlarged_eight_times_at_most():
    assert search(Pyramid(bar(20, 4)), DarkFinder()).scale == 8


@pytest.mark.parametrize(("height", "looks"), [(51, 1), (57, 2)])
def test_a_second_look_is_taken_only_where_it_shows_something_new(height, looks):
    finder = DarkFinder()

    search(Pyramid(bar(256, height)), finder)

    assert len(finder.asked) == looks


def test_a_finder_that_never_settles_is_asked_three_times():
    finder = DarkFinder(height=80)

    search(Pyramid(bar(256, 200)), finder)

    assert len(finder.asked) == 3


@pytest.mark.parametrize("side", [225, 256])
def test_a_look_has_a_border_and_is_filled_up(side):
    finder = DarkFinder()

    seen = look(Pyramid(bar(side, 40)), 1.0, finder)

    assert finder.asked == [(288, 288)]  # with 16 pixels on every side, a multiple of 32
    assert seen.ink.shape == (-(-side // 2), -(-side // 2))


def test_a_look_is_never_larger_than_its_bound():
    rgb = np.zeros((4000, 3000, 3), np.uint8)

    scale = clamp_scale(Pyramid(rgb), 10.0)

    assert scale**2 * rgb.shape[0] * rgb.shape[1] <= 1_500_001


def test_a_large_look_in_tiles_sees_what_a_small_one_sees():
    rgb = np.full((900, 1100, 3), 255, np.uint8)
    for row, number in enumerate(("4071932856", "1234567890", "5647382910", "9080706050")):  # as high as it parts best
        rgb[200 * row + 50 : 200 * row + 130] = np.asarray(picture_of(number, 1100, 80, brush=6))
    finder = shipped_finder()

    seen = look(Pyramid(rgb), 1.0, finder)

    whole = finder((np.pad(rgb, ((16, 44), (16, 36), (0, 0)), mode="edge")[None] / 255).astype(np.float32))[0]
    direct = 1 / (1 + np.exp(-whole[8:458, 8:558, 0]))
    assert np.abs(seen.ink - direct).mean() < 0.01


def test_rows_are_read_from_top_to_bottom_and_from_left_to_right():
    boxes = [Box(100, 5, 20, 40), Box(10, 0, 20, 40), Box(12, 100, 20, 40), Box(60, 108, 20, 40)]

    assert group_into_rows(boxes) == [[1, 0], [2, 3]]


@pytest.mark.parametrize(("top", "rows"), [(60, [[0, 1, 2]]), (70, [[0, 2], [1]])])
def test_what_hangs_lower_stands_in_the_row_whose_height_it_shares(top, rows):
    assert group_into_rows([Box(0, 0, 40, 100), Box(60, top, 40, 100), Box(80, 0, 40, 100)]) == rows


def test_digits_that_go_up_and_down_by_steps_stand_in_one_row():
    tops = [0, 70, 10, 80, 150, 90]

    assert group_into_rows([Box(60 * i, top, 40, 100) for i, top in enumerate(tops)]) == [[0, 1, 2, 3, 4, 5]]


def test_rows_stay_apart_where_one_digit_stands_above_another_or_below_the_next():
    above = [Box(0, 0, 40, 100), Box(60, 0, 40, 100), Box(30, 80, 40, 100), Box(120, 80, 40, 100)]
    below = [Box(0, 0, 40, 100), Box(60, 110, 40, 100), Box(120, 0, 40, 100)]

    assert group_into_rows(above) == [[0, 1], [2, 3]]
    assert group_into_rows(below) == [[0, 2], [1]]
