"""Corrections on a Hub: nothing kept is lost, and none goes where it is public."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard, HfApi, snapshot_download

from digit_core.errors import CorrectionError, CorrectionsError, CorrectionsUnreachableError
from tests.support.corrections import REPO, files_in, frame_of, keep_and_kill, records_of
from tests.support.hub_repos import File, Repo
from tests.support.hub_server import READER, WRITER
from training.data.own import find_extra
from ui.components.correction import sender
from ui.components.correction import store as corrections
from ui.components.correction.store import CorrectionStore, open_corrections, open_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hub(corrections_hub):
    return corrections_hub


@pytest.fixture
def store(tmp_path):
    return CorrectionStore(open_folder(tmp_path / "kept"))


@pytest.mark.parametrize("repo", ["name", "owner/name/more", "/", "owner/na me"])
def test_a_repo_that_cannot_exist_is_refused(hub, repo):
    with pytest.raises(CorrectionsError, match="hub:OWNER/NAME"):
        open_corrections(f"hub:{repo}", WRITER)


@contextmanager
def hub_store(token=WRITER):
    store = open_corrections(f"hub:{REPO}", token)
    try:
        yield store
    finally:
        store.close()


def test_records_reach_the_private_repo_and_leave_this_machine(hub, private_repo, tmp_path):
    with hub_store() as store:
        names = [store.keep(frame_of(text), text, "visit").name for text in "473"]
        unsent = store.folder

    assert records_of(private_repo) == sorted(f"{text}/{name}" for text, name in zip("473", names, strict=True))
    assert list(unsent.glob("*/*.png")) == []
    fetched = tmp_path / "fetched"
    snapshot_download(REPO, repo_type="dataset", local_dir=fetched, endpoint=hub.endpoint, token=WRITER)
    assert [label for _, label in find_extra(fetched)] == [3, 4, 7]


def test_the_repo_says_what_it_holds_and_keeps_what_its_owner_writes(hub, private_repo):
    with hub_store() as store:
        store.keep(frame_of("7"), "1", "visit")
    written = private_repo.at("main")[1]["README.md"].content.decode()
    theirs = File(b"# Mine\n", large=False)
    private_repo.add_commit(private_repo.at("main")[1] | {"README.md": theirs})

    with hub_store() as store:
        store.keep(frame_of("4"), "4", "visit")

    assert DatasetCard(written).data.task_categories == ["image-classification"]
    assert "28×28" in written
    assert private_repo.at("main")[1]["README.md"] == theirs


def test_what_is_on_the_hub_counts(hub, private_repo, monkeypatch):
    monkeypatch.setattr(corrections, "MAX_RECORDS", 2)
    with hub_store() as store:
        store.keep(frame_of("7"), "1", "visit")
        store.send()
        store.keep(frame_of("7"), "1", "visit")
        assert store.count() == 2
        with pytest.raises(CorrectionError, match="full"):
            store.keep(frame_of("7"), "1", "visit")

    with hub_store() as store, pytest.raises(CorrectionError, match="full"):
        store.keep(frame_of("7"), "1", "visit")


def test_a_public_repo_is_refused_at_the_start(hub):
    hub.repos[f"datasets/{REPO}"] = Repo(private=False)
    hub.repos[f"datasets/{REPO}"].add_commit({})

    with pytest.raises(CorrectionsError, match="which is public"):
        open_corrections(f"hub:{REPO}", WRITER)

    assert not any(request.startswith("POST") for request in hub.requests)


def test_a_repo_that_becomes_public_gets_nothing_more(hub, private_repo, caplog):
    with hub_store() as store:
        store.keep(frame_of("7"), "1", "visit")
        private_repo.private = False

    assert records_of(private_repo) == []
    assert len(list(store.folder.glob("*/*.png"))) == 1
    assert "which is public" in caplog.text


def test_a_repo_that_is_missing_is_made_and_private(hub):
    with hub_store() as store:
        store.keep(frame_of("7"), "1", "visit")

    repo = hub.repos[f"datasets/{REPO}"]
    assert repo.private
    assert len(records_of(repo)) == 1


@pytest.mark.parametrize("token", [READER, "hf_wrong"])
def test_a_token_that_may_not_write_is_refused_at_the_start(hub, private_repo, token):
    with pytest.raises(CorrectionsError, match="may not write") as refusal:
        open_corrections(f"hub:{REPO}", token)

    assert token not in str(refusal.value)
    assert not isinstance(refusal.value, CorrectionsUnreachableError)


def test_a_token_that_may_read_but_not_write_is_refused_at_the_start(hub, private_repo):
    hub.accounts["hf_look"] = ("tester", "read")

    with pytest.raises(CorrectionsError, match="may not write"):
        open_corrections(f"hub:{REPO}", "hf_look")


@pytest.mark.parametrize("how", [{"status": 503}, {"drop": True}, {"hang": 60}])
def test_a_hub_that_is_away_is_told_from_a_wrong_setting(hub, private_repo, monkeypatch, how):
    monkeypatch.setattr(sender, "OPEN_SECONDS", 3.0)
    hub.fail("GET /api/datasets/", **how)

    with pytest.raises(CorrectionsUnreachableError, match="Corrections are off"):
        open_corrections(f"hub:{REPO}", WRITER)


def test_what_could_not_be_sent_is_sent_after_the_next_start(hub, private_repo):
    hub.fail("POST /api/datasets/.*/commit", status=500)
    with hub_store() as store:
        record = store.keep(frame_of("7"), "1", "visit")
    assert records_of(private_repo) == []
    assert record.exists()
    hub.heal()

    with hub_store():
        pass

    assert records_of(private_repo) == [f"1/{record.name}"]


def test_what_is_taken_back_before_it_is_sent_never_reaches_the_hub(hub, private_repo):
    with hub_store() as store:
        store.send()  # the push of the start is over
        unsent, stays = (store.keep(frame_of("7"), "1", "visit") for _ in range(2))

        assert store.take_back(unsent.stem)
        assert store.count() == 1

    held = [path for files in private_repo.commits.values() for path in files]
    assert f"1/{stays.name}" in held
    assert f"1/{unsent.name}" not in held
    assert files_in(store.folder) == []


def test_what_the_hub_has_already_leaves_it_with_the_next_commit(hub, private_repo):
    with hub_store() as store:
        sent, stays = (store.keep(frame_of("7"), "1", "visit") for _ in range(2))
        store.send()
        assert f"1/{sent.name}" in records_of(private_repo)

        assert not store.take_back(sent.stem)
        store.send()

        assert records_of(private_repo) == [f"1/{stays.name}"]
        assert store.count() == 1
    assert files_in(store.folder) == []


def test_what_is_taken_back_while_it_is_sent_leaves_with_the_next_commit(hub, private_repo, monkeypatch):
    with hub_store() as store:
        store.send()
        record = store.keep(frame_of("7"), "1", "visit")
        create_commit, answers = HfApi.create_commit, []

        def meanwhile(*client, **commit):
            answers.append(store.take_back(record.stem))
            return create_commit(*client, **commit)

        with monkeypatch.context() as slow:
            slow.setattr(HfApi, "create_commit", meanwhile)
            store.send()
        assert answers == [False]
        assert records_of(private_repo) == [f"1/{record.name}"]

    assert records_of(private_repo) == []
    assert files_in(store.folder) == []


def test_what_is_taken_back_leaves_even_a_repo_that_became_public(hub, private_repo, caplog):
    with hub_store() as store:
        record = store.keep(frame_of("7"), "1", "visit")
        store.send()
        private_repo.private = False

        store.take_back(record.stem)

    assert records_of(private_repo) == []
    assert "which is public" in caplog.text


def test_what_a_hub_that_is_away_could_not_delete_is_deleted_after_the_next_start(hub, private_repo):
    with hub_store() as store:
        record = store.keep(frame_of("7"), "1", "visit")
        store.send()
        hub.fail("POST /api/datasets/.*/commit", status=500)
        assert not store.take_back(record.stem)
    assert records_of(private_repo) == [f"1/{record.name}"]
    hub.heal()

    with hub_store() as store:
        assert store.count() <= 1

    assert records_of(private_repo) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that were forked")
def test_a_kill_while_taking_back_from_the_hub_forgets_no_promise(hub, private_repo, tmp_path):
    settings = {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "DIGIT_CORRECTIONS": f"hub:{REPO}",
        "DIGIT_CORRECTIONS_TOKEN": WRITER,
    }

    told = keep_and_kill(tmp_path / "folders", "hub", **settings)["hub"]

    held = {path.removeprefix("7/") for path in records_of(private_repo)}
    taken = {name[1:] for names in told.values() for name in names if name.startswith("-")}
    assert len(taken) > len(told) > 10
    assert held & taken == set()
    assert held <= {name for names in told.values() for name in names}
    assert files_in(tmp_path / "folders") == []


def test_the_app_does_not_start_with_a_public_repo(hub):
    hub.repos[f"datasets/{REPO}"] = Repo(private=False)
    hub.repos[f"datasets/{REPO}"].add_commit({})
    settings = {
        "HF_ENDPOINT": hub.endpoint,
        "DIGIT_CORRECTIONS": f"hub:{REPO}",
        "DIGIT_CORRECTIONS_TOKEN": WRITER,
    }

    command = [sys.executable, "app.py"]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "which is public" in ended.stderr
    assert "Traceback" not in ended.stderr
