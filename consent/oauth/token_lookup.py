"""Which of our tokens a text is, as its own client may know it: for introspection and revocation.

A token of another client looks like none.
"""

from __future__ import annotations

from dataclasses import dataclass

from consent import management_tokens, tokens
from consent.deps import ConsentDeps
from consent.errors import TokenError
from consent.management_tokens import ManagementToken
from consent.refresh import RefreshToken
from consent.tokens import AccessToken

Found = AccessToken | ManagementToken | RefreshToken


@dataclass(frozen=True)
class TokenLookup:
    """Finds tokens by their text, whatever a `token_type_hint` says."""

    deps: ConsentDeps

    def find(self, text: str, client_id: str) -> Found | None:
        """Return what the client's token says; None if it is not one, or has expired."""
        found = self._access_token(text) if text.count(".") == 2 else self._refresh(text, client_id)
        return found if found is not None and found.client_id == client_id else None

    def _access_token(self, text: str) -> AccessToken | ManagementToken | None:
        deps = self.deps
        for check in (tokens.check, management_tokens.check):
            try:
                return check(text, (deps.token_key.public,), issuer=deps.issuer, at=deps.at())
            except TokenError:
                continue
        return None

    def _refresh(self, text: str, client_id: str) -> RefreshToken | None:
        deps = self.deps
        with deps.engine.connect() as connection:
            return deps.refresh_tokens.find(connection, text, client_id, at=deps.at())
