"""An access token shown to one of our resources: token, proof and their binding (RFC 9449, 7).

The programmes' API and the grant management endpoint ask here; each says which kind of token it
takes and answers a refusal in its own form. It must not ask whether a grant is live.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from sqlalchemy import Engine

from consent import dpop
from consent.appending import Clock
from consent.errors import ConsentError, DpopError, TokenError
from consent.nonces import Nonces
from consent.replay import Replays, Use
from consent.revocation import is_revoked_in

REPLAY_KIND: Final = "dpop"
"""A proof is used once, wherever it is shown."""

RESOURCE_METADATA: Final = "/.well-known/oauth-protected-resource"


class Bound(Protocol):
    """A token that is bound to a DPoP key."""

    @property
    def jkt(self) -> str:
        """The key's thumbprint."""

    @property
    def jti(self) -> str:
        """The token's id."""


T = TypeVar("T", bound=Bound)


class PresentationError(ConsentError):
    """What was shown does not open the resource. error: as WWW-Authenticate names it."""

    def __init__(self, error: str, reason: str) -> None:
        self.error = error
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Shown:
    """What a request brought along. url: the resource's address as the public knows it."""

    authorization: str
    proofs: Sequence[str]
    method: str
    url: str


@dataclass(frozen=True)
class Presenting:
    """Judges what is shown to the resources of `issuer`."""

    issuer: str
    engine: Engine
    replays: Replays
    nonces: Nonces
    clock: Clock

    def token(self, shown: Shown, check: Callable[[str, int], T]) -> T:
        """Return what the token says; raises PresentationError.

        check: reads a token's text at a moment (Unix seconds), or raises TokenError.
        """
        scheme, _, text = shown.authorization.partition(" ")
        if scheme.lower() != "dpop" or not text:
            # A bound token sent as Bearer is refused: whoever copied it could send it like that.
            raise PresentationError("invalid_token", "send `Authorization: DPoP <access token>`")
        at = self.at()
        try:
            token = check(text, at)
        except TokenError as error:
            raise PresentationError("invalid_token", str(error)) from error
        try:
            proof = dpop.check(shown.proofs, method=shown.method, url=shown.url, at=at, token=text)
        except DpopError as error:
            raise PresentationError("invalid_dpop_proof", str(error)) from error
        if proof.jkt != token.jkt:
            raise PresentationError("invalid_token", "the token is bound to another key")
        if not self.nonces.knows(proof.nonce, at=at):
            raise PresentationError("use_dpop_nonce", "put the nonce of DPoP-Nonce into the proof")
        until = at + dpop.PAST_SECONDS + dpop.FUTURE_SECONDS
        with self.engine.begin() as connection:
            first = self.replays.record(
                connection, Use(REPLAY_KIND, f"{proof.jkt}:{proof.jti}", until)
            )
            revoked = is_revoked_in(connection, self.replays, token.jti)
        if not first:
            raise PresentationError(
                "invalid_dpop_proof", "the proof was used before; make a new one"
            )
        if revoked:
            raise PresentationError("invalid_token", "the access token was revoked")
        return token

    def nonce(self) -> str:
        """Return the nonce to send with every response."""
        return self.nonces.current(at=self.at())

    def challenge(self, error: str, *, scope: str | None = None) -> str:
        """Return the `WWW-Authenticate` of a refusal (RFC 9449, 7.1; RFC 9728, 5.1)."""
        told = [f'error="{error}"']
        if scope is not None:
            told.append(f'scope="{scope}"')
        told.append(f'algs="{" ".join(dpop.ALGORITHMS)}"')
        told.append(f'resource_metadata="{self.issuer}{RESOURCE_METADATA}"')
        return "DPoP " + ", ".join(told)

    def at(self) -> int:
        """Return the moment in Unix seconds."""
        return int(self.clock().timestamp())
