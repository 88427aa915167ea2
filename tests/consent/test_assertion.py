"""A passkey's assertion holds for one challenge on one site, made by somebody verified."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
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
    class OtherCurve(Passkey):
        @property
        def public_key(self) -> bytes:
            # ES384 in the place of ES256.
            return super().public_key.replace(b"\x03\x26", b"\x03\x38\x22")

    passkey = OtherCurve(SITE, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(PasskeyError):
        check(passkey.answer(CHALLENGE), passkey)


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
