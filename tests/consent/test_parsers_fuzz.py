"""Keys, assertions and forms that reach the consent server: read, or our error."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consent.answers import NO, YES, read_answers
from consent.errors import TokenError
from consent.oauth.client_auth import _read
from consent.oauth.client_keys import signed_by
from consent.oauth.errors import InvalidClientError
from consent.pages import own_path
from consent.tokens import TokenKey, TokenVerifyKey
from keys import base64url

JWK: dict[str, Any] = TokenKey.from_secret(bytes(32)).public.jwk()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.sampled_from(sorted(JWK)), json_values)
def test_any_token_key_is_read_or_our_error(name: str, value: Any) -> None:
    jwk = {**JWK, name: value}
    with suppress(TokenError):
        found = TokenVerifyKey.from_jwk(jwk).jwk()
        assert (found["x"], found["y"]) == (JWK["x"], JWK["y"])


@given(st.text(max_size=60))
def test_any_assertion_is_read_or_our_error(text: str) -> None:
    with suppress(InvalidClientError):
        _read(text)


@given(json_values, json_values, st.text(alphabet="AQ", max_size=5))
def test_any_assertion_near_one_is_read_or_our_error(header: Any, claims: Any, end: str) -> None:
    parts = [base64url.encode(json.dumps(each).encode()) for each in (header, claims)]
    with suppress(InvalidClientError):
        found, said = _read(f"{parts[0]}.{parts[1]}.{end}")
        assert isinstance(found, dict)
        assert isinstance(said, dict)


@given(
    st.sampled_from(["alg", "kid", "typ"]),
    json_values,
    st.sampled_from(sorted(JWK)),
    json_values,
)
def test_no_header_and_key_verify_what_nobody_signed(
    name: str, value: Any, member: str, other: Any
) -> None:
    header = {"alg": "ES256", "typ": "JWT", name: value}
    jwks = {"keys": [{**JWK, member: other}]}
    assert not signed_by("e30.e30.AAAA", header, jwks)


@given(st.dictionaries(st.text(max_size=8) | st.just("item-0"), st.text(max_size=4)))
def test_any_form_of_answers_allows_only_what_says_yes(form: dict[str, str]) -> None:
    answers = read_answers(form, 3)
    assert {*answers.chosen, *answers.missing} == {0, 1, 2}
    for index in answers.allowed:
        assert form[f"item-{index}"] == YES
        assert form.get("everything") != NO


@given(st.text(max_size=30) | st.text(alphabet="/\\.:@?#ab \t\n", max_size=12))
def test_any_path_to_go_on_to_stays_with_us(text: str) -> None:
    path = own_path(text)
    assert path == text or path == "/"
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
