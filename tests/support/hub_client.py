"""What tests of a Hub on loopback set out: the client's settings, and three networks that were never pushed."""

import shutil
from dataclasses import replace

from huggingface_hub import constants

from digit_core.models.manifest import MODELS_DIR, read_manifest, write_manifest
from tests.support.hub_server import WRITER


def ask_only(server, folder, environment):
    """Let the client take a Hub for the only one, write there, and keep what it fetches in a folder."""
    environment.setattr(constants, "ENDPOINT", server.endpoint)
    environment.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    )
    environment.setattr(constants, "HF_HUB_CACHE", str(folder / "cache"))
    environment.setattr(constants, "HF_TOKEN_PATH", str(folder / "token"))
    environment.setenv("HF_ENDPOINT", server.endpoint)
    environment.setenv("HF_TOKEN", WRITER)


def add_finder(models):
    """Lay the shipped finder, as if it had never been pushed, into a models folder; return the folder."""
    shutil.copytree(MODELS_DIR / "finder", models / "finder", ignore=shutil.ignore_patterns("README.md"))
    manifest = read_manifest(models / "manifest.json")
    finder = replace(read_manifest().networks["finder"], repo=None, revision=None, private=False)
    write_manifest(replace(manifest, networks=manifest.networks | {"finder": finder}), models / "manifest.json")
    return models
