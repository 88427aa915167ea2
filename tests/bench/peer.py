"""The peer to measure the token endpoint beside: node oidc-provider 9 with the same features.

Its set-up lies outside the repository (`reference-op.mjs` and `make-keys.mjs` in a folder
`oidc-provider`), in the folder that IZIN_PEERS names or in ../shared/peers. It is copied to a
scratch folder, where npm fetches the two packages that it needs, unless they are there already.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2
from joserfc.jwk import ECKey

from broker.serving import free_ports
from tests.bench.oauth_client import OAuthClient, challenge

CLIENT = "programme-a"
BACK = "http://127.0.0.1:4600/cb"
DETAILS = json.dumps([{"type": "urn:example:eligibility", "predicates": ["owns_car"]}])
_START_SECONDS = 20


class NoPeerError(Exception):
    """The peer cannot run here; the message says what is missing."""


@dataclass(frozen=True)
class Peer:
    """A running peer. group: its process group. node: the version of Node."""

    issuer: str
    group: int
    node: str
    client: OAuthClient

    def codes(self, number: int) -> list[str]:
        """Return as many authorization codes, a person having signed in once."""
        with httpx2.Client(timeout=10) as browser:
            return [self._code(browser) for _ in range(number)]

    def _code(self, browser: httpx2.Client) -> str:
        pushed = self.client.post(
            browser,
            f"{self.issuer}/request",
            {
                "response_type": "code",
                "redirect_uri": BACK,
                "scope": "openid query",
                "authorization_details": DETAILS,
                "code_challenge": challenge(),
                "code_challenge_method": "S256",
            },
        )
        query = {"client_id": CLIENT, "request_uri": pushed.json()["request_uri"]}
        response = browser.get(f"{self.issuer}/auth", params=query)
        for _ in range(12):
            where = urljoin(str(response.url), response.headers.get("Location", ""))
            if where.startswith(BACK):
                return dict(parse_qsl(urlsplit(where).query))["code"]
            response = browser.get(where) if response.is_redirect else _fill_in(browser, response)
        raise AssertionError("the peer's sign-in does not end")


@contextmanager
def running(scratch: Path) -> Iterator[Peer]:
    """Run the peer, or raise NoPeerError."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        raise NoPeerError("there is no Node here")
    peers = os.environ.get("IZIN_PEERS") or Path(__file__).resolve().parents[3] / "shared/peers"
    source = Path(peers) / "oidc-provider"
    if not (source / "reference-op.mjs").is_file():
        raise NoPeerError("the peer's set-up is not here: name its folder in IZIN_PEERS")
    folder = scratch / "peer"
    folder.mkdir()
    for path in source.glob("*.mjs"):
        shutil.copyfile(path, folder / path.name)
    if (source / "node_modules").is_dir():
        (folder / "node_modules").symlink_to(source / "node_modules")
    elif npm is None:
        raise NoPeerError("there is no npm here")
    else:
        _quietly([npm, "install", "--no-audit", "--no-fund", "oidc-provider@9", "jose"], folder)
    _quietly([node, "make-keys.mjs", ".", "ES256"], folder)
    (port,) = free_ports("127.0.0.1", 1)
    process = subprocess.Popen(
        [node, "reference-op.mjs"],
        cwd=folder,
        env={**os.environ, "PORT": str(port), "NODE_ENV": "production"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        issuer = f"http://127.0.0.1:{port}"
        _wait_for(issuer)
        jwk = json.loads((folder / "client.jwk.json").read_text())
        key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y", "d")})
        client = OAuthClient(CLIENT, issuer, key, ECKey.generate_key("P-256"), kid=jwk["kid"])
        version = subprocess.check_output([node, "--version"], text=True).strip()
        yield Peer(issuer, process.pid, version, client)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _fill_in(browser: httpx2.Client, page: httpx2.Response) -> httpx2.Response:
    """Send the form of one of the peer's development pages: sign in, then agree."""
    form = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    if form is None:
        raise AssertionError("the peer shows a page without a form")
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[2])
    data = {**dict(hidden), "login": "somebody", "password": "any"}
    return browser.post(urljoin(str(page.url), unescape(form[1])), data=data)


def _quietly(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=90)
    except (subprocess.SubprocessError, OSError) as error:
        raise NoPeerError(f"{Path(command[0]).name} {command[1]} failed") from error


def _wait_for(issuer: str) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        try:
            httpx2.get(f"{issuer}/.well-known/openid-configuration", timeout=2).raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise NoPeerError("the peer does not answer")
