"""DPoP proofs that do not hold, at the token endpoint and at the API; tokens that are not ours."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc.jwk import ECKey

from keys import base64url
from tests.attacks.oauth.conftest import NewWire
from tests.attacks.oauth.thief import Wire, sign, unsigned
from tests.consent.oauth_fixtures import public

TOKEN = "/oauth/token"
API = "/v1/verifications"


@pytest.fixture(scope="module")
def asking(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Keep one client and its tokens for all attacks on the API."""
    return {}


@pytest.fixture
def holder(demo: object, new_wire: NewWire, asking: dict[str, Any]) -> Wire:
    """Return a client that holds tokens (in `tokens_of`)."""
    if "wire" not in asking:
        asking["wire"] = new_wire()
        asking["tokens"] = asking["wire"].redeem(asking["wire"].code()).json()
    wire: Wire = asking["wire"]
    return wire


@pytest.fixture
def tokens(holder: Wire, asking: dict[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = holder.refresh(asking["tokens"]["refresh_token"]).json()
    return found


def hs256(claims: Mapping[str, Any], secret: bytes, **header: Any) -> str:
    """Return a JWS whose 'secret' is a public key: the confusion of algorithms."""
    parts = [
        base64url.encode(json.dumps(each).encode()) for each in ({"alg": "HS256", **header}, claims)
    ]
    signed = ".".join(parts)
    return f"{signed}.{base64url.encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def pem(key: ECKey) -> bytes:
    return bytes(key.as_pem(private=False))


def bad_proofs(wire: Wire, method: str, path: str, token: str | None) -> dict[str, tuple[str, ...]]:
    """Return every way to get a proof wrong, by name."""
    good = wire.proof(method, path, token)
    claims = wire.proof_claims(method, path, token)
    key, other = wire.dpop_key, ECKey.generate_key("P-256")
    private = dict(key.as_dict(private=True))
    header = {"typ": "dpop+jwt", "jwk": public(key)}
    at = claims["iat"]
    changed = {
        "another method": {"htm": "GET" if method == "POST" else "POST"},
        "another path": {"htu": wire.issuer + "/oauth/par"},
        "another host": {"htu": claims["htu"].replace("localhost", "evil.example")},
        "of yesterday": {"iat": at - 86_400},
        "of tomorrow": {"iat": at + 86_400},
        "no id": {"jti": None},
    }
    found = {name: (wire.proof(method, path, token, **change),) for name, change in changed.items()}
    return {
        **found,
        "none at all": (),
        "two headers": (good, wire.proof(method, path, token)),
        "two in one header": (f"{good}, {wire.proof(method, path, token)}",),
        "alg none": (unsigned(claims, alg="none", **header),),
        "alg HS256 under the public key": (hs256(claims, pem(key), **header),),
        "signed by another key": (sign(claims, other, **header),),
        "a private key in it": (sign(claims, key, typ="dpop+jwt", jwk=private),),
        "a symmetric key in it": (
            hs256(claims, b"k" * 32, typ="dpop+jwt", jwk={"kty": "oct", "k": "a" * 43}),
        ),
        "no typ": (sign(claims, key, jwk=public(key)),),
        "garbage": ("x.y.z",),
    }


def test_a_proof_that_does_not_hold_gives_no_token(holder: Wire) -> None:
    for name, proofs in bad_proofs(holder, "POST", TOKEN, None).items():
        response = holder.refresh("whatever", proofs=proofs)
        assert (name, response.status_code, response.json()["error"]) == (
            name,
            400,
            "invalid_dpop_proof",
        )


def test_a_proof_that_does_not_hold_opens_no_question(
    holder: Wire, tokens: Mapping[str, Any]
) -> None:
    token = tokens["access_token"]
    wrong = bad_proofs(holder, "POST", API, token)
    wrong["for another token"] = (holder.proof("POST", API, token, ath="A" * 43),)
    wrong["for no token"] = (holder.proof("POST", API, token, ath=None),)
    wrong["by another key"] = (holder.proof("POST", API, token, key=ECKey.generate_key("P-256")),)
    before = holder.stage.broker.log.size
    for name, proofs in wrong.items():
        response = holder.ask(tokens, proofs=proofs)
        assert (name, response.status_code) == (name, 401)
        challenge = response.headers["WWW-Authenticate"]
        assert challenge.startswith("DPoP error="), name
        assert "resource_metadata=" in challenge

    assert holder.stage.broker.log.size == before


@pytest.mark.parametrize("nonce", [None, "", "made-up", "1c9c380.AAAAAAAAAAAAAAAAAAAAAA"])
def test_a_proof_without_a_nonce_of_the_brokers(
    holder: Wire, tokens: Mapping[str, Any], nonce: str | None
) -> None:
    """A proof made in advance, by whoever had the key for a moment, is worth nothing later."""
    at_server = holder.refresh("x", proofs=(holder.proof("POST", TOKEN, nonce=nonce),))
    assert (at_server.status_code, at_server.json()["error"]) == (400, "use_dpop_nonce")
    token = tokens["access_token"]
    at_api = holder.ask(tokens, proofs=(holder.proof("POST", API, token, nonce=nonce),))
    assert at_api.status_code == 401
    assert 'error="use_dpop_nonce"' in at_api.headers["WWW-Authenticate"]
    assert "DPoP-Nonce" in at_server.headers
    assert "DPoP-Nonce" in at_api.headers


def test_a_proof_shown_again_also_at_another_broker(
    holder: Wire, tokens: Mapping[str, Any], twin: str
) -> None:
    proof = holder.proof("POST", TOKEN)
    holder.refresh("unknown", proofs=(proof,))
    for base in (holder.issuer, twin):
        again = holder.refresh(tokens["refresh_token"], base=base, proofs=(proof,))
        assert again.json()["error"] == "invalid_dpop_proof"

    proof = holder.proof("POST", API, tokens["access_token"])
    assert holder.ask(tokens, proofs=(proof,)).status_code != 401
    assert holder.ask(tokens, proofs=(proof,)).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token", "Basic"])
def test_a_bound_token_as_a_bearer_token(
    holder: Wire, tokens: Mapping[str, Any], scheme: str
) -> None:
    """A copied token, without the key."""
    told = f"{scheme} {tokens['access_token']}"
    assert holder.ask(tokens, proofs=(), Authorization=told).status_code == 401
    assert holder.ask(tokens, Authorization=told).status_code == 401


def test_a_token_that_the_broker_did_not_sign(holder: Wire, tokens: Mapping[str, Any]) -> None:
    text: str = tokens["access_token"]
    header, payload, signature = text.split(".")
    claims = json.loads(base64url.decode(payload))
    jwk = holder.http.get(f"{holder.issuer}/oauth/jwks").json()["keys"][0]
    kid, broker_key = jwk["kid"], ECKey.import_key({n: jwk[n] for n in ("kty", "crv", "x", "y")})
    longer = base64url.encode(json.dumps({**claims, "exp": claims["exp"] + 60}).encode())
    forged = {
        "alg none": unsigned(claims, alg="none", typ="at+jwt", kid=kid),
        "alg HS256": hs256(claims, pem(broker_key), typ="at+jwt", kid=kid),
        "another key": sign(claims, holder.dpop_key, typ="at+jwt", kid=kid),
        "its own key": sign(
            claims, holder.dpop_key, typ="at+jwt", kid=kid, jwk=public(holder.dpop_key)
        ),
        "longer life": f"{header}.{longer}.{signature}",
        "no signature": f"{header}.{payload}.",
    }
    for name, token in forged.items():
        proofs = (holder.proof("POST", API, token),)
        response = holder.ask({**tokens, "access_token": token}, proofs=proofs)
        assert (name, response.status_code) == (name, 401)


def test_a_clients_own_assertion_is_no_access_token(
    holder: Wire, tokens: Mapping[str, Any]
) -> None:
    token = holder.assertion()
    response = holder.ask({**tokens, "access_token": token})
    assert response.status_code == 401
