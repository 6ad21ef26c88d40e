"""The shipped weights are what the manifest, the architecture and the measurements say they are."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from digit_core.figures.records import read_layers
from digit_core.loading import ONNX_NAME, sha256_of
from digit_core.models.ensemble import check_probe, load_network_weights
from digit_core.models.manifest import MODELS_DIR, NETWORKS, read_manifest
from digit_core.types import MODELS
from tests.support.drawings import picture_of
from tests.support.limits import PARAMETER_LIMITS

LARGEST_FILE = 10_000_000  # bytes: more would need large-file storage on a Space


@pytest.fixture(scope="module")
def manifest():
    return read_manifest()


def weights_of(name):
    return MODELS_DIR / name / "model.keras"


def metrics_of(name):
    return json.loads((MODELS_DIR / name / "metrics.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_weights_are_the_ones_vouched_for(manifest, name):
    content = weights_of(name).read_bytes()

    assert hashlib.sha256(content).hexdigest() == manifest.networks[name].sha256
    assert len(content) == manifest.networks[name].bytes
    assert sha256_of(MODELS_DIR / name / ONNX_NAME) == manifest.networks[name].onnx_sha256


@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_weights_fill_the_architecture_and_answer_as_measured(manifest, name):
    from digit_core.models.architectures import layers_of

    classifier = load_network_weights(name, weights_of(name))

    check_probe(name, classifier, manifest.networks[name].probe)
    parameters = classifier.network.count_params()
    assert parameters == manifest.networks[name].parameters == metrics_of(name)["parameters"]
    assert parameters <= PARAMETER_LIMITS[name]
    assert read_layers(name) == layers_of(classifier.network)


@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_weights_are_uncompiled(manifest, name):
    with zipfile.ZipFile(weights_of(name)) as archive:
        config = json.loads(archive.read("config.json"))

    assert not config.get("compile_config")
    assert weights_of(name).stat().st_size < 1.4 * 4 * manifest.networks[name].parameters


@pytest.mark.parametrize("path", [p for p in MODELS_DIR.rglob("*") if p.is_file()], ids=lambda path: path.name)
def test_shipped_files_need_no_large_file_storage(path):
    assert path.stat().st_size < LARGEST_FILE


def test_the_ensemble_counts_both_networks():
    assert metrics_of("ensemble")["parameters"] == sum(metrics_of(name)["parameters"] for name in NETWORKS)


@pytest.mark.parametrize("name", MODELS)
def test_measures_add_up(name):
    for title, measure in metrics_of(name)["measures"].items():
        right = measure["count"] - measure["wrong"]
        assert measure["accuracy"] == pytest.approx(100 * right / measure["count"], abs=1e-3), title
        if "confusion" in measure:
            assert np.sum(measure["confusion"]) == measure["count"]
            assert np.trace(measure["confusion"]) >= right  # a second shape on the picture is wrong, too
        if "interval" in measure:
            low, high = measure["interval"]
            assert low <= measure["accuracy"] <= high


def test_the_manifests_summary_is_what_was_measured(manifest):
    for name in MODELS:
        measures = metrics_of(name)["measures"]
        accuracies = {title: measure["accuracy"] for title, measure in measures.items()}
        assert manifest.measured[name] == pytest.approx(accuracies, abs=1e-3)


def test_the_calibration_covers_every_vote(manifest):
    calibration = manifest.calibration

    assert (calibration.weights[0], calibration.weights[-1]) == (0.0, 1.0)
    assert list(calibration.weights) == sorted(set(calibration.weights))
    for mean in (calibration.arithmetic, calibration.geometric):
        assert len(mean.temperatures) == len(mean.digitness_thresholds) == len(calibration.weights)
        assert mean.temperatures[0] == mean.temperatures[-1] == 1.0
        assert all(0.1 < temperature < 10 for temperature in mean.temperatures)
        assert all(0 <= least < 0.9 for least in mean.digitness_thresholds)
    assert 0.3 <= manifest.confidence_threshold <= 0.9


@pytest.mark.parametrize("name", NETWORKS)
def test_the_history_tells_how_each_network_was_trained(name):
    history = json.loads((MODELS_DIR / name / "history.json").read_text(encoding="utf-8"))

    assert history["recipe"]["model"] == name
    assert [row["epoch"] for row in history["epochs"]] == list(range(1, len(history["epochs"]) + 1))
    assert history["epochs"][-1]["loss"] < history["epochs"][0]["loss"]


@pytest.mark.parametrize("digit", "0123456789")
@pytest.mark.parametrize("brush", [8, 20, 28])
def test_the_shipped_networks_read_a_plain_digit(recognizer, digit, brush):
    [shape] = recognizer.read(picture_of(digit, brush=brush)).digits

    assert shape.text == digit
    assert {vote.digit for vote in shape.votes.values()} == {int(digit)}
    assert shape.verdict != "not_a_digit"


@pytest.mark.parametrize("text", ["407", "1234567890"])
def test_the_shipped_networks_read_a_number(recognizer, text):
    assert recognizer.read(picture_of(text, width=160 * len(text), height=240, brush=14)).text == text


@pytest.mark.parametrize("place", ["digit_core", "training", "ui", "models"])
def test_nothing_shipped_names_a_machine(place):
    for path in (Path(MODELS_DIR).parent / place).rglob("*"):
        if path.suffix in {".py", ".json", ".md", ".css", ".js", ".html", ".txt"}:
            text = path.read_text(encoding="utf-8")
            assert "/home/" not in text, path
            assert "/root/" not in text, path
            assert "/tmp/" not in text, path
