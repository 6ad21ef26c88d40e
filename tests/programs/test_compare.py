"""Pairs of networks are compared at their cost, with what each pair gained over its better half."""

import json

import numpy as np
import pytest

from digit_core.errors import WeightsError
from tests.support.small_models import write_models
from training.data.frames import FrameSet
from training.evaluation import compare as compare_module
from training.evaluation.compare import compare, main, operations, shift
from training.weights import read_network


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Both networks from two seeds, as their runs leave them."""
    folders = []
    for seed in (1, 2):
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        write_models(folder, seed)
        folders += [folder / "compact", folder / "deep"]
    return folders


@pytest.fixture(scope="module", autouse=True)
def validation():
    rng = np.random.default_rng(7)
    some = [
        FrameSet(
            rng.integers(0, 256, (40, 28, 28), dtype=np.uint8), rng.integers(0, 10, 40), np.array(list("abcd" * 10))
        )
        for _ in "abc"
    ]
    sets = dict(zip(("mnist", "fill 20", "letters"), some, strict=True))
    with pytest.MonkeyPatch.context() as data:
        data.setattr(compare_module, "validation_sets", lambda file: sets)
        yield


@pytest.fixture(scope="module")
def duels(validation, runs):
    return compare(runs)


def test_every_pair_fights_on_both_sets(duels):
    counted = {kind: sum(duel.pairing == kind for duel in duels) for kind in {duel.pairing for duel in duels}}
    assert counted == {
        "compact + deep": 2 * 4,
        "compact + compact": 2,
        "deep + deep": 2,
        "compact, two views": 2 * 2,
        "deep, two views": 2 * 2,
        "compact alone": 2 * 2,
        "deep alone": 2 * 2,
    }
    for duel in duels:
        assert duel.both_right + duel.only_first_wrong + duel.only_second_wrong + duel.both_wrong == 40
        assert duel.accuracy - duel.better == pytest.approx(100 * (duel.gained - duel.lost) / 40)
        assert 0 <= duel.p_value <= 1


def test_a_pair_costs_what_both_cost_and_two_views_cost_one_networks_parameters(duels):
    cost = {duel.pairing: (duel.parameters, duel.operations) for duel in duels}
    (small, cheap), (large, dear) = cost["compact alone"], cost["deep alone"]

    assert cost["compact + deep"] == (small + large, cheap + dear)
    assert cost["deep + deep"] == (2 * large, 2 * dear)
    assert cost["deep, two views"] == (large, 2 * dear)


def test_operations_are_those_of_convolutions_and_the_last_layer(runs):
    _, _, compact = read_network(runs[0])

    by_hand = 28**2 * 9 * (20 + 20 * 20) + 14**2 * 9 * (20 * 40 + 40 * 40) + 7**2 * 9 * (40 * 64 + 64 * 64)
    assert operations(compact) == by_hand + 2 * 7 * 7 * 64 + 64 * (11 + 1)


def test_a_shifted_frame_loses_what_leaves_it():
    frame = np.arange(28 * 28, dtype=np.float32).reshape(1, 28, 28)

    down, up = shift(frame, 1), shift(frame, -1)

    assert np.array_equal(down[0, 1:, 1:], frame[0, :-1, :-1])
    assert np.array_equal(up[0, :-1, :-1], frame[0, 1:, 1:])
    assert not down[0, 0].any()
    assert not up[0, :, -1].any()


def test_the_command_prints_both_tables(runs, tmp_path, capsys):
    code = main([*map(str, runs[:2]), "--mean", "geometric", "--json", str(tmp_path / "duels.json")])

    printed = capsys.readouterr().out
    assert code == 0
    assert "| compact + deep | 1 |" in printed
    assert "| compact + deep: compact + deep | MNIST |" in printed
    assert len(json.loads((tmp_path / "duels.json").read_text())) == 2 + 4 + 4


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_what_is_no_run_is_named(tmp_path, content, capsys):
    if content:
        (tmp_path / "best.keras").write_bytes(content)

    with pytest.raises(WeightsError, match=r"best\.keras or model\.keras"):
        read_network(tmp_path)
    assert main([str(tmp_path)]) == 1
    assert "best.keras" in capsys.readouterr().err
