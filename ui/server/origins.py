"""Other sites' pages: which may ask here and read the answers, and what every answer tells a browser."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send

SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"}
EMBEDDERS = ("https://huggingface.co",)  # a Space stands in a frame of this site


class Origins:
    """The sites whose pages may ask: the app's own, those around it, and those that `DIGIT_ORIGINS` names.

    A page of another port of this machine is another site, as browsers see it, and has to be named like any other.
    """

    def __init__(self) -> None:
        self._named = {*EMBEDDERS, *os.environ.get("DIGIT_ORIGINS", "").split()}

    def allow(self, headers: Headers) -> bool:
        """Whether a page of a request's origin may ask and read the answer."""
        origin = headers.get("origin", "")
        try:
            host, asked = urlsplit(origin), urlsplit(f"//{headers.get('host', '')}")
        except ValueError:  # half an IPv6 address
            return False
        return origin in self._named or bool(host.netloc and host.netloc == asked.netloc)

    def with_headers(self, scope: Scope, send: Send) -> Send:
        """Set on every answer what a browser has to know; other sites' pages may read it only where they are named."""
        request = Headers(scope=scope)
        origin = request.get("origin")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if origin and self.allow(request):
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Allow-Credentials"] = "true"
                    headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
                    headers["Access-Control-Allow-Headers"] = request.get("access-control-request-headers", "*")
                    headers.add_vary_header("Origin")
            await send(message)

        return send_with_headers
