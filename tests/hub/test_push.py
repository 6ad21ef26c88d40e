"""Publishing: both networks through the real client to a Hub on loopback, and every way in which that is refused."""

import json
import shutil
import zipfile
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import keras
import numpy as np
import pytest
from huggingface_hub import HfApi, constants, snapshot_download

from digit_core import loading
from digit_core.loading import sha256_of
from digit_core.models.ensemble import NetworkClassifier, check_probe
from digit_core.models.finder import NetworkFinder, check_finder
from digit_core.models.manifest import NETWORKS, read_manifest, write_manifest
from digit_core.models.runtime import KerasRuntime
from tests.support.hub_client import add_finder, ask_only
from tests.support.hub_server import READER, WRITER, HubServer
from training.publish import push as pushing
from training.publish.push import main

PREFIX = "tester/digits"
NAMES = (*NETWORKS, "finder")
SENT = {
    "README.md",
    "model.keras",
    "model.onnx",
    "config.json",
    "metadata.json",
    "model.weights.h5",
    "metrics.json",
    "history.json",
}


@dataclass(frozen=True)
class Pushed:
    """A Hub that networks were pushed to, the models folder that pins them, and what the command printed."""

    hub: HubServer
    models: Path
    said: str


@pytest.fixture(scope="module")
def whole_push(small_models, tmp_path_factory):
    """A push of sound networks, for whoever only looks at it."""
    folder = tmp_path_factory.mktemp("pushed")
    models = add_finder(shutil.copytree(small_models, folder / "models"))
    with HubServer() as hub:
        with pytest.MonkeyPatch.context() as environment, redirect_stdout(StringIO()) as said:
            ask_only(hub, folder, environment)
            assert push(models) == 0
        yield Pushed(hub, models, said.getvalue())


@pytest.fixture
def pushed(whole_push, tmp_path, monkeypatch):
    """That push, and its Hub as the only one."""
    ask_only(whole_push.hub, tmp_path, monkeypatch)
    return whole_push


@pytest.fixture
def light(models, monkeypatch):
    """Puts a few bytes in place of the weights and does not fill networks with them, for tests about what follows."""
    monkeypatch.setattr(pushing, "load_keras_runtime", lambda *_: None)
    write_light(models, b"weights")


def write_light(models, weights):
    manifest = read_manifest(models / "manifest.json")
    entries = {}
    for name in NAMES:
        with zipfile.ZipFile(models / name / "model.keras", "w") as archive:
            for member, content in {"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": weights}.items():
                archive.writestr(member, content)
        entries[name] = replace(manifest.networks[name], sha256=sha256_of(models / name / "model.keras"))
    write_manifest(replace(manifest, networks=entries), models / "manifest.json")


def push(models, *more, prefix=PREFIX):
    return main(["--repo-prefix", prefix, "--models", str(models), *more])


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_pushed_is_pinned_and_comes_back(pushed):
    models, manifest = pushed.models, read_manifest(pushed.models / "manifest.json")
    for name in NAMES:
        entry = manifest.networks[name]
        back = snapshot_download(entry.repo, revision=entry.revision, endpoint=pushed.hub.endpoint, token=False)
        files = {path.name: path for path in Path(back).iterdir() if path.name != ".gitattributes"}
        assert set(files) == SENT | ({"confusion.png"} if name in NETWORKS else set())
        assert files["model.keras"].read_bytes() == (models / name / "model.keras").read_bytes()
        assert files["model.onnx"].read_bytes() == (models / name / "model.onnx").read_bytes()
        assert files["README.md"].read_bytes() == (models / name / "README.md").read_bytes()
        with zipfile.ZipFile(files["model.keras"]) as archive:
            assert files["model.weights.h5"].read_bytes() == archive.read("model.weights.h5")
        assert loading.pull(manifest)[name].trouble == ""
    assert "commit models/ and deploy the app" in pushed.said


def test_weights_without_a_sound_onnx_file_are_not_pushed(hub, models, light, capsys):
    (models / "deep" / "model.onnx").write_bytes(b"another network")

    assert push(models) == 1

    assert "weights of deep" in capsys.readouterr().err
    assert read_manifest(models / "manifest.json").networks["compact"].repo is None


def test_keras_loads_a_pushed_network_by_its_name(pushed):
    network = keras.saving.load_model(f"hf://{PREFIX}-compact")

    check_probe(
        "compact",
        NetworkClassifier(KerasRuntime(network)),
        read_manifest(pushed.models / "manifest.json").networks["compact"].probe,
    )
    assert np.isfinite(network(np.zeros((1, 28, 28, 1), np.float32))).all()


def test_keras_loads_a_pushed_finder_by_its_name(pushed):
    network = keras.saving.load_model(f"hf://{PREFIX}-finder")

    check_finder(
        NetworkFinder(KerasRuntime(network)), read_manifest(pushed.models / "manifest.json").networks["finder"].probe
    )


def test_a_push_of_the_same_bytes_is_the_same_revision(hub, models, light):
    push(models)
    first = read_manifest(models / "manifest.json")

    push(models)

    assert read_manifest(models / "manifest.json") == first


def test_a_push_of_new_weights_is_a_new_revision_and_the_old_one_stays(hub, models, light):
    push(models)
    first = read_manifest(models / "manifest.json").networks["deep"]
    write_light(models, b"other weights")

    push(models)
    second = read_manifest(models / "manifest.json").networks["deep"]

    assert second.revision != first.revision
    files = (
        HfApi(hub.endpoint, token=False).repo_info(first.repo, revision=first.revision, files_metadata=True).siblings
    )
    assert next(file.lfs.sha256 for file in files if file.rfilename == "model.keras") == first.sha256


def test_private_repos_are_private(hub, models, light):
    assert push(models, "--private") == 0
    assert all(hub.repos[f"models/{PREFIX}-{name}"].private for name in NAMES)


def test_a_public_repo_does_not_become_private_in_silence(hub, models, light, capsys):
    push(models)

    assert push(models, "--private") == 1
    assert "exists and is public" in capsys.readouterr().err


def test_a_dry_run_lists_everything_and_asks_nobody(hub, models, light, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    before = contents(models)

    assert push(models, "--dry-run") == 0

    listed = capsys.readouterr().out
    assert all(name in listed for name in SENT)
    assert "Nothing was sent" in listed
    assert hub.requests == []
    assert contents(models) == before


@pytest.mark.parametrize(
    ("token", "prefix", "said"),
    [
        ("", PREFIX, "There is no token for the Hub"),
        ("hf_wrong", PREFIX, "The Hub does not know this token"),
        (READER, PREFIX, "may not write to tester/digits-compact"),
        (WRITER, "somebody/digits", "may not write to somebody/digits-compact"),
        (WRITER, "no-slash", "must look like USER/NAME"),
        (WRITER, "tester/a b", "must look like USER/NAME"),
    ],
)
def test_who_may_not_push_is_told_so(hub, models, light, monkeypatch, capsys, token, prefix, said):
    monkeypatch.setenv("HF_TOKEN", token)
    before = contents(models)

    assert push(models, prefix=prefix) == 1

    assert said in capsys.readouterr().err
    assert contents(models) == before


def test_somebody_elses_repo_is_not_written_to(hub, models, light, capsys):
    theirs = hub.publish("somebody/digits-compact", {"README.md": b"# Mine\n"})

    assert push(models, prefix="somebody/digits") == 1

    assert "may not write to somebody/digits-compact" in capsys.readouterr().err
    assert hub.repos["models/somebody/digits-compact"].head == theirs


def test_without_a_network_the_manifest_stays(hub, models, light, monkeypatch, capsys):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    before = contents(models)

    assert push(models) == 1

    assert "could not be reached" in capsys.readouterr().err
    assert contents(models) == before


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (402, "wants a paid plan for tester/digits-compact"),
        (422, "refused tester/digits-compact with status 422: injected"),
        (500, "answered with status 500 for tester/digits-compact; try again later"),
    ],
)
def test_the_hubs_own_reasons_are_passed_on(hub, models, light, capsys, status, said):
    hub.fail("POST /api/repos/create", status=status)

    assert push(models) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("PUT /cdn/", {"status": 400}),
        ("PUT /cdn/", {"drop": True}),
        ("POST .*digits-deep/commit/", {"status": 403}),
        ("POST .*/preupload/", {"status": 401}),
    ],
)
def test_a_push_that_is_cut_leaves_nothing_half_written(hub, models, light, monkeypatch, capsys, fault, how):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)  # the client waits between its tries
    hub.fail(fault, **how)
    before = contents(models)

    assert push(models) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("The ")
    assert "tester/digits" in last or "token" in last
    assert contents(models) == before
    hub.heal()
    assert push(models) == 0


def test_what_comes_back_different_is_not_pinned(hub, models, light, capsys):
    hub.fail("GET /cdn/", flip=True)
    before = contents(models)

    assert push(models) == 1

    assert "model.keras" in capsys.readouterr().err
    assert contents(models) == before


def test_weights_that_the_manifest_does_not_vouch_for_are_refused(hub, models, capsys):
    (models / "deep" / "model.keras").write_bytes(b"something else")

    assert push(models) == 1
    assert "manifest.json vouches for" in capsys.readouterr().err
    assert hub.requests == []


def test_networks_that_were_not_measured_are_refused(hub, models, light, capsys):
    metrics = json.loads((models / "deep" / "metrics.json").read_text())
    (models / "deep" / "metrics.json").write_text(json.dumps(metrics | {"parameters": 1}))

    assert push(models) == 1
    assert "training.evaluate" in capsys.readouterr().err
    assert hub.requests == []


def test_what_is_shipped_can_be_published(capsys):
    assert main(["--repo-prefix", PREFIX, "--dry-run"]) == 0

    said = capsys.readouterr().out
    assert all(f"{PREFIX}-{name}" in said for name in NAMES)
    assert said.rstrip().endswith("Nothing was sent.")
