"""A signed JWT taken apart, nothing of it verified: header and payload as JSON objects.

Pure. For readers that check every member and then the signature themselves (`dpop`, `id_token`):
libraries take a repeated member's last value, and two readers could differ over which one counts.
Source: RFC 7519 section 7.2, RFC 8725 section 3.
"""

from __future__ import annotations

import json
from typing import Any

from keys import base64url
from keys.errors import KeysError


def read_unverified(text: str, *, most_chars: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and payload of a compact JWS; raises ValueError where it is none."""
    if len(text) > most_chars or text.count(".") != 2:
        raise ValueError("not a compact JWS")
    header, payload, _ = text.split(".")
    return _json_object(header), _json_object(payload)


def _json_object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64url.decode(part), object_pairs_hook=_no_duplicates)
    except (KeysError, RecursionError):
        raise ValueError("not base64url of JSON") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members
