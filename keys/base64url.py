"""Base64url without padding, strictly (RFC 4648 section 5, RFC 7515 section 2).

Pure. One byte string has exactly one text: a second spelling of the same signature or key
would slip past every comparison made on texts.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from binascii import a2b_base64
from typing import Final

from keys.errors import KeysError

# `-` and `_` become what the strict decoder knows; `+`, `/` and `=` what it refuses.
_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_LAST: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")
"""By length modulo 4: which characters leave no spare bit; one character alone is no byte."""


def encode(raw: bytes) -> str:
    """Return the base64url text of `raw`, without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of `text`; raises KeysError unless `encode` would write exactly `text`."""
    over = len(text) % 4
    # One character's bits that belong to no byte must be zero, else it has several spellings.
    if over and text[-1] not in _LAST[over]:
        raise KeysError("not the canonical base64url of its bytes")
    try:
        standard = text.encode("ascii").translate(_TO_STANDARD)
        return a2b_base64(standard + b"=" * (-over % 4), strict_mode=True)
    except ValueError as exc:  # covers binascii.Error and UnicodeEncodeError
        raise KeysError("not base64url") from exc
