"""A request that is answered before its body was read is read to its end all the same."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask, Response

from broker.bodies import REST_BYTES, read_to_the_end


def left_unread(sent: bytes) -> int:
    """Return how much of a body is left when a route that reads none of it has answered."""
    app = Flask("early")
    read_to_the_end(app)

    @app.post("/")
    def refuse() -> Response:
        return Response(status=401)

    stream = BytesIO(sent)
    response = app.test_client().post(
        "/", input_stream=stream, headers={"Content-Length": str(len(sent))}
    )
    assert 401 == response.status_code
    return len(sent) - stream.tell()


@pytest.mark.parametrize("size", [0, 1, 3_000, REST_BYTES])
def test_nothing_is_left_unread(size: int) -> None:
    """Otherwise the server closes the connection, and the client's next request is lost."""
    assert 0 == left_unread(b"x" * size)


def test_what_is_too_long_is_not_waited_for() -> None:
    assert REST_BYTES + 1 == left_unread(b"x" * (REST_BYTES + 1))
