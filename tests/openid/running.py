"""Runs a real login provider (node oidc-provider) and signs people in at its pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2

from broker.serving import free_ports

CLIENT_ID, SECRET, PUBLIC_CLIENT_ID = "izin", "a-secret-of-the-test", "izin-public"
_SCRIPT = Path(__file__).with_name("op.mjs")
_START_SECONDS = 20


class NoProviderError(Exception):
    """The provider cannot run here; the message says what is missing."""


@dataclass(frozen=True)
class RunningProvider:
    """A running provider. back: the redirect URI that it knows."""

    issuer: str
    back: str

    @property
    def jwks(self) -> Any:
        """Return its published keys, as the agreement would have them."""
        found = httpx2.get(f"{self.issuer}/.well-known/openid-configuration").json()
        return httpx2.get(found["jwks_uri"]).json()

    def sign_in(self, url: str, login: str) -> dict[str, str]:
        """Walk somebody through the provider's pages; return the answer's parameters."""
        with httpx2.Client(timeout=10) as browser:
            response = browser.get(url)
            for _ in range(12):
                where = urljoin(str(response.url), response.headers.get("Location", ""))
                if where.startswith(self.back):
                    return dict(parse_qsl(urlsplit(where).query))
                if response.is_redirect:
                    response = browser.get(where)
                else:
                    response = _fill_in(browser, response, login)
        raise AssertionError("the provider's sign-in does not end")


@contextmanager
def running_provider(
    scratch: Path, *, back: str, niks: Mapping[str, str], port: int | None = None
) -> Iterator[RunningProvider]:
    """Run a provider that leads back to `back`, or raise NoProviderError.

    niks: login -> NIK. port: where; None = any free one.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoProviderError("lacks Node and npm, which run a real login provider")
    folder = scratch / "provider"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_SCRIPT, folder / _SCRIPT.name)
    if not (folder / "node_modules").is_dir():
        command = [npm, "install", "--no-audit", "--no-fund", "oidc-provider@9", "jose"]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=90)
        except (subprocess.SubprocessError, OSError) as error:
            raise NoProviderError("lacks npm's oidc-provider: it could not be fetched") from error
    port = port or free_ports("127.0.0.1", 1)[0]
    clients = [
        {"id": CLIENT_ID, "secret": SECRET, "back": back},
        {"id": PUBLIC_CLIENT_ID, "secret": None, "back": back},
    ]
    told = {"PORT": str(port), "CLIENTS": json.dumps(clients), "NIKS": json.dumps(dict(niks))}
    process = subprocess.Popen(
        [node, _SCRIPT.name],
        cwd=folder,
        env={**os.environ, **told, "NODE_ENV": "production"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        issuer = f"http://localhost:{port}"
        _wait_for(issuer)
        yield RunningProvider(issuer, back)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _fill_in(browser: httpx2.Client, page: httpx2.Response, login: str) -> httpx2.Response:
    """Send the form that the provider shows: who she is, then that it may say so."""
    form = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    assert form is not None, page.text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[2])
    data = {**dict(hidden), "login": login, "password": "any"}
    return browser.post(urljoin(str(page.url), unescape(form[1])), data=data)


def _wait_for(issuer: str) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        try:
            httpx2.get(f"{issuer}/.well-known/openid-configuration", timeout=2).raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise NoProviderError("the provider does not answer")
