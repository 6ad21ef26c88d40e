"""The Hub on loopback speaks the protocol as the real client knows it; the other tests rest on that."""

import hashlib
import os
from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.support.hub_server import READER, WRITER, HubServer

REPO = "tester/digits"
WEIGHTS = b"PK\x03\x04\x00" + os.urandom(100_000)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with HubServer() as server:
        yield server


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "model.keras").write_bytes(WEIGHTS)
    (tmp_path / "sent" / "README.md").write_text("---\nlicense: mit\n---\n# Digits\n")
    return tmp_path / "sent"


def api(hub, token=WRITER):
    return HfApi(hub.endpoint, token)


def push(hub, folder, kind="model"):
    api(hub).create_repo(REPO, repo_type=kind, space_sdk="gradio" if kind == "space" else None, exist_ok=True)
    return api(hub).upload_folder(repo_id=REPO, folder_path=folder, repo_type=kind, delete_patterns="*").oid


def fetch(hub, revision="main", token=False):
    path = hf_hub_download(REPO, "model.keras", revision=revision, endpoint=hub.endpoint, token=token)
    return Path(path).read_bytes()


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".gitattributes"}


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_a_folder_comes_back_as_it_was_pushed(hub, folder, kind):
    revision = push(hub, folder, kind)

    back = Path(snapshot_download(REPO, repo_type=kind, revision=revision, endpoint=hub.endpoint, token=False))

    assert contents(back) == contents(folder)


def test_each_push_is_a_revision_and_the_old_one_stays(hub, folder):
    first = push(hub, folder)
    (folder / "model.keras").write_bytes(WEIGHTS[::-1])
    second = push(hub, folder)

    assert first != second
    assert fetch(hub, first) == WEIGHTS
    assert fetch(hub) == WEIGHTS[::-1]
    assert api(hub).repo_info(REPO).sha == second


def test_the_same_folder_pushed_again_is_the_same_revision(hub, folder):
    assert push(hub, folder) == push(hub, folder)


def test_what_left_the_folder_leaves_the_repo(hub, folder):
    (folder / "old.json").write_text("{}")
    push(hub, folder)
    (folder / "old.json").unlink()

    push(hub, folder)

    assert api(hub).list_repo_files(REPO) == [".gitattributes", "README.md", "model.keras"]


def test_a_description_tells_checksums_and_what_the_card_says(hub, folder):
    push(hub, folder)

    info = api(hub).repo_info(REPO, files_metadata=True)

    assert info.card_data.license == "mit"
    assert {file.rfilename: file.lfs.sha256 for file in info.siblings if file.lfs} == {
        "model.keras": hashlib.sha256(WEIGHTS).hexdigest()
    }


def test_the_store_is_never_shown_the_token(hub, folder):
    push(hub, folder)
    hub.shown.clear()

    fetch(hub, token=WRITER)

    assert hub.shown == {"Hub": {WRITER}, "Store": {""}}


def test_refusals_have_the_types_that_the_client_knows(hub, folder):
    push(hub, folder)
    with pytest.raises(RevisionNotFoundError):
        fetch(hub, "0" * 40)
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(REPO, "none", endpoint=hub.endpoint, token=False)
    hub.repos[f"models/{REPO}"].gated = "manual"
    with pytest.raises(GatedRepoError):
        fetch(hub)
    hub.repos[f"models/{REPO}"].private = True
    with pytest.raises(RepositoryNotFoundError):
        fetch(hub, token=READER)

    assert fetch(hub, token=WRITER) == WEIGHTS


@pytest.mark.parametrize(("token", "status"), [("hf_wrong", 401), (READER, 403)])
def test_tokens_that_may_not_write_are_refused(hub, token, status):
    with pytest.raises(HfHubHTTPError) as refusal:
        api(hub, token).create_repo(REPO)

    assert refusal.value.response.status_code == status


def test_a_commit_on_a_stale_parent_is_refused(hub, folder):
    first = push(hub, folder)
    (folder / "more.json").write_text("{}")
    push(hub, folder)

    with pytest.raises(HfHubHTTPError, match="A commit has happened since"):
        api(hub).upload_file(repo_id=REPO, path_or_fileobj=b"x", path_in_repo="x", parent_commit=first)


def test_a_flipped_bit_goes_unnoticed_by_the_client(hub, folder):
    push(hub, folder)
    hub.fail("GET /cdn/", flip=True)

    fetched = fetch(hub)

    assert len(fetched) == len(WEIGHTS)
    assert fetched != WEIGHTS


def test_who_may_write_can_be_asked_beforehand(hub, folder):
    push(hub, folder, "dataset")
    asked = {"repo_type": "dataset", "write": True}

    api(hub).auth_check(REPO, **asked)
    with pytest.raises(HfHubHTTPError) as refusal:
        api(hub, READER).auth_check(REPO, **asked)

    assert refusal.value.response.status_code == 403
