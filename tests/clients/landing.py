"""A programme's own address on loopback: where people land, and where its keys stand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Landing:
    """landed: the whole address of each person who came back."""

    url: str
    jwks: Mapping[str, Any] = field(default_factory=dict)
    landed: list[str] = field(default_factory=list)

    @property
    def redirect_uri(self) -> str:
        return f"{self.url}/back"

    @property
    def jwks_uri(self) -> str:
        return f"{self.url}/keys.json"


@contextmanager
def landing() -> Iterator[Landing]:
    """Serve the address until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/back"):
                found.landed.append(found.url + self.path)
                self._answer("text/html", b"<main>landed</main>")
            elif self.path == "/keys.json":
                self._answer("application/json", json.dumps(found.jwks).encode())
            else:
                self.send_error(404)

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Landing(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
