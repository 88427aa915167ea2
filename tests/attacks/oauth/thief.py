"""A client at the wire, with every part of every request open to change; and a second broker.

A good request is what its methods make when nothing is changed: each attack changes one thing. The
second broker is a process of its own on the same home, as behind a load balancer.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey

from broker.demo.browser import Browser, Form, Page, link
from broker.demo.population import InventedPerson
from broker.serving import free_ports
from consent.dpop import encode_ath
from keys import base64url
from tests.attacks.stages import IZIN, ROOT, DemoStage
from tests.clients.consenting import details_for, question_about
from tests.clients.landing import Landing
from tests.consent.oauth_fixtures import ASSERTION_TYPE, public, s256

VERIFIER = "v" * 43
STATE = "the-state-of-the-honest-client"
_numbers = itertools.count()


class _Registry(jws.JWSRegistry):
    """joserfc caps headers at 512 bytes; a proof carries its key in the header."""

    max_header_length = 4_096


_REGISTRY = _Registry(algorithms=["ES256"])


def sign(claims: Mapping[str, Any], key: ECKey, **header: Any) -> str:
    """Return a JWS of any claims under any header."""
    text = json.dumps(claims)
    return jws.serialize_compact({"alg": "ES256", **header}, text, key, registry=_REGISTRY)


def unsigned(claims: Mapping[str, Any], **header: Any) -> str:
    """Return a JWS with no signature at all."""
    parts = [base64url.encode(json.dumps(each).encode()) for each in (header, claims)]
    return ".".join([*parts, ""])


def unique() -> str:
    return f"thief-{os.getpid()}-{next(_numbers):08}"


@dataclass
class Wire:
    """One client, and the person who consented last (browser and page)."""

    stage: DemoStage
    back: Landing
    client_id: str
    person: InventedPerson
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    dpop_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30))
    nonce: str | None = None

    @property
    def issuer(self) -> str:
        issuer: str = self.stage.demo.ready["broker"]
        return issuer

    # What a client signs

    def assertion_claims(self, **changed: Any) -> dict[str, Any]:
        at = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "iat": at,
            "exp": at + 60,
            "jti": unique(),
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, *, key: ECKey | None = None, **changed: Any) -> str:
        return sign(self.assertion_claims(**changed), key or self.key, typ="JWT")

    def proof_claims(self, method: str, path: str, token: str | None = None) -> dict[str, Any]:
        claims = {
            "htm": method,
            "htu": self.issuer + path,
            "iat": int(time.time()),
            "jti": unique(),
            "nonce": self.fresh_nonce(),
        }
        return claims if token is None else {**claims, "ath": encode_ath(token)}

    def proof(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        key: ECKey | None = None,
        **changed: Any,
    ) -> str:
        claims = {**self.proof_claims(method, path, token), **changed}
        kept = {name: value for name, value in claims.items() if value is not None}
        key = key or self.dpop_key
        return sign(kept, key, typ="dpop+jwt", jwk=public(key))

    def fresh_nonce(self) -> str:
        """Return a nonce of the broker's, asked for once."""
        if self.nonce is None:
            self.nonce = self.http.post(f"{self.issuer}/oauth/token").headers["DPoP-Nonce"]
        return self.nonce

    # What a client sends

    def post(
        self,
        path: str,
        form: Mapping[str, str | None],
        *,
        base: str | None = None,
        proofs: tuple[str, ...] | None = None,
        **changed: str | None,
    ) -> httpx2.Response:
        """Send a form, with one good proof unless others are given."""
        whole = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(),
            **form,
            **changed,
        }
        data = {name: value for name, value in whole.items() if value is not None}
        proofs = (self.proof("POST", path),) if proofs is None else proofs
        headers = [("DPoP", proof) for proof in proofs]
        return self.http.post((base or self.issuer) + path, data=data, headers=headers)

    def push(self, **changed: Any) -> httpx2.Response:
        form = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.back.redirect_uri,
            "state": STATE,
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
            "authorization_details": json.dumps(details_for(self.stage, self.person)),
        }
        return self.post("/oauth/par", form, **changed)

    def authorize_url(self, **changed: Any) -> str:
        pushed = self.push(**changed)
        assert pushed.status_code == 201, pushed.text
        query = {"client_id": self.client_id, "request_uri": pushed.json()["request_uri"]}
        return str(httpx2.URL(f"{self.issuer}/oauth/authorize", params=query))

    def code(self) -> str:
        """Walk her through consent and return the code that she brings back."""
        Person(self.person).allow(self.authorize_url())
        return self.brought()["code"]

    def brought(self) -> dict[str, str]:
        """Return what the last person to come back brought."""
        return dict(parse_qsl(urlsplit(self.back.landed[-1]).query))

    def redeem(self, code: str, **changed: Any) -> httpx2.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back.redirect_uri,
            "code_verifier": VERIFIER,
        }
        return self.post("/oauth/token", form, **changed)

    def refresh(self, token: str, **changed: Any) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.post("/oauth/token", form, **changed)

    def ask(
        self, tokens: Mapping[str, Any], *, proofs: tuple[str, ...] | None = None, **headers: str
    ) -> httpx2.Response:
        """Ask the agencies about her."""
        token, path = tokens["access_token"], "/v1/verifications"
        proofs = (self.proof("POST", path, token),) if proofs is None else proofs
        body = question_about(self.stage, self.person, unique())
        sent = {"Authorization": f"DPoP {token}", **headers}
        return self.http.post(
            self.issuer + path,
            json={**body, "grant_id": tokens["grant_id"]},
            headers=[*sent.items(), *(("DPoP", proof) for proof in proofs)],
        )


@dataclass
class Person:
    """Somebody at her browser."""

    invented: InventedPerson
    browser: Browser = field(default_factory=Browser)

    def shown(self, url: str) -> Page:
        """Open a client's link, signing in if she is asked to."""
        page = self.browser.open(url)
        login = next((form for form in page.forms if form.action == "/login"), None)
        if login is None:
            return page
        return self.browser.send(page, login, {"nik": self.invented.nik, "pin": self.invented.pin})

    def allow(self, url: str) -> Page:
        """Say yes to everything, and go back to the client."""
        page = self.shown(url)
        form = consent_form(page)
        page = self.browser.send(page, form, dict.fromkeys(form.choices, "yes"))
        return self.browser.open(link(page, "/oauth/continue"))


def consent_form(page: Page) -> Form:
    return next(form for form in page.forms if form.action == "/oauth/authorize")


@contextmanager
def second_broker(stage: DemoStage) -> Iterator[str]:
    """Run another process on the broker's home; return where it answers."""
    (port,) = free_ports("127.0.0.1", 1)
    environment = {**os.environ, "IZIN_HOME": str(stage.home / "broker"), "IZIN_PORT": str(port)}
    with (stage.home / "output" / "second-broker.log").open("wb") as output:
        process = subprocess.Popen(
            [*IZIN, "serve"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + 30
        while not _answers(url):
            assert time.monotonic() < ends
            assert process.poll() is None
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False
