"""Reading the broker's public log over HTTP: bounded, with short deadlines, trusting nothing.

Used for tiles and for the lists of withdrawals; no address ever holds anything about a person.
"""

from __future__ import annotations

from typing import Final

import httpx2

from audit.errors import LogUnavailableError
from broker.fetching import FetchError, fetch

TIMEOUT_SECONDS: Final = 3.0
MAX_BYTES: Final = 4 << 20


def open_client(transport: httpx2.BaseTransport | None = None) -> httpx2.Client:
    """Return the one client that all requests share."""
    return httpx2.Client(
        transport=transport,
        timeout=TIMEOUT_SECONDS,
        follow_redirects=False,
        # An agency's proxy settings are for its people; the broker's address is in the trust file.
        trust_env=False,
    )


class BrokerLog:
    """The log at one address, which is the trust file's `log_url`."""

    def __init__(self, client: httpx2.Client, url: str) -> None:
        self._client = client
        self._url = url.rstrip("/")

    def read(self, path: str) -> bytes:
        """Return what is at `path` below the log's address; raises LogUnavailableError."""
        try:
            response = fetch(
                self._client,
                "GET",
                f"{self._url}/{path}",
                limit_bytes=MAX_BYTES,
                deadline_seconds=TIMEOUT_SECONDS,
            )
        except FetchError:
            raise LogUnavailableError("the broker's log cannot be reached") from None
        if response.status != 200:
            raise LogUnavailableError("the broker's log does not have what it must have")
        return response.body
