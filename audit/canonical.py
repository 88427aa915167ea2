"""Canonical JSON: the one way in which we write a value, and a parser that accepts nothing else.

The subset of RFC 8785 in which orjson with sorted keys writes the same bytes: objects with ASCII
keys (so that sorting by code unit, section 3.2.3, equals sorting by byte), lists, strings, true,
false, and integers whose magnitude is below 2^53 (section 3.2.2.3 and RFC 7493 section 2.2).
Floats and null are left out: there is no value of ours that needs them, and each is a way in
which two parsers may disagree about the same signed bytes.

This file must not know what the values mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from audit.errors import CanonicalError

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"
"""What `parse` returns."""

JsonInput: TypeAlias = "str | int | bool | Sequence[JsonInput] | Mapping[str, JsonInput]"
"""What `encode` takes: the same, but any mapping, list or tuple."""

MAX_INTEGER = 2**53 - 1


def encode(value: JsonInput) -> bytes:
    """Return the canonical bytes of `value` (RFC 8785), or raise CanonicalError."""
    check_values(value)
    try:
        return orjson.dumps(value, default=_as_dict, option=orjson.OPT_SORT_KEYS)
    except (TypeError, RecursionError) as exc:  # lone surrogates, too deep
        raise CanonicalError("a value cannot be written as UTF-8 JSON") from exc


def parse(data: bytes) -> dict[str, Json]:
    """Return the object that `data` canonically encodes, or raise CanonicalError.

    Parses, encodes again and compares the bytes: white space, other orders, other escapes and
    other spellings of a number differ, and so do duplicate keys, because the parser keeps one.
    """
    value = parse_any(data)
    if type(value) is not dict:
        raise CanonicalError("not an object")
    return value


def parse_any(data: bytes) -> Json:
    """Return the value that `data` canonically encodes, object or not, or raise CanonicalError."""
    try:
        value: Any = orjson.loads(data)
    except (orjson.JSONDecodeError, RecursionError) as exc:
        raise CanonicalError("not JSON") from exc
    # Floats and null survive the round trip, so the bytes alone do not rule them out.
    check_values(value)
    try:
        again = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, RecursionError) as exc:
        raise CanonicalError("nested too deep") from exc
    if again != data:
        raise CanonicalError("JSON that is not canonical")
    parsed: Json = value
    return parsed


def check_values(value: object) -> None:
    """Raise CanonicalError if anything in `value` lies outside the subset.

    A loop, not a recursion: a hostile nesting must not end in a RecursionError. A structure that
    contains itself does not end here; parsed bytes never do.
    """
    rest = [value]
    while rest:
        item = rest.pop()
        kind = type(item)
        if kind is str or kind is bool:
            continue
        if kind is int:
            if not -MAX_INTEGER <= item <= MAX_INTEGER:  # type: ignore[operator]  # kind says int
                raise CanonicalError("an integer that other parsers would round")
        elif kind is dict or isinstance(item, Mapping):
            for key, member in item.items():  # type: ignore[attr-defined]  # a mapping
                if type(key) is not str or not key.isascii():
                    raise CanonicalError("a key that is not an ASCII string")
                if type(member) is not str:  # most are: there is nothing to look at
                    rest.append(member)
        elif kind is list or kind is tuple:
            rest.extend(item)  # type: ignore[arg-type]  # likewise
        else:
            raise CanonicalError("a value that is no string, integer, boolean, list or object")


def _as_dict(value: object) -> dict[str, object]:
    """Turn a mapping that orjson does not know into one that it does."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError
