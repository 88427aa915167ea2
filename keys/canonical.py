"""The canonical JSON that this package signs: a subset of RFC 8785.

Pure. Objects with ASCII keys, strings, integers below 2^53, booleans and lists; no float and no
null, so that every language writes the same bytes. It says the same as the log's canonical JSON,
but stands apart: neither package imports the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from keys.errors import KeysError

MAX_DEPTH = 16
_INT_LIMIT = 2**53


def encode(members: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of `members`; raises KeysError outside the subset."""
    value = dict(members)
    _check(value, 0)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as exc:  # a lone surrogate inside a string
        raise KeysError("a string is not valid Unicode") from exc


def parse(raw: bytes) -> dict[str, Any]:
    """Return the members in `raw`; raises KeysError unless `encode` would write exactly `raw`."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as exc:
        raise KeysError("not JSON") from exc
    if not isinstance(value, dict):
        raise KeysError("not a JSON object")
    # Writing the value again finds duplicate members, white space, escapes and member order.
    if encode(value) != raw:
        raise KeysError("not canonical JSON")
    return value


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise KeysError("nested too deeply")
    if isinstance(value, dict):
        for name, member in value.items():
            if not (isinstance(name, str) and name.isascii()):
                raise KeysError("a member's name is not ASCII text")
            _check(member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, int):
        if abs(value) >= _INT_LIMIT:
            raise KeysError("an integer reaches 2^53")
    elif not isinstance(value, str):
        raise KeysError("only objects, lists, strings, integers and booleans are allowed")
