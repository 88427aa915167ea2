"""One byte string has exactly one text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import base64url
from keys.errors import KeysError


@given(st.binary(max_size=200))
def test_what_is_written_is_read_back(raw: bytes) -> None:
    assert raw == base64url.decode(base64url.encode(raw))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("QQ==", "padding"),
        ("QR", "spare bits that are not zero"),
        ("Q", "a length no bytes have"),
        ("_-+_", "the other alphabet"),
        ("QUFB\n", "white space"),
        ("QU FB", "white space within"),
        ("QUÄB", "not ASCII"),
        ("QUFB=", "padding on a whole group"),
    ],
)
def test_other_spellings_are_refused(text: str, why: str) -> None:
    with pytest.raises(KeysError):
        base64url.decode(text)


@given(st.text(max_size=40))
def test_any_text_is_read_strictly_or_refused(text: str) -> None:
    try:
        raw = base64url.decode(text)
    except KeysError:
        return
    assert text == base64url.encode(raw)
