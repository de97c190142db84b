"""The server of one page: two addresses, reading alone, nothing but this store."""

import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from typing import Any
from urllib.parse import parse_qs, urlsplit

from genconv.errors import InputError
from genconv.store.files import one_line
from genconv.watch.access import Access
from genconv.watch.served import Served

_MOST_NAMES = 50
"""Quantities that a request may ask for."""
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",
}


class PageServer(ThreadingHTTPServer):
    """Answers for one store at one address; `InputError` if that is not free."""

    daemon_threads = True

    def __init__(self, served: Served, access: Access, port: int) -> None:
        self.served, self.access = served, access
        if ":" in access.host:
            self.address_family = AF_INET6
        try:
            super().__init__((access.host, port), _Handler)
        except (OSError, OverflowError) as error:
            why = one_line(error) if isinstance(error, OSError) else "is no port"
            raise InputError(f"--port {port}: cannot be served at {access.host} ({why})") from None

    @property
    def address(self) -> str:
        """Where the page is."""
        host = f"[{self.access.host}]" if ":" in self.access.host else self.access.host
        query = f"?token={self.access.token}" if self.access.token else ""
        return f"http://{host}:{self.server_address[1]}/{query}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of readers that left."""


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    server_version, sys_version = "genconv", ""
    protocol_version = "HTTP/1.1"
    timeout = 30
    _computed = 0.0
    """Milliseconds of computing that the answer took, without waiting."""

    def do_GET(self) -> None:
        """Answer, if whoever asks may know."""
        asked = urlsplit(self.path)
        query = parse_qs(asked.query, max_num_fields=_MOST_NAMES + 5)
        if refused := self.server.access.refusal(self.headers.get("Host"), query):
            self._send(HTTPStatus.FORBIDDEN, "text/plain", f"{refused}\n")
        elif asked.path == "/":
            self._send(HTTPStatus.OK, "text/html", self.server.served.page())
        elif asked.path == "/training":
            self._training(query)
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", "there is one page here: /\n")

    def _training(self, query: dict[str, list[str]]) -> None:
        began = time.thread_time()
        text, version = self.server.served.update(query.get("show", [])[:_MOST_NAMES], now="now" in query)
        self._computed = 1000 * (time.thread_time() - began)
        if self.headers.get("If-None-Match") == f'"{version}"':
            self._send(HTTPStatus.NOT_MODIFIED, "application/json", "", version)
        else:
            self._send(HTTPStatus.OK, "application/json", text, version)

    def _send(self, status: HTTPStatus, kind: str, text: str, version: str = "") -> None:
        content = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if version:
            self.send_header("ETag", f'"{version}"')
            self.send_header("Server-Timing", f"computed;dur={self._computed:.1f}")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Write no log."""
