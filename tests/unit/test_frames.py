"""Training's frames go through the preprocessing that serves, and no writer stands on two sides."""

from collections import Counter

import numpy as np
import pytest

from tests.support.drawings import picture_of
from tests.support.strokes import drawing_of
from training.data import canvases, frames, workers
from training.data.frames import (
    FrameSet,
    assign_part,
    cut_frames,
    draw_for_measuring,
    join_sets,
    other_frames,
    select_part,
    training_frames,
    worn_frames,
)
from training.data.own import from_files
from training.data.sources import MARK_OR_LETTER, NOT_A_DIGIT
from training.data.strokes import Drawing

WRITERS = [f"test/{number}" for number in range(2000)]
ALL_DIGITS = [drawing_of(digit) for digit in range(10)]


def centres_of_mass(pictures):
    positions = np.arange(28)
    ink = pictures.astype(np.float64)
    return ink.sum(axis=1) @ positions / ink.sum(axis=(1, 2)), ink.sum(axis=2) @ positions / ink.sum(axis=(1, 2))


def test_a_writer_belongs_to_one_part_for_good():
    assert [assign_part(writer) for writer in ("uci/1", "apa/Zoe", "test/3")] == [
        assign_part(writer) for writer in ("uci/1", "apa/Zoe", "test/3")
    ]
    shares = Counter(map(assign_part, WRITERS))
    assert shares["training"] == pytest.approx(1600, abs=80)
    assert shares["validation"] == pytest.approx(200, abs=60)
    assert shares["report"] == pytest.approx(200, abs=60)


def test_the_parts_share_no_writer_and_lose_none():
    drawings = [drawing_of(3, writer) for writer in WRITERS[:100]]

    parts = {part: {d.writer for d in select_part(drawings, part)} for part in ("training", "validation", "report")}

    assert sum(map(len, parts.values())) == len(set.union(*parts.values())) == 100


def test_one_prolific_writer_does_not_outweigh_the_others():
    writer = next(w for w in WRITERS if assign_part(w) == "training")
    drawings = [drawing_of(3, writer)] * 30

    assert len(select_part(drawings, "training", cap=7)) == 7


@pytest.mark.parametrize("placement", ["fill", "off"])
@pytest.mark.parametrize("brush", frames.BRUSHES)
def test_measuring_draws_every_digit_once(placement, brush):
    plain = draw_for_measuring(ALL_DIGITS, placement, brush, seed=1)

    assert (plain.frames.shape, plain.frames.dtype) == ((10, 28, 28), np.uint8)
    assert plain.labels.tolist() == list(range(10))
    assert set(plain.writers) == {"test/1"}
    assert plain.frames.max(axis=(1, 2)).min() > 200
    for centres in centres_of_mass(plain.frames):
        assert np.abs(centres - 13.5).max() <= 0.75


def test_chance_is_seeded():
    first, again, other = (training_frames(ALL_DIGITS, copies=1, seed=seed).frames for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_training_draws_every_digit_several_times_and_differently():
    practice = training_frames(ALL_DIGITS, copies=3, seed=1)

    assert Counter(practice.labels.tolist()) == dict.fromkeys(range(10), 3)
    assert len(np.unique(practice.frames, axis=0)) == 30


def test_habits_change_zeros_ones_fours_and_sevens_alone():
    always, never = (training_frames(ALL_DIGITS, copies=4, seed=1, habit_share=share) for share in (1.0, 0.0))

    changed = (always.frames != never.frames).any(axis=(1, 2))
    assert set(always.labels[changed].tolist()) == {0, 1, 4, 7}


def test_what_is_no_digit_has_no_digit_for_a_label():
    letters = [drawing_of(4, label=letter) for letter in "kmtw"]

    others = other_frames(letters, ALL_DIGITS, copies=4, seed=1)

    assert set(others.labels.tolist()) == {NOT_A_DIGIT, MARK_OR_LETTER}  # the latter are scribbles
    assert len(others) > 4 * len(letters)


def test_letters_that_look_like_digits_are_neither_kind():
    with_them = other_frames([drawing_of(4, label=letter) for letter in "kmOIlS|"], ALL_DIGITS, copies=4, seed=1)
    without = other_frames([drawing_of(4, label=letter) for letter in "km"], ALL_DIGITS, copies=4, seed=1)

    np.testing.assert_array_equal(with_them.frames, without.frames)


def test_cuts_through_numbers_are_digits_where_they_are_right_and_none_where_wrong():
    cuts = cut_frames(ALL_DIGITS, numbers=6, seed=1)

    kinds = Counter(cuts.labels.tolist())
    assert kinds[NOT_A_DIGIT] >= 6
    assert sum(kinds.values()) - kinds[NOT_A_DIGIT] >= 6
    assert (cuts.frames.max(axis=(1, 2)) > 100).all()
    np.testing.assert_array_equal(cuts.frames, cut_frames(ALL_DIGITS, numbers=6, seed=1).frames)


def test_many_pictures_are_shared_out_and_come_back_in_order(monkeypatch):
    alone = training_frames(ALL_DIGITS, copies=3, seed=1)

    monkeypatch.setattr(workers, "MANY", 10)
    monkeypatch.setattr(workers, "TASK", 4)
    shared = training_frames(ALL_DIGITS, copies=3, seed=1)

    np.testing.assert_array_equal(shared.frames, alone.frames)
    np.testing.assert_array_equal(shared.labels, alone.labels)


def test_digits_on_paper_keep_their_labels():
    scans = training_frames(ALL_DIGITS, copies=2, seed=1)

    worn = worn_frames(scans.frames, scans.labels, amount=16, seed=1)

    assert 12 <= len(worn) <= 16
    kinds = Counter(worn.labels.tolist())
    assert max(kinds.values()) <= 2
    assert (worn.frames.max(axis=(1, 2)) > 100).all()
    assert not {frame.tobytes() for frame in worn.frames} & {frame.tobytes() for frame in scans.frames}


def test_greek_letters_are_drawn_inside_the_canvas():
    rng = np.random.default_rng(0)
    nobody = Drawing((np.zeros((1, 2), np.float32),), "", "")

    pictures = [canvases.write_greek(nobody, rng) for _ in range(40)]

    assert all((picture < 128).any() for picture in pictures)
    edges = [np.concatenate([p[0], p[-1], p[:, 0], p[:, -1]]) for p in pictures]
    assert sum((edge < 128).any() for edge in edges) == 0


def test_own_pictures_become_frames_and_bad_ones_are_skipped(tmp_path):
    picture_of("7", ink="white", paper="black").save(tmp_path / "seven.png")
    picture_of("1", ink="white").save(tmp_path / "blank.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")

    extra = from_files([(tmp_path / name, 7) for name in ("seven.png", "blank.png", "broken.png")])

    assert extra.labels.tolist() == [7]
    assert extra.frames.shape == (1, 28, 28)


def test_no_pictures_are_an_empty_set():
    assert len(from_files([])) == 0


def test_sets_are_joined_and_taken_from_row_by_row():
    def set_of(*labels):
        pictures = np.stack([np.full((28, 28), label, np.uint8) for label in labels])
        return FrameSet(pictures, np.array(labels, np.int8), np.array([f"w{label}" for label in labels]))

    taken = join_sets([set_of(1, 2), set_of(3)]).take(np.array([2, 0]))

    assert taken.labels.tolist() == taken.frames[:, 0, 0].tolist() == [3, 1]
    assert taken.writers.tolist() == ["w3", "w1"]
