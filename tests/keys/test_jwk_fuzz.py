"""Public keys that others send: read back exactly, or our error."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from keys.errors import KeysError
from keys.profiles import read_public_key
from keys.signing import SigningKey, VerifyKey
from keys.xwing import SealingKey

SEAL = SealingKey.from_seed(b"\x07" * 32).public.jwk()
SIGN = SigningKey.from_seed(b"\x07" * 32).public.jwk()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.sampled_from(["kty", "alg", "pub", "priv"]), json_values)
def test_any_sealing_key_reads_back_or_is_our_error(name: str, value: Any) -> None:
    jwk = {**SEAL, name: value}
    with suppress(KeysError):
        assert jwk == read_public_key(jwk).jwk()


@given(st.sampled_from(["kty", "crv", "x", "d"]), json_values | st.text("AQx-_", max_size=44))
def test_any_signing_key_reads_back_or_is_our_error(name: str, value: Any) -> None:
    jwk = {**SIGN, name: value}
    with suppress(KeysError):
        assert jwk == VerifyKey.from_jwk(jwk).jwk()


@given(st.integers(0, 1_621), st.characters(codec="ascii"))
def test_any_changed_character_of_a_sealing_key_is_another_key_or_our_error(
    place: int, other: str
) -> None:
    pub = SEAL["pub"]
    jwk = {**SEAL, "pub": pub[:place] + other + pub[place + 1 :]}
    with suppress(KeysError):
        assert jwk == read_public_key(jwk).jwk()


@given(json_values)
def test_what_is_no_object_is_our_error(value: Any) -> None:
    with suppress(KeysError):
        read_public_key(value)
        raise AssertionError("a key was read")
