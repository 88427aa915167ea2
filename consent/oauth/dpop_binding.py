"""DPoP at the authorization server (RFC 9449): which key the client holds, shown once per proof.

`consent.dpop` checks a proof; this file asks for one of our nonces in it (section 8), notes its
one use and compares thumbprints.
"""

from __future__ import annotations

import re
from typing import Final

from authlib.oauth2.rfc6749 import InvalidRequestError

from consent import dpop
from consent.deps import ConsentDeps
from consent.errors import DpopError
from consent.oauth.errors import InvalidDpopProofError, UseDpopNonceError
from consent.oauth.requests import OAuthRequest
from consent.oauth.spending import note
from consent.presenting import REPLAY_KIND
from consent.replay import Use

_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def proven_key(request: OAuthRequest, deps: ConsentDeps) -> str:
    """Return the thumbprint of the key that the request's proof holds; its use is noted."""
    at = deps.at()
    try:
        proof = dpop.check(request.dpop_headers, method=request.method, url=request.uri, at=at)
    except DpopError as error:
        raise InvalidDpopProofError(str(error)) from error
    if not deps.nonces.knows(proof.nonce, at=at):
        raise UseDpopNonceError
    until = at + dpop.PAST_SECONDS + dpop.FUTURE_SECONDS
    note(
        request,
        Use(REPLAY_KIND, f"{proof.jkt}:{proof.jti}", until),
        lambda: InvalidDpopProofError("the proof was used before; make a new one"),
    )
    return proof.jkt


def pushed_key(request: OAuthRequest, deps: ConsentDeps) -> str:
    """Return the thumbprint to which a pushed request is bound (RFC 9449, section 10.1).

    By a proof, by `dpop_jkt`, or both if they agree. One of them is required: the code then
    works for nobody who does not hold that key.
    """
    named = request.form.get("dpop_jkt")
    if named is not None and not _THUMBPRINT.fullmatch(named):
        raise InvalidRequestError("dpop_jkt is not a thumbprint")
    if not request.dpop_headers:
        if named is None:
            raise InvalidDpopProofError("send a DPoP proof or dpop_jkt")
        return named
    held = proven_key(request, deps)
    if named is not None and named != held:
        raise InvalidDpopProofError("dpop_jkt is not the thumbprint of the proof's key")
    return held
