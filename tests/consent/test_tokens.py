"""Access tokens: ours only, for us only, bound to a key, and short."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from consent import tokens
from consent.errors import TokenError
from consent.tokens import AccessToken, TokenKey, TokenVerifyKey

ISSUER = "https://izin.example"
KEY = TokenKey.from_secret(bytes(range(32)))
OTHER = TokenKey.from_secret(bytes(32))
NOW = 1_800_000_000
TOKEN = AccessToken(
    subject="s" * 43,
    client_id="pkh-client",
    grant_id="g" * 22,
    authorization_details=({"type": "social_assistance_verification", "questions": []},),
    jkt="j" * 43,
    jti="t" * 22,
    iat=NOW,
    exp=NOW + 300,
)


def check(text: str, *, at: int = NOW, issuer: str = ISSUER) -> AccessToken:
    return tokens.check(text, [OTHER.public, KEY.public], issuer=issuer, at=at)


def signed(
    header: dict[str, Any], claims: dict[str, Any] | bytes, key: Any = KEY._key, alg: str = "ES256"
) -> str:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims)
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jws.serialize_compact(header, payload, key, registry=registry)


def parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "==")) for part in text.split(".")[:2]
    )
    return header, claims


def test_a_token_says_what_was_issued() -> None:
    assert check(tokens.issue(TOKEN, KEY, issuer=ISSUER)) == TOKEN


def test_a_token_has_the_form_of_rfc_9068() -> None:
    header, claims = parts(tokens.issue(TOKEN, KEY, issuer=ISSUER))

    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": KEY.public.kid}
    assert claims["iss"] == claims["aud"] == ISSUER
    assert claims["cnf"] == {"jkt": TOKEN.jkt}


def test_a_large_grant_fits() -> None:
    details = ({"questions": [{"agency": "polri", "question": "q" * 64}] * 64},)
    token = replace(TOKEN, authorization_details=details)

    assert check(tokens.issue(token, KEY, issuer=ISSUER)) == token


@pytest.mark.parametrize("life", [0, -1, 301])
def test_a_token_lives_at_most_300_seconds(life: int) -> None:
    with pytest.raises(TokenError):
        tokens.issue(replace(TOKEN, exp=NOW + life), KEY, issuer=ISSUER)


def test_a_token_expires() -> None:
    text = tokens.issue(TOKEN, KEY, issuer=ISSUER)

    assert check(text, at=NOW + 299) == TOKEN
    with pytest.raises(TokenError, match="expired"):
        check(text, at=NOW + 300)


def test_another_issuer_or_key_is_refused() -> None:
    text = tokens.issue(TOKEN, KEY, issuer=ISSUER)

    with pytest.raises(TokenError):
        check(text, issuer="https://izin.example/")
    with pytest.raises(TokenError, match="none of our keys"):
        tokens.check(text, [OTHER.public], issuer=ISSUER, at=NOW)


def test_the_same_secret_makes_the_same_key() -> None:
    assert TokenKey.from_secret(bytes(range(32))).public.kid == KEY.public.kid
    assert KEY.public.kid != OTHER.public.kid
    assert TokenVerifyKey.from_jwk(KEY.public.jwk()).kid == KEY.public.kid
    assert "d" not in KEY.public.jwk()
    with pytest.raises(TokenError):
        TokenKey.from_secret(bytes(31))


@pytest.mark.parametrize(
    "jwk",
    [{}, {"kty": "EC", "crv": "P-256", "x": "!", "y": "!"}, ECKey.generate_key("P-384").as_dict()],
)
def test_what_is_no_p256_key_is_refused(jwk: dict[str, str]) -> None:
    with pytest.raises(TokenError):
        TokenVerifyKey.from_jwk(jwk)


def test_keys_do_not_show_themselves() -> None:
    assert repr(KEY) == "TokenKey()"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256", "kid": KEY.public.kid},
        {"alg": "ES256", "typ": "JWT", "kid": KEY.public.kid},
        {"alg": "ES256", "typ": "application/at+jwt", "kid": KEY.public.kid},
        {"alg": "ES256", "typ": "dpop+jwt", "kid": KEY.public.kid},
        {"alg": "ES256", "typ": "at+jwt"},
        {"alg": "ES256", "typ": "at+jwt", "kid": OTHER.public.kid},
        {"alg": "ES256", "typ": "at+jwt", "kid": KEY.public.kid, "jku": "https://x.example"},
    ],
)
def test_another_header_is_refused_though_signed(header: dict[str, Any]) -> None:
    _, claims = parts(tokens.issue(TOKEN, KEY, issuer=ISSUER))
    with pytest.raises(TokenError):
        check(signed(header, claims))


def test_a_mac_under_our_public_key_is_refused() -> None:
    """The oldest attack on JWTs: our public key, used as a secret."""
    _, claims = parts(tokens.issue(TOKEN, KEY, issuer=ISSUER))
    secret = OctKey.import_key(json.dumps(KEY.public.jwk()))
    header = {"alg": "HS256", "typ": "at+jwt", "kid": KEY.public.kid}
    with pytest.raises(TokenError):
        check(signed(header, claims, secret, "HS256"))


def test_an_unsigned_token_is_refused() -> None:
    header, claims = parts(tokens.issue(TOKEN, KEY, issuer=ISSUER))
    head, body = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode()
        for each in ({**header, "alg": "none"}, claims)
    )
    with pytest.raises(TokenError):
        check(f"{head}.{body}.")


@pytest.mark.parametrize(
    "twist",
    [
        {"aud": [ISSUER]},
        {"aud": "https://x.example"},
        {"iss": "https://x.example"},
        {"exp": NOW + 301},
        {"exp": NOW + 0.5},
        {"iat": True},
        {"cnf": {}},
        {"cnf": {"jkt": 1}},
        {"cnf": {"jkt": "j", "x5t#S256": "x"}},
        {"sub": None},
        {"authorization_details": {}},
        {"authorization_details": ["x"]},
        {"scope": "openid"},
    ],
)
def test_another_claim_is_refused_though_signed(twist: dict[str, Any]) -> None:
    header, claims = parts(tokens.issue(TOKEN, KEY, issuer=ISSUER))
    with pytest.raises(TokenError):
        check(signed(header, {**claims, **twist}))


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b"1" * 5000, b"[" * 20000])
def test_a_payload_that_is_no_object_is_refused(payload: bytes) -> None:
    header, _ = parts(tokens.issue(TOKEN, KEY, issuer=ISSUER))
    with pytest.raises(TokenError):
        check(signed(header, payload))


@given(st.text(max_size=100) | st.from_regex(r"[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*"))
def test_the_parser_raises_only_our_error(text: str) -> None:
    with pytest.raises(TokenError):
        check(text)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_any_header_raises_only_our_error(value: Any) -> None:
    for name in ("alg", "typ", "kid", "crit", "b64", "jwk"):
        header = {"alg": "ES256", "typ": "at+jwt", "kid": KEY.public.kid, name: value}
        head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        with pytest.raises(TokenError):
            check(f"{head}.e30.AAAA")
