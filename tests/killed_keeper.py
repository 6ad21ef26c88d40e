"""Keeps corrections in processes that are killed: `python -m tests.killed_keeper FOLDER lines|anywhen`.

`lines` kills one process before each line of the store's code in turn; `anywhen` kills processes from outside while
they keep one record after the other. Each has a folder of its own under FOLDER. Prints JSON: for each folder what its
process had been told was kept.
"""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np

from digit_core import corrections

RECORDS = 2  # kept by a process that is killed at a line: the first makes folders, the second finds them
ROUNDS = 25  # processes that are killed from outside
FRAME = np.linspace(0, 1, 28 * 28, dtype=np.float32).reshape(28, 28)


def keep(folder, count, told):
    """Keep `count` records, telling each through the pipe once it is reported as kept."""
    store = corrections.CorrectionStore(corrections.open_folder(folder))
    for _ in range(count):
        record = store.keep(FRAME, "7", "visit")
        os.write(told, f"{record.name}\n".encode())


def die_at_line(moment):
    """Kill this process before the `moment`-th line that it runs of the store's code."""
    left = moment

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename != corrections.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def in_child(work):
    """Run `work(pipe)` in a process of its own; return its id and the other end of the pipe."""
    hears, told = os.pipe()
    child = os.fork()
    if child:
        os.close(told)
        return child, os.fdopen(hears)
    os.close(hears)
    try:
        work(told)
        os._exit(0)
    finally:
        os._exit(1)


def killed_at_each_line(root):
    moment, told = 0, {}
    while True:
        moment += 1
        folder = root / str(moment)

        def work(pipe, folder=folder, moment=moment):
            die_at_line(moment)
            keep(folder, RECORDS, pipe)

        child, pipe = in_child(work)
        told[folder.name] = pipe.read().split()
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):  # it ran to its end
            assert status == 0
            return told


def killed_anywhen(root):
    corrections.MOST_PER_VISITOR = corrections.MOST_RECORDS
    told = {}
    for round_ in range(ROUNDS):
        folder = root / str(round_)
        child, pipe = in_child(lambda told, folder=folder: keep(folder, corrections.MOST_RECORDS, told))
        before = [pipe.readline().strip() for _ in range(1 + round_)]
        os.kill(child, signal.SIGKILL)
        told[folder.name] = before + pipe.read().split()
        os.waitpid(child, 0)
    return told


if __name__ == "__main__":
    ways = {"lines": killed_at_each_line, "anywhen": killed_anywhen}
    print(json.dumps(ways[sys.argv[2]](Path(sys.argv[1]))))
