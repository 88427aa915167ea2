"""Who calls the API: a DPoP-bound access token (RFC 9449, section 7) and nothing less."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from werkzeug.wrappers import Request

from broker.problems import Problem
from consent import tokens
from consent.presenting import PresentationError, Presenting, Shown
from consent.tokens import AccessToken, TokenVerifyKey


@dataclass(frozen=True)
class Authenticator:
    """Checks token, proof, their binding, and that the proof was never used before."""

    presenting: Presenting
    token_keys: Callable[[], Iterable[TokenVerifyKey]]

    def token(self, request: Request) -> AccessToken:
        """Return the token of a request that proves to hold its key, or raise a Problem.

        Whether the token's grant still lives is the policy's question: a refusal is to be logged.
        """
        issuer = self.presenting.issuer
        shown = Shown(
            authorization=request.headers.get("Authorization", ""),
            proofs=request.headers.getlist("DPoP"),
            method=request.method,
            url=issuer + request.path,
        )

        def check(text: str, at: int) -> AccessToken:
            return tokens.check(text, self.token_keys(), issuer=issuer, at=at)

        try:
            return self.presenting.token(shown, check)
        except PresentationError as error:
            raise Problem(
                "invalid-token",
                error.reason,
                headers={"WWW-Authenticate": self.presenting.challenge(error.error)},
            ) from error

    def nonce(self) -> str:
        """Return the nonce that every answer about a token brings (RFC 9449, section 8.2)."""
        return self.presenting.nonce()
