"""A KEK wraps under a context and never shows itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import KeysError
from keys.kek import KekProvider, LocalKek


def _fixed(count: int) -> bytes:
    return b"\x04" * count


KEK = LocalKek(b"\x07" * 32, random=_fixed)
OTHER = LocalKek(b"\x08" * 32, random=_fixed)


@given(st.binary(max_size=64), st.text("abc/", max_size=10))
def test_what_is_wrapped_unwraps_under_the_same_context_only(key: bytes, context: str) -> None:
    provider: KekProvider = KEK
    wrapped = provider.wrap(key, context)
    assert key == provider.unwrap(wrapped, context)
    with pytest.raises(KeysError):
        provider.unwrap(wrapped, context + "x")


def test_another_kek_unwraps_nothing() -> None:
    with pytest.raises(KeysError):
        OTHER.unwrap(KEK.wrap(b"k" * 32, "c"), "c")


def test_the_pepper_depends_on_kek_label_and_data() -> None:
    values = {
        KEK.mac("nik", b"1"),
        KEK.mac("pin", b"1"),
        KEK.mac("nik", b"2"),
        OTHER.mac("nik", b"1"),
    }
    assert len(values) == 4
    assert {32} == {len(value) for value in values}
    assert KEK.mac("nik", b"1") in values


def test_the_pepper_does_not_change_from_one_version_to_the_next() -> None:
    """Every index in every database would be lost."""
    expected = "90fbe84b74e3a3472929c4c05fb1c1fd729c0a0fa4840cc739c055fd661acc9f"
    assert expected == KEK.mac("nik", b"3510990000000001").hex()


def test_a_kek_has_32_bytes() -> None:
    with pytest.raises(KeysError):
        LocalKek(b"short", random=_fixed)


def test_no_repr_shows_the_kek() -> None:
    kek = LocalKek(bytes(range(32)), random=_fixed)
    assert "LocalKek(<hidden>)" == repr(kek) == str(kek)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_with_our_error(wrapped: bytes) -> None:
    with pytest.raises(KeysError):
        KEK.unwrap(wrapped, "c")
