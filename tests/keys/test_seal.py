"""What is sealed opens only under its own key and context."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import KeysError
from keys.seal import open_sealed, seal

KEY = b"\x05" * 32
NONCE = b"\x06" * 12
CONTEXT = "person/abc/name"


@given(st.binary(max_size=300), st.text(max_size=40).filter(str.isprintable))
def test_what_is_sealed_opens(plaintext: bytes, context: str) -> None:
    sealed = seal(KEY, plaintext, context=context, nonce=NONCE)
    assert plaintext == open_sealed(KEY, sealed, context=context)


def test_a_sealed_value_begins_with_its_version() -> None:
    assert seal(KEY, b"x", context=CONTEXT, nonce=NONCE)[:13] == b"\x01" + NONCE


def test_another_row_or_column_does_not_open_it() -> None:
    """Whoever can write to the database must not be able to swap two people's values."""
    sealed = seal(KEY, b"name", context=CONTEXT, nonce=NONCE)
    for context in ("person/abd/name", "person/abc/nik", "", CONTEXT + "/"):
        with pytest.raises(KeysError):
            open_sealed(KEY, sealed, context=context)


def test_another_key_does_not_open_it() -> None:
    sealed = seal(KEY, b"name", context=CONTEXT, nonce=NONCE)
    with pytest.raises(KeysError):
        open_sealed(b"\x06" * 32, sealed, context=CONTEXT)


def test_every_flipped_bit_is_noticed() -> None:
    sealed = seal(KEY, b"name", context=CONTEXT, nonce=NONCE)
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(KeysError):
            open_sealed(KEY, bytes(flipped), context=CONTEXT)


def test_lengths_are_checked() -> None:
    with pytest.raises(KeysError):
        seal(KEY[:16], b"", context=CONTEXT, nonce=NONCE)
    with pytest.raises(KeysError):
        seal(KEY, b"", context=CONTEXT, nonce=NONCE[:8])
    with pytest.raises(KeysError):
        open_sealed(KEY[:31], seal(KEY, b"", context="", nonce=NONCE), context="")


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_with_our_error(sealed: bytes) -> None:
    with pytest.raises(KeysError):
        open_sealed(KEY, sealed, context=CONTEXT)
