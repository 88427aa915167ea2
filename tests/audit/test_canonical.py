"""One value, one spelling."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from audit.canonical import MAX_INTEGER, encode, parse, parse_any
from audit.errors import CanonicalError

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_encode_writes_what_rfc8785_writes(value: Any) -> None:
    assert rfc8785.dumps(value) == encode(value)


@given(VALUES)
def test_parse_gives_back_what_encode_took(value: Any) -> None:
    assert value == parse_any(encode(value))


@given(st.binary() | st.text().map(str.encode))
@example(b"[" * 100_000)
@example(b'{"a":' * 2_000 + b"1" + b"}" * 2_000)
@example(b"[" * 500 + b"]" * 500)
def test_any_bytes_parse_or_raise_our_error(data: bytes) -> None:
    try:
        value = parse(data)
    except CanonicalError:
        return
    assert data == encode(value)


@given(VALUES, st.data())
def test_a_flipped_bit_is_refused_or_another_value(value: Any, data: st.DataObject) -> None:
    raw = bytearray(encode(value))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with suppress(CanonicalError):
        assert encode(value) != encode(parse_any(bytes(raw)))


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":null}',
        b'{"a":1.0}',
        b'{"a":1.5}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b' {"a":1}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"b":1,"a":1}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u000A"}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":18446744073709551616}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        '{"é":1}'.encode(),
        b"[]",
        b"1",
        b"",
    ],
)
def test_what_encode_never_writes_is_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        parse(data)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1.0,
        float("nan"),
        {"a": None},
        {1: 2},
        {"é": 1},
        2**53,
        -(2**53),
        b"x",
        {"a": {1}},
        "\ud800",
    ],
)
def test_values_outside_the_subset_are_refused(value: Any) -> None:
    with pytest.raises(CanonicalError):
        encode(value)


def test_nesting_too_deep_to_write_is_refused() -> None:
    value: Any = 1
    for _ in range(5_000):
        value = [value]
    with pytest.raises(CanonicalError):
        encode(value)


def test_the_files_of_rfc_8785_that_lie_in_our_subset(vectors: Path) -> None:
    files = json.loads((vectors / "crypto/jcs-rfc8785-files.json").read_text())
    used = 0
    for name, file in files.items():
        expected = file["output"].encode()
        value = json.loads(expected)
        try:
            written = encode(value)
        except CanonicalError:
            with pytest.raises(CanonicalError):
                parse_any(expected)
            continue
        used += 1
        assert expected == written, name
        assert value == parse_any(expected), name
        raw = file["input"].encode()
        if raw != expected:
            with pytest.raises(CanonicalError):
                parse_any(raw)
    assert used >= 2
