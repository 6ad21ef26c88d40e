"""The finder's training from start to end, on pages of one hand made by code."""

import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from digit_core.errors import DigitError
from digit_core.models import architectures
from digit_core.models.finder import load_finder_weights
from digit_core.models.manifest import MODELS_DIR
from tests.support.pages import HAND
from training.data import digests
from training.data.pages.compose import compose
from training.data.pages.targets import targets_of
from training.errors import DataError
from training.finder import command, run, validation
from training.finder.export import export
from training.finder.recipe import FinderRecipe


class Hands:
    """One hand made by code, in place of people's."""

    def __init__(self, part="training"):
        self.part = part

    def page(self, side, seed, scene=None):
        return compose(HAND, side, np.random.default_rng([len(self.part), *seed]), scene)


@pytest.fixture(scope="module", autouse=True)
def small_training():
    def compose_batches(seed, first, last, workers):
        for step in range(first, last):
            pages = [Hands().page(64, [seed, step, i]) for i in range(2)]
            yield np.stack([p.picture for p in pages]), np.stack([targets_of(p).to_array() for p in pages])

    with pytest.MonkeyPatch.context() as small:
        small.setattr(validation, "Hands", Hands)
        small.setattr(validation, "VALIDATION_PAGES", 2)
        small.setattr(validation, "VALIDATION_SIDE", 64)
        small.setattr(run, "SAVE_EVERY", 2)
        small.setattr(architectures, "FINDER_FILTERS", (8, 8))  # what is looked at is the run, whatever it trains
        small.setattr(run, "compose_batches", compose_batches)
        small.setattr(run, "digests_of_pages", lambda: {"digits": "of one hand"})
        yield


@pytest.fixture(scope="module")
def finished_run(small_training, tmp_path_factory):
    """The folder of a run that ended after two steps; who goes on with it takes `begun`, a copy."""
    folder = tmp_path_factory.mktemp("run")
    run.train(FinderRecipe(), 2, folder)
    return folder


@pytest.fixture
def begun(finished_run, tmp_path):
    """The folder of a run that was interrupted after two steps; what goes on computes without tracing graphs.

    Tracing takes three times as long as these few steps; `finished_run` has been through it.
    """
    tf.config.run_functions_eagerly(True)
    yield shutil.copytree(finished_run, tmp_path / "run")
    tf.config.run_functions_eagerly(False)


def test_a_run_that_was_interrupted_goes_on_where_it_was(begun):
    best = run.train(FinderRecipe(), 4, begun)

    with np.load(begun / "state.npz") as arrays:
        about = json.loads(str(arrays["about"]))
    assert best.is_file()
    assert [entry["step"] for entry in about["history"]] == [2, 4]
    assert all(np.isfinite(entry["val_ink"]) for entry in about["history"])


def test_a_run_that_goes_on_as_planned_is_no_change_and_counts_all_its_minutes(begun):
    with np.load(begun / "state.npz") as arrays:
        about = json.loads(str(arrays["about"]))
    about["steps"], about["history"][-1]["minutes"] = 4, 100.0
    with np.load(begun / "state.npz") as arrays:
        np.savez(begun / "state.npz", **{**arrays, "about": np.array(json.dumps(about))})

    run.train(FinderRecipe(), 4, begun)

    with np.load(begun / "state.npz") as arrays:
        about = json.loads(str(arrays["about"]))
    assert about["changes"] == []
    assert about["history"][-1]["minutes"] >= 100


def test_an_export_refuses_weights_of_other_steps_than_the_state(begun, tmp_path):
    shutil.copytree(MODELS_DIR, tmp_path / "models")
    shutil.copy(MODELS_DIR / "finder" / "model.keras", begun / "best.keras")

    with pytest.raises(DataError, match="not those of its last saved state"):
        export(begun, tmp_path / "models")


def test_a_folder_of_another_recipe_is_left_alone(begun):
    with pytest.raises(DataError, match="another recipe"):
        run.train(FinderRecipe(seed=FinderRecipe().seed + 1), 2, begun)


@pytest.mark.parametrize(
    ("name", "other", "changed"),
    [
        ("digests_of_pages", lambda: {"digits": "of another hand"}, "data (digits)"),
        ("digest_of_files", lambda patterns: "another", "code"),
    ],
)
def test_a_run_of_other_data_or_code_does_not_go_on_untold(begun, monkeypatch, name, other, changed):
    monkeypatch.setattr(run, name, other)

    with pytest.raises(DataError, match=re.escape(f"{changed} changed since the run")):
        run.train(FinderRecipe(), 4, begun)


def test_a_run_that_is_told_to_goes_on_with_other_data_and_code_and_says_so(begun, monkeypatch, capsys):
    monkeypatch.setattr(run, "digests_of_pages", lambda: {"digits": "of another hand"})
    monkeypatch.setattr(run, "digest_of_files", lambda patterns: "another")

    run.train(FinderRecipe(), 4, begun, despite_changes=True)
    run.train(FinderRecipe(), 6, begun)

    with np.load(begun / "state.npz") as arrays:
        about = json.loads(str(arrays["about"]))
    assert about["done"] == 6
    assert about["changes"] == [
        {"step": 2, "changed": ["data (digits)", "code", "steps"]},
        {"step": 4, "changed": ["steps"]},
    ]
    assert "going on after step 2, despite other data (digits) and code" in capsys.readouterr().out


def test_pages_are_known_by_the_strokes_and_the_fonts_that_they_are_composed_from(tmp_path, monkeypatch):
    files = {name: tmp_path / name for name in ("digits", "unipen", "others", "font")}
    for file in files.values():
        file.write_bytes(b"first")
    monkeypatch.setattr(digests.sources, "pendigits_path", lambda: files["digits"])
    monkeypatch.setattr(digests.sources, "unipen_path", lambda: files["unipen"])
    monkeypatch.setattr(digests.sources, "other_characters_path", lambda: files["others"])
    monkeypatch.setattr(digests, "find_fonts", lambda: (files["font"],))
    before = digests.digests_of_pages()

    for file in files.values():
        file.write_bytes(b"second")
    digests.digest_of.cache_clear()

    assert set(before) == {"digits", "other characters", "fonts"}
    assert not set(before.values()) & set(digests.digests_of_pages().values())


def test_without_a_run_there_is_nothing_to_export_and_a_sentence_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))

    code = command.main(["--export", "--models", str(tmp_path / "models")])

    assert (code, "There is no run to export" in capsys.readouterr().err) == (1, True)
    assert not (tmp_path / "models").exists()


def test_an_interrupted_run_says_how_it_goes_on(tmp_path, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    monkeypatch.setattr(command, "train", interrupt)

    assert command.main([]) == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_an_export_holds_the_mean_with_an_earlier_stop_and_its_figures(begun, tmp_path):
    earlier, models = shutil.copytree(begun, tmp_path / "earlier"), tmp_path / "models"
    shutil.copytree(MODELS_DIR, models)
    run.train(FinderRecipe(), 4, begun)

    export(begun, models, earlier, 0.25)

    before, after, mixed = (
        load_finder_weights(file).network.get_weights()
        for file in (earlier / "best.keras", begun / "best.keras", models / "finder" / "model.keras")
    )
    for one, other, mean in zip(before, after, mixed, strict=True):
        assert mean == pytest.approx(0.25 * one + 0.75 * other, abs=1e-6)
    figures = json.loads((models / "finder" / "metrics.json").read_text(encoding="utf-8"))
    assert figures["mixed_with"] == {"steps": 2, "share": 0.25}
    assert figures["validation"]["step"] == 4
    last = json.loads((models / "finder" / "history.json").read_text(encoding="utf-8"))[-1]
    assert figures["validation"]["val_ink"] != last["val_ink"]


def test_beside_a_manifest_that_is_damaged_no_weights_are_written(begun, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(MODELS_DIR, models)
    before = (models / "finder" / "model.keras").read_bytes()
    (models / "manifest.json").write_text("{}", encoding="utf-8")

    with pytest.raises(DigitError):
        export(begun, models)

    assert (models / "finder" / "model.keras").read_bytes() == before


@pytest.mark.parametrize("share", ["0", "1", "-0.5", "half", "nan"])
def test_a_share_outside_its_range_ends_with_a_sentence(tmp_path, capsys, share):
    with pytest.raises(SystemExit):
        command.main(["--export", "--mix", str(tmp_path), share])

    assert f"must lie between 0 and 1, not {share}" in capsys.readouterr().err
