"""What a training learns from is drawn again where data or code is another, and looked for only where it is used."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.small_kinds import DIGIT_DRAWINGS, not_digits
from training.data import digests
from training.data import frame_kinds as kinds_module
from training.data.frame_kinds import training_kinds, validation_sets
from training.data.sources import Mnist
from training.errors import DataError
from training.recipe import Recipe

RECIPE = Recipe("compact", seed=5, epochs=1, gentle_epochs=1, batch=16)


def never(*_):
    raise AssertionError("this data set was left out")


def write_data_sets(folder, monkeypatch):
    """Have files in a folder stand for the data sets that drawings come from; return the one of UNIPEN."""
    for name in ("pendigits", "unipen", "other_characters"):
        (folder / name).write_text(name)
        monkeypatch.setattr(kinds_module.sources, f"{name}_path", lambda path=folder / name: path)
    digests.digest_of.cache_clear()
    return folder / "unipen"


def test_without_habits_the_same_drawings_lack_them_and_nothing_else_changes(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    pictures = np.random.default_rng(2).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    mnist = Mnist(pictures, np.arange(6, dtype=np.uint8), pictures[:1], np.zeros(1, np.uint8))
    monkeypatch.setattr(kinds_module.sources, "find_mnist", lambda _: mnist)
    monkeypatch.setattr(kinds_module.sources, "mnist_validation_rows", lambda: np.array([5]))
    monkeypatch.setattr(kinds_module.sources, "find_pendigits", lambda: DIGIT_DRAWINGS)
    monkeypatch.setattr(kinds_module.sources, "find_unipen", list)
    monkeypatch.setattr(kinds_module.sources, "find_other_characters", lambda: [replace(DIGIT_DRAWINGS[4], label="k")])
    write_data_sets(tmp_path, monkeypatch)
    recipe = replace(RECIPE, copies=4, other_copies=1, numbers=2, papers=2, signs=2).without(["found"])

    usual, plain = (training_kinds(None, None, r) for r in (recipe, recipe.without(["habits"])))

    assert all(np.array_equal(usual[kind].frames, plain[kind].frames) for kind in usual if kind != "strokes")
    np.testing.assert_array_equal(usual["strokes"].labels, plain["strokes"].labels)
    changed = (usual["strokes"].frames != plain["strokes"].frames).any(axis=(1, 2))
    assert set(usual["strokes"].labels[changed].tolist()) <= {0, 1, 4, 7}
    assert changed.any()


def test_other_data_is_drawn_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))
    unipen = write_data_sets(tmp_path, monkeypatch)
    drawn = []

    def draw():
        drawn.append(1)
        return not_digits(2)

    for content in ("one", "one", "two"):
        unipen.write_text(content)
        digests.digest_of.cache_clear()
        kinds_module.keep_frames("strokes", draw, digests.digest_of_digits())

    assert len(drawn) == 2


def test_other_code_draws_the_frames_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(digests, "ROOT", tmp_path)
    module = tmp_path / "digit_core" / "page" / "any.py"
    module.parent.mkdir(parents=True)
    drawn = []

    def draw():
        drawn.append(1)
        return not_digits(2)

    for content in ("one", "one", "two"):
        module.write_text(content)
        kinds_module.keep_frames("strokes", draw)

    assert len(drawn) == 2


def test_what_is_left_out_is_not_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    for name in ("pendigits", "unipen", "other_characters"):
        monkeypatch.setattr(kinds_module.sources, f"{name}_path", never)
    pictures = np.random.default_rng(2).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    mnist = Mnist(pictures, np.arange(6, dtype=np.uint8), pictures[:1], np.zeros(1, np.uint8))
    monkeypatch.setattr(kinds_module.sources, "find_mnist", lambda _: mnist)
    monkeypatch.setattr(kinds_module.sources, "mnist_validation_rows", lambda: np.array([5]))
    recipe = RECIPE.without(["strokes", "others", "signs", "cuts", "papers", "found"])

    assert list(training_kinds(None, None, recipe)) == ["mnist"]
    assert list(validation_sets(None, recipe)) == ["mnist"]


def test_without_a_finder_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    pictures = np.random.default_rng(2).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    mnist = Mnist(pictures, np.arange(6, dtype=np.uint8), pictures[:1], np.zeros(1, np.uint8))
    monkeypatch.setattr(kinds_module.sources, "find_mnist", lambda _: mnist)
    monkeypatch.setattr(kinds_module.sources, "mnist_validation_rows", lambda: np.array([5]))
    write_data_sets(tmp_path, monkeypatch)
    monkeypatch.setattr(kinds_module, "MODELS_DIR", tmp_path)

    with pytest.raises(DataError, match=r"no finder.*python -m training\.finder.*--without found"):
        training_kinds(None, None, RECIPE.without(["strokes", "others", "signs", "cuts", "papers"]))
