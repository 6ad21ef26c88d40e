"""A Hugging Face Hub on loopback: what the real client asks of model, dataset and Space repos, over real HTTP.

    with HubServer() as hub:                        # hub.endpoint is what HF_ENDPOINT would be
        hub.fail("GET /cdn/", cut=1000)             # the next request that matches misbehaves
        hub.requests                                # every request so far, as "GET /api/models/…"

Everything lives in memory. There are two listeners, as there are in production: the Hub itself, and the store that
large files are sent to and fetched from.
"""

import re
import threading
from dataclasses import dataclass
from http.server import ThreadingHTTPServer

from tests.support.hub_answers import Answer
from tests.support.hub_repos import File, Repo

WRITER, READER = "hf_write", "hf_read"  # the tokens of "tester", who may write, and of "reader", who may not


@dataclass
class Fault:
    """How requests that match misbehave, and how often."""

    pattern: re.Pattern
    times: float
    status: int | None = None  # answered instead
    hang: float = 0.0  # seconds of silence before the answer
    drop: bool = False  # the connection closes without an answer
    cut: int | None = None  # bytes after which the answer breaks off
    flip: bool = False  # one bit of the answer is wrong, its size right


class HubServer:
    """The Hub: tokens, repos, the store, and what goes wrong next."""

    def __init__(self):
        self.accounts = {WRITER: ("tester", "write"), READER: ("reader", "read")}
        self.repos = {}  # "models/tester/digits" -> Repo
        self.store = {}  # sha256 -> bytes
        self.requests = []
        self.shown = {}  # "Hub" or "Store" -> the tokens that requests came with
        self.faults = []
        self.closing = threading.Event()
        self.lock = threading.RLock()

    def __enter__(self):
        self.listeners = [
            ThreadingHTTPServer(("127.0.0.1", 0), type(name, (Answer,), {"hub": self})) for name in ("Hub", "Store")
        ]
        for listener in self.listeners:
            listener.daemon_threads = True
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.listeners[0].server_port}"
        self.store_url = f"http://localhost:{self.listeners[1].server_port}/cdn"  # another host must get no token
        return self

    def __exit__(self, *_):
        self.closing.set()
        for listener in self.listeners:
            listener.shutdown()
            listener.server_close()

    def publish(self, name, files, kind="models"):
        """Commit files, by path, to a repo without asking anyone; return the revision."""
        repo = self.repos.setdefault(f"{kind}/{name}", Repo())
        held = {path: File(content, large=b"\0" in content) for path, content in files.items()}
        self.store |= {file.sha256: file.content for file in held.values()}
        return repo.add_commit(held)

    def fail(self, pattern, times=float("inf"), **how):
        """Let requests whose "METHOD /path" matches misbehave; see `Fault` for the ways."""
        self.faults.append(Fault(re.compile(pattern), times, **how))

    def heal(self):
        """Let everything work again, and forget what was asked so far."""
        self.faults.clear()
        self.requests.clear()

    def fault_for(self, request):
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.pattern.search(request):
                    fault.times -= 1
                    return fault
        return Fault(re.compile(""), 0)
