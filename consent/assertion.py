"""A passkey's assertion: that its holder, verified, answered one challenge on one site.

Pure: no I/O. Used where people sign in and where agencies' gateways check evidence, so that both
mean the same by it. It must not know whose passkey it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from webauthn import verify_authentication_response
from webauthn.helpers import decode_credential_public_key
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

from consent.errors import PasskeyError
from keys import base64url
from keys.errors import KeysError
from keys.sign_in_trust import PasskeySite

ALGORITHMS: Final = (
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)
"""ES256 and RS256: what every platform's passkeys have one of."""

MOST_CHARS: Final = 8_192


@dataclass(frozen=True)
class Assertion:
    """What a browser brings: all bytes are the authenticator's and the browser's own."""

    credential_id: bytes
    authenticator_data: bytes = field(repr=False)
    client_data: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def read_assertion(text: str) -> Assertion:
    """Return the assertion in the JSON that a browser's `PublicKeyCredential.toJSON` writes.

    Raises PasskeyError.
    """
    if len(text) > MOST_CHARS:
        raise PasskeyError("the assertion is too long")
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        raise PasskeyError("the assertion is not JSON") from None
    response = members.get("response") if isinstance(members, dict) else None
    if not isinstance(response, dict):
        raise PasskeyError("the assertion has no response")
    return Assertion(
        credential_id=decoded(members, "rawId"),
        authenticator_data=decoded(response, "authenticatorData"),
        client_data=decoded(response, "clientDataJSON"),
        signature=decoded(response, "signature"),
    )


def check_assertion(
    assertion: Assertion,
    public_key: bytes,
    *,
    challenge: bytes,
    site: PasskeySite,
    sign_count: int = 0,
) -> int:
    """Return the new sign count of an assertion that holds; raises PasskeyError.

    public_key: COSE bytes. sign_count: the last one seen; 0 where assertions may come in any
    order. Checked: type, challenge, origin, no foreign frame, rpId, presence, verification, sign
    count, signature.
    """
    try:
        # Not every browser says whether a page of another site framed ours; one that does is heard.
        client_data = json.loads(assertion.client_data)
        if not isinstance(client_data, dict) or client_data.get("crossOrigin", False) is not False:
            raise PasskeyError("the assertion was made in another site's frame")
        if decode_credential_public_key(public_key).alg not in ALGORITHMS:
            raise PasskeyError("the passkey's algorithm is not one of ours")
        verified = verify_authentication_response(
            credential=_credential(assertion),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except PasskeyError:
        raise
    except WebAuthnException:
        raise PasskeyError("the assertion does not hold") from None
    except Exception:
        # The library's parsers raise what they meet: KeyError, ValueError, cryptography's own.
        raise PasskeyError("the assertion cannot be read") from None
    return verified.new_sign_count


def decoded(members: Mapping[str, object], name: str) -> bytes:
    """Return a member that holds base64url; raises PasskeyError."""
    text = members.get(name)
    try:
        return base64url.decode(text if isinstance(text, str) else "!")
    except KeysError:
        raise PasskeyError(f"{name} is not base64url") from None


def _credential(assertion: Assertion) -> AuthenticationCredential:
    return AuthenticationCredential(
        id=base64url.encode(assertion.credential_id),
        raw_id=assertion.credential_id,
        response=AuthenticatorAssertionResponse(
            client_data_json=assertion.client_data,
            authenticator_data=assertion.authenticator_data,
            signature=assertion.signature,
        ),
    )
