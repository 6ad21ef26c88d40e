"""What `pip install .` brings: the library, its weights and its command."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from digit_core import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "digit_core", "models")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that pip would install, built as pip does (PEP 517), from a copy of the sources: building leaves files.

    pip itself would start three more processes, to ask what building needs.
    """
    folder = tmp_path_factory.mktemp("sources")
    for name in BUILT_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / name)
    build = "from setuptools import build_meta; build_meta.build_wheel('wheels')"
    subprocess.run([sys.executable, "-c", build], cwd=folder, capture_output=True, check=True)
    [built] = (folder / "wheels").glob("*")
    return built


def members(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_is_named_after_the_project_and_its_version(wheel):
    assert wheel.name == f"digit_reader-{__version__}-py3-none-any.whl"
    assert f"## {PROJECT['project']['version']} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_has_every_module_and_table_of_the_library_and_nothing_else_at_its_top(wheel):
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "digit_core").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    assert files <= members(wheel)
    assert {name.split("/")[0] for name in members(wheel)} == {"digit_core", "digit_reader-0.1.0.dist-info"}


def test_the_library_finds_its_weights_where_it_was_installed(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    look = (
        "import hashlib\n"
        "from digit_core.models.manifest import MODELS_DIR, read_manifest\n"
        "for name, entry in read_manifest().networks.items():\n"
        "    assert hashlib.sha256((MODELS_DIR / name / 'model.keras').read_bytes()).hexdigest() == entry.sha256\n"
        "print(MODELS_DIR)"
    )

    answer = subprocess.run([sys.executable, "-c", look], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert Path(answer.stdout.strip()) == tmp_path / "digit_core" / "shipped"


def test_the_command_is_the_one_of_the_module(wheel):
    with zipfile.ZipFile(wheel) as archive:
        scripts = archive.read("digit_reader-0.1.0.dist-info/entry_points.txt").decode()

    assert "digit-reader = digit_core.__main__:main" in scripts


def test_what_the_library_needs_is_what_the_app_pins():
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.M))
    needed = dict(requirement.split(">=") for requirement in PROJECT["project"]["dependencies"])

    assert needed.keys() <= pinned.keys()
    assert all(pinned[name].startswith(f"{floor}.") for name, floor in needed.items())


@pytest.mark.parametrize("extra", ["dataset", "ray"])
def test_what_an_optional_part_needs_is_what_its_requirements_pin(extra):
    pinned = dict(re.findall(r"^([\w\[\]-]+)==([\d.]+)", (ROOT / f"requirements-{extra}.txt").read_text(), re.M))
    needed = dict(requirement.split(">=") for requirement in PROJECT["project"]["optional-dependencies"][extra])

    assert needed.keys() == pinned.keys()
    assert all(pinned[name].startswith(f"{floor}.") for name, floor in needed.items())
