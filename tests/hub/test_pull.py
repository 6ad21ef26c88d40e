"""Weights from the Hub: the real client against a Hub on loopback, and everything that can go wrong on the way."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import constants

from digit_core import loading
from digit_core.errors import WeightsError
from digit_core.models.architectures import build_network
from digit_core.models.manifest import NETWORKS, read_manifest, write_manifest
from tests.support.hub_server import WRITER, HubServer
from tests.support.small_models import write_models

ROOT = Path(__file__).parents[2]
NAMES = (*NETWORKS, "finder")
REPOS = {name: f"tester/digits-{name}" for name in NAMES}
BUNDLED = "The weights are bundled with this app"
BUSY_SECONDS = 300.0  # what a Hub that answers is given in tests that are not about its silence: machines are busy
LONG_SILENCE = 3600  # seconds: who waited for the end of it would be noticed
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub, and a cache and an environment that know only it."""
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HF_TOKEN", "")
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("DIGIT_MODEL_SOURCE", raising=False)
        monkeypatch.setattr(loading, "PROBE_SECONDS", BUSY_SECONDS)
        monkeypatch.setattr(loading, "PULL_SECONDS", BUSY_SECONDS)
        yield server


@pytest.fixture
def pins(hub, models):
    """The manifest of `models` after all networks were published."""
    return publish(hub, models)


@pytest.fixture
def load(models, monkeypatch):
    """Loads a recognizer without warming it up, and returns its origin."""
    monkeypatch.setattr(loading, "Ensemble", lambda *_: None)
    return lambda: loading.load_recognizer(models).origin


@pytest.fixture
def origin(load, monkeypatch):
    """The same without filling the networks, for tests about the way that files take."""
    monkeypatch.setattr(loading, "load_runtime_weights", lambda *_: SimpleNamespace())
    monkeypatch.setattr(loading, "check_probe", lambda *_: None)
    monkeypatch.setattr(loading, "check_finder", lambda *_: None)
    return load


def publish(hub, models, **changed):
    """Publish a models folder's weights, or other bytes for the networks named, and pin the revisions."""
    manifest = read_manifest(models / "manifest.json")
    entries = {}
    for name in manifest.networks:
        repo = REPOS[name]
        content = changed.get(name, (models / name / "model.keras").read_bytes())
        onnx = (models / name / "model.onnx").read_bytes()
        revision = hub.publish(repo, {"model.keras": content, "model.onnx": onnx, "README.md": b"# Digits\n"})
        entries[name] = replace(manifest.networks[name], repo=repo, revision=revision)
    manifest = replace(manifest, networks=entries)
    write_manifest(manifest, models / "manifest.json")
    return manifest


def damage(path):
    """Change one byte of a file's middle, its size unchanged."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def troubles(manifest):
    """What keeps each network's weights from coming from the Hub."""
    return {name: pulled.trouble for name, pulled in loading.pull(manifest).items()}


def test_a_manifest_without_repos_asks_nobody(hub, origin):
    assert origin() == f"{BUNDLED}."
    assert hub.requests == []


def test_the_onnx_file_travels_with_the_weights(pins, models, load):
    for name in NAMES:
        (models / name / "model.onnx").unlink()

    origin = load()

    assert "bundled" not in origin
    assert "TensorFlow" not in origin


def test_where_a_repo_has_no_onnx_file_the_bundled_one_answers(hub, models, pins, load):
    entries = {}
    for name, repo in REPOS.items():
        revision = hub.publish(repo, {"model.keras": (models / name / "model.keras").read_bytes()})
        entries[name] = replace(pins.networks[name], revision=revision)
    write_manifest(replace(pins, networks=entries), models / "manifest.json")

    origin = load()

    assert "bundled" not in origin
    assert "TensorFlow" not in origin


def test_weights_come_from_the_pinned_revisions(pins, load):
    origin = load()

    assert "bundled" not in origin
    for name in NAMES:
        assert f"{REPOS[name]} on the Hub at revision {pins.networks[name].revision}" in origin


def test_the_hub_answers_where_the_bundled_copy_fails(pins, models, origin):
    for name in NAMES:
        (models / name / "model.keras").unlink()

    assert "bundled" not in origin()


def test_a_second_start_asks_nothing(hub, pins, origin):
    origin()
    hub.requests.clear()

    assert "bundled" not in origin()
    assert hub.requests == []


def test_a_start_without_the_hub_takes_its_cache(hub, pins, origin, monkeypatch):
    origin()
    monkeypatch.setenv("HF_ENDPOINT", NOBODY)

    assert "bundled" not in origin()


def test_an_old_revision_stays_within_reach(hub, models, pins):
    newer = hub.publish(REPOS["compact"], {"model.keras": b"\0 a newer network"})

    found = loading.pull(pins)

    assert newer != pins.networks["compact"].revision
    assert found["compact"].path.read_bytes() == (models / "compact" / "model.keras").read_bytes()


def test_a_second_revision_is_pulled_once_it_is_pinned(hub, models, pins):
    loading.pull(pins)
    write_models(models, seed=2)
    second = publish(hub, models)

    found = loading.pull(second)

    assert second.networks["deep"].revision != pins.networks["deep"].revision
    assert found["deep"].path.read_bytes() == (models / "deep" / "model.keras").read_bytes()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 503}, "the Hub answered with status 503"),
        ({"status": 429}, "the Hub answered with status 429"),
        ({"drop": True}, "the Hub broke off its answer"),
        ({"cut": 20}, "the Hub broke off its answer"),
    ],
)
def test_a_hub_that_fails_is_not_waited_for(hub, pins, fault, said):
    hub.fail("GET /api/models", **fault)

    assert troubles(pins) == dict.fromkeys(NAMES, said)
    assert len([asked for asked in hub.requests if asked.startswith("GET /api/models")]) == len(NAMES)


@pytest.mark.parametrize("address", [NOBODY, "http://no-such-hub.invalid"])
def test_where_no_hub_can_be_reached_the_bundled_weights_answer(hub, pins, origin, monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)

    assert origin() == f"{BUNDLED}, because the Hub could not be reached."


def test_a_client_that_must_stay_offline_takes_its_cache_or_the_bundled_copy(hub, pins, origin, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert origin() == f"{BUNDLED}, because HF_HUB_OFFLINE forbids asking the Hub."

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    origin()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "bundled" not in origin()


@pytest.mark.parametrize("silent", ["GET /api/models", "HEAD /tester", "GET /cdn"])
def test_a_hub_that_falls_silent_holds_up_the_start_until_the_deadline_alone(hub, pins, origin, monkeypatch, silent):
    monkeypatch.setattr(loading, "PULL_SECONDS", 1.5)
    hub.fail(silent, hang=LONG_SILENCE)

    assert origin() == f"{BUNDLED}, because the Hub did not deliver within 1.5 seconds."


def test_a_silent_hub_is_given_up_after_the_probe(hub, pins, monkeypatch):
    monkeypatch.setattr(loading, "PROBE_SECONDS", 0.5)
    hub.fail("GET /api/models", hang=LONG_SILENCE)

    assert troubles(pins) == dict.fromkeys(NAMES, "the Hub did not answer in time")


def test_a_download_that_breaks_off_for_ever_leaves_nothing_behind(hub, pins, tmp_path, monkeypatch):
    hub.fail("GET /cdn/", cut=1000)

    assert troubles(pins) == dict.fromkeys(NAMES, "the Hub broke off its answer")
    assert not list((tmp_path / "cache").rglob("*.incomplete"))


def test_a_download_that_breaks_off_once_is_repeated(hub, pins, origin):
    hub.fail("GET /cdn/", times=1, cut=1000)

    assert "bundled" not in origin()


def test_wrong_bytes_of_the_right_size_never_answer(hub, pins, origin):
    hub.fail("GET /cdn/", flip=True)

    said = origin()

    for name in NAMES:
        assert f"because what {REPOS[name]} delivered is not what the manifest vouches for" in said


def test_wrong_bytes_in_the_cache_are_replaced(hub, pins, origin):
    hub.fail("GET /cdn/", flip=True)
    origin()
    hub.heal()

    assert "bundled" not in origin()
    assert "GET" in " ".join(hub.requests)


def test_some_networks_may_come_from_the_hub_and_another_be_bundled(hub, models, origin):
    manifest = publish(hub, models, deep=b"\0 another network")

    assert origin() == (
        f"The weights of compact come from {REPOS['compact']} on the Hub at revision "
        f"{manifest.networks['compact'].revision}; those of deep are bundled with this app, "
        f"because what {REPOS['deep']} delivered is not what the manifest vouches for; those of finder come from "
        f"{REPOS['finder']} on the Hub at revision {manifest.networks['finder'].revision}."
    )


def test_weights_that_are_not_numbers_never_answer(hub, models, load):
    network = build_network("compact")
    network.set_weights([weights * float("nan") for weights in network.get_weights()])
    network.save(models / "nan.keras")
    content = (models / "nan.keras").read_bytes()
    manifest = publish(hub, models, compact=content)
    entry = replace(manifest.networks["compact"], sha256=loading.sha256_of(models / "nan.keras"), onnx_sha256=None)
    write_manifest(replace(manifest, networks=manifest.networks | {"compact": entry}), models / "manifest.json")

    with pytest.raises(WeightsError, match="do not answer the probe frames"):
        load()


def test_what_a_file_says_of_its_model_is_never_opened(hub, models, tmp_path, load):
    hostile = tmp_path / "hostile.keras"
    with zipfile.ZipFile(models / "compact" / "model.keras") as sound, zipfile.ZipFile(hostile, "w") as archive:
        for member in sound.namelist():
            archive.writestr(member, b"{not json" if member == "config.json" else sound.read(member))
    manifest = publish(hub, models, compact=hostile.read_bytes())
    entry = replace(manifest.networks["compact"], sha256=loading.sha256_of(hostile))
    write_manifest(replace(manifest, networks=manifest.networks | {"compact": entry}), models / "manifest.json")

    assert "bundled" not in load()


def test_gated_private_and_missing_repos_are_told_apart(hub, pins):
    hub.repos[f"models/{REPOS['compact']}"].gated = "manual"
    hub.repos[f"models/{REPOS['deep']}"].private = True

    said = troubles(pins)

    assert said["compact"] == f"{REPOS['compact']} is gated, and HF_TOKEN does not open it"
    assert said["deep"] == f"{REPOS['deep']} does not exist, or it is private and HF_TOKEN does not open it"


def test_a_token_opens_a_private_repo(hub, pins, monkeypatch):
    hub.repos[f"models/{REPOS['deep']}"].private = True
    monkeypatch.setenv("HF_TOKEN", WRITER)

    assert troubles(pins) == dict.fromkeys(NAMES, "")


def test_a_wrong_token_is_a_reason(hub, pins, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")

    assert troubles(pins) == dict.fromkeys(NAMES, "the Hub does not know HF_TOKEN")


def test_a_missing_revision_is_a_reason(hub, pins):
    entries = {name: replace(entry, revision="0" * 40) for name, entry in pins.networks.items()}

    said = troubles(replace(pins, networks=entries))

    assert said["deep"] == f"{REPOS['deep']} has no revision {'0' * 40}"


@pytest.mark.parametrize("revision", [None, "main", "abc123"])
def test_a_repo_without_a_whole_revision_is_never_asked(hub, pins, revision):
    entries = {name: replace(entry, revision=revision) for name, entry in pins.networks.items()}

    said = troubles(replace(pins, networks=entries))

    assert said["compact"] == f"the manifest pins no revision of {REPOS['compact']}"
    assert hub.requests == []


def test_a_full_disk_is_a_reason(hub, pins, origin, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "/somewhere/secret")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)

    assert origin() == f"{BUNDLED}, because what came from the Hub could not be kept (No space left on device)."


def test_a_cache_that_cannot_be_written_is_a_reason(hub, pins, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file stands where the folder should be")

    assert "could not be kept" in troubles(pins)["deep"]


def test_bundled_weights_can_be_asked_for(hub, pins, origin, monkeypatch):
    monkeypatch.setenv("DIGIT_MODEL_SOURCE", "bundled")

    assert origin() == f"{BUNDLED}, as DIGIT_MODEL_SOURCE=bundled asks."
    assert hub.requests == []


def test_the_hub_can_be_asked_for_in_vain(hub, origin, monkeypatch):
    monkeypatch.setenv("DIGIT_MODEL_SOURCE", "hub")

    assert origin() == f"{BUNDLED}; the manifest names no repo."


def test_an_unknown_source_is_refused(hub, origin, monkeypatch):
    monkeypatch.setenv("DIGIT_MODEL_SOURCE", "bundeled")

    with pytest.raises(WeightsError, match="must be hub or bundled, not 'bundeled'"):
        origin()


def test_without_any_sound_copy_there_is_no_start(hub, pins, models, origin, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", NOBODY)
    damage(models / "deep" / "model.keras")

    with pytest.raises(WeightsError) as refusal:
        origin()

    assert "manifest.json vouches for" in str(refusal.value)
    assert "the Hub could not be reached" in str(refusal.value)


def test_a_hung_download_does_not_hold_up_the_exit(hub, pins, models, tmp_path):
    hub.fail("GET /cdn/", hang=LONG_SILENCE)
    script = (
        "import sys; from pathlib import Path; from digit_core import loading; loading.PULL_SECONDS = 1.0\n"
        "print(loading.load_recognizer(Path(sys.argv[1])).origin)"
    )
    settings = {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": ""}

    run = subprocess.run(
        [sys.executable, "-c", script, models],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert "because the Hub did not deliver within 1 seconds" in run.stdout
