"""Bundled weights answer only when they are whole and the ones that were measured."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from digit_core import load_recognizer
from digit_core.errors import WeightsError
from digit_core.loading import sha256_of
from digit_core.models.manifest import MODELS_DIR
from digit_core.models.runtime import KerasRuntime, OnnxRuntime
from digit_core.types import LOGITS
from tests.support.drawings import picture_of

NAMES = ("compact", "deep")


@pytest.fixture(autouse=True)
def use_bundled_weights(monkeypatch):
    monkeypatch.setenv("DIGIT_MODEL_SOURCE", "bundled")


def vouch(models, name, **changes):
    """Change what the manifest says of a network."""
    manifest = json.loads((models / "manifest.json").read_text())
    manifest["networks"][name] |= changes
    (models / "manifest.json").write_text(json.dumps(manifest))


def test_sound_weights_answer_and_say_where_they_are_from(models):
    recognizer = load_recognizer(models)

    assert "bundled" in recognizer.origin
    assert recognizer.origin.endswith(".")
    [digit] = recognizer.read(picture_of("7"), single=True).digits
    assert sum(digit.prediction.probabilities) == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
def test_missing_weights_are_a_sentence(models, name):
    (models / name / "model.keras").unlink()

    with pytest.raises(WeightsError, match=f"The weights of {name} are missing"):
        load_recognizer(models)


@pytest.mark.parametrize("name", NAMES)
def test_one_flipped_bit_is_noticed(models, name):
    flip_a_bit(models / name / "model.keras")

    with pytest.raises(WeightsError, match=rf"weights of {name} in .* are not the ones that manifest\.json"):
        load_recognizer(models)


def test_a_manifest_that_vouches_for_damaged_weights_does_not_help_them(models):
    (models / "deep" / "model.keras").write_bytes(b"no weights")
    vouch(models, "deep", sha256=hashlib.sha256(b"no weights").hexdigest(), onnx_sha256=None)

    with pytest.raises(WeightsError, match=r"weights of deep in model\.keras could not be read"):
        load_recognizer(models)


def test_weights_that_do_not_answer_as_measured_are_refused(models):
    vouch(models, "compact", probe=np.full((4, LOGITS), 5.0).tolist())

    with pytest.raises(WeightsError, match="weights of compact do not answer the probe frames"):
        load_recognizer(models)


def test_weights_that_are_not_numbers_are_refused(models):
    from digit_core.models.architectures import build_network

    network = build_network("deep")
    network.set_weights([np.full_like(weight, np.nan) for weight in network.get_weights()])
    network.save(models / "deep" / "model.keras")
    vouch(models, "deep", sha256=sha256_of(models / "deep" / "model.keras"), onnx_sha256=None)

    with pytest.raises(WeightsError, match="weights of deep do not answer the probe frames"):
        load_recognizer(models)


def lose(file):
    file.unlink()


def flip_a_bit(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("spoil", [lose, flip_a_bit])
def test_without_a_sound_onnx_file_keras_answers_the_same_and_the_origin_says_so(models, spoil):
    seven = picture_of("7")
    usual = load_recognizer(models).read(seven, single=True)

    spoil(models / "deep" / "model.onnx")
    recognizer = load_recognizer(models)
    reading = recognizer.read(seven, single=True)

    assert "TensorFlow answers for deep, as no sound model.onnx was found" in recognizer.origin
    assert "TensorFlow answers for compact" not in recognizer.origin
    assert isinstance(recognizer.ensemble.members["deep"].runtime, KerasRuntime)
    assert isinstance(recognizer.ensemble.members["compact"].runtime, OnnxRuntime)
    assert reading.digits[0].prediction.probabilities == pytest.approx(
        usual.digits[0].prediction.probabilities, abs=1e-4
    )


def test_the_finder_too_answers_by_keras_without_a_sound_onnx_file(tmp_path):
    models = shutil.copytree(MODELS_DIR, tmp_path / "models")
    page = picture_of("407")
    usual = load_recognizer(models)

    lose(models / "finder" / "model.onnx")
    recognizer = load_recognizer(models)

    assert "TensorFlow" not in usual.origin
    assert "TensorFlow answers for finder, as no sound model.onnx was found" in recognizer.origin
    assert recognizer.read(page, digits=3).text == usual.read(page, digits=3).text == "407"


def test_an_onnx_file_of_other_weights_does_not_answer(models):
    shutil.copy(MODELS_DIR / "deep" / "model.onnx", models / "deep" / "model.onnx")
    vouch(models, "deep", onnx_sha256=sha256_of(models / "deep" / "model.onnx"))

    recognizer = load_recognizer(models)

    assert isinstance(recognizer.ensemble.members["deep"].runtime, KerasRuntime)


def test_keras_weights_lost_after_the_start_are_a_sentence_for_who_needs_them(models):
    recognizer = load_recognizer(models)
    (models / "compact" / "model.keras").unlink()

    with pytest.raises(WeightsError, match="weights of compact are missing"):
        recognizer.ensemble.members["compact"].network  # noqa: B018


def test_without_a_manifest_nothing_is_vouched_for(models):
    (models / "manifest.json").unlink()

    with pytest.raises(WeightsError, match="missing or damaged"):
        load_recognizer(models)


def test_a_recognizer_starts_with_the_manifests_vote_and_threshold(models):
    manifest = json.loads((models / "manifest.json").read_text())
    manifest |= {"vote": {"model": "ensemble", "mean": "geometric", "weight": 0.7}, "confidence_threshold": 0.66}
    (models / "manifest.json").write_text(json.dumps(manifest))

    recognizer = load_recognizer(models)

    assert (recognizer.vote.mean, recognizer.vote.weight, recognizer.threshold) == ("geometric", 0.7, 0.66)
