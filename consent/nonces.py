"""Nonces for DPoP proofs (RFC 9449, section 8): a proof made in advance is worth nothing later.

Pure: no I/O and no state. A nonce is a minute's number with its MAC, so every process, also after
a restart, knows the nonces of every other. It must not count uses: that is each proof's `jti`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final

from consent.errors import TokenError
from keys import base64url

STEP_SECONDS: Final = 60
STEPS: Final = 5
"""For how many steps a nonce is taken; a client hears of a newer one in every response."""

_MAC_BYTES: Final = 16
_FORM: Final = re.compile(r"([0-9a-f]{1,12})\.([A-Za-z0-9_-]{22})", re.ASCII)


@dataclass(frozen=True)
class Nonces:
    """Makes and knows the nonces of one broker."""

    _key: bytes = field(repr=False)

    @classmethod
    def from_secret(cls, secret: bytes) -> Nonces:
        """Return the nonces that follow from a secret of at least 32 random bytes."""
        if len(secret) < 32:
            raise TokenError("nonces need a secret of at least 32 bytes")
        return cls(hashlib.sha256(b"izin/v1/nonce-key/" + secret).digest())

    def current(self, *, at: int) -> str:
        """Return the nonce to hand out at `at` (Unix seconds)."""
        return self._nonce(at // STEP_SECONDS)

    def knows(self, nonce: str | None, *, at: int) -> bool:
        """Whether `nonce` is one that was handed out lately, by any process of ours."""
        found = _FORM.fullmatch(nonce or "")
        if found is None or nonce is None:
            return False
        step, now = int(found[1], 16), at // STEP_SECONDS
        # One step ahead: another process's clock may run a little before ours.
        if not now - STEPS < step <= now + 1:
            return False
        return hmac.compare_digest(self._nonce(step), nonce)

    def _nonce(self, step: int) -> str:
        mac = hmac.digest(self._key, b"izin/v1/nonce/%d" % step, "sha256")[:_MAC_BYTES]
        return f"{step:x}.{base64url.encode(mac)}"
