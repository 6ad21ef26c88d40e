"""A tiny run on data drawn here: it learns, goes on after a kill as if nothing had been, and exports what it found."""

import hashlib
import json
import shutil
from contextlib import contextmanager
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from digit_core.models.ensemble import load_network_weights
from digit_core.types import LOGITS
from tests.support.small_kinds import DIGIT_DRAWINGS, not_digits, small_kinds
from training import recipe as recipes
from training import run as run_module
from training import train as training_module
from training.data import frame_kinds as kinds_module
from training.data import strokes
from training.data.frames import draw_for_measuring, sign_frames
from training.recipe import Recipe
from training.run import MODELS_DIR, export, train
from training.train import main
from training.weights import read_network

# Few steps are a run here, so that the average of the weights follows them more closely than in a whole one.
RECIPE = Recipe("compact", seed=5, epochs=1, gentle_epochs=1, batch=16, momentum=0.5)


@pytest.fixture(scope="module")
def kinds():
    return small_kinds()


@pytest.fixture(scope="module")
def validation():
    drawn = draw_for_measuring(DIGIT_DRAWINGS, "fill", 20, seed=1)
    return {"mnist": drawn, "fill 20": drawn, "letters": not_digits(10)}


class KilledOnTheWay(dict):
    """Validation sets during which the process is killed, the second time they are asked for."""

    asked = 0

    def items(self):
        self.asked += 1
        if self.asked == 2:
            raise KeyboardInterrupt
        return super().items()


@pytest.fixture
def small_network(monkeypatch):
    """Runs of a network of few layers, of the same kinds: what is looked at is the run, whatever it trains."""

    def build_small_network(*_):
        layers = keras.layers
        steps = [layers.Conv2D(8, 5, strides=3), layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.1)]
        frames = answer = keras.Input((28, 28, 1))
        for step in [*steps, layers.Flatten(), layers.Dense(LOGITS), layers.Activation("linear", dtype="float32")]:
            answer = step(answer)
        return keras.Model(frames, answer)

    monkeypatch.setattr(run_module, "build_network", build_small_network)


@pytest.fixture(scope="module")
def finished_run(kinds, validation, tmp_path_factory):
    """The folder of a whole run in one go."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_RUN_DIR", str(tmp_path_factory.mktemp("whole")))
        return train(RECIPE, kinds, validation)


def history(folder):
    return json.loads((folder / "history.json").read_text())["epochs"]


def test_a_run_writes_its_history(finished_run):
    first, second = history(finished_run)

    assert [first["epoch"], second["epoch"]] == [1, 2]
    assert second["loss"] < first["loss"]
    assert {"mnist error", "fill 20 error", "val_loss", "letters refused", "error", "learning_rate"} <= set(first)


@pytest.mark.usefixtures("small_network")
def test_a_killed_run_goes_on_as_if_nothing_had_been(kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "whole"))
    whole = history(train(RECIPE, kinds, validation))
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "killed"))
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, kinds, KilledOnTheWay(validation))

    resumed = history(train(RECIPE, kinds, validation))

    assert [row["epoch"] for row in resumed] == [1, 2]
    for row, again in zip(whole, resumed, strict=True):
        assert again["loss"] == pytest.approx(row["loss"], rel=1e-3)
        assert again["val_loss"] == pytest.approx(row["val_loss"], rel=1e-3)
        assert again["learning_rate"] == pytest.approx(row["learning_rate"])


def test_the_best_network_is_exported_without_its_optimizer(finished_run, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "MODELS_DIR", tmp_path)

    export(finished_run, "compact")

    assert sorted(path.name for path in (tmp_path / "compact").iterdir()) == ["history.json", "model.keras"]
    assert (tmp_path / "compact" / "model.keras").stat().st_size < 0.5 * (
        finished_run / "state-0002.keras"
    ).stat().st_size
    network = load_network_weights("compact", tmp_path / "compact" / "model.keras")
    assert np.isfinite(network.logits(np.zeros((1, 28, 28), np.float32))).all()


def test_a_run_that_begins_with_given_weights_goes_on_from_them(finished_run, kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "MODELS_DIR", tmp_path / "models")
    export(finished_run, "compact")
    start = tmp_path / "models" / "compact" / "model.keras"
    began = history(start.parent)
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))
    recipe = replace(RECIPE, rate=1e-6, gentle_epochs=0, start=hashlib.sha256(start.read_bytes()).hexdigest())

    folder = train(recipe, kinds, validation, start)
    export(folder, "compact", start)

    assert history(folder)[0]["val_loss"] == pytest.approx(min(began, key=lambda e: e["error"])["val_loss"], rel=0.5)
    told = json.loads((start.parent / "history.json").read_text())
    assert [row["epoch"] for row in told["epochs"]] == list(range(1, len(told["epochs"]) + 1))
    assert told["began_with"] == [json.loads((finished_run / "history.json").read_text())["recipe"]]


def test_marks_alone_are_learned_and_all_else_stays_as_it_is(finished_run, kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))
    start = finished_run / "best.keras"
    signs = sign_frames([], 200, seed=1)
    recipe = replace(RECIPE, only_marks=True, start=hashlib.sha256(start.read_bytes()).hexdigest())

    folder = train(recipe, kinds | {"signs": signs}, validation | {"signs": signs}, start)

    before, after = (load_network_weights("compact", file).network for file in (start, folder / "best.keras"))
    changed = {
        layer.name
        for layer in after.layers
        if any(
            not np.array_equal(a, b) for a, b in zip(layer.weights, before.get_layer(layer.name).weights, strict=True)
        )
    }
    assert changed == {"mark_gather", "mark_norm", "mark"}
    first, last = history(folder)
    assert last["loss"] < first["loss"]
    assert 0 <= last["signs told"] <= 100


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([], "--only-marks goes with --start FOLDER"),
        (["--start", "models", "--without", "signs"], "--only-marks learns from signs"),
        (["--start", "models", "--extra", "mine", "--only-extra"], "--only-marks learns from signs"),
    ],
)
def test_to_learn_marks_alone_needs_signs_and_weights_to_begin_with(capsys, more, sentence):
    with pytest.raises(SystemExit):
        main(["--only-marks", *more])

    assert sentence in capsys.readouterr().err


def test_no_run_between_is_left_out_of_the_history():
    def of_run(recipe, *errors):
        return {"recipe": recipe, "epochs": [{"epoch": n, "error": error} for n, error in enumerate(errors, 1)]}

    told = of_run("first", 3.0, 1.0, 2.0)
    for recipe, errors in (("second", (1.8, 1.5, 1.5, 1.9)), ("third", (1.2, 1.3))):
        told = run_module.prepend_history(told, of_run(recipe, *errors))

    assert [(row["epoch"], row["run"], row["error"]) for row in told["epochs"]] == [
        (1, 0, 3.0),
        (2, 0, 1.0),
        (3, 1, 1.8),
        (4, 1, 1.5),
        (5, 1, 1.5),
        (6, 2, 1.2),
        (7, 2, 1.3),
    ]
    assert (told["began_with"], told["recipe"]) == (["first", "second"], "third")


@pytest.mark.usefixtures("small_network")
def test_a_run_in_bfloat16_is_kept_in_float32_and_goes_on(kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    recipe = replace(RECIPE, epochs=3, bfloat16=True)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, kinds, KilledOnTheWay(validation))

    folder = train(recipe, kinds, validation)

    assert [row["epoch"] for row in history(folder)] == [1, 2, 3, 4]
    assert history(folder)[-1]["loss"] < history(folder)[0]["loss"]
    state = keras.saving.load_model(folder / "state-0004.keras", compile=False)
    assert {layer.compute_dtype for layer in state.layers if isinstance(layer, keras.layers.Conv2D)} == {"bfloat16"}
    assert state.output.dtype == "float32"
    best = keras.saving.load_model(folder / "best.keras", compile=False)
    assert {layer.compute_dtype for layer in best.layers} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.usefixtures("small_network")
def test_the_average_over_larger_batches_spans_as_many_frames(kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    monkeypatch.setattr(training_module, "training_kinds", lambda *_: kinds)
    monkeypatch.setattr(training_module, "validation_sets", lambda *_: validation)

    assert main(["--model", "compact", "--epochs", "1", "--batch", "64", "--no-export"]) == 0

    recipe = json.loads(next(tmp_path.glob("runs/*/history.json")).read_text())["recipe"]
    assert recipe["batch"] == 64
    assert recipe["momentum"] ** 2 == pytest.approx(recipes.MOMENTUM)


@pytest.mark.parametrize("option", ["--batch", "--epochs", "--patience"])
def test_what_is_counted_is_at_least_one(capsys, option):
    with pytest.raises(SystemExit):
        main([option, "0"])
    assert f"{option}: '0' is no number from 1 up" in capsys.readouterr().err


def test_weights_to_begin_with_that_are_not_there_are_named(tmp_path, capsys):
    assert main(["--model", "compact", "--start", str(tmp_path)]) == 1
    assert "no weights to begin with" in capsys.readouterr().err


def test_another_width_is_for_comparing_alone(tmp_path, capsys):
    for arguments in (["--width", "1.2"], ["--width", "0", "--no-export"]):
        with pytest.raises(SystemExit):
            main(arguments)
        assert "width" in capsys.readouterr().err


def test_a_wider_network_is_trained_and_found_again(kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))

    folder = train(replace(RECIPE, width=1.25, epochs=1, gentle_epochs=0), kinds, validation)

    _, name, network = read_network(folder)
    assert name == "compact-x1.25"
    assert network.network.count_params() > 1.3 * read_network(MODELS_DIR / "compact")[2].network.count_params()


@pytest.mark.usefixtures("small_network")
def test_a_taught_run_learns_and_names_its_teachers(finished_run, kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    _, _, teacher = read_network(finished_run)

    folder = train(replace(RECIPE, teachers="abc"), kinds, validation, teachers=[teacher])

    first, second = history(folder)
    assert second["loss"] < first["loss"]
    assert json.loads((folder / "history.json").read_text())["recipe"]["teachers"] == "abc"


def test_missing_data_ends_the_command_with_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))

    assert main(["--mnist", str(tmp_path / "nowhere.npz")]) == 1

    assert "nowhere.npz" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recipe": replace(RECIPE, rate=1e-3)}, "arguments (rate)"),
        ({"code": "other"}, "code"),
        ({"extra": True}, "data (extra)"),
        ({"validation": True}, "data (validation fill 20)"),
    ],
)
def test_a_run_of_other_arguments_data_or_code_is_another_run(
    finished_run, kinds, validation, tmp_path, monkeypatch, capsys, change, said
):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    shutil.copytree(finished_run.parent, tmp_path / "runs")
    if "code" in change:
        monkeypatch.setattr(run_module, "digest_of_files", lambda _: change["code"])
    learned = kinds | {"extra": not_digits(16)} if "extra" in change else kinds
    chosen_by = validation | {"fill 20": not_digits(3)} if "validation" in change else validation
    recipe = change.get("recipe", RECIPE)

    identity = run_module.Identity.of(recipe, learned, chosen_by)
    run_module.say_what_differs(identity, tmp_path / "runs")

    assert identity.name != finished_run.name
    assert capsys.readouterr().out == f"a new run: {said} differ from those of {finished_run.name}\n"


def test_a_finished_run_started_again_is_the_same_run(finished_run, kinds, validation, monkeypatch, capsys):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(finished_run.parents[1]))

    assert train(RECIPE, kinds, validation) == finished_run

    assert "going on after epoch 2" in capsys.readouterr().out
    assert len(history(finished_run)) == 2


@pytest.mark.usefixtures("small_network")
def test_a_run_that_is_killed_while_it_writes_repeats_no_epoch_on_top_of_itself(
    kinds, validation, tmp_path, monkeypatch
):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "whole"))
    whole = history(train(RECIPE, kinds, validation))
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "killed"))
    for file in ("best", "state", "history"):  # of the first epoch, and twice of the second
        with kill_before(file), pytest.raises(KeyboardInterrupt):
            train(RECIPE, kinds, validation)

    folder = train(RECIPE, kinds, validation)

    for row, again in zip(whole, history(folder), strict=True):
        assert again["loss"] == pytest.approx(row["loss"], rel=1e-3)
    best = min(whole, key=lambda row: row["error"])
    measured = run_module.validate(keras.saving.load_model(folder / "best.keras", compile=False), validation)
    assert measured["val_loss"] == pytest.approx(best["val_loss"], rel=1e-3)
    assert [path.name for path in folder.glob("state-*")] == ["state-0002.keras"]


@contextmanager
def kill_before(file):
    """Have a run killed just before it writes one of its three files after an epoch."""
    open_whole, write, fit = run_module.whole_file, run_module.write_whole, keras.Model.fit
    fitted = []

    def open_or_die(path):
        if fitted and path.name.startswith(file):
            raise KeyboardInterrupt
        return open_whole(path)

    def write_or_die(path, content):
        if file == "history":
            raise KeyboardInterrupt
        write(path, content)

    def fit_and_tell(*given, **named):
        fitted.append(True)
        return fit(*given, **named)

    with pytest.MonkeyPatch.context() as deadly:
        deadly.setattr(run_module, "whole_file", open_or_die)
        deadly.setattr(run_module, "write_whole", write_or_die)
        deadly.setattr(keras.Model, "fit", fit_and_tell)
        yield


def never(*_):
    raise AssertionError("this data set was left out")


@pytest.mark.usefixtures("small_network")
def test_ones_own_pictures_train_alone(tmp_path, monkeypatch, capsys):
    for name in ("pendigits_path", "unipen_path", "other_characters_path", "find_mnist"):
        monkeypatch.setattr(kinds_module.sources, name, never)
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))
    rng = np.random.default_rng(4)
    for digit in range(10):
        (tmp_path / "mine" / str(digit) / "anna").mkdir(parents=True)
        for i in range(6):
            drawing = strokes.vary(DIGIT_DRAWINGS[digit], rng)
            picture = strokes.draw([strokes.place(drawing, "fill", rng)], 14)
            Image.fromarray(picture).save(tmp_path / "mine" / str(digit) / "anna" / f"{i}.pgm")

    arguments = ["--model", "compact", "--epochs", "1", "--no-export", "--extra", str(tmp_path / "mine")]
    assert main([*arguments, "--only-extra"]) == 0

    content = json.loads(next((tmp_path / "runs" / "runs").glob("*/history.json")).read_text())
    assert set(content["data"]) == {"extra", "validation extra"}
    assert content["epochs"][0].keys() >= {"extra error", "error"}
    assert "letters refused" not in content["epochs"][0]


def test_ones_own_pictures_alone_need_a_folder(capsys):
    with pytest.raises(SystemExit):
        main(["--only-extra"])
    assert "--extra FOLDER" in capsys.readouterr().err
