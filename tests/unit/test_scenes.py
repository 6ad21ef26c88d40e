"""What stands on composed pages beside the characters that are to be found."""

import numpy as np
import pytest

from training.data.imaging import smooth_noise
from training.data.pages.layout import SCENES, Hand, Layout
from training.data.pages.paper import draw_stripes, shine_through
from training.data.pages.printing import print_beside, print_screen, print_words, touches
from training.data.pages.scenes import SCENE_SHARES, lay_out
from training.data.pages.writing import OTHER_SIGNS, SIGNS, Writer
from training.data.strokes import Drawing

SEVEN = Drawing((np.array([[0.0, 0.0], [0.6, 0.0], [0.2, 1.0]]),), "7", "test/1")
HAND = Hand([SEVEN], [])


def page_of(scene, seed, side=400):
    return lay_out(HAND, side, np.random.default_rng(seed), scene)


def page_with_rows(seed):
    page = page_of("rows", seed)
    page.words.clear()
    page.printed.clear()
    return page


def test_every_scene_has_its_share_of_the_pages():
    assert set(SCENE_SHARES) == set(SCENES)
    assert sum(SCENE_SHARES.values()) == pytest.approx(1)
    assert all(page_of(scene, 1).scene == scene for scene in SCENES)


@pytest.mark.parametrize("seed", range(6))
def test_signs_of_a_sum_are_marks_and_its_digits_are_characters(seed):
    page = page_of("sum", seed)

    assert {character.label for character in page.characters} == {"7"}
    assert page.marks


@pytest.mark.parametrize("sign", [*SIGNS, *OTHER_SIGNS])
def test_a_sign_ends_where_the_writer_says(sign):
    page = Layout(400, "rows", 40.0, 3.0)

    right = Writer(HAND, page, np.random.default_rng(5)).mark(100.0, 200.0, (sign,))

    ends = [float(line.points[:, 0].max()) for line in page.marks]
    assert page.marks
    assert right == pytest.approx(max(ends))
    assert not page.rows


def test_a_slash_is_taller_than_the_digits_and_leans_to_the_right():
    for seed in range(20):
        page = Layout(400, "rows", 40.0, 3.0)
        Writer(HAND, page, np.random.default_rng(seed)).mark(100.0, 200.0, ("slash",))
        (slash,) = page.marks

        (left, bottom), (right, top) = slash.points
        assert bottom - top > 40
        assert right > left


@pytest.mark.parametrize("print_on", [print_beside, print_screen, print_words])
def test_print_leaves_the_characters_alone(print_on):
    printed = 0
    for seed in range(30):
        page = page_with_rows(seed)
        before, marks = [character.corners for character in page.characters], len(page.marks)

        print_on(page, np.random.default_rng(seed))

        printed += len(page.words) + len(page.printed)
        assert np.array_equal(before, [character.corners for character in page.characters])
        assert len(page.marks) == marks  # print is no handwriting
        for left, top, height, text in page.words:
            end = [left + 0.4 * height * len(text), top + height]  # letters are wider than that
            assert not touches(page, np.array([[left, top], end]))
    assert printed


def test_a_sign_stands_alone_on_some_pages():
    pages = [page_of("single", seed) for seed in range(60)]
    alone = [page for page in pages if not page.characters]

    assert 1 <= len(alone) < 20
    assert all(page.marks for page in alone)


def test_crosses_or_strokes_in_rows_are_all_alike_and_no_characters():
    star = Drawing(SEVEN.strokes, "*", "test/1")  # a mark that this hand writes now and then
    pages = [lay_out(Hand([SEVEN], [star]), 400, np.random.default_rng(seed), "none") for seed in range(120)]
    of_rows = [page for page in pages if len(page.marks) > 60]

    assert of_rows
    for page in of_rows:
        assert not page.characters
        straight = sum(len(line.points) == 2 for line in page.marks)
        assert straight > 0.9 * len(page.marks), "beside a few scribbles"


def test_some_pages_have_two_digits_over_and_over():
    digits = [Drawing(SEVEN.strokes, str(label), "test/1") for label in range(10)]
    page = Layout(400, "rows", 40.0, 3.0)

    writers = [Writer(Hand(digits, []), page, np.random.default_rng(seed)) for seed in range(200)]

    repeating = [writer for writer in writers if len(writer.repeated)]
    assert 20 < len(repeating) < 60
    assert all(writer.choose().label in writer.repeated for writer in repeating if not writer.letters)
    assert {str(label) for writer in repeating for label in writer.repeated} == set("0123456789")


def test_the_chosen_one_of_a_screens_buttons_has_a_ring_around_it():
    rings = 0
    for seed in range(60):
        page = Layout(400, "none", 40.0, 3.0)
        print_screen(page, np.random.default_rng(seed))
        discs = [line for line in page.printed if len(line.points) == 2 and line.width > 5]
        circles = [line for line in page.printed if len(line.points) == 30]
        for circle in circles:
            middle = circle.points[:-1].mean(axis=0)
            away = np.linalg.norm(circle.points - middle, axis=1)
            assert away == pytest.approx(away[0])
            rings += any(np.abs(disc.points[0] - middle).max() < 1 and away[0] * 2 >= disc.width for disc in discs)
    assert rings > 5


@pytest.mark.parametrize("seed", range(12))
def test_stripes_return_at_one_distance(seed):
    pattern = draw_stripes(256, np.random.default_rng(seed))
    noise = smooth_noise((256, 256), 40, np.random.default_rng(seed))

    assert 0 <= pattern.min() < pattern.max() <= 1
    assert share_of_one_wave(pattern) > 3 * share_of_one_wave(noise)


def share_of_one_wave(pattern):
    """What share of a pattern's variation is one wave, bent a little perhaps."""
    spectrum = np.square(np.abs(np.fft.fft2(pattern - pattern.mean())))
    row, column = np.unravel_index(spectrum[:128].argmax(), spectrum.shape)
    around = np.roll(spectrum, (3 - row, 3 - column), (0, 1))[:7, :7]
    return 2 * around.sum() / spectrum.sum()


def test_what_shines_through_is_mirrored_and_paler():
    ink = np.zeros((60, 60), np.float32)
    ink[10:30, 5:9] = ink[10:14, 5:25] = 1  # an angle that opens to the right

    back = shine_through(ink, np.random.default_rng(2))

    assert 0.05 < back.max() < 0.7
    assert best_match(back, ink[:, ::-1]) > 1.2 * best_match(back, ink)


def best_match(picture, other):
    """How much two pictures agree where they are laid upon each other best, wrapped around."""
    return np.fft.ifft2(np.fft.fft2(picture) * np.conj(np.fft.fft2(other))).real.max()


@pytest.mark.parametrize("seed", range(4))
def test_each_tile_holds_one_character_at_most(seed):
    page = page_of("tiles", seed)
    middles = [(low + high) / 2 for low, high in (character.corners for character in page.characters)]

    counts = [sum(left < x < right and top < y < bottom for x, y in middles) for left, top, right, bottom in page.tiles]

    assert sum(counts) == len(middles) > 0
    assert max(counts) == 1
