"""Evidence as a grant's row keeps it: an ID token names a person, so it is sealed under her key.

Pure: no I/O. Evidence of the other kinds says nothing of who she is and stands as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from consent.errors import EvidenceError
from consent.evidence import ID_TOKEN, login_evidence
from keys import base64url
from keys.errors import KeysError
from keys.seal import open_sealed, seal

_SEALED: Final = "sealed"


def keep_login(id_token: str, *, person_key: bytes, grant_id: str, nonce: bytes) -> dict[str, str]:
    """Return an ID token as a row keeps it. nonce: of the seal, random, `seal.NONCE_BYTES`."""
    sealed = seal(person_key, id_token.encode(), context=_context(grant_id), nonce=nonce)
    return {"kind": ID_TOKEN, _SEALED: base64url.encode(sealed)}


def open_kept(evidence: Mapping[str, str], *, person_key: bytes, grant_id: str) -> dict[str, str]:
    """Return a row's evidence as a gateway gets it; raises EvidenceError."""
    if _SEALED not in evidence:
        return {**evidence}
    try:
        sealed = base64url.decode(evidence[_SEALED])
        return login_evidence(open_sealed(person_key, sealed, context=_context(grant_id)).decode())
    except KeysError as error:
        raise EvidenceError("a grant's evidence cannot be opened") from error


def _context(grant_id: str) -> str:
    return f"grant/{grant_id}/evidence"
