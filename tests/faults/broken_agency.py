"""Agencies that break: a real socket that does as it is told, and a gateway whose answers a test
changes on their way back.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import orjson

Handler = Callable[[socket.socket, threading.Event], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextlib.contextmanager
def listening(handler: Handler) -> Iterator[int]:
    """Answer every connection with `handler` in a thread of its own; return the port.

    The event is set when the test is over, so that no handler outlives it.
    """
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            read_request(connection)
            handler(connection, over)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for thread in [acceptor, *threads]:
            thread.join(5)


def read_request(connection: socket.socket) -> None:
    """Read one whole request, so that a reset is not mistaken for an unread one."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, rest = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(rest) < length:
        rest += connection.recv(65_536)


def hang(_: socket.socket, over: threading.Event) -> None:
    over.wait(30)


def drip(connection: socket.socket, over: threading.Event) -> None:
    """Never silent for long, never done."""
    connection.sendall(HEAD + b"Content-Length: 60000\r\n\r\n")
    while not over.wait(0.1):
        connection.sendall(b" ")


def reset(connection: socket.socket, _: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_midway(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(HEAD + b'Content-Length: 5000\r\n\r\n{"v":1,"answers":[')
    reset(connection, _)


def say(data: bytes) -> Handler:
    def handler(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(data)

    return handler


def flood(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")


class ToPort(httpx2.BaseTransport):
    """Carries requests over a real connection to a port of this machine, whatever they name."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return self._inner.handle_request(request)


class Altered(httpx2.BaseTransport):
    """Carries requests to the real gateway and lets a test change what it answers."""

    def __init__(self, inner: httpx2.BaseTransport, change: Callable[[Any], Any]) -> None:
        self._inner = inner
        self._change = change

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        changed = self._change(orjson.loads(response.read()))
        body = changed if isinstance(changed, bytes) else orjson.dumps(changed)
        return httpx2.Response(200, content=body, headers={"Content-Type": "application/json"})
