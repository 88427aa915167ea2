"""JWS: what another library reads, and what no message may choose."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import OKPKey

from keys import base64url, jws
from keys.errors import KeysError
from keys.signing import SigningKey

TYP = "izin-test+jws"
KEY = SigningKey.from_seed(b"\x01" * 32)


def _with_header(text: str, change: Callable[[dict[str, object]], object]) -> str:
    """Return the JWS with a changed header, signed again by the same key."""
    header_text, payload, _ = text.split(".")
    header = json.loads(base64url.decode(header_text))
    change(header)
    raw = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    signed = f"{base64url.encode(raw)}.{payload}"
    return f"{signed}.{base64url.encode(KEY.sign(signed.encode()))}"


def test_a_payload_comes_back_with_its_header(key: SigningKey) -> None:
    text = jws.sign_compact(b"payload", key, typ=TYP, extra={"stmt": "a.b.c"})
    header, payload = jws.verify_compact(text, key.public, typ=TYP, extra={"stmt"})
    assert payload == b"payload"
    expected = {"alg": "EdDSA", "kid": key.public.thumbprint, "typ": TYP, "stmt": "a.b.c"}
    assert expected == header


def test_another_library_verifies_ours(key: SigningKey) -> None:
    text = jws.sign_compact(b"payload", key, typ=TYP)
    public = OKPKey.import_key(dict(key.public.jwk()))
    read = joserfc_jws.deserialize_compact(text, public, algorithms=["EdDSA"])
    assert read.payload == b"payload"


def test_a_detached_signature_covers_the_payload(key: SigningKey) -> None:
    text = jws.sign_detached(b"payload", key, typ=TYP)
    assert ".." in text
    jws.verify_detached(text, b"payload", key.public, typ=TYP)
    with pytest.raises(KeysError):
        jws.verify_detached(text, b"payloae", key.public, typ=TYP)


def test_compact_and_detached_do_not_pass_as_each_other(key: SigningKey) -> None:
    compact = jws.sign_compact(b"payload", key, typ=TYP)
    detached = jws.sign_detached(b"payload", key, typ=TYP)
    with pytest.raises(KeysError):
        jws.verify_detached(compact, b"payload", key.public, typ=TYP)
    with pytest.raises(KeysError):
        jws.verify_compact(detached, key.public, typ=TYP)


def test_another_key_or_type_is_refused(key: SigningKey, other_key: SigningKey) -> None:
    text = jws.sign_compact(b"payload", key, typ=TYP)
    with pytest.raises(KeysError, match="another key"):
        jws.verify_compact(text, other_key.public, typ=TYP)
    with pytest.raises(KeysError, match="another type"):
        jws.verify_compact(text, key.public, typ="izin-other+jws")


def test_the_control_of_the_header_tests_verifies() -> None:
    """Without it, the tampered twins below could fail for a reason that is not theirs."""
    text = _with_header(jws.sign_compact(b"p", KEY, typ=TYP), lambda header: None)
    jws.verify_compact(text, KEY.public, typ=TYP)


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.update(alg="none"),
        lambda header: header.update(alg="HS256"),
        lambda header: header.update(alg="Ed25519"),
        lambda header: header.update(alg=1),
        lambda header: header.update(kid="x"),
        lambda header: header.update(crit="b64"),
        lambda header: header.update(jku="https://attacker.example"),
        lambda header: header.update(jwk={"kty": "OKP"}),
        lambda header: header.pop("kid"),
        lambda header: header.pop("typ"),
        lambda header: header.pop("alg"),
        lambda header: header.update(stmt="undeclared"),
    ],
)
def test_another_header_is_refused_though_it_is_signed(
    change: Callable[[dict[str, object]], object],
) -> None:
    text = _with_header(jws.sign_compact(b"p", KEY, typ=TYP), change)
    with pytest.raises(KeysError):
        jws.verify_compact(text, KEY.public, typ=TYP)


def test_a_declared_member_must_be_there(key: SigningKey) -> None:
    text = jws.sign_compact(b"p", key, typ=TYP)
    with pytest.raises(KeysError):
        jws.verify_compact(text, key.public, typ=TYP, extra={"stmt"})


def test_a_header_that_is_not_canonical_is_refused() -> None:
    header = {"typ": TYP, "kid": KEY.public.thumbprint, "alg": "EdDSA"}
    raw = json.dumps(header, separators=(",", ":")).encode()
    signed = f"{base64url.encode(raw)}.{base64url.encode(b'p')}"
    text = f"{signed}.{base64url.encode(KEY.sign(signed.encode()))}"
    with pytest.raises(KeysError, match="canonical"):
        jws.verify_compact(text, KEY.public, typ=TYP)


@pytest.mark.parametrize("name", ["alg", "kid", "typ", "crit", "jwk", "b64"])
def test_reserved_members_cannot_be_added(key: SigningKey, name: str) -> None:
    with pytest.raises(KeysError):
        jws.sign_compact(b"p", key, typ=TYP, extra={name: "x"})


def test_flipping_any_character_is_noticed(key: SigningKey) -> None:
    text = jws.sign_compact(b"payload", key, typ=TYP)
    for position, character in enumerate(text):
        changed = "A" if character != "A" else "B"
        tampered = text[:position] + changed + text[position + 1 :]
        with pytest.raises(KeysError):
            jws.verify_compact(tampered, key.public, typ=TYP)


def test_a_huge_text_is_refused_before_it_is_decoded(key: SigningKey) -> None:
    with pytest.raises(KeysError, match="too long"):
        jws.peek_header("A" * (jws.MAX_TEXT_CHARS + 1))


def test_a_header_can_be_looked_at_before_the_key_is_known(key: SigningKey) -> None:
    text = jws.sign_detached(b"p", key, typ=TYP, extra={"stmt": "s"})
    assert jws.peek_header(text)["stmt"] == "s"


@given(st.text(max_size=80) | st.text('AeyJ.-_09{}"', max_size=80))
def test_any_text_is_refused_with_our_error(text: str) -> None:
    for read in (
        lambda: jws.verify_compact(text, KEY.public, typ=TYP),
        lambda: jws.verify_detached(text, b"", KEY.public, typ=TYP),
        lambda: jws.peek_header(text),
    ):
        with pytest.raises(KeysError):
            read()


@given(st.binary(max_size=80))
def test_any_header_bytes_are_refused_with_our_error(raw: bytes) -> None:
    with pytest.raises(KeysError):
        jws.verify_compact(f"{base64url.encode(raw)}..AAAA", KEY.public, typ=TYP)
