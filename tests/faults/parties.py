"""A programme that speaks HTTP to the broker, every part of a request open to change.

And what may never be seen of a person, wherever a fault made somebody speak.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from audit.entry import Entry, parse_entry
from broker.app import web_app
from broker.demo.population import InventedPerson
from broker.problems import PROBLEM_JSON, TYPES
from consent import dpop, tokens
from consent.grants import GrantRecord
from consent.tokens import AccessToken
from keys import base64url
from tests.consent.oauth_fixtures import public, sign
from tests.world import World

VERIFICATIONS = "/v1/verifications"
_ids = itertools.count(1)


@dataclass
class Caller:
    """A programme's client with a token of one grant."""

    world: World
    grant: GrantRecord
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = web_app(self.world.broker).test_client()

    @property
    def at(self) -> int:
        return int(self.world.clock().timestamp())

    def token(self, **changed: Any) -> str:
        made = {
            "subject": self.grant.subject,
            "client_id": self.grant.client_id,
            "grant_id": self.grant.grant_id,
            "authorization_details": (),
            "jkt": str(self.key.thumbprint()),
            "jti": f"token-{next(_ids):06}",
            "iat": self.at,
            "exp": self.at + 300,
            **changed,
        }
        issuer = self.world.broker.settings.issuer
        return tokens.issue(AccessToken(**made), self.world.broker.keys.token, issuer=issuer)

    def proof(self, token: str, path: str = VERIFICATIONS, **changed: Any) -> str:
        claims = {
            "htm": "POST",
            "htu": self.world.broker.settings.issuer + path,
            "iat": self.at,
            "jti": f"proof-{next(_ids):06}",
            "ath": dpop.encode_ath(token),
            "nonce": self.world.broker.keys.nonces.current(at=self.at),
            **changed,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return sign(kept, self.key, typ="dpop+jwt", jwk=public(self.key))

    def headers(self, path: str = VERIFICATIONS, **changed: Any) -> dict[str, str]:
        token = self.token()
        return {
            "Authorization": f"DPoP {token}",
            "DPoP": self.proof(token, path, **changed),
            "Content-Type": "application/json",
        }

    def body(self, **changed: Any) -> dict[str, Any]:
        identity = self.world.identities[self.grant.programme]
        return {
            "grant_id": self.grant.grant_id,
            "answer_key": identity.answer.public.jwk(),
            "answer_key_statement": identity.answer_statement,
            "request_id": f"request-{next(_ids):08}",
            **changed,
        }

    def granted(self, *agencies: str) -> list[dict[str, Any]]:
        """Return what was granted of these agencies, as the API takes it."""
        return [
            {"agency": item.agency, "question": item.question, "params": dict(item.params)}
            for item in self.grant.granted
            if item.agency in agencies
        ]

    def ask(self, headers: dict[str, str] | None = None, **changed: Any) -> TestResponse:
        return self.client.post(
            VERIFICATIONS,
            json=self.body(**changed),
            headers=self.headers() if headers is None else headers,
        )


def assert_problem(response: TestResponse, status: int, name: str) -> dict[str, Any]:
    """Assert an RFC 9457 problem of this name that says what to do; return its members."""
    assert status == response.status_code, response.text[:300]
    assert PROBLEM_JSON == response.content_type
    body: dict[str, Any] = response.get_json()
    assert f"/problems/{name}" == body["type"]
    assert TYPES[name].title == body["title"]
    assert status == body["status"]
    assert len(body["detail"]) > 10
    return body


def secrets_of(world: World, person: InventedPerson) -> list[str]:
    """Return what nobody may read in a body, a line of a program's log or an entry."""
    trace_key = world.broker.persons.open(world.person_id(person)).trace_key
    return [
        person.nik,
        person.name,
        person.pin,
        trace_key.hex(),
        base64url.encode(trace_key),
        base64url.encode(person.nik.encode()),
    ]


def assert_silent(world: World, person: InventedPerson, texts: Iterable[str]) -> None:
    """Assert that neither `texts` nor any log says anything about `person`."""
    secrets = secrets_of(world, person)
    logs = [world.broker.log, *(gateway.log for gateway in world.gateways.values())]
    entries = [log.entry(index).decode() for log in logs for index in range(log.size)]
    for text in [*texts, *entries]:
        for secret in secrets:
            assert secret not in text


def entries_after(world: World, size: int) -> list[Entry]:
    """Return the broker's entries from number `size` on, besides those about keys."""
    log = world.broker.log
    entries = [parse_entry(log.entry(index)) for index in range(size, log.size)]
    return [entry for entry in entries if entry.kind != "key.added"]
