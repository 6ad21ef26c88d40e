"""The documents keep their promises: to the Space, to the newcomer, to the contributor and about the figures."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from huggingface_hub import metadata_load

from digit_core.explain.images import EXPLANATION_SIDE
from digit_core.loading import PROBE_SECONDS, PULL_SECONDS
from digit_core.page.decode import DRAFT_SIDE
from digit_core.page.formats import MAX_BYTES, MAX_PIXELS, MAX_PIXELS_OF, MAX_SIDE
from digit_core.page.segmentation import MAX_SHAPES
from digit_core.recognizer import FINDER_LONGEST
from digit_core.types import MAX_ALTERNATIVES
from training.evaluation.report import BEGIN, END, full_report, summary
from training.evaluation.speed import speed_report
from ui.components.correction.store import MAX_PER_ADDRESS, MAX_PER_HOUR, MAX_PER_VISITOR
from ui.server.bodies import LARGEST_JSON, LARGEST_MCP
from ui.server.room import MAX_STORED

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = {
    file: file.read_text(encoding="utf-8")
    for file in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "models/README.md"])
}
EVERYTHING = "\n".join(DOCUMENTS.values())
LONGEST_README = 120  # lines: what a newcomer reads before they give up, the front matter for the Space included
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
CODE = [ROOT / "app.py", *(path for part in ("ui", "digit_core", "training") for path in ROOT.glob(f"{part}/**/*.py"))]


def blocks_of(text):
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)


@pytest.fixture(scope="module")
def front():
    return metadata_load(ROOT / "README.md")


def first_line_with(word):
    return next(line for _, block in blocks_of(README) for line in block.splitlines() if word in line)


def requirement(name, file="requirements.txt"):
    return re.search(rf"^{name}==(.+)$", (ROOT / file).read_text(encoding="utf-8"), re.M)[1]


def test_the_front_matter_is_what_a_space_takes(front):
    assert front["sdk"] == "gradio"
    assert {front["colorFrom"], front["colorTo"]} <= COLOURS
    assert 0 < len(front["short_description"]) <= 60
    assert len(front["emoji"].encode()) >= 3
    assert front["title"]
    assert front["license"] == "mit"
    assert all(re.fullmatch(r"[a-z0-9-]+", tag) for tag in front["tags"])
    assert (ROOT / front["app_file"]).is_file()


def test_the_space_installs_the_gradio_that_is_pinned(front):
    assert front["sdk_version"] == requirement("gradio")


def test_the_spaces_python_is_one_that_is_supported(front):
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert 'requires-python = ">=3.11, <3.14"' in project
    assert front["python_version"] in {"3.11", "3.12", "3.13"}


@pytest.mark.parametrize(("word", "requirements"), [("app.py", "requirements.txt"), ("pytest", "requirements-dev.txt")])
def test_one_line_sets_everything_up_and_starts(word, requirements):
    assert first_line_with(word).startswith(
        f"python3 -m venv .venv && .venv/bin/pip install -q -r {requirements} && .venv/bin/python "
    )
    assert first_line_with(word).endswith(word)


def test_what_the_lines_leave_behind_is_ignored():
    folders = (".venv", ".gradio", ".pytest_cache", ".mypy_cache", ".ruff_cache", "digit_core/__pycache__")
    left = ["ui/components/answer/__init__.pyi", *(f"{folder}/file" for folder in folders)]

    answer = subprocess.run(["git", "check-ignore", *left], cwd=ROOT, capture_output=True, text=True, check=False)

    assert answer.stdout.split() == left


def test_the_readme_is_short():
    assert len(README.splitlines()) <= LONGEST_README


def test_the_figures_are_what_was_measured():
    block = README.partition(BEGIN)[2].partition(END)[0].strip()

    assert block == summary(), "python -m training.report writes the present figures into the README"
    assert DOCUMENTS[ROOT / "models/README.md"] == full_report(), "python -m training.report writes them"
    assert DOCUMENTS[ROOT / "docs/speed.md"] == speed_report(), "python -m training.report writes them"


def test_every_environment_variable_that_is_read_is_listed():
    asked = r"""environ(?:\.get\(|\[)\s*["'](\w+)|["'](\w+)["'] (?:not )?in os\.environ|getenv\(\s*["'](\w+)"""
    read = re.compile(asked + r"""|_VARIABLE = ["'](\w+)""")
    code = "\n".join(path.read_text(encoding="utf-8") for path in CODE)
    names = {name for match in read.findall(code) for name in match if name}

    assert {"DIGIT_DATA_DIR", "DIGIT_RUN_DIR"} <= names
    assert {name for name in names if f"`{name}`" not in DOCUMENTS[ROOT / "docs/configuration.md"]} == set()


@pytest.mark.parametrize(
    ("document", "target"),
    sorted(
        {
            (file.relative_to(ROOT).as_posix(), target)
            for file, text in DOCUMENTS.items()
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", text)
        }
    ),
)
def test_relative_links_lead_somewhere(document, target):
    assert ((ROOT / document).parent / target).is_file()


@pytest.mark.parametrize(
    "named", sorted(set(re.findall(r"`((?:ui|digit_core|training|models|tests|docs)/[\w./]+)`", EVERYTHING)))
)
def test_files_and_folders_that_are_named_exist(named):
    assert (ROOT / named).exists()


@pytest.mark.parametrize(
    "module", sorted(set(re.findall(r"python -m ((?:training|digit_core|tests)[\w.]*)", EVERYTHING)))
)
def test_commands_that_are_named_exist(module):
    path = ROOT / module.replace(".", "/")
    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def test_the_limits_are_the_codes_own():
    limits = README.partition("## Limits")[2]

    assert f"at most {MAX_BYTES // 2**20} MB, {MAX_PIXELS // 10**6} megapixels and {MAX_SIDE:,} pixels a side" in limits
    assert f"{MAX_SHAPES} shapes" in limits
    webp, avif, progressive = (MAX_PIXELS_OF[form] // 10**6 for form in ("WEBP", "AVIF", "progressive JPEG"))
    assert avif == progressive
    assert f"WebP at most {webp}, AVIF and progressive JPEG at most {avif} megapixels" in " ".join(limits.split())


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("api", f"a request without an upload has at most {LARGEST_JSON // 2**20} MB."),
        ("api", f"A request of an MCP client, which may carry a picture, has at most {LARGEST_MCP // 2**20} MB."),
        ("api", f"how many of the likeliest other texts to tell, at most {MAX_ALTERNATIVES} "),
        ("api", f"The answer is a picture of {EXPLANATION_SIDE}×{EXPLANATION_SIDE} pixels"),
        ("api", f"which alone is {round(MAX_STORED / 2 / 2**30)} GB within an hour"),
        ("hosting", f"at most {PROBE_SECONDS:g} seconds, downloads for at most {PULL_SECONDS:g} seconds in all"),
        ("training", f"at most {MAX_PER_VISITOR} a visit, {MAX_PER_ADDRESS} an address and hour"),
        ("training", f"and {MAX_PER_HOUR} an hour."),
        ("speed", f"larger than {FINDER_LONGEST:,} pixels is shrunk to that size before the finder looks"),
        ("speed", f"from {2 * DRAFT_SIDE:,} pixels up a JPEG is halved while it is decoded"),
    ],
)
def test_what_the_manual_says_of_limits_is_the_codes_own(document, sentence):
    text = (ROOT / "docs" / f"{document}.md").read_text(encoding="utf-8")

    assert sentence in " ".join(text.split())


@pytest.mark.parametrize("block", [block for kind, block in blocks_of(EVERYTHING) if kind == "python"])
def test_python_examples_can_be_compiled(block):
    compile(block, "an example", "exec")


def test_every_version_in_the_changelog_has_a_date_and_the_newest_is_the_projects():
    versions = re.findall(r"^## (.+)$", DOCUMENTS[ROOT / "CHANGELOG.md"], re.M)
    dated = re.compile(r"(\d+\.\d+\.\d+) – \d{4}-\d\d-\d\d")
    released = [dated.fullmatch(version) for version in versions if version != "Unreleased"]

    assert all(released)
    assert released[0][1] == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_the_licence_is_there():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
