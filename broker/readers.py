"""Who may read the log's fresh entries: auditors, by a token that the operator hands out.

Older entries and everything else of the log are public. Only a token's SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from werkzeug.wrappers import Request

from broker.settings import Settings


class Readers:
    """Judges readers' tokens."""

    def __init__(self, settings: Settings, is_person: Callable[[str], bool]) -> None:
        """Take the settings, and who knows a person's own token."""
        self._open = settings.open_entries
        self._auditor = settings.entries_token_sha256
        self._is_person = is_person

    def may_read(self, token: str | None) -> bool:
        """Whether the bearer of `token` (None: of none) may read fresh entries."""
        if self._open:
            return True
        if token is None:
            return False
        return self.auditor(token) is not None or self._is_person(token)

    def auditor(self, token: str | None) -> str | None:
        """Return whose token this is (its SHA-256, hex) if it is an auditor's, else None."""
        if token is None:
            return None
        digest = hashlib.sha256(token.encode()).hexdigest()
        # Compared in constant time: a reader's token opens everybody's traffic pattern.
        is_auditor = bool(self._auditor) and hmac.compare_digest(digest, self._auditor)
        return digest if is_auditor else None


def bearer(request: Request) -> str | None:
    """Return the bearer token that came with a request."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None
