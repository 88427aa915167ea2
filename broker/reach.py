"""What may be reached from beyond this machine: nothing in clear, and nothing of the demo's.

Pure. The same rules for the broker, the gateways and the portal; each raises its own error with
the sentence that stands here.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
DEMO_ORIGIN: Final = "izin.demo"
"""The demo's log. Its keys are bound to this name, so that no edit of a setting frees them."""


def is_local(url: str) -> bool:
    """Whether `url` is of this machine; a text that is no URL is not."""
    return _host(url) in LOOPBACK


def url_fault(name: str, url: str) -> str | None:
    """Return what is wrong with a base URL, as a sentence about the setting `name`."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        parts = urlsplit("")
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or parts.query
        or parts.fragment
    ):
        return f"the setting {name} must be a URL such as https://{name}.example"
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        return (
            f"the setting {name} must be https: anyone on the way could read what is sent, or "
            "count whom it is about; plain http is for this machine only"
        )
    return None


def listening_fault(host: str, *, url: str) -> str | None:
    """Return what is wrong with listening at `host`, for a program whose public URL is `url`.

    Behind a proxy that ends TLS the URL is https and any host is good. A plain http URL means
    that nothing stands in front: then nobody but this machine may connect.
    """
    if host not in LOOPBACK and not url.startswith("https://"):
        return (
            f"the setting host is {host}, so that other machines could connect, but {url} is plain "
            "http; write an https URL and put a proxy with a certificate in front, or host = "
            '"127.0.0.1"'
        )
    return None


def is_demo(origin: str) -> bool:
    """Whether `origin` is the demo's, or a name below it."""
    return origin == DEMO_ORIGIN or origin.endswith(f".{DEMO_ORIGIN}")


def demo_fault(origin: str, *, host: str, urls: tuple[str, ...]) -> str | None:
    """Return what is wrong with serving `origin`, where it is the demo's or one below it."""
    if is_demo(origin) and (host not in LOOPBACK or not all(map(is_local, urls))):
        return (
            f"the keys of {origin} were made by `izin demo`, for invented people, and serve this "
            "machine only; make a home of your own"
        )
    return None


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
