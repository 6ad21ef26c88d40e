"""Keeps and takes back corrections in processes that are killed.

`python -m tests.support.killed_keeper FOLDER WAY ...`

The ways: `anywhen` kills processes from outside while they keep one record after the other. The others kill one process
before each line of the store's code in turn, while it keeps records (`lines`) or while it takes back the first of two
(`taking_back`); and before some lines, while it takes back two for the Hub, which the environment names, one of them
there already (`hub`): after such a kill another process opens the same store and closes it.
Each process has a folder of its own under FOLDER/WAY. Prints JSON: for each way and each folder what its process had
been told, a record's name once it was kept, and the same with a minus before it once it was taken back.
"""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np

from ui.components.correction import sender
from ui.components.correction import store as corrections

RECORDS = 2  # kept by a process that is killed at a line: the first makes folders, the second finds them
ROUNDS = 25  # processes that are killed from outside
LINES_APART = 6  # between two kills where each costs a dozen requests
NEVER = 1e6  # minutes between two pushes: those that the Hub gets are asked for here
FRAME = np.linspace(0, 1, 28 * 28, dtype=np.float32).reshape(28, 28)


def keep(store, count, told):
    """Keep `count` records, telling each through the pipe once it is reported as kept; return them."""
    kept = []
    for _ in range(count):
        kept.append(store.keep(FRAME, "7", "visit"))
        os.write(told, f"{kept[-1].name}\n".encode())
    return kept


def take_back(store, record, told):
    store.take_back(record.stem)
    os.write(told, f"-{record.name}\n".encode())


def open_store(folder):
    return corrections.CorrectionStore(corrections.open_folder(folder))


def open_and_close(folder):
    corrections.UNSENT_FOLDER = folder
    corrections.open_corrections().close()


def lines(folder, moment, told):
    die_at_line(moment)
    keep(open_store(folder), RECORDS, told)


def take_one_back(folder, moment, told):
    store = open_store(folder)
    record, _ = keep(store, 2, told)
    die_at_line(moment)
    take_back(store, record, told)


def hub(folder, moment, told):
    repo = os.environ[sender.PLACE_VARIABLE].removeprefix(sender.HUB_PREFIX)
    unsent = corrections.open_folder(folder / repo)
    sends, count = sender.open_repo(repo, os.environ[sender.TOKEN_VARIABLE], unsent)
    store = corrections.CorrectionStore(unsent, sends, count)
    [on_hub] = keep(store, 1, told)
    store.send()
    [here] = keep(store, 1, told)
    die_at_line(moment)
    for record in (on_hub, here):
        take_back(store, record, told)
    sends.push_to_hub()  # in this thread, whose lines are counted


def die_at_line(moment):
    """Kill this process before the `moment`-th line that it runs of the store's and the sender's code."""
    left = moment

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename not in (corrections.__file__, sender.__file__):
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


def kill_at_each_line(root, work, afterwards=None, apart=1):
    """Run `work(folder, moment, pipe)` for one moment after the other until it runs to its end."""
    moment, told = 1 - apart, {}
    while True:
        moment += apart
        folder = root / str(moment)
        child, pipe = in_child(lambda told, folder=folder, moment=moment: work(folder, moment, told))
        told[folder.name] = pipe.read().split()
        _, status = os.waitpid(child, 0)
        if afterwards:
            next_child, _ = in_child(lambda _, folder=folder: afterwards(folder))
            assert os.waitpid(next_child, 0)[1] == 0
        if os.WIFEXITED(status):
            assert status == 0
            return told


def keep_very_many(folder, told):
    corrections.MAX_PER_VISITOR = corrections.MAX_PER_HOUR = corrections.MAX_RECORDS
    keep(open_store(folder), corrections.MAX_RECORDS, told)


def kill_anywhen(root):
    told = {}
    for round_ in range(ROUNDS):
        folder = root / str(round_)
        child, pipe = in_child(lambda told, folder=folder: keep_very_many(folder, told))
        before = [pipe.readline().strip() for _ in range(1 + round_)]
        os.kill(child, signal.SIGKILL)
        told[folder.name] = before + pipe.read().split()
        os.waitpid(child, 0)
    return told


if __name__ == "__main__":
    ways = {
        "lines": lambda root: kill_at_each_line(root, lines),
        "anywhen": kill_anywhen,
        "taking_back": lambda root: kill_at_each_line(root, take_one_back),
        "hub": lambda root: kill_at_each_line(root, hub, open_and_close, LINES_APART),
    }
    sender.PUSH_MINUTES = NEVER
    folder, *chosen = sys.argv[1:]
    print(json.dumps({way: ways[way](Path(folder) / way) for way in chosen}))
