"""The real app in a process of its own, started from any folder and in any environment."""

import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

START_SECONDS = 300  # an app that is not up by then never will be: on a quiet machine it takes ten
STOP_SECONDS = 60  # an app that is asked to stop and has not by then is killed


@contextmanager
def running_app(folder, **settings):
    """Start `app.py` of `folder` on a free port with `settings` in its environment; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    app = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=folder,
        env=inherited | ours | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    deadline = threading.Timer(START_SECONDS, app.kill)
    deadline.start()
    try:
        for line in app.stdout:
            said.append(line)
            if "Running on" in line:
                break
        else:
            raise RuntimeError(f"app.py ended with {app.wait(STOP_SECONDS)}:\n{''.join(said)}")
        deadline.cancel()
        threading.Thread(target=lambda: said.extend(app.stdout), daemon=True).start()  # or the full pipe stops it
        yield f"http://127.0.0.1:{port}"
    finally:
        deadline.cancel()
        app.terminate()
        try:
            app.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            app.kill()
