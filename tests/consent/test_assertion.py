"""A passkey's assertion holds for one challenge on one site, made by somebody verified."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent.assertion import Assertion, check_assertion, read_assertion
from consent.errors import PasskeyError
from keys.sign_in_trust import PasskeySite
from tests.authenticator import PRESENT, VERIFIED, Passkey

SITE = PasskeySite("izin.example", "https://izin.example")
CHALLENGE = b"\x44" * 32


def check(assertion: Assertion, passkey: Passkey, *, sign_count: int = 0) -> int:
    return check_assertion(
        assertion, passkey.public_key, challenge=CHALLENGE, site=SITE, sign_count=sign_count
    )


def test_an_honest_one_holds_and_tells_its_count() -> None:
    passkey = Passkey(SITE, used=6)
    assert 7 == check(passkey.answer(CHALLENGE), passkey, sign_count=6)


def test_it_is_read_as_browsers_write_it() -> None:
    passkey = Passkey(SITE)
    read = read_assertion(passkey.answer_json(CHALLENGE))
    assert passkey.credential_id == read.credential_id
    assert 1 == check(read, passkey)


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://izin.example.evil"},
        {"origin": "http://izin.example"},
        {"origin": "https://izin.example:8443"},
        {"rp_id": "example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"kind": "webauthn.create"},
        {"crossOrigin": True},
        {"crossOrigin": "no"},
    ],
)
def test_a_tampered_twin_is_refused(changed: dict[str, Any]) -> None:
    passkey = Passkey(SITE)
    with pytest.raises(PasskeyError):
        check(passkey.answer(CHALLENGE, **changed), passkey)


def test_over_another_challenge_it_is_refused() -> None:
    passkey = Passkey(SITE)
    with pytest.raises(PasskeyError):
        check(passkey.answer(b"\x45" * 32), passkey)


def test_by_another_key_it_is_refused() -> None:
    passkey = Passkey(SITE)
    with pytest.raises(PasskeyError):
        check(Passkey(SITE).answer(CHALLENGE), passkey)


def test_a_count_that_does_not_rise_is_refused() -> None:
    """A copied authenticator counts on its own."""
    passkey = Passkey(SITE)
    with pytest.raises(PasskeyError):
        check(passkey.answer(CHALLENGE), passkey, sign_count=1)


def test_an_algorithm_that_is_not_ours_is_refused() -> None:
    """A genuine assertion under EdDSA, which the library would take."""
    secret = Ed25519PrivateKey.generate()
    raw = secret.public_key().public_bytes_raw()
    public_key = cbor2.dumps({1: 1, 3: -8, -1: 6, -2: raw})
    made = Passkey(SITE).answer(CHALLENGE)
    signed = made.authenticator_data + hashlib.sha256(made.client_data).digest()
    assertion = replace(made, signature=secret.sign(signed))
    with pytest.raises(PasskeyError, match="algorithm is not one of ours"):
        check_assertion(assertion, public_key, challenge=CHALLENGE, site=SITE)


@pytest.mark.parametrize("text", ["", "{", "not JSON", "[]", "7"])
def test_what_is_no_object_is_no_assertion(text: str) -> None:
    with pytest.raises(PasskeyError):
        read_assertion(text)


def test_an_assertion_beyond_all_measure_is_not_even_read() -> None:
    honest = Passkey(SITE).answer_json(CHALLENGE)
    with pytest.raises(PasskeyError, match="too long"):
        read_assertion(honest + " " * 8_192)


@given(st.binary(max_size=120), st.binary(max_size=120), st.binary(max_size=120), st.binary())
def test_any_bytes_raise_only_our_error(data: bytes, client: bytes, mac: bytes, key: bytes) -> None:
    with pytest.raises(PasskeyError):
        check_assertion(Assertion(b"\x00", data, client, mac), key, challenge=CHALLENGE, site=SITE)


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.dictionaries(
            st.sampled_from(["response", "rawId", "signature", "clientDataJSON"]), inner
        ),
    )
)
def test_any_json_raises_only_our_error(value: object) -> None:
    with pytest.raises(PasskeyError):
        read_assertion(json.dumps(value))
