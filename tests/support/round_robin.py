"""A plain round-robin proxy on loopback: each request goes to the next server, whoever asks."""

import itertools
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LONGEST = 600  # seconds of silence of a server
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}  # they end at a proxy (RFC 9110)


@contextmanager
def round_robin(*servers, prefix=""):
    """Serve in front of `servers`, their addresses; yields the address and a list of (server, "METHOD /path").

    With a `prefix`, "/reader" for instance, nothing else is there, and servers are asked without it.
    """
    turns, asked = itertools.cycle(servers), []

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            server, path = next(turns), self.path.removeprefix(prefix)
            asked.append((server, f"{self.command} {urlsplit(path).path}"))
            connection = HTTPConnection(urlsplit(server).netloc, timeout=LONGEST)
            connection.request(self.command, path, body, {**self.headers, "Connection": "close"})
            answer = connection.getresponse()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                while piece := answer.read1(65536):
                    self.wfile.write(piece)
                    self.wfile.flush()
            except (TimeoutError, BrokenPipeError, ConnectionResetError):
                pass  # who asked has left, as a closed page does
            finally:
                connection.close()

        do_GET = do_POST = do_HEAD = forward  # noqa: N815

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    listener.daemon_threads = True
    threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}{prefix}", asked
    finally:
        listener.shutdown()
        listener.server_close()
