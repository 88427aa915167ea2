"""What the browser brings back from the broker, checked before any of it is used.

Pure. `state` ties the answer to the request that this browser began, `iss` (RFC 9207) to the
broker it was sent to: without either, somebody else's code could be slipped in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from broker.programme.errors import PermissionDeniedError, ReturnError
from keys import base64url
from keys.kek import RandomBytes

_ERROR: Final = re.compile(r"[a-z_]{1,64}", re.ASCII)
MAX_CODE_CHARS: Final = 1_024


@dataclass(frozen=True)
class Pending:
    """An authorization request that is under way. verifier: PKCE's secret (RFC 7636)."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def new(cls, random: RandomBytes) -> Pending:
        """Return a fresh one."""
        return cls(base64url.encode(random(32)), base64url.encode(random(32)))

    @property
    def challenge(self) -> str:
        """The S256 challenge of the verifier."""
        return base64url.encode(hashlib.sha256(self.verifier.encode("ascii")).digest())


def check_return(returned: Mapping[str, str], pending: Pending, *, issuer: str) -> str:
    """Return the authorization code in the query of a return.

    Raises PermissionDeniedError where the person said no, ReturnError for everything else.
    """
    state = returned.get("state", "")
    if not hmac.compare_digest(state.encode("utf-8", "replace"), pending.state.encode("ascii")):
        raise ReturnError("the return is not to this request")
    # Required, although RFC 9207 lets a server do without: ours says it in every response.
    if returned.get("iss") != issuer:
        raise ReturnError("the return is not from our broker")
    error = returned.get("error")
    if error == "access_denied":
        raise PermissionDeniedError("the person did not allow it")
    if error is not None:
        known = error if _ERROR.fullmatch(error) else "unknown"
        raise ReturnError(f"the broker ended the request: {known}")
    code = returned.get("code", "")
    if not 1 <= len(code) <= MAX_CODE_CHARS:
        raise ReturnError("the return has no code")
    return code
