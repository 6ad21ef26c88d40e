"""The manifest is written and read whole, and a damaged one vouches for nothing."""

import json

import pytest

from digit_core.errors import WeightsError
from digit_core.models.manifest import (
    Calibration,
    Manifest,
    MeanCalibration,
    NetworkEntry,
    read_manifest,
    write_manifest,
)
from digit_core.types import Vote

ENTRY = NetworkEntry("ab" * 32, 1234, 90_000, 1.3, ((0.5,) * 11, (-1.5,) * 11))
ARITHMETIC = MeanCalibration((1.0, 0.8, 1.0), (0.1, 0.2, 0.4))
GEOMETRIC = MeanCalibration((1.0, 1.4, 1.0), (0.1, 0.3, 0.4))
CALIBRATION = Calibration((0.0, 0.5, 1.0), ARITHMETIC, GEOMETRIC)
MANIFEST = Manifest(
    {"compact": ENTRY, "deep": ENTRY}, Vote("ensemble", "geometric", 0.4), 0.7, CALIBRATION, {"mnist": 99.1}
)


@pytest.fixture
def file(tmp_path):
    write_manifest(MANIFEST, tmp_path / "manifest.json")
    return tmp_path / "manifest.json"


def test_what_was_written_is_read(file):
    assert read_manifest(file) == MANIFEST


def test_what_an_earlier_version_wrote_as_well_is_passed_over(file):
    content = json.loads(file.read_text())
    content["calibration"]["geometric"]["doubt_thresholds"] = [0.2, 0.4, 0.6]
    file.write_text(json.dumps(content))

    assert read_manifest(file) == MANIFEST


def test_writing_leaves_nothing_but_the_manifest(file):
    assert [path.name for path in file.parent.iterdir()] == ["manifest.json"]


def test_temperatures_and_thresholds_are_interpolated_between_the_weights():
    assert CALIBRATION.temperature("arithmetic", 0.25) == pytest.approx(0.9)
    assert CALIBRATION.temperature("geometric", 0.5) == pytest.approx(1.4)
    assert CALIBRATION.digitness_threshold("arithmetic", 0.75) == pytest.approx(0.3)
    assert CALIBRATION.digitness_threshold("geometric", 1.0) == pytest.approx(0.4)


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_one_network_alone_is_not_sharpened_again(mean, weight):
    assert CALIBRATION.temperature(mean, weight) == 1.0


def test_the_public_part_is_json_without_the_probe():
    public = json.loads(json.dumps(MANIFEST.public()))

    assert public["networks"]["deep"]["sha256"] == ENTRY.sha256
    assert "probe" not in public["networks"]["deep"]
    assert public["measured"] == {"mnist": 99.1}


def change(**values):
    return lambda content: json.dumps(json.loads(content) | values)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: "",
        lambda content: content[: len(content) // 2],
        lambda content: "[]",
        lambda content: "null",
        change(networks={}, calibration={}),
        change(networks={"compact": {"sha256": "ab"}}),
        change(networks=[]),
        change(vote={"model": "giant"}),
        change(vote={"weight": 2.0}),
        change(confidence_threshold="high"),
        change(calibration={"weights": []}),
    ],
)
def test_a_damaged_manifest_is_a_sentence(file, damage):
    file.write_text(damage(file.read_text()))

    with pytest.raises(WeightsError, match=r"manifest\.json is missing or damaged") as refusal:
        read_manifest(file)

    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(("kept", "missing"), [(["deep"], "compact"), (["compact"], "deep"), ([], "compact and deep")])
def test_a_manifest_without_a_network_that_votes_is_a_sentence(file, kept, missing):
    content = json.loads(file.read_text())
    content["networks"] = {name: content["networks"][name] for name in kept}
    file.write_text(json.dumps(content))

    with pytest.raises(WeightsError, match=rf"manifest\.json does not vouch for {missing}, without which") as refusal:
        read_manifest(file)

    assert str(refusal.value).endswith(".")


def test_a_missing_manifest_is_a_sentence(tmp_path):
    with pytest.raises(WeightsError, match="is missing or damaged"):
        read_manifest(tmp_path / "manifest.json")


def test_a_manifest_of_another_schema_is_a_sentence(file):
    file.write_text(change(schema=99)(file.read_text()))

    with pytest.raises(WeightsError, match="has schema 99, this version reads schema 1"):
        read_manifest(file)
