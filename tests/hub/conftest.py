"""What the tests of a Hub on loopback share."""

import shutil
from dataclasses import replace

import pytest
from huggingface_hub import constants

from digit_core.models.manifest import MODELS_DIR, read_manifest, write_manifest
from tests.support.hub_server import WRITER, HubServer


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub that the client takes for the only one, and a token that may write there."""
    with HubServer() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HF_TOKEN", WRITER)
        yield server


@pytest.fixture
def models(models):
    """A models folder to spoil: two small classifiers, and the shipped finder as if it had never been pushed."""
    shutil.copytree(MODELS_DIR / "finder", models / "finder", ignore=shutil.ignore_patterns("README.md"))
    manifest = read_manifest(models / "manifest.json")
    finder = replace(read_manifest().networks["finder"], repo=None, revision=None, private=False)
    write_manifest(replace(manifest, networks=manifest.networks | {"finder": finder}), models / "manifest.json")
    return models
