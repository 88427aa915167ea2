"""Bytes that are the same for everybody who digests the same rows; no digests of persons here.

The subset of RFC 8785 in which orjson's sorted keys are byte-equal to it: ASCII keys, strings,
integers below 2^53, lists, objects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from policies.errors import PolicyError

Plain = int | str | Sequence["Plain"] | Mapping[str, "Plain"]

_LIMIT: Final = 1 << 53


def canonical(value: Plain) -> bytes:
    """Return the canonical JSON of `value`; raise PolicyError outside the subset."""
    try:
        return orjson.dumps(_checked(value), option=orjson.OPT_SORT_KEYS)
    except (TypeError, RecursionError):  # orjson's own error for a lone surrogate is a TypeError
        raise PolicyError("cannot be written as canonical JSON") from None


def digest(value: Plain) -> str:
    """Return the SHA-256, lower-case hex, of the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _checked(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LIMIT:
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and key.isascii() for key in value):
            raise PolicyError("a key is not ASCII text")
        return {key: _checked(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_checked(each) for each in value]
    raise PolicyError("only text, integers below 2^53, lists and objects can be digested")
