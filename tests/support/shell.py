"""The command line in a process of its own, with fake readers that its workers can load."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from digit_core.command.workers import SMALL_FILES
from digit_core.errors import WeightsError
from digit_core.types import Reading
from tests.support.reader import Reader, shape
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]


def start_shell(*arguments, load=Reader, **options):
    """Start the command line with what `load`, of a module, returns; Ctrl-C stops it even where the tests ignore it."""
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    program += f"from {load.__module__} import {load.__name__}; from digit_core.__main__ import main; "
    command = [sys.executable, "-c", f"{program}sys.exit(main(sys.argv[1:], {load.__name__}))", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, **options)


def make_large(folder, names):
    """Make files that workers read one at a time, as each is too large to be read with others; they take no place."""
    paths = [folder / name for name in names]
    for path in paths:
        with path.open("ab") as file:
            file.truncate(SMALL_FILES + 1)
    return paths


class MeetingReader(Reader):
    """Reads when two processes read; leaves a file for each beside the pictures."""

    def read(self, image, *choices):
        (image.parent / f"{os.getpid()}.pid").touch()
        wait_until(lambda: len(list(image.parent.glob("*.pid"))) == 2)
        return super().read(image, *choices)


class CountingReader(Reader):
    """Leaves a file for each that it has read; reads "0.png" when four others are read, as how many are."""

    def read(self, image, *choices):
        if image.stem != "0":
            image.with_suffix(".read").touch()
            return super().read(image, *choices)
        wait_until(lambda: len(list(image.parent.glob("*.read"))) >= 4)
        return Reading(((shape(str(len(list(image.parent.glob("*.read"))))),),))


class KilledReader(Reader):
    """Is killed while it reads "killed.png", as by a system whose memory runs out."""

    def read(self, image, *choices):
        if image.stem == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(image, *choices)


def load_nothing():
    """Miss the weights."""
    raise WeightsError("The weights of deep are missing.")
