"""An ID token counts when its provider is believed, and for one nonce, client, time and person."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws

from consent.errors import LoginError
from consent.id_token import Login, check_id_token
from keys import base64url
from tests.provider_keys import CLIENT_ID, ISSUER, Provider, macced, unsigned

NIK, NONCE, AT = "3510990101800002", "nonce-of-this-login", 1_790_000_000
PROVIDER = Provider()


def check(token: str, provider: Provider = PROVIDER, *, at: int = AT) -> Login:
    return check_id_token(token, providers=provider.trusted, nonce=NONCE, since=at, until=at)


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256"])
def test_an_honest_one_names_her(alg: str) -> None:
    provider = Provider(alg=alg)
    assert Login(ISSUER, NIK, AT - 5, AT) == check(provider.token(NIK, NONCE, AT), provider)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": []},
        {"aud": None},
        {"azp": "another-client"},
        {"nonce": "another-nonce"},
        {"nonce": None},
        {"exp": AT - 61},
        {"exp": None},
        {"exp": True},
        {"iat": AT + 61},
        {"iat": "now"},
        {"nik": None},
        {"nik": 3510990101800002},
        {"nik": "351099010180000"},
    ],
)
def test_a_tampered_twin_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(LoginError):
        check(PROVIDER.token(NIK, NONCE, AT, **changed))


def test_by_another_key_it_is_refused() -> None:
    with pytest.raises(LoginError):
        check(Provider().token(NIK, NONCE, AT))


def test_unsigned_it_is_refused() -> None:
    with pytest.raises(LoginError, match="algorithm is not one of ours"):
        check(unsigned(PROVIDER.claims(NIK, NONCE, AT)))


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_the_public_key_is_no_secret_to_mac_with(alg: str) -> None:
    provider = Provider(alg=alg)
    claims = provider.claims(NIK, NONCE, AT)
    for secret in (provider.key.as_pem(private=False), json.dumps(provider.jwk).encode()):
        with pytest.raises(LoginError):
            check(macced(claims, secret), provider)


@pytest.mark.parametrize("part", ["[]", "7", "null", '"text"', '{"iss": 1, "iss": 2}', "{"])
def test_parts_that_are_no_object_are_refused(part: str) -> None:
    header, payload, signature = PROVIDER.token(NIK, NONCE, AT).split(".")
    other = base64url.encode(part.encode())
    for token in (f"{other}.{payload}.{signature}", f"{header}.{other}.{signature}"):
        with pytest.raises(LoginError, match="not a signed JWT"):
            check(token)


def test_without_a_key_id_there_must_be_one_key_to_choose() -> None:
    bare = jws.serialize_compact(
        {"alg": "ES256"}, json.dumps(PROVIDER.claims(NIK, NONCE, AT)), PROVIDER.key
    )
    assert NIK == check(bare).nik
    trusted = PROVIDER.trusted[ISSUER]
    two = replace(trusted, jwks=(*trusted.jwks, {**Provider().jwk, "kid": "two"}))
    with pytest.raises(LoginError, match="no key that is believed"):
        check_id_token(bare, providers={ISSUER: two}, nonce=NONCE, since=AT, until=AT)


@given(st.text(alphabet="aAeyJ0.-_=", max_size=80))
def test_any_text_raises_only_our_error(text: str) -> None:
    with pytest.raises(LoginError):
        check(text)
