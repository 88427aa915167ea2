"""Who calls the API: a DPoP-bound access token (RFC 9449, section 7) and nothing less."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from werkzeug.wrappers import Request

from broker.problems import Problem
from consent import dpop, tokens
from consent.errors import DpopError, TokenError
from consent.persons import Clock
from consent.replay import Replays
from consent.revocation import is_revoked
from consent.tokens import AccessToken, TokenVerifyKey

REPLAY_KIND: Final = "dpop"


@dataclass(frozen=True)
class Authenticator:
    """Checks token, proof, their binding, and that the proof was never used before."""

    issuer: str
    token_keys: Callable[[], Iterable[TokenVerifyKey]]
    replays: Replays
    clock: Clock

    def token(self, request: Request) -> AccessToken:
        """Return the token of a request that proves to hold its key, or raise a Problem.

        Whether the token's grant still lives is the policy's question: a refusal is to be logged.
        """
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "dpop" or not text:
            # A bound token sent as Bearer is refused: whoever copied it could send it like that.
            raise _challenge("invalid_token", "send `Authorization: DPoP <access token>`")
        at = int(self.clock().timestamp())
        try:
            token = tokens.check(text, self.token_keys(), issuer=self.issuer, at=at)
        except TokenError as error:
            raise _challenge("invalid_token", str(error)) from error
        if is_revoked(self.replays, token.jti):
            # Its code was used twice: one of the two users is not who she says.
            raise _challenge("invalid_token", "the access token was revoked")
        try:
            proof = dpop.check(
                request.headers.getlist("DPoP"),
                method=request.method,
                url=self.issuer + request.path,
                at=at,
                token=text,
            )
        except DpopError as error:
            raise _challenge("invalid_dpop_proof", str(error)) from error
        if proof.jkt != token.jkt:
            raise _challenge("invalid_token", "the token is bound to another key")
        until = at + dpop.PAST_SECONDS + dpop.FUTURE_SECONDS
        if not self.replays.first_use(REPLAY_KIND, f"{proof.jkt}:{proof.jti}", until):
            raise _challenge("invalid_dpop_proof", "the proof was used before; make a new one")
        return token


def _challenge(error: str, detail: str) -> Problem:
    algorithms = " ".join(dpop.ALGORITHMS)
    return Problem(
        "invalid-token",
        detail,
        headers={"WWW-Authenticate": f'DPoP error="{error}", algs="{algorithms}"'},
    )
