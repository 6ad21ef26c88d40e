"""The page starts without TensorFlow."""

import subprocess
import sys
from pathlib import Path

from tests.support.drawings import picture_of

ROOT = Path(__file__).parents[2]
START = """
import sys
from app import build_page
from digit_core import load_recognizer
recognizer = load_recognizer()
build_page(recognizer)
[digit] = recognizer.read({picture!r}).digits
print(sorted({{"keras", "tensorflow"}} & set(sys.modules)))
recognizer.ensemble.members["compact"].network.summary(print_fn=lambda _: None)
print(sorted({{"keras", "tensorflow"}} & set(sys.modules)))
"""


def test_the_page_is_built_and_reads_without_tensorflow_which_comes_when_layers_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_MODEL_SOURCE", "bundled")
    picture_of("7").save(tmp_path / "seven.png")

    command = START.format(picture=str(tmp_path / "seven.png"))
    answer = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines() == ["[]", "['keras', 'tensorflow']"]
