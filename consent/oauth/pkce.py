"""PKCE (RFC 7636): S256 only, for every client, always.

Authlib's extension lets confidential clients leave it out, takes `plain`, and hangs on hooks;
here it is two calls. Without the challenge, a stolen code could be injected into another session.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError

from keys import base64url

METHOD: Final = "S256"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


def check_challenge(parameters: Mapping[str, str]) -> str:
    """Return the challenge of an authorization request; raises InvalidRequestError."""
    challenge = parameters.get("code_challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequestError("code_challenge is missing or not the form of S256")
    # An absent method would mean `plain`.
    if parameters.get("code_challenge_method") != METHOD:
        raise InvalidRequestError("code_challenge_method must be S256")
    return challenge


def check_verifier(parameters: Mapping[str, str], challenge: str) -> None:
    """Raise InvalidGrantError unless the verifier is the one behind the challenge."""
    verifier = parameters.get("code_verifier", "")
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidGrantError("code_verifier is missing or not of its form")
    computed = base64url.encode(hashlib.sha256(verifier.encode("ascii")).digest())
    if not hmac.compare_digest(computed, challenge):
        raise InvalidGrantError("code_verifier does not belong to the code")
