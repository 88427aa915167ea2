"""A consent server behind Flask, a programme's client that talks to it, and a person's browser.

Import `site` (a fixture) into a test module; it builds on `world` of conftest.py.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jws
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from consent.clients import Client, Clients
from consent.dpop import encode_ath
from consent.key_urls import KeyUrls
from consent.login_client import LoginClient
from consent.nonces import Nonces
from consent.pauses import Pauses
from consent.receipts import Receipts
from consent.refresh import RefreshTokens
from consent.replay import Replays
from consent.tokens import TokenKey
from consent.web import ConsentDeps, register
from keys import base64url
from policies.words import Words
from tests.consent.world import CLIENT, NIK, PIN, World, counted_random

ISSUER = "https://izin.example"
BACK = "https://pkh.example/back"
STATE = "a-state-of-the-programme"
VERIFIER = "v" * 43
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DETAILS: list[dict[str, Any]] = [
    {
        "type": "social_assistance_verification",
        "programme": "pkh",
        "purpose": "eligibility",
        "questions": [
            {"agency": "polri", "question": "owns_car"},
            {"agency": "himbara", "question": "balance_above", "params": {"rupiah": 5_000_000}},
            {"agency": "himbara", "question": "has_account", "optional": True},
        ],
        "valid_until": "2027-02-28",
        "frequency": {"per": "month", "max": 1},
        "retention_days": 90,
    }
]
ALL_YES = {"item-0": "yes", "item-1": "yes", "item-2": "yes"}


def s256(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return base64url.encode(hashlib.sha256(verifier.encode()).digest())


def public(key: ECKey) -> dict[str, Any]:
    """Return a key's public JWK."""
    return dict(key.as_dict(private=False))


def sign(claims: dict[str, Any], key: ECKey, **header: Any) -> str:
    """Return a compact JWS of any claims under any header, valid or not."""
    made = {"alg": "ES256", **header}
    return jws.serialize_compact(made, json.dumps(claims), key, algorithms=["ES256"])


def query_of(response: TestResponse) -> dict[str, str]:
    """Return the query of the address that a redirect leads to."""
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


@dataclass
class Programme:
    """A client: its keys, and every request that it makes, each part open to change."""

    site: Site
    client_id: str = CLIENT
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    dpop_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    made: int = 0

    @property
    def jkt(self) -> str:
        return str(self.dpop_key.thumbprint())

    def unique(self) -> str:
        self.made += 1
        return f"unique-id-{self.client_id}-{self.made:06}"

    def assertion(self, *, key: ECKey | None = None, **changed: Any) -> str:
        at = self.site.at
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "iat": at,
            "exp": at + 60,
            "jti": self.unique(),
            **changed,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return sign(kept, key or self.key, typ="JWT")

    def proof(self, path: str, *, key: ECKey | None = None, **changed: Any) -> str:
        key = key or self.dpop_key
        claims = {
            "htm": "POST",
            "htu": ISSUER + path,
            "iat": self.site.at,
            "jti": self.unique(),
            "nonce": self.site.deps.nonces.current(at=self.site.at),
            **changed,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return sign(kept, key, typ="dpop+jwt", jwk=public(key))

    def authentication(self, **changed: Any) -> dict[str, str]:
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(**changed),
        }

    def push(
        self, details: Any = None, *, dpop: str | None = None, **changed: str | None
    ) -> TestResponse:
        form = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": BACK,
            "state": STATE,
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
            "authorization_details": json.dumps(DETAILS if details is None else details),
            **self.authentication(),
            **changed,
        }
        data = {name: value for name, value in form.items() if value is not None}
        proof = self.proof("/oauth/par") if dpop is None else dpop
        headers = {"DPoP": proof} if proof else {}
        return self.site.machine.post("/oauth/par", data=data, headers=headers)

    def pushed(self, details: Any = None) -> str:
        """Return the request_uri of a good request."""
        response = self.push(details)
        assert response.status_code == 201, response.text
        uri: str = response.get_json()["request_uri"]
        return uri

    def token(self, *, dpop: str | None = None, **form: str | None) -> TestResponse:
        """Send any form to the token endpoint, authenticated unless changed."""
        data = {n: v for n, v in {**self.authentication(), **form}.items() if v is not None}
        proof = self.proof("/oauth/token") if dpop is None else dpop
        headers = {"DPoP": proof} if proof else {}
        return self.site.machine.post("/oauth/token", data=data, headers=headers)

    def refresh(self, token: str, **changed: Any) -> TestResponse:
        return self.token(grant_type="refresh_token", refresh_token=token, **changed)

    def post(self, path: str, **form: str | None) -> TestResponse:
        """Send any form to an endpoint that needs no proof, authenticated unless changed."""
        data = {n: v for n, v in {**self.authentication(), **form}.items() if v is not None}
        return self.site.machine.post(path, data=data)

    def managing(self, scope: str = "grant_management_query grant_management_revoke") -> str:
        """Return a token for grant management."""
        response = self.token(grant_type="client_credentials", scope=scope)
        assert response.status_code == 200, response.text
        token: str = response.get_json()["access_token"]
        return token

    def grant(self, method: str, grant_id: str, token: str, **changed: Any) -> TestResponse:
        """Show a token at the grant management endpoint."""
        path = f"/oauth/grants/{grant_id}"
        claims = {"htm": method, "ath": encode_ath(token), **changed}
        headers = {"Authorization": f"DPoP {token}", "DPoP": self.proof(path, **claims)}
        return self.site.machine.open(path, method=method, headers=headers)

    def redeem(self, code: str, *, dpop: str | None = None, **changed: str | None) -> TestResponse:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            **changed,
        }
        return self.token(dpop=dpop, **form)


@dataclass
class Browser:
    """A person's browser: follows no redirect by itself, and fills in the forms it is shown."""

    client: FlaskClient
    page: str = ""

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        response = self.client.get(path, base_url=ISSUER, **kwargs)
        self.page = response.text
        return response

    def hidden(self) -> dict[str, str]:
        """Return the hidden fields of the page's last form."""
        form = self.page.rpartition("<form")[2].partition("</form>")[0]
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
        return {name: unescape(value) for name, value in found}

    def post(self, path: str, data: dict[str, str], **kwargs: Any) -> TestResponse:
        """Send the page's last form with more fields."""
        response = self.client.post(path, base_url=ISSUER, data={**self.hidden(), **data}, **kwargs)
        self.page = response.text
        return response

    def sign_in(self, nik: str = NIK, pin: str = PIN, next_: str = "/") -> TestResponse:
        self.get("/login", query_string={"next": next_})
        return self.post("/login", {"nik": nik, "pin": pin})

    def ask(self, uri: str, client_id: str = CLIENT) -> TestResponse:
        query = {"client_id": client_id, "request_uri": uri}
        return self.get("/oauth/authorize", query_string=query)

    def answer(self, answers: dict[str, str] | None = None) -> TestResponse:
        return self.post("/oauth/authorize", ALL_YES if answers is None else answers)


@dataclass
class Site:
    """The server with its world, and who talks to it."""

    world: World
    person_id: str
    deps: ConsentDeps
    app: Flask

    @property
    def at(self) -> int:
        return int(self.world.clock().timestamp())

    @property
    def machine(self) -> FlaskClient:
        return self.app.test_client()

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def granted(self) -> Browser:
        """Return a browser whose person has just allowed everything that was asked."""
        found = self.browser()
        found.sign_in()
        found.ask(self.programme().pushed())
        found.answer(ALL_YES)
        return found

    def programme(
        self, client_id: str = CLIENT, programme: str = "pkh", back: str = BACK
    ) -> Programme:
        """Register a client and return it."""
        made = Programme(self, client_id)
        jwks = {"keys": [public(made.key)]}
        self.deps.clients.put(Client(client_id, programme, jwks, (back,), Words("PKH", "PKH")))
        return made

    def code(
        self, programme: Programme, answers: dict[str, str] | None = None
    ) -> tuple[str, Browser]:
        """Walk a person through consent; return the code and her browser."""
        browser = self.browser()
        browser.sign_in()
        browser.ask(programme.pushed())
        receipt = browser.answer(answers).headers["Location"]
        back = browser.get(receipt.replace("/grants/", "/oauth/continue/"))
        return query_of(back)["code"], browser


def open_site(
    world: World,
    person_id: str,
    *,
    issuer: str = ISSUER,
    demo: bool = False,
    login: LoginClient | None = None,
) -> Site:
    """Return the site of a world."""
    deps = ConsentDeps(
        issuer=issuer,
        policy=world.policy,
        grants=world.grants,
        trace_keys=world.trace_keys,
        persons=world.persons,
        clients=Clients(world.engine),
        log=world.log,
        receipts=Receipts.open(
            issuer,
            world.engine,
            world.log,
            world.consent_key,
            clock=world.clock,
            random=counted_random(70_000_000),
        ),
        openings=world.openings,
        engine=world.engine,
        token_key=TokenKey.from_secret(bytes([9]) * 32),
        nonces=Nonces.from_secret(bytes([8]) * 32),
        replays=Replays(world.engine),
        refresh_tokens=RefreshTokens(world.engine, random=counted_random(60_000_000)),
        pauses=Pauses(world.engine, days=7),
        key_urls=KeyUrls(issuer=issuer, at=lambda: int(world.clock().timestamp())),
        clock=world.clock,
        random=counted_random(50_000_000),
        demo=demo,
        login=login,
    )
    app = Flask("site")
    register(app, deps)
    return Site(world, person_id, deps, app)


@pytest.fixture
def site(world: World, person_id: str) -> Site:
    """Return a server in which one invented person is enrolled."""
    return open_site(world, person_id)
