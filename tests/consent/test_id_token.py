"""An ID token counts when its provider is believed, and for one nonce, client, time and person."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import LoginError
from consent.id_token import Login, check_id_token
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
    with pytest.raises(LoginError):
        check(unsigned(PROVIDER.claims(NIK, NONCE, AT)))


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_the_public_key_is_no_secret_to_mac_with(alg: str) -> None:
    provider = Provider(alg=alg)
    claims = provider.claims(NIK, NONCE, AT)
    for secret in (provider.key.as_pem(private=False), json.dumps(provider.jwk).encode()):
        with pytest.raises(LoginError):
            check(macced(claims, secret), provider)


@given(st.text(alphabet="aAeyJ0.-_=", max_size=80))
def test_any_text_raises_only_our_error(text: str) -> None:
    with pytest.raises(LoginError):
        check(text)
