"""A new passkey: what a browser is asked for, and whether what it brings is that.

Pure: no I/O. No attestation is asked for: which maker's device she has is nobody's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from webauthn import verify_registration_response

from consent.assertion import ALGORITHMS, MOST_CHARS
from consent.errors import PasskeyError
from keys import base64url
from keys.sign_in_trust import PasskeySite

HANDLE_BYTES: Final = 16
CHALLENGE_BYTES: Final = 32
MOST_ID_BYTES: Final = 1_023
_TIMEOUT_MS: Final = 300_000


@dataclass(frozen=True)
class NewPasskey:
    """A passkey as it was made. public_key: COSE bytes."""

    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int = 0


def creation_options(
    challenge: bytes, *, site: PasskeySite, handle: bytes, name: str
) -> Mapping[str, Any]:
    """Return what the page's script passes to `navigator.credentials.create`, bytes as base64url.

    handle: random, so that the device learns no id of ours. name: by which she tells hers from
    another's on a shared telephone.
    """
    return {
        "rp": {"id": site.rp_id, "name": "Izin"},
        "user": {"id": base64url.encode(handle), "name": name, "displayName": name},
        "challenge": base64url.encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": int(alg)} for alg in ALGORITHMS],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "attestation": "none",
        "timeout": _TIMEOUT_MS,
    }


def request_options(
    challenge: bytes, *, site: PasskeySite, credential_id: bytes | None = None
) -> Mapping[str, Any]:
    """Return what the page's script passes to `navigator.credentials.get`.

    credential_id: the one passkey that will do; None: whichever she has for this site.
    """
    allowed = [] if credential_id is None else [credential_id]
    return {
        "rpId": site.rp_id,
        "challenge": base64url.encode(challenge),
        "userVerification": "required",
        "allowCredentials": [
            {"type": "public-key", "id": base64url.encode(each)} for each in allowed
        ],
        "timeout": _TIMEOUT_MS,
    }


def check_new_passkey(text: str, challenge: bytes, *, site: PasskeySite) -> NewPasskey:
    """Return the passkey in the JSON that the page's script sends; raises PasskeyError."""
    if len(text) > MOST_CHARS:
        raise PasskeyError("the new passkey is too long")
    try:
        made = verify_registration_response(
            credential=text,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
    except Exception:
        # The library's parsers raise what they meet: KeyError, ValueError, cryptography's own.
        raise PasskeyError("the new passkey cannot be believed") from None
    if not 1 <= len(made.credential_id) <= MOST_ID_BYTES:
        raise PasskeyError("the new passkey's id is not of its length")
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)
