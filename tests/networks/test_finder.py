"""Composed pages tell whose ink each pixel is, the finder learns from that, and how well they are read is counted."""

from contextlib import nullcontext

import numpy as np
import pytest

from digit_core.errors import WeightsError
from digit_core.models.finder import check_finder
from digit_core.models.geometry import FINDER_STRIDE, OFFSET_UNIT
from tests.support.limits import PARAMETER_LIMITS
from tests.support.pages import HAND
from training.data.pages.compose import Page, compose
from training.data.pages.layout import SCENES
from training.data.pages.targets import targets_of


@pytest.mark.parametrize("scene", SCENES)
def test_a_page_knows_whose_ink_each_pixel_is(scene):
    pages = [compose(HAND, 160, np.random.default_rng([7, i]), scene) for i in range(6)]

    for page in pages:
        assert (page.picture.shape, page.picture.dtype) == ((160, 160, 3), np.uint8)
        assert page.owners.max() <= len(page.labels)
        assert set(page.labels) <= set("0123456789")
        assert page.ink[page.owners == 0].min() < 255
    assert any(page.labels for page in pages) == (scene != "none")


def test_the_same_seed_composes_the_same_page():
    first, again = (compose(HAND, 128, np.random.default_rng(3)) for _ in range(2))

    np.testing.assert_array_equal(first.picture, again.picture)
    np.testing.assert_array_equal(first.owners, again.owners)


def two_bars():
    owners = np.zeros((64, 64), np.int16)
    owners[10:50, 10:14], owners[20:40, 40:44] = 1, 2
    ink = np.where(owners > 0, 255, 0).astype(np.uint8)
    picture = np.repeat((255 - ink)[..., None], 3, axis=-1)
    return Page(picture, owners, ink, np.zeros_like(ink), ("1", "1"))


def test_ink_points_to_the_centre_of_its_character():
    wanted = targets_of(two_bars())

    rows, columns = np.nonzero(wanted.weights)
    aimed = (
        np.stack([columns, rows], axis=1) * FINDER_STRIDE
        + FINDER_STRIDE // 2
        + wanted.offsets[rows, columns] * OFFSET_UNIT
    )
    left = columns < 16
    np.testing.assert_allclose(aimed[left], np.broadcast_to([12, 30], aimed[left].shape), atol=0.01)
    np.testing.assert_allclose(aimed[~left], np.broadcast_to([42, 30], aimed[~left].shape), atol=0.01)
    assert wanted.scales[rows, columns][left] == pytest.approx(0)  # 40 pixels high
    assert wanted.scales[rows, columns][~left] == pytest.approx(-1)  # half as high
    peaks = np.argwhere(wanted.centre_heat > 0.8)
    assert {tuple(peak) for peak in peaks} >= {(15, 6)} or {tuple(peak) for peak in peaks} >= {(14, 5)}


def test_the_finder_keeps_its_size():
    from digit_core.models.architectures import build_finder

    network = build_finder()

    assert network.count_params() <= PARAMETER_LIMITS["finder"]
    assert network.output_shape == (None, None, None, 6)


def test_the_loss_falls_where_the_answer_is_the_wanted_one():
    from training.finder.losses import finder_loss

    wanted = targets_of(two_bars()).to_array()[None].astype(np.float32)
    sure = 12 * (2 * wanted[..., :3] - 1)
    right = np.concatenate([sure, wanted[..., 3:6]], axis=-1)

    best, wrong = (float(finder_loss(wanted, answer)) for answer in (right, np.zeros_like(right)))

    assert best < 0.1 * wrong


@pytest.mark.parametrize(("off", "is_taken"), [(0.08, True), (0.12, False)])
def test_an_answer_to_the_probe_picture_is_off_by_rounding_alone(off, is_taken):
    def find(pictures):
        assert pictures.shape == (1, 64, 64, 3)
        return np.full((1, 32, 32, 6), off)

    with nullcontext() if is_taken else pytest.raises(WeightsError):
        check_finder(find, ((0.0,) * 6,) * (8 * 8))
