"""Base64url without padding, strictly (RFC 4648 section 5, RFC 7515 section 2).

Pure. One byte string has exactly one text: a second spelling of the same signature or key
would slip past every comparison made on texts.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from keys.errors import KeysError


def encode(raw: bytes) -> str:
    """Return the base64url text of `raw`, without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of `text`; raises KeysError unless `encode` would write exactly `text`."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError as exc:  # covers binascii.Error and UnicodeEncodeError
        raise KeysError("not base64url") from exc
    # The standard decoder skips foreign characters, accepts padding and ignores the last
    # character's spare bits; writing the bytes again shows all three.
    if encode(raw) != text:
        raise KeysError("not the canonical base64url of its bytes")
    return raw
