"""What several modules of tests about corrections share."""

import json
import os
import subprocess
import sys
from pathlib import Path

from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from tests.support.drawings import picture_of

ROOT = Path(__file__).parents[2]
REPO = "tester/corrections"


def frame_of(text):
    return to_mnist_frame(to_ink(picture_of(text)))


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def keep_and_kill(folder, *ways, **environment):
    """What processes that were killed had been told, by the way and the name of their folder; see `killed_keeper`."""
    command = [sys.executable, "-m", "tests.support.killed_keeper", str(folder), *ways]
    settings = os.environ | environment
    answer = subprocess.run(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


def records_of(repo):
    _, files = repo.at("main")
    return [path for path in files if path.endswith(".png")]
