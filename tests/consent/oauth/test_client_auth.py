"""private_key_jwt: what authenticates a client, and everything that must not."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey

from consent.clients import Client
from consent.oauth.client_keys import signed_by
from keys import base64url
from keys.signing import SigningKey
from policies.words import Words
from tests.consent.oauth_fixtures import BACK, ISSUER, Programme, Site, public, sign, site

__all__ = ["site"]


def pushed_with(programme: Programme, assertion: str, **changed: str | None) -> tuple[int, str]:
    response = programme.push(client_assertion=assertion, **changed)
    return response.status_code, response.get_json().get("error", "")


def test_a_good_assertion_authenticates(site: Site) -> None:
    programme = site.programme()

    assert pushed_with(programme, programme.assertion()) == (201, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aud", f"{ISSUER}/oauth/token"),
        ("aud", ISSUER + "/"),
        ("aud", [ISSUER]),
        ("aud", [ISSUER, "https://another.example"]),
        ("aud", None),
        ("iss", "another-client"),
        ("iss", None),
        ("sub", "another-client"),
        ("sub", 7),
        ("sub", None),
        ("exp", None),
        ("exp", "tomorrow"),
        ("exp", True),
        ("jti", None),
        ("jti", "short"),
        ("jti", 12345678),
        ("jti", "x" * 257),
    ],
)
def test_a_claim_that_differs_is_refused(site: Site, name: str, value: Any) -> None:
    programme = site.programme()

    assert pushed_with(programme, programme.assertion(**{name: value})) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("exp", 301), ("exp", 315_360_000), ("exp", 0), ("exp", -1), ("iat", 11), ("nbf", 11)],
)
def test_an_assertion_is_short_lived_and_of_now(site: Site, name: str, seconds: int) -> None:
    """Ten years, or the future, would be a password."""
    programme = site.programme()
    assertion = programme.assertion(**{name: site.at + seconds})

    assert pushed_with(programme, assertion) == (401, "invalid_client")


def test_an_assertion_may_live_for_five_minutes(site: Site) -> None:
    programme = site.programme()

    assert pushed_with(programme, programme.assertion(exp=site.at + 300)) == (201, "")


def test_an_assertion_is_used_once(site: Site) -> None:
    programme = site.programme()
    assertion = programme.assertion()

    assert pushed_with(programme, assertion) == (201, "")
    assert pushed_with(programme, assertion) == (401, "invalid_client")


def test_a_refused_assertion_is_not_used_up_by_a_forger(site: Site) -> None:
    """Else anybody who guesses a jti could make the client's next request fail."""
    programme = site.programme()
    forged = programme.assertion(key=ECKey.generate_key("P-256"), jti="a-known-jti")
    assert pushed_with(programme, forged) == (401, "invalid_client")

    assert pushed_with(programme, programme.assertion(jti="a-known-jti")) == (201, "")


def test_a_client_id_that_differs_is_refused(site: Site) -> None:
    programme = site.programme()
    site.programme("bpnt-client", "bpnt")

    found = pushed_with(programme, programme.assertion(), client_id="bpnt-client")
    assert found == (401, "invalid_client")


def test_one_client_cannot_sign_for_another(site: Site) -> None:
    mine = site.programme()
    other = site.programme("bpnt-client", "bpnt")

    assert pushed_with(other, other.assertion(key=mine.key)) == (401, "invalid_client")


def test_unknown_clients_and_bad_signatures_look_alike(site: Site) -> None:
    programme = site.programme()
    forged = programme.push(client_assertion=programme.assertion(key=ECKey.generate_key("P-256")))
    nobody = Programme(site, "nobody").push()

    assert forged.get_json() == nobody.get_json()
    assert "WWW-Authenticate" not in forged.headers


@pytest.mark.parametrize(
    "changed",
    [
        {"client_assertion": None},
        {"client_assertion": ""},
        {"client_assertion": "a.b"},
        {"client_assertion": "e30.e30.e30"},
        {"client_assertion": "x" * 9_000},
        {"client_assertion": "\u00e9.\u00e9.\u00e9"},
        {"client_assertion_type": None},
        {"client_assertion_type": "urn:another"},
    ],
)
def test_what_is_no_assertion_is_refused(site: Site, changed: dict[str, str | None]) -> None:
    response = site.programme().push(**changed)

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


def test_an_unsigned_assertion_is_refused(site: Site) -> None:
    programme = site.programme()
    _, claims, _ = programme.assertion().split(".")
    header = base64url.encode(b'{"alg":"none"}')

    assert pushed_with(programme, f"{header}.{claims}.") == (401, "invalid_client")


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"typ": "dpop+jwt"}, {"kid": "another"}])
def test_an_assertion_with_another_header_is_refused(site: Site, header: dict[str, Any]) -> None:
    programme = site.programme()
    programme.site.deps.clients.put(
        Client(
            programme.client_id,
            "pkh",
            {"keys": [{**public(programme.key), "kid": "ours"}]},
            (BACK,),
            Words("PKH", "PKH"),
        )
    )
    at = site.at
    claims = {"iss": programme.client_id, "sub": programme.client_id, "aud": ISSUER}
    claims |= {"exp": at + 60, "jti": "a-jti-of-its-own"}

    found = pushed_with(programme, _sign_any(claims, programme.key, header))
    assert found == (401, "invalid_client")


def _sign_any(claims: dict[str, Any], key: ECKey, header: dict[str, Any]) -> str:
    if "crit" not in header:
        return sign(claims, key, **header)
    # joserfc will not write such a header, so the signature is over one that it does.
    _, payload, signature = sign(claims, key).split(".")
    text = base64url.encode(b'{"alg":"ES256","crit":["exp"]}')
    return f"{text}.{payload}.{signature}"


def test_a_key_verifies_its_own_algorithm_only() -> None:
    """A key says what it is for; the message does not."""
    key = ECKey.generate_key("P-256")
    text = sign({}, key)

    assert signed_by(text, {"alg": "ES256"}, {"keys": [public(key)]})
    assert not signed_by(text, {"alg": "EdDSA"}, {"keys": [public(key)]})
    assert not signed_by(text, {"alg": "ES256"}, {"keys": [{**public(key), "alg": "ES384"}]})
    assert not signed_by(text, {"alg": "ES256"}, {"keys": [{**public(key), "use": "enc"}]})
    assert not signed_by(text, {"alg": "ES256"}, {"keys": [{"kty": "EC", "crv": "P-256"}]})
    assert not signed_by(text, {"alg": "ES256"}, {"keys": []})
    assert not signed_by(text, {"alg": "HS256"}, {"keys": [{"kty": "oct", "k": "AAAA"}]})


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_ed25519_clients_authenticate_under_either_name(alg: str) -> None:
    seed = bytes(range(32))
    key = SigningKey.from_seed(seed)
    jwk = OKPKey.import_key({**key.public.jwk(), "d": base64url.encode(seed)}).as_dict(
        private=False
    )
    head = base64url.encode(f'{{"alg":"{alg}"}}'.encode())
    signed = f"{head}.e30"
    text = f"{signed}.{base64url.encode(key.sign(signed.encode()))}"

    assert signed_by(text, {"alg": alg}, {"keys": [jwk]})
    assert not signed_by(text[:-2] + "AA", {"alg": alg}, {"keys": [jwk]})
