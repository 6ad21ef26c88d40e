"""The processes that draw for a training run end with it, also where it is ended from outside."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.chromium import ROOT

DEADLINE = 120  # seconds
RUN = f"""
import os, time
from training.data.workers import start_workers
with start_workers(1) as workers:
    print(workers.submit(os.getpid).result(), flush=True)
    workers.submit(time.sleep, {10 * DEADLINE}).result()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL"])
def test_a_run_that_is_ended_leaves_no_process_at_work(end):
    with subprocess.Popen([sys.executable, "-c", RUN], cwd=ROOT, stdout=subprocess.PIPE) as run:
        worker = int(run.stdout.readline())

        run.send_signal(getattr(signal, end))

        try:
            run.communicate(timeout=DEADLINE)  # until nobody is left who could write to the run's output
        except subprocess.TimeoutExpired:
            os.kill(worker, signal.SIGKILL)
            raise
