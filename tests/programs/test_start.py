"""Page and demos start without TensorFlow; the page says so in the log, and takes no other port than it was given."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from digit_core import __version__
from tests.support.drawings import picture_of

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted(template.parent.name for template in (ROOT / "ui" / "components").glob("*/template.html"))
START = """
import importlib, sys
from app import build_page
from digit_core import load_recognizer
recognizer = load_recognizer()
build_page(recognizer)
for component in {components}:
    importlib.import_module(f"ui.components.{{component}}.__main__").build_demo()
[digit] = recognizer.read({picture!r}).digits
print(sorted({{"keras", "tensorflow"}} & set(sys.modules)))
recognizer.ensemble.members["compact"].network.summary(print_fn=lambda _: None)
print(sorted({{"keras", "tensorflow"}} & set(sys.modules)))
"""


def test_page_and_demos_are_built_without_tensorflow_which_comes_when_layers_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_MODEL_SOURCE", "bundled")
    picture_of("7").save(tmp_path / "seven.png")

    command = START.format(picture=str(tmp_path / "seven.png"), components=COMPONENTS)
    answer = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines() == ["[]", "['keras', 'tensorflow']"]


def test_on_a_port_that_is_taken_the_app_says_so_and_ends():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = {"DIGIT_MODEL_SOURCE": "bundled", "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
        settings["CUDA_VISIBLE_DEVICES"] = ""

        run = subprocess.run(
            [sys.executable, "app.py"], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
        )

    started, *others = [line for line in run.stderr.splitlines() if line.strip()]
    assert run.returncode == 1
    assert re.search(rf"INFO version {re.escape(__version__)} started in [\d.]+ s\. The weights are bundled", started)
    assert str(port) in others[-1] or str(port) in others[-2]
    assert any("INFO stopped" in line for line in others)
    assert "Traceback" not in run.stderr
    assert "oneDNN" not in run.stderr
    assert "CUDA" not in run.stderr


def test_without_a_place_for_uploads_the_app_says_so_and_ends(tmp_path):
    (tmp_path / "place").write_text("no folder")
    settings = {"DIGIT_MODEL_SOURCE": "bundled", "DIGIT_SHARED_UPLOADS": str(tmp_path / "place")}

    run = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith(f"Uploads cannot be shared in {tmp_path / 'place'}")
    assert "Traceback" not in run.stderr
