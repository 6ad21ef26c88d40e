"""What a Space gets: what is laid out, and what the image and the workflow say of it."""

import importlib.metadata
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from digit_core.models.manifest import MODELS_DIR, read_manifest
from tests.support.hub_repos import front_matter
from training.errors import PushError
from training.publish.deploy import APP_PARTS, FREE_HARDWARE, MCP_REQUIREMENT, Space, deploy, lay_out, space_readme

SPACE = Space("tester/digits")


ROOT = Path(__file__).parents[2]
FRONT = "---\ntitle: Digits\nsdk: gradio\n---\n# Digits\n"


def manifest_at(revision):
    """The project's manifest with repos at a revision; None is before the first push."""
    manifest = read_manifest(MODELS_DIR / "manifest.json")
    entries = {
        name: replace(entry, repo=revision and f"tester/digits-{name}", revision=revision)
        for name, entry in manifest.networks.items()
    }
    return replace(manifest, networks=entries)


def front_of(space=SPACE, readme=FRONT, revision=None, private=()):
    """The front matter that a Space's README gets from networks pinned at a revision, some of them in private repos."""
    manifest = manifest_at(revision)
    entries = {name: replace(entry, private=name in private) for name, entry in manifest.networks.items()}
    return front_matter(space_readme(readme, replace(manifest, networks=entries), space))


def test_a_space_shows_its_own_picture_unless_somebody_chose_another():
    chosen = FRONT.replace("sdk:", "thumbnail: https://example.org/own.png\nsdk:")

    assert front_of(readme=chosen)["thumbnail"] == "https://example.org/own.png"
    assert front_of()["thumbnail"].endswith("/spaces/tester/digits/resolve/main/ui/page.gif")


def test_what_the_readme_says_stays():
    readme = space_readme(FRONT, manifest_at("ab" * 20), SPACE)

    assert readme.endswith("---\n# Digits\n")
    assert list(front_matter(readme))[:2] == ["title", "sdk"]


def test_a_readme_without_repos_in_the_manifest_names_none():
    assert not {"models", "preload_from_hub"} & set(front_of())


def test_a_space_fetches_pinned_weights_when_it_is_built():
    front = front_of(revision="ab" * 20)

    assert front["models"] == [f"tester/digits-{name}" for name in ("compact", "deep", "finder")]
    assert front["preload_from_hub"] == [
        f"tester/digits-{name} model.keras,model.onnx {'ab' * 20}" for name in ("compact", "deep", "finder")
    ]


def test_a_space_fetches_nothing_from_private_repos_when_it_is_built():
    front = front_of(revision="ab" * 20, private=["deep", "finder"])

    assert front["models"] == [f"tester/digits-{name}" for name in ("compact", "deep", "finder")]
    assert front["preload_from_hub"] == [f"tester/digits-compact model.keras,model.onnx {'ab' * 20}"]
    assert "preload_from_hub" not in front_of(revision="ab" * 20, private=["compact", "deep", "finder"])


def test_who_duplicates_a_space_is_offered_its_hardware():
    assert front_of(Space("tester/digits", hardware="cpu-basic"))["suggested_hardware"] == "cpu-basic"


def test_a_space_on_zero_gpu_has_the_python_that_there_is():
    front = front_of(Space("tester/digits", hardware=FREE_HARDWARE))

    assert (front["suggested_hardware"], front["python_version"]) == ("zero-a10g", "3.12.12")


def test_a_space_with_mcp_tools_can_serve_them_and_is_listed_with_its_like(tmp_path):
    lay_out(tmp_path, Space("tester/digits", mcp=True))

    assert "mcp-server" in front_matter((tmp_path / "README.md").read_text(encoding="utf-8"))["tags"]
    assert (tmp_path / "requirements.txt").read_text().splitlines()[-1] == MCP_REQUIREMENT
    assert MCP_REQUIREMENT in (ROOT / "requirements-dev.txt").read_text().splitlines()


def test_hardware_that_the_hub_does_not_have_is_refused():
    with pytest.raises(PushError, match=r"must be one of cpu-basic, .*zero-a10g.* not 'gpu'"):
        deploy(Space("tester/digits", hardware="gpu"), dry_run=True)


@pytest.mark.parametrize("readme", ["# Digits\n", "---\ntitle: Digits\n", ""])
def test_a_readme_that_no_space_could_start_from_is_refused(readme):
    with pytest.raises(PushError, match="must begin with the Space's front matter"):
        space_readme(readme, read_manifest(MODELS_DIR / "manifest.json"), SPACE)


def test_the_readme_says_what_a_space_needs_to_start():
    front = front_matter((ROOT / "README.md").read_text(encoding="utf-8"))
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)$", (ROOT / "requirements.txt").read_text(), re.M))

    assert (front["sdk"], front["app_file"]) == ("gradio", "app.py")
    assert front["sdk_version"] == pinned["gradio"]
    assert len(front["short_description"]) <= 60


def test_the_image_holds_what_a_space_gets():
    instructions = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in instructions if line.startswith("COPY") for word in line.split()[1:-1]]
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]

    assert {word for word in copied if not word.startswith("--")} == set(APP_PARTS) == set(let_in)


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs_of(workflow):
    return yaml.safe_load((ROOT / ".github" / "workflows" / workflow).read_text(encoding="utf-8"))["jobs"]


def commands_of(job):
    return [step.get("run", "") for step in job["steps"]]


def test_the_workflow_deploys_what_was_checked_and_only_from_main():
    jobs = jobs_of("main.yml")

    assert ".ci/run" in commands_of(jobs["check"])
    assert set(jobs["deploy"]["needs"]) == {"check", "unit"}
    assert "refs/heads/main" in jobs["deploy"]["if"]
    assert 'python -m training.deploy --space "$SPACE"' in commands_of(jobs["deploy"])


def test_the_workflow_deploys_without_a_stored_token_where_the_space_trusts_it():
    deploy = jobs_of("main.yml")["deploy"]
    settings = deploy["steps"][-1]["env"]

    assert deploy["permissions"]["id-token"] == "write"
    assert settings["HF_OIDC_RESOURCE"] == "${{ secrets.HF_TOKEN == '' && format('spaces/{0}', vars.SPACE) || '' }}"


def test_unit_tests_run_on_every_python_that_the_project_promises():
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    unit = jobs_of("main.yml")["unit"]

    assert promised == ">=3.11, <3.14"
    assert unit["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert "python -m pytest tests/unit" in commands_of(unit)


def test_known_holes_are_looked_for_every_week():
    assert any("pip-audit -r requirements.txt" in command for command in commands_of(jobs_of("weekly.yml")["audit"]))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(workflow):
    used = re.findall(r"uses: (\S+)", workflow.read_text(encoding="utf-8"))

    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action) for action in used)


def test_what_came_sideways_and_faces_the_network_is_as_new_as_tested():
    text = (ROOT / "requirements.txt").read_text()
    floors = dict(re.findall(r"^# .+\n([\w-]+)>=([\d.]+),<", text, re.M))

    assert floors.keys() == {"starlette", "uvicorn", "python-multipart", "safehttpx", "h5py"}
    for name, floor in floors.items():
        installed = importlib.metadata.version(name).split(".")
        assert [int(part) for part in installed] >= [int(part) for part in floor.split(".")]
