"""Archives that older versions of Keras open."""

import io
import json
import zipfile

import pytest

from digit_core.models.manifest import MODELS_DIR, read_manifest
from training.publish.archive import NEWER_ARGUMENTS, make_portable


def archive_of(config):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", b"weights")
    return content.getvalue()


def members_of(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def arguments_in(config):
    """Every key of a configuration, however deep."""
    if isinstance(config, dict):
        yield from config
        config = list(config.values())
    if isinstance(config, list):
        for entry in config:
            yield from arguments_in(entry)


def test_what_only_new_versions_know_is_left_out():
    layer = {"class_name": "Dense", "config": {"units": 11, "kernel": [{"input_axes": None}], "renorm_momentum": 0.99}}

    members = members_of(make_portable(archive_of({"layers": [layer]})))

    assert json.loads(members["config.json"]) == {
        "layers": [{"class_name": "Dense", "config": {"units": 11, "kernel": [{}]}}]
    }
    assert members["model.weights.h5"] == b"weights"


def test_what_is_portable_stays_as_it_is():
    archive = make_portable(archive_of({"units": 11}))

    assert make_portable(archive) == archive


def test_a_network_that_older_versions_cannot_compute_is_refused():
    with pytest.raises(ValueError, match=r"does not know \{'renorm': True\}"):
        make_portable(archive_of({"layers": [{"renorm": True}]}))


def test_what_is_no_archive_is_refused():
    with pytest.raises(ValueError, match="no zip file"):
        make_portable(b"weights")


@pytest.mark.parametrize("name", read_manifest().networks)
def test_shipped_archives_are_portable(name):
    members = members_of((MODELS_DIR / name / "model.keras").read_bytes())

    assert not NEWER_ARGUMENTS.keys() & set(arguments_in(json.loads(members["config.json"])))
