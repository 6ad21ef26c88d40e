"""What a Space gets: what is laid out, and what the image and the workflow say of it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from digit_core.models.manifest import MODELS_DIR, read_manifest
from tests.support.hub_server import front_matter
from training.errors import PushError
from training.publish.deploy import APP_PARTS, with_models, with_thumbnail

SPACE = "tester/digits"


ROOT = Path(__file__).parents[2]
FRONT = "---\ntitle: Digits\nsdk: gradio\n---\n# Digits\n"


def test_a_picture_that_somebody_chose_stays():
    chosen = FRONT.replace("sdk:", "thumbnail: https://example.org/own.png\nsdk:")

    assert with_thumbnail(chosen, SPACE) == chosen
    assert with_thumbnail(FRONT, SPACE).endswith("/spaces/tester/digits/resolve/main/ui/page.gif\n---\n# Digits\n")


def pinned_at(revision):
    """The project's manifest with repos at a revision; None is before the first push."""
    manifest = read_manifest(MODELS_DIR / "manifest.json")
    entries = {
        name: replace(entry, repo=revision and f"tester/digits-{name}", revision=revision)
        for name, entry in manifest.networks.items()
    }
    return replace(manifest, networks=entries)


def test_a_readme_without_repos_in_the_manifest_stays_as_it_is():
    assert with_models(FRONT, pinned_at(None)) == FRONT


def test_a_space_fetches_pinned_weights_when_it_is_built():
    readme = with_models(FRONT, pinned_at("ab" * 20))

    assert front_matter(readme) == {
        "title": "Digits",
        "sdk": "gradio",
        "models": ["tester/digits-compact", "tester/digits-deep"],
        "preload_from_hub": [f"tester/digits-{name} model.keras {'ab' * 20}" for name in ("compact", "deep")],
    }
    assert readme.endswith("---\n# Digits\n")


@pytest.mark.parametrize("readme", ["# Digits\n", "---\ntitle: Digits\n", ""])
def test_a_readme_that_no_space_could_start_from_is_refused(readme):
    with pytest.raises(PushError, match="must begin with the Space's front matter"):
        with_models(readme, read_manifest(MODELS_DIR / "manifest.json"))
    with pytest.raises(PushError, match="must begin with the Space's front matter"):
        with_thumbnail(readme, SPACE)


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


def test_the_workflow_deploys_what_was_checked_and_only_from_main():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "main.yml").read_text(encoding="utf-8"))["jobs"]

    assert ".ci/run" in [step.get("run") for step in jobs["check"]["steps"]]
    assert jobs["deploy"]["needs"] == "check"
    assert "refs/heads/main" in jobs["deploy"]["if"]
    assert 'python -m training.deploy --space "$SPACE"' in [step.get("run") for step in jobs["deploy"]["steps"]]
