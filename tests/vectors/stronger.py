"""Evidence of the vectors' grant that does not rest on the broker's word: passkey and login."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from consent.evidence import login_evidence, nonce_of
from keys import base64url
from keys.sign_in_trust import LoginProvider, PasskeySite
from tests.authenticator import DETERMINISTIC, Passkey
from tests.vectors import fixed

SITE = PasskeySite("izin.example", "https://izin.example")
PASSKEY = Passkey(SITE, ec.derive_private_key(0x0A0A, ec.SECP256R1()))
PROVIDER_KEY = ec.derive_private_key(0x0B0B, ec.SECP256R1())
GIVEN_HOUR = fixed.SECONDS - fixed.SECONDS % 3_600


def _jwk() -> dict[str, str]:
    numbers = PROVIDER_KEY.public_key().public_numbers()
    x, y = (base64url.encode(each.to_bytes(32, "big")) for each in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "kid": "2026-1", "x": x, "y": y}


PROVIDER = LoginProvider("https://login.example", "izin", "nik", (_jwk(),))


def _id_token() -> str:
    claims = {
        "iss": PROVIDER.issuer,
        "aud": PROVIDER.client_id,
        "sub": "somebody",
        PROVIDER.claim: fixed.NIK,
        "nonce": nonce_of(fixed.CHALLENGE),
        "auth_time": fixed.SECONDS - 20,
        "iat": fixed.SECONDS,
        "exp": fixed.SECONDS + 300,
    }
    parts = ({"alg": "ES256", "kid": "2026-1"}, claims)
    signed = ".".join(base64url.encode(json.dumps(part).encode()) for part in parts)
    r, s = decode_dss_signature(PROVIDER_KEY.sign(signed.encode(), DETERMINISTIC))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{signed}.{base64url.encode(signature)}"


EVIDENCE = {
    "passkey": PASSKEY.evidence(fixed.CHALLENGE),
    "id-token": login_evidence(_id_token()),
}


def stronger() -> dict[str, Any]:
    """What a gateway must believe for it, and the evidence itself, by kind."""
    return {
        "passkeys": {"rp_id": SITE.rp_id, "origin": SITE.origin},
        "logins": {
            PROVIDER.issuer: {
                "client_id": PROVIDER.client_id,
                "claim": PROVIDER.claim,
                "jwks": [dict(key) for key in PROVIDER.jwks],
            }
        },
        "given_hour": GIVEN_HOUR,
        "evidence": EVIDENCE,
    }
