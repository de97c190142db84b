"""A local HTTP server whose paths misbehave in chosen ways, and counts what is asked of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Request = tuple[str, str | None]


class Mirrors:
    """What each path serves; `cut` paths break off at half of what is left, `ranges` tells whether they can go on."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.content: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.ranges = True
        self.requests: list[Request] = []
        self.hold = threading.Event()
        self.hold.set()

    def serves(self, path: str, content: bytes, *, cut: bool = False) -> str:
        """Put content at a path; its address."""
        self.content[path] = content
        if cut:
            self.cut.add(path)
        return f"{self.url}/{path}"


@contextmanager
def mirrors() -> Iterator[Mirrors]:
    """A server on this machine while the block runs."""
    state: Mirrors

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, wanted = self.path.removeprefix("/"), self.headers.get("Range")
            state.requests.append((path, wanted))
            state.hold.wait(20)
            content = state.content.get(path)
            if content is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and state.ranges else 0
            if start and start >= len(content):
                self.send_error(416)
                return
            rest = content[start:]
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: len(rest) // 2] if path in state.cut else rest)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Mirrors(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
