"""Secrets that somebody else holds: made of random bytes, kept as SHA-256 only.

Pure: the randomness comes in. They have 256 bits, so a plain hash suffices: there is nothing to
guess, and a copy of the database holds nothing that can be shown to us.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from keys import base64url

SECRET_BYTES: Final = 32


def new_secret(random: Callable[[int], bytes]) -> str:
    """Return a new secret: 43 characters of base64url."""
    return base64url.encode(random(SECRET_BYTES))


def stored_form(secret: str) -> bytes:
    """Return the SHA-256 under which a secret is kept and found."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
