"""The canonical JSON that is signed: one byte string per value, and only that one is read."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from keys import canonical
from keys.errors import KeysError

_NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _VALUES, max_size=6))
def test_agrees_with_an_rfc_8785_library(members: dict[str, Any]) -> None:
    try:
        ours = canonical.encode(members)
    except KeysError:  # nested too deeply
        return
    assert rfc8785.dumps(members) == ours
    assert members == canonical.parse(ours)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":null}',
        b'{"a":9007199254740992}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"\xc3\xa4":1}',
        b"[1]",
        b"1",
        b"",
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(KeysError):
        canonical.parse(raw)


@pytest.mark.parametrize("value", [None, 1.5, b"x", 2**53, -(2**53), "\ud800", {1: 2}, {"ä": 1}])
def test_values_outside_the_subset_are_refused(value: object) -> None:
    with pytest.raises(KeysError):
        canonical.encode({"a": value})


@given(st.binary(max_size=60))
def test_any_bytes_are_read_strictly_or_refused(raw: bytes) -> None:
    try:
        members = canonical.parse(raw)
    except KeysError:
        return
    assert raw == canonical.encode(members)
