"""Readers of one JSON member each, for the parsers of what is sent between the parties.

They raise MessageError with the member's name and never its value. This file must not know any
format: which members there are and what they mean stands with each parser.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from audit import canonical
from audit.canonical import Json
from audit.errors import AuditError
from broker.errors import MessageError
from keys import base64url
from keys.errors import KeysError

LARGEST = 2**53 - 1


def parse_object(data: bytes, what: str) -> dict[str, Json]:
    """Return the object that `data` canonically encodes."""
    try:
        return canonical.parse(data)
    except AuditError:
        raise MessageError(f"{what} is not canonical JSON") from None


def read_object(
    value: object, wanted: Collection[str], what: str, *, optional: Collection[str] = ()
) -> dict[str, object]:
    """Return `value`, an object with all `wanted` members, perhaps `optional` ones, no others."""
    if not isinstance(value, dict):
        raise MessageError(f"{what} is not an object")
    if not set(wanted) <= set(value) <= {*wanted, *optional}:
        raise MessageError(f"{what} does not have exactly its members")
    return value


def read_list(value: object, what: str, *, least: int = 1, most: int) -> list[object]:
    """Return `value`, a list of `least` to `most` items."""
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise MessageError(f"{what} is not a list of {least} to {most}")
    return value


def read_text(value: object, what: str, *, most: int) -> str:
    """Return `value`, a text of 1 to `most` characters that UTF-8 can carry."""
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise MessageError(f"{what} is not a text of 1 to {most} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise MessageError(f"{what} is not Unicode text") from None
    return value


def read_matching(value: object, pattern: re.Pattern[str], what: str) -> str:
    """Return `value`, a text that `pattern` matches as a whole."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise MessageError(f"{what} is not well formed")
    return value


def read_whole(value: object, what: str) -> int:
    """Return `value`, an integer that every JSON parser reads alike and that is not negative."""
    # bool is an int in Python: `true` must not pass for 1.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise MessageError(f"{what} is not a whole number")
    return value


def read_version(value: object, what: str) -> None:
    """Raise MessageError unless `value` is the number 1."""
    if read_whole(value, what) != 1:
        raise MessageError(f"{what} is not 1")


def read_binary(value: object, what: str, *, size: int | None = None, most: int = 0) -> bytes:
    """Return the bytes that `value` is the base64url of.

    size: how many they are, where that is fixed; else `most` says how many they may be.
    """
    # Lengths first: nothing large is decoded before it is known to be wanted.
    if not isinstance(value, str) or (size is None and len(value) > _chars(most)):
        raise MessageError(f"{what} is not a text of the size it may have")
    if size is not None and len(value) != _chars(size):
        raise MessageError(f"{what} has not {size} bytes")
    try:
        return base64url.decode(value)
    except KeysError:
        raise MessageError(f"{what} is not base64url in its one spelling") from None


def _chars(size: int) -> int:
    return (size * 4 + 2) // 3
