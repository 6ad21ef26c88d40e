"""Measuring fits the vote, writes every figure the page asks for, and keeps what it must not measure again."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from digit_core.figures.records import read_layers
from digit_core.loading import ONNX_NAME, WEIGHTS_NAME, load_onnx_runtime
from digit_core.models.architectures import layers_of
from digit_core.models.manifest import NETWORKS, read_manifest
from digit_core.types import MEANS, MODELS
from tests.support.drawings import DIGITS
from tests.support.small_models import write_models
from training import weights
from training.data import samples
from training.data.frames import FrameSet, draw_for_measuring
from training.data.strokes import Drawing
from training.evaluation import evaluate as evaluate_module
from training.evaluation.drawings import measure_rejection, read_singles
from training.evaluation.evaluate import evaluate
from training.evaluation.measure import BINS, calibration_error, measure, reliability

SETS = ["mnist validation", *(f"drawings {p} {b}" for p in ("fill", "off") for b in (12, 20, 28)), "drawings"]


def drawing(label, lines, writer):
    return Drawing(tuple(np.array(stroke, np.float32) * 700 for stroke in lines), label, writer)


DRAWN = [drawing(str(digit), lines, f"test/{digit % 2}") for digit, lines in DIGITS.items()]
LETTERS = [drawing(letter, DIGITS[4], "test/0") for letter in "TA"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of two untrained networks after they were measured, with and without the test set."""
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    mnist = draw_for_measuring(DRAWN, "fill", 20, seed=1)
    noise = np.random.default_rng(3).integers(0, 256, (10, 28, 28), dtype=np.uint8)
    letters = FrameSet(noise, np.full(10, -1, np.int8), np.full(10, "", "<U32"))
    tested = SimpleNamespace(x_test=mnist.frames, y_test=mnist.labels.astype(np.uint8))
    with pytest.MonkeyPatch.context() as data:
        data.setattr(
            evaluate_module, "validation_sets", lambda file: {"mnist": mnist, "fill 20": mnist, "letters": letters}
        )
        data.setattr(evaluate_module.sources, "find_mnist", lambda file: tested)
        data.setattr(samples, "report_digits", lambda: DRAWN[:2])
        data.setattr(samples, "report_characters", lambda: LETTERS)
        data.setattr(samples, "NUMBERS", 3)
        evaluate(folder, test=True)
        data.setattr(samples, "report_digits", lambda: DRAWN)
        data.setattr(weights, "convert", lambda network, path: None)  # the same weights give the file that is there
        evaluate(folder)
    return folder


def test_who_stops_it_reads_that_nothing_was_vouched_for(tmp_path, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluate_module, "evaluate", stop)

    assert evaluate_module.main(["--models", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "stopped; the manifest is as it was\n"


def metrics_of(folder, name):
    return json.loads((folder / name / "metrics.json").read_text())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_manifest_vouches_for_the_network_as_it_answers_in_the_app(folder, name):
    entry = read_manifest(folder / "manifest.json").networks[name]

    runtime = load_onnx_runtime(name, folder / name / ONNX_NAME, folder / name / WEIGHTS_NAME, entry)

    assert layers_of(runtime.network()) == read_layers(name, folder)


@pytest.mark.parametrize("name", MODELS)
def test_every_set_of_single_digits_is_measured_with_its_reliability(folder, name):
    measures = metrics_of(folder, name)["measures"]

    for title in SETS:
        counts, confidences, accuracies = zip(*measures[title]["reliability"], strict=True)
        assert len(counts) == BINS
        assert sum(counts) == measures[title]["count"] == (60 if title == "drawings" else 10)
        assert all(
            (count == 0) == (c is None) == (a is None)
            for count, c, a in zip(counts, confidences, accuracies, strict=True)
        )
        told = sum(count * accuracy for count, accuracy in zip(counts, accuracies, strict=True) if count) / sum(counts)
        assert told == pytest.approx(measures[title]["accuracy"], abs=1e-3)


def test_the_ensemble_knows_its_accuracy_at_every_weight(folder):
    ensemble, single = metrics_of(folder, "ensemble"), {name: metrics_of(folder, name) for name in NETWORKS}

    assert set(ensemble["by_weight"]) == {"mnist validation", "drawings"}
    for title, found in ensemble["by_weight"].items():
        assert found["weights"] == [round(0.1 * step, 1) for step in range(11)]
        for mean in MEANS:
            assert len(found[mean]) == 11
            assert found[mean][0] == single["compact"]["measures"][title]["accuracy"]
            assert found[mean][-1] == single["deep"]["measures"][title]["accuracy"]


def test_what_the_vote_gained_is_counted(folder):
    ensemble, single = metrics_of(folder, "ensemble"), {name: metrics_of(folder, name) for name in NETWORKS}

    for title in SETS:
        pair, wrong = ensemble["vote"][title], {n: single[n]["measures"][title]["wrong"] for n in NETWORKS}
        voted = ensemble["measures"][title]["wrong"]
        assert pair["gained_over_better"] - pair["lost_to_better"] == min(wrong.values()) - voted
        assert pair["only_compact_wrong"] + pair["both_wrong"] == wrong["compact"]
        assert ("mcnemar_against_better" in pair) == (title != "drawings")


def test_the_test_set_is_measured_once_and_kept_while_the_answers_are_the_same(folder):
    for name in MODELS:
        tested = metrics_of(folder, name)["measures"]["mnist test"]
        assert (tested["count"], len(tested["reliability"])) == (10, BINS)
    assert "mnist test" in metrics_of(folder, "ensemble")["vote"]


def test_the_manifest_sums_up_what_was_measured(folder):
    manifest = read_manifest(folder / "manifest.json")

    for name in MODELS:
        measures = metrics_of(folder, name)["measures"]
        assert manifest.measured[name] == pytest.approx({t: m["accuracy"] for t, m in measures.items()}, abs=1e-3)


def test_reliability_and_calibration_error_speak_of_the_same_bins():
    rng = np.random.default_rng(5)
    confidence, right = rng.uniform(0.1, 1, 500), rng.random(500) < 0.8

    bins = reliability(confidence, right)

    gaps = sum(count * abs(accuracy - sure) for count, sure, accuracy in bins if count) / 500
    assert gaps == pytest.approx(100 * calibration_error(confidence, right))


def test_a_picture_without_one_single_shape_is_wrong_however_sure():
    sure = np.eye(10)[[3, 3]] * 0.91 + 0.01

    found = measure(sure, np.array([3, 3]), failed=np.array([False, True]))

    assert (found.accuracy, found.reliability[13]) == (50.0, (2, pytest.approx(92.0), 50.0))


def test_verdicts_tell_who_answered_a_letter_and_refused_a_digit():
    def answers(*verdicts):
        def read(picture, vote):
            found = SimpleNamespace(
                verdict=next(told), digitness=0.5, frame=frame, box=SimpleNamespace(width=1, height=1)
            )
            return SimpleNamespace(digits=[found])

        told, frame = iter(verdicts), np.zeros((28, 28), np.float32)
        ballot = SimpleNamespace(probabilities=np.full((1, 10), 0.1))
        reader, voters = SimpleNamespace(read=read), SimpleNamespace(poll=lambda frames, vote: ballot)
        pictures = [SimpleNamespace(picture=None)] * len(verdicts)
        return read_singles(reader, voters, {"ensemble": None}, pictures, "letters")

    letters, digits = answers("digit", "unsure", "not_a_digit", "unsure"), answers("digit", "unsure", "not_a_digit")

    told = measure_rejection(letters, "ensemble", [digits], [*LETTERS, *LETTERS])

    assert told["answered_as_digit"] == 25.0
    assert told["drawn_digits_refused"] == told["drawn_digits_unsure"] == pytest.approx(100 / 3)
