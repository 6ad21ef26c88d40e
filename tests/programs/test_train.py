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

from digit_core.models.architectures import build_network
from digit_core.models.ensemble import NetworkClassifier, fill_network
from digit_core.models.runtime import KerasRuntime
from tests.support.drawings import DIGITS
from training import recipe as recipes
from training import run as run_module
from training import train as training_module
from training.batches import Batches
from training.data import kinds as kinds_module
from training.data import strokes
from training.data.frames import FrameSet, draw_for_measuring, training_frames
from training.data.kinds import training_kinds, validation_sets
from training.data.own import from_files
from training.data.sources import NOT_A_DIGIT, Mnist
from training.data.strokes import Drawing
from training.errors import DataError
from training.losses import reading_loss, taught_loss
from training.rate import Rate
from training.recipe import Recipe
from training.run import MODELS_DIR, export, train
from training.train import main
from training.weights import read_network

RECIPE = Recipe("compact", seed=5, epochs=1, gentle_epochs=1, batch=16)
DIGIT_DRAWINGS = [
    Drawing(tuple(np.array(stroke, np.float32) * 700 for stroke in lines), str(digit), "test/1")
    for digit, lines in DIGITS.items()
]


def not_digits(count):
    noise = np.random.default_rng(3).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return FrameSet(noise, np.full(count, NOT_A_DIGIT, np.int8), np.full(count, "", "<U32"))


@pytest.fixture(scope="module")
def kinds():
    practice = training_frames(DIGIT_DRAWINGS, copies=8, seed=1)
    return {
        "mnist": practice,
        "strokes": practice,
        "others": not_digits(20),
        "cuts": not_digits(10),
        "papers": practice,
        "extra": from_files([]),
    }


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


@pytest.fixture(scope="module")
def runs(kinds, validation, tmp_path_factory):
    """The folders of a run in one go and of the same run killed in its second epoch and started again."""
    folders = []
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_RUN_DIR", str(tmp_path_factory.mktemp("whole")))
        folders.append(train(RECIPE, kinds, validation))
        environment.setenv("DIGIT_RUN_DIR", str(tmp_path_factory.mktemp("killed")))
        with pytest.raises(KeyboardInterrupt):
            train(RECIPE, kinds, KilledOnTheWay(validation))
        folders.append(train(RECIPE, kinds, validation))
    return folders


def history(folder):
    return json.loads((folder / "history.json").read_text())["epochs"]


def test_a_run_writes_its_history(runs):
    first, second = history(runs[0])

    assert [first["epoch"], second["epoch"]] == [1, 2]
    assert second["loss"] < first["loss"]
    assert {"mnist error", "fill 20 error", "val_loss", "letters refused", "error", "learning_rate"} <= set(first)


def test_a_killed_run_goes_on_as_if_nothing_had_been(runs):
    whole, resumed = map(history, runs)

    assert [row["epoch"] for row in resumed] == [1, 2]
    for row, again in zip(whole, resumed, strict=True):
        assert again["loss"] == pytest.approx(row["loss"], rel=1e-3)
        assert again["val_loss"] == pytest.approx(row["val_loss"], rel=1e-3)
        assert again["learning_rate"] == pytest.approx(row["learning_rate"])


def test_the_best_network_is_exported_without_its_optimizer(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "MODELS_DIR", tmp_path)

    export(runs[0], "compact")

    assert sorted(path.name for path in (tmp_path / "compact").iterdir()) == ["history.json", "model.keras"]
    assert (tmp_path / "compact" / "model.keras").stat().st_size < 0.5 * (runs[0] / "state-0002.keras").stat().st_size
    network = fill_network("compact", tmp_path / "compact" / "model.keras")
    assert np.isfinite(network.logits(np.zeros((1, 28, 28), np.float32))).all()


def test_a_run_that_begins_with_given_weights_goes_on_from_them(runs, kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "MODELS_DIR", tmp_path / "models")
    export(runs[0], "compact")
    start = tmp_path / "models" / "compact" / "model.keras"
    began = history(start.parent)
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))
    recipe = replace(RECIPE, rate=1e-6, gentle_epochs=0, start=hashlib.sha256(start.read_bytes()).hexdigest())

    folder = train(recipe, kinds, validation, start)
    export(folder, "compact", start)

    assert history(folder)[0]["val_loss"] == pytest.approx(min(began, key=lambda e: e["error"])["val_loss"], rel=0.5)
    told = json.loads((start.parent / "history.json").read_text())
    assert [row["epoch"] for row in told["epochs"]] == list(range(1, len(told["epochs"]) + 1))
    assert told["began_with"] == [json.loads((runs[0] / "history.json").read_text())["recipe"]]


def test_no_run_between_is_left_out_of_the_history():
    def of_run(recipe, *errors):
        return {"recipe": recipe, "epochs": [{"epoch": n, "error": error} for n, error in enumerate(errors, 1)]}

    told = of_run("first", 3.0, 1.0, 2.0)
    for recipe, errors in (("second", (1.8, 1.5, 1.5, 1.9)), ("third", (1.2, 1.3))):
        told = run_module._prepend_history(told, of_run(recipe, *errors))

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


def test_a_run_in_bfloat16_is_kept_in_float32_and_goes_on(kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    recipe = replace(RECIPE, bfloat16=True)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, kinds, KilledOnTheWay(validation))

    folder = train(recipe, kinds, validation)

    assert [row["epoch"] for row in history(folder)] == [1, 2]
    assert history(folder)[1]["loss"] < history(folder)[0]["loss"]
    state = keras.saving.load_model(folder / "state-0002.keras", compile=False)
    assert {layer.compute_dtype for layer in state.layers if isinstance(layer, keras.layers.Conv2D)} == {"bfloat16"}
    assert state.output.dtype == "float32"
    best = keras.saving.load_model(folder / "best.keras", compile=False)
    assert {layer.compute_dtype for layer in best.layers} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_the_average_over_larger_batches_spans_as_many_frames(kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    monkeypatch.setattr(training_module, "training_kinds", lambda *_: kinds)
    monkeypatch.setattr(training_module, "validation_sets", lambda *_: validation)

    assert main(["--model", "compact", "--epochs", "1", "--batch", "64", "--no-export"]) == 0

    recipe = json.loads(next(tmp_path.glob("runs/*/history.json")).read_text())["recipe"]
    assert recipe["batch"] == 64
    assert recipe["momentum"] ** 2 == pytest.approx(recipes.MOMENTUM)


def test_a_batch_holds_at_least_one_frame(capsys):
    with pytest.raises(SystemExit):
        main(["--batch", "0"])
    assert "at least one frame" in capsys.readouterr().err


def test_weights_to_begin_with_that_are_not_there_are_named(tmp_path, capsys):
    assert main(["--model", "compact", "--start", str(tmp_path)]) == 1
    assert "no weights to begin with" in capsys.readouterr().err


def test_an_epoch_mixes_the_kinds_by_their_shares(kinds):
    batches = Batches(kinds | {"found": kinds["papers"]}, RECIPE, epoch=0)

    labels = np.concatenate([batches[index][1] for index in range(len(batches))])
    pictures, _ = batches[0]
    assert pictures.shape == (16, 28, 28, 1)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert len(labels) == pytest.approx(80 * (1 + 0.6 + 0.35 + 0.3 + 0.12 + 0.4), abs=16)
    assert (labels == NOT_A_DIGIT).mean() == pytest.approx(0.65 / 2.77, abs=0.05)


def test_what_is_left_out_is_not_mixed_in(kinds):
    recipe = RECIPE.without(["others", "cuts", "papers", "found"])

    batches = Batches(kinds, recipe, epoch=0)

    labels = np.concatenate([batches[index][1] for index in range(len(batches))])
    assert len(labels) == pytest.approx(80 * 1.6, abs=16)
    assert (labels != NOT_A_DIGIT).all()


def write_data_sets(folder, monkeypatch):
    """Have files in a folder stand for the data sets that drawings come from; return the one of UNIPEN."""
    for name in ("pendigits", "unipen", "other_characters"):
        (folder / name).write_text(name)
        monkeypatch.setattr(kinds_module.sources, f"{name}_path", lambda path=folder / name: path)
    kinds_module._digest.cache_clear()
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
    recipe = replace(RECIPE, copies=4, other_copies=1, numbers=2, papers=2).without(["found"])

    usual, plain = (training_kinds(None, None, r) for r in (recipe, recipe.without(["habits"])))

    assert all(np.array_equal(usual[kind].frames, plain[kind].frames) for kind in usual if kind != "strokes")
    np.testing.assert_array_equal(usual["strokes"].labels, plain["strokes"].labels)
    changed = (usual["strokes"].frames != plain["strokes"].frames).any(axis=(1, 2))
    assert set(usual["strokes"].labels[changed].tolist()) <= {0, 1, 4, 7}
    assert changed.any()


def test_teachers_answers_travel_with_the_labels(kinds):
    teachers = [NetworkClassifier(KerasRuntime(build_network(name))) for name in ("compact", "deep")]

    pictures, labels = Batches(kinds, RECIPE, epoch=0, teachers=teachers)[0]

    np.testing.assert_array_equal(labels[:, 0], Batches(kinds, RECIPE, epoch=0)[0][1])
    mean = np.mean([teacher.logits(pictures[..., 0]) for teacher in teachers], axis=0)
    np.testing.assert_allclose(labels[:, 1:], mean, atol=1e-4)


def test_a_taught_network_is_drawn_to_its_teachers_second_choice():
    def loss(second, third):
        taught = np.array([[4, *(9.0 if d == 4 else 5.0 if d == 9 else 0.0 for d in range(10)), 6.0]], np.float32)
        logits = np.zeros((1, 11), np.float32)
        logits[0, [4, 9, 3, 10]] = 9.0, second, third, 6.0
        return float(taught_loss(taught, logits)[0])

    assert loss(second=5.0, third=0.0) < loss(second=0.0, third=5.0)
    assert loss(second=5.0, third=0.0) < loss(second=0.0, third=0.0)


def test_no_teacher_is_asked_what_is_no_digit():
    def loss(label, digitness):
        taught = np.array([[label, *np.zeros(10), 6.0]], np.float32)  # the teacher takes it for a digit
        logits = np.zeros((1, 11), np.float32)
        logits[0, 10] = digitness
        return float(taught_loss(taught, logits)[0])

    assert loss(NOT_A_DIGIT, -6.0) < loss(NOT_A_DIGIT, 6.0)
    assert loss(4, 6.0) < loss(4, -6.0)


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


def test_a_taught_run_learns_and_names_its_teachers(runs, kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    _, _, teacher = read_network(runs[0])

    folder = train(replace(RECIPE, teachers="abc"), kinds, validation, teachers=[teacher])

    first, second = history(folder)
    assert second["loss"] < first["loss"]
    assert json.loads((folder / "history.json").read_text())["recipe"]["teachers"] == "abc"


def test_a_batch_depends_on_seed_epoch_and_place_alone(kinds):
    def batch(seed=5, epoch=1, index=2):
        recipe = Recipe("compact", seed=seed, batch=16)
        return Batches(kinds, recipe, epoch)[index][0]

    np.testing.assert_array_equal(batch(), batch())
    for other in (batch(seed=6), batch(epoch=2), batch(index=3)):
        assert not np.array_equal(batch(), other)


def test_what_is_no_digit_is_not_asked_which_digit_it_is():
    labels = np.array([NOT_A_DIGIT, NOT_A_DIGIT, 3, 3], np.float32)
    logits = np.zeros((4, 11), np.float32)
    logits[1, 3] = logits[3, 3] = 5

    loss = np.asarray(reading_loss(labels, logits))

    assert loss[0] == pytest.approx(loss[1])
    assert loss[3] < loss[2]


def test_digitness_is_asked_of_everything():
    labels = np.array([NOT_A_DIGIT, NOT_A_DIGIT, 3, 3], np.float32)
    logits = np.zeros((4, 11), np.float32)
    logits[:, 10] = [5, -5, 5, -5]

    loss = np.asarray(reading_loss(labels, logits))

    assert loss[1] < loss[0]
    assert loss[2] < loss[3]


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_the_rate_rises_for_one_epoch_and_then_falls_to_nothing(epochs):
    rate = Rate.of(Recipe("compact", epochs=epochs, gentle_epochs=0, rate=0.1), steps=7)

    rates = [float(rate(step)) for step in range(7 * epochs + 1)]
    assert rates.index(max(rates)) == 7
    assert max(rates) == pytest.approx(0.1)
    assert epochs == 1 or rates[-1] == pytest.approx(0, abs=1e-6)


def test_a_steady_rate_stays_at_its_peak_until_the_gentle_epochs():
    rate = Rate.of(Recipe("deep", epochs=5, gentle_epochs=3, rate=0.1, steady=True), steps=10)

    assert [float(rate(step)) for step in (10, 20, 49)] == pytest.approx([0.1] * 3)
    assert float(rate(50)) == pytest.approx(0.015)
    assert Rate(**rate.get_config())(30) == rate(30)


def test_gentle_epochs_start_anew_at_a_small_rate_and_distort_less():
    recipe = Recipe("deep", epochs=5, gentle_epochs=3, rate=0.1)
    rate = Rate.of(recipe, steps=10)

    assert float(rate(49)) < 0.001
    assert float(rate(50)) == pytest.approx(0.015)
    assert float(rate(80)) == pytest.approx(0, abs=1e-6)
    assert recipe.distortion(5).elastic == recipe.distortion(4).elastic / 2


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
    runs, kinds, validation, tmp_path, monkeypatch, capsys, change, said
):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    shutil.copytree(runs[0].parent, tmp_path / "runs")
    if "code" in change:
        monkeypatch.setattr(run_module, "digest_of_files", lambda _: change["code"])
    learned = kinds | {"extra": not_digits(16)} if "extra" in change else kinds
    chosen_by = validation | {"fill 20": not_digits(3)} if "validation" in change else validation
    recipe = change.get("recipe", RECIPE)

    identity = run_module.Identity.of(recipe, learned, chosen_by)
    run_module._say_what_differs(identity, tmp_path / "runs")

    assert identity.name != runs[0].name
    assert capsys.readouterr().out == f"a new run: {said} differ from those of {runs[0].name}\n"


def test_a_finished_run_started_again_is_the_same_run(runs, kinds, validation, monkeypatch, capsys):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(runs[0].parents[1]))

    assert train(RECIPE, kinds, validation) == runs[0]

    assert "going on after epoch 2" in capsys.readouterr().out
    assert len(history(runs[0])) == 2


def test_killed_while_it_writes_a_run_repeats_no_epoch_on_top_of_itself(runs, kinds, validation, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    for file in ("best", "state", "history"):  # of the first epoch, and twice of the second
        with kill_before(file), pytest.raises(KeyboardInterrupt):
            train(RECIPE, kinds, validation)

    folder = train(RECIPE, kinds, validation)

    whole = history(runs[0])
    for row, again in zip(whole, history(folder), strict=True):
        assert again["loss"] == pytest.approx(row["loss"], rel=1e-3)
    best = min(whole, key=lambda row: row["error"])
    measured = run_module.validate(keras.saving.load_model(folder / "best.keras", compile=False), validation)
    assert measured["val_loss"] == pytest.approx(best["val_loss"], rel=1e-3)
    assert [path.name for path in folder.glob("state-*")] == ["state-0002.keras"]


@contextmanager
def kill_before(file):
    """Have a run killed just before it writes one of its three files after an epoch."""
    save, write, fit = run_module._save, run_module._write_json, keras.Model.fit
    fitted = []

    def save_or_die(network, path):
        if fitted and path.name.startswith(file):
            raise KeyboardInterrupt
        save(network, path)

    def write_or_die(path, content):
        if file == "history":
            raise KeyboardInterrupt
        write(path, content)

    def fit_and_tell(*given, **named):
        fitted.append(True)
        return fit(*given, **named)

    with pytest.MonkeyPatch.context() as deadly:
        deadly.setattr(run_module, "_save", save_or_die)
        deadly.setattr(run_module, "_write_json", write_or_die)
        deadly.setattr(keras.Model, "fit", fit_and_tell)
        yield


def test_other_data_is_drawn_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))
    unipen = write_data_sets(tmp_path, monkeypatch)
    drawn = []

    def draw():
        drawn.append(1)
        return not_digits(2)

    for content in ("one", "one", "two"):
        unipen.write_text(content)
        kinds_module._digest.cache_clear()
        kinds_module._keep("strokes", draw, kinds_module._digest_of_digits())

    assert len(drawn) == 2


def test_other_code_draws_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(kinds_module, "ROOT", tmp_path)
    module = tmp_path / "digit_core" / "page" / "any.py"
    module.parent.mkdir(parents=True)
    drawn = []

    def draw():
        drawn.append(1)
        return not_digits(2)

    for content in ("one", "one", "two"):
        module.write_text(content)
        kinds_module._keep("strokes", draw)

    assert len(drawn) == 2


def never(*_):
    raise AssertionError("this data set was left out")


def test_what_is_left_out_is_not_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_RUN_DIR", str(tmp_path))
    for name in ("pendigits", "unipen", "other_characters"):
        monkeypatch.setattr(kinds_module.sources, f"{name}_path", never)
    pictures = np.random.default_rng(2).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    mnist = Mnist(pictures, np.arange(6, dtype=np.uint8), pictures[:1], np.zeros(1, np.uint8))
    monkeypatch.setattr(kinds_module.sources, "find_mnist", lambda _: mnist)
    monkeypatch.setattr(kinds_module.sources, "mnist_validation_rows", lambda: np.array([5]))
    recipe = RECIPE.without(["strokes", "others", "cuts", "papers", "found"])

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
        training_kinds(None, None, RECIPE.without(["strokes", "others", "cuts", "papers"]))


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
