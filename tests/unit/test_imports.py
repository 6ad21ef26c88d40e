"""Who may import whom, and what comes along when the core is imported."""

import ast
import importlib
import importlib.metadata
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = {  # a part of the house: what of the house it may import
    "app": {"digit_core", "ui"},
    "ui": {"digit_core", "ui"},
    "digit_core": {"digit_core"},
    "training": {"digit_core", "training"},
}
HOMES = {  # a library: the only places where it is spoken to
    "gradio": ("app.py", "ui/"),
    "keras": ("digit_core/models/", "digit_core/explain/", "training/"),
    "tensorflow": ("digit_core/models/", "digit_core/explain/", "training/"),
    "plotly": ("digit_core/figures/plots.py",),
    "ray": ("digit_core/ray.py",),
    "pyarrow": ("digit_core/dataset.py", "digit_core/ray.py"),
    "huggingface_hub": (
        "digit_core/dataset.py",
        "digit_core/hub.py",
        "digit_core/loading.py",
        "ui/components/correction/sender.py",
        "training/publish/",
    ),
}
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "gradio_client": "gradio",
    "xdist": "pytest-xdist",
    "yaml": "pyyaml",
}
OPTIONAL = {ROOT / "digit_core/dataset.py", ROOT / "digit_core/ray.py"}  # with requirements of their own
ABOVE_THE_PAGE = {"reading", "command"}  # rooms of the core
MODULES = [ROOT / "app.py", *(path for part in HOUSE for path in ROOT.glob(f"{part}/**/*.py"))]


@cache
def imports_of(path):
    """The top names of everything a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            names.add(node.module.partition(".")[0])
    return frozenset(names)


def pins_of(requirements):
    """The distributions that a requirements file pins, those of the files it includes among them."""
    text = requirements.read_text(encoding="utf-8")
    included = [requirements.parent / name for name in re.findall(r"^-r (.+)$", text, re.M)]
    own = {name.lower().replace("_", "-") for name in re.findall(r"^([\w.-]+)(?:\[\w+\])?==[\d.]+$", text, re.M)}
    return own.union(*map(pins_of, included))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_place_in_the_house_allows(path):
    place = path.relative_to(ROOT).as_posix()
    imported = imports_of(path)

    assert imported & HOUSE.keys() <= HOUSE[place.removesuffix(".py").partition("/")[0]]
    assert not imported & {"tests"}
    for library, homes in HOMES.items():
        assert library not in imported or place.startswith(homes), f"{library} has no place in {place}"


@pytest.mark.parametrize(
    ("room", "above"), [("page", ABOVE_THE_PAGE), ("models", ABOVE_THE_PAGE), ("reading", {"command"})]
)
def test_no_room_of_the_core_imports_one_above_it(room, above):
    modules = [path.read_text(encoding="utf-8") for path in (ROOT / "digit_core" / room).glob("*.py")]
    imported = {name for text in modules for name in re.findall(r"^from digit_core\.(\w+)", text, re.M)}

    assert "types" in imported, "imports are written in another way than this test looks for"
    assert not imported & {"recognizer", *above}


def test_importing_the_core_loads_neither_keras_nor_gradio():
    heavy = {"keras", "tensorflow", "gradio", "plotly", "huggingface_hub"}
    command = f"import sys, digit_core; print(sorted({heavy} & set(sys.modules)))"

    answer = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_gradio_is_imported_after_the_page_which_makes_that_quicker():
    imported = [
        node
        for node in ast.parse((ROOT / "app.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = [getattr(node, "module", None) or node.names[0].name for node in imported]

    assert names.index("gradio") > names.index("ui.server.doors")


def test_gradio_writes_no_stub_beside_a_component(tmp_path, monkeypatch):
    (tmp_path / "a_component.py").write_text("import gradio as gr\nclass Mine(gr.HTML):\n    EVENTS = []\n")
    monkeypatch.syspath_prepend(tmp_path)

    importlib.import_module("a_component")

    assert list(tmp_path.glob("*.pyi")) == []


@pytest.mark.parametrize(
    ("requirements", "modules"),
    [
        ("requirements.txt", [path for path in MODULES if "training" not in path.parts and path not in OPTIONAL]),
        ("training/requirements.txt", [path for path in MODULES if path not in OPTIONAL]),
        ("requirements-dataset.txt", [ROOT / "digit_core/dataset.py"]),
        ("requirements-ray.txt", [ROOT / "digit_core/ray.py"]),
        ("requirements-dev.txt", [*MODULES, *ROOT.glob("tests/**/*.py")]),
    ],
)
def test_every_library_that_is_imported_is_pinned(requirements, modules):
    ours = {*HOUSE, "tests", *sys.stdlib_module_names}
    imported = {name for path in modules for name in imports_of(path)} - ours

    needed = {DISTRIBUTIONS.get(name, name).lower().replace("_", "-") for name in imported}

    assert needed <= pins_of(ROOT / requirements)


def test_the_tests_run_with_the_pinned_versions():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")

    for name, version in re.findall(r"^([\w.-]+)==([\d.]+)$", text, re.M):
        assert importlib.metadata.version(name) == version
