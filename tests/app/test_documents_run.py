"""What README and docs/api.md print for programs runs as printed, beside a photo and the app's virtual environment."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.drawings import picture_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
API = (ROOT / "docs/api.md").read_text(encoding="utf-8")
SHELL = (ROOT / "docs/shell.md").read_text(encoding="utf-8")
PRINTED_ADDRESS = "http://127.0.0.1:7860"
LONGEST = 600  # seconds for one example: far more than any takes, so that it only ends what hangs


def examples(kind, word, *documents):
    """The printed examples of a language in which a word occurs, each once however many documents print it."""
    found = [code for text in documents for code in re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)]
    return [code for code in dict.fromkeys(found) if word in code]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder as a reader of the documents has it: the virtual environment, a photo and some scans."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / ".venv").symlink_to(sys.prefix)
    picture_of("407", width=600, height=240, brush=16).save(folder / "photo.jpg")
    (folder / "scans").mkdir()
    for text in ("12", "3"):
        picture_of(text, width=400, height=240, brush=16).save(folder / f"scans/{text}.png")
    return folder


@pytest.fixture
def run(desk):
    """Runs a command in that folder and returns what it prints."""

    def run_command(*command):
        environment = os.environ | {"PYTHONPATH": str(ROOT), "DIGIT_MODEL_SOURCE": "bundled"}
        done = subprocess.run(
            command, cwd=desk, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_command


@pytest.fixture
def run_python(desk, monkeypatch, capsys):
    """Runs Python code in that folder, as a program of its own would, and returns what it prints."""
    monkeypatch.chdir(desk)
    monkeypatch.setenv("DIGIT_MODEL_SOURCE", "bundled")

    def run_code(code):
        exec(compile(code, "example", "exec"), {"__name__": "__main__"})
        return capsys.readouterr().out

    return run_code


@pytest.fixture(scope="module")
def javascript(desk):
    """Installs Gradio's client for JavaScript as the documents say."""
    if not shutil.which("npm"):
        pytest.skip("no Node here: install it with `apt install nodejs npm`")
    [line] = re.findall(r"`(npm install @gradio/client@[\d.]+)`", API)
    done = subprocess.run(line.split(), cwd=desk, capture_output=True, text=True, timeout=LONGEST, check=False)
    if "ENOTFOUND" in done.stderr or "ECONNREFUSED" in done.stderr or "EAI_AGAIN" in done.stderr:
        pytest.skip("the registry of npm cannot be reached")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", examples("python", "digit_core", README, API))
def test_the_python_examples_read_without_a_page(run_python, code):
    printed = run_python(code)

    assert re.findall(r"^\d", printed, re.M) == (["7"] if "read_strokes" in code else ["4", "0", "7"])


@pytest.mark.parametrize("code", examples("python", "gradio_client", README, API))
def test_the_examples_of_gradios_python_client_read(run_python, app_url, code):
    loaded, reading, *others = run_python(code.replace(PRINTED_ADDRESS, app_url)).splitlines()

    assert loaded.startswith("Loaded as API")  # by Gradio's client
    assert reading.startswith("407 [0.")
    assert others == (["7"] if "read_strokes" in code else [])


@pytest.mark.parametrize("code", examples("js", "@gradio/client", README, API))
def test_the_javascript_examples_read(run, app_url, desk, javascript, code):
    (desk / "example.mjs").write_text(code.replace(PRINTED_ADDRESS, app_url), encoding="utf-8")

    assert run("node", "example.mjs").splitlines() == ["407", "7"]


@pytest.mark.parametrize("code", examples("sh", "curl", README, API))
def test_the_curl_examples_read(run, app_url, code):
    if not shutil.which("curl"):
        pytest.skip("no curl here: install it with `apt install curl`")

    printed = run("bash", "-euo", "pipefail", "-c", code.replace(PRINTED_ADDRESS, app_url))

    texts = [json.loads(answer)["data"][0]["text"] for answer in re.findall(r'\{"data".*?\}(?=\{"data"|\s*$)', printed)]
    assert texts in (["407"], ["407", "7"])


def test_the_readmes_shell_line_reads_a_folder(run, desk):
    [line] = re.findall(r"`(\.venv/bin/python -m digit_core [^`]+)`", README)

    printed = run("bash", "-c", line)

    assert printed.splitlines() == ["scans/12.png: 12", "scans/3.png: 3"]
    assert (desk / "readings.csv").read_text(encoding="utf-8").count("\n") == 3


def test_the_shell_documents_own_line_prints_every_reading_and_writes_the_table(run, desk):
    [line] = examples("sh", "-m digit_core ", SHELL)

    printed = run("bash", "-euo", "pipefail", "-c", line)

    assert printed.splitlines() == ["scans/12.png: 12", "scans/3.png: 3"]
    assert (desk / "readings.csv").read_text(encoding="utf-8").count("\n") == 3


def test_every_option_that_the_shell_document_names_is_there():
    commands = "".join((ROOT / f"digit_core/{name}.py").read_text(encoding="utf-8") for name in ("__main__", "ray"))

    named = set(re.findall(r"`(--[a-z]+)", SHELL))
    assert len(named) > 8
    assert {option for option in named if f'"{option}"' not in commands} == set()


def test_every_language_has_an_example():
    assert examples("python", "read_strokes", API)
    assert examples("js", "@gradio/client", API)
    assert len(examples("sh", "curl", API)) == 2


def test_every_endpoint_and_each_of_its_values_is_described(app_url):
    described = dict(re.findall(r"^## (/\w+)\n(.*?)(?=^## |\Z)", API, re.M | re.S))
    endpoints = httpx.get(f"{app_url}/gradio_api/info", timeout=LONGEST).json()["named_endpoints"]

    assert sorted(described) == sorted(endpoints)
    for name, endpoint in endpoints.items():
        names = {value["parameter_name"] for value in endpoint["parameters"]}
        assert {value for value in names if f"`{value}`" not in described[name]} == set()
