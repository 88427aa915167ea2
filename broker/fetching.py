"""One HTTP exchange with somebody who may be broken: bounded in size, and in time as a whole.

A client's timeouts are per read: whoever sends a byte now and then could hold a thread for hours.
And a body is read in parts and as it was sent, since a compressed kilobyte can become a gigabyte.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2

from broker.errors import BrokerError


class FetchError(BrokerError):
    """The other side cannot be reached, or breaks off."""


class TooSlowError(FetchError):
    """The other side did not answer in time."""


class TooMuchError(FetchError):
    """The other side answers with more than is taken, or in an encoding nobody asked for."""


@dataclass(frozen=True)
class Fetched:
    """A whole response."""

    status: int
    body: bytes = field(repr=False)


def fetch(
    http: httpx2.Client,
    method: str,
    url: str,
    *,
    limit_bytes: int,
    deadline_seconds: float,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """Return the response of at most `limit_bytes`, or raise FetchError.

    The last read may end up to `deadline_seconds` after the deadline; none begins after it.
    """
    ends = time.monotonic() + deadline_seconds
    try:
        with http.stream(
            method,
            url,
            content=content,
            headers={**(headers or {}), "Accept-Encoding": "identity"},
            timeout=deadline_seconds,
        ) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise TooMuchError("the response is encoded")
            parts: list[bytes] = []
            size = 0
            for part in response.iter_bytes():
                size += len(part)
                if size > limit_bytes:
                    raise TooMuchError("the response is too long")
                if time.monotonic() > ends:
                    raise TooSlowError("the response comes too slowly")
                parts.append(part)
            return Fetched(response.status_code, b"".join(parts))
    except httpx2.TimeoutException:
        raise TooSlowError("nobody answered in time") from None
    except httpx2.HTTPError:
        raise FetchError("nobody answered") from None
