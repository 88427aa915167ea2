"""A passkey in software: what an honest telephone does, and one thing changed for each attack."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from consent.assertion import Assertion
from consent.evidence import passkey_evidence
from keys import base64url
from keys.sign_in_trust import PasskeySite

DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Passkey:
    """One credential for one site."""

    site: PasskeySite
    secret: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )
    credential_id: bytes = b"\x33" * 16
    used: int = 0

    @property
    def public_key(self) -> bytes:
        """The public key as COSE writes it."""
        numbers = self.secret.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def answer(
        self,
        challenge: bytes,
        *,
        origin: str | None = None,
        rp_id: str | None = None,
        flags: int = PRESENT | VERIFIED,
        kind: str = "webauthn.get",
        **client_data: Any,
    ) -> Assertion:
        """Return the assertion over a challenge."""
        self.used += 1
        data = self._data(rp_id, flags)
        client = self._client_data(kind, challenge, origin, client_data)
        signed = data + hashlib.sha256(client).digest()
        signature = self.secret.sign(signed, DETERMINISTIC)
        return Assertion(self.credential_id, data, client, signature)

    def evidence(self, challenge: bytes, **changed: Any) -> dict[str, str]:
        """Return evidence over a grant's challenge."""
        return passkey_evidence(self.answer(challenge, **changed), self.public_key)

    def answer_json(self, challenge: bytes, **changed: Any) -> str:
        """Return the assertion as a page's script sends it."""
        found = self.answer(challenge, **changed)
        response = {
            "authenticatorData": base64url.encode(found.authenticator_data),
            "clientDataJSON": base64url.encode(found.client_data),
            "signature": base64url.encode(found.signature),
        }
        return json.dumps({**self._named(), "response": response})

    def enrolment_json(
        self, challenge: bytes, *, origin: str | None = None, flags: int = PRESENT | VERIFIED
    ) -> str:
        """Return a new credential as a page's script sends it."""
        key = self.public_key
        named = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + key
        data = self._data(None, flags | ATTESTED) + named
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client_data("webauthn.create", challenge, origin, {})
        response = {
            "attestationObject": base64url.encode(attested),
            "clientDataJSON": base64url.encode(client),
        }
        return json.dumps({**self._named(), "response": response})

    def _named(self) -> dict[str, str]:
        name = base64url.encode(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key"}

    def _data(self, rp_id: str | None, flags: int) -> bytes:
        name = hashlib.sha256((rp_id or self.site.rp_id).encode()).digest()
        return name + bytes([flags]) + self.used.to_bytes(4, "big")

    def _client_data(
        self, kind: str, challenge: bytes, origin: str | None, more: dict[str, Any]
    ) -> bytes:
        members = {
            "type": kind,
            "challenge": base64url.encode(challenge),
            "origin": origin or self.site.origin,
            "crossOrigin": False,
            **more,
        }
        return json.dumps(members).encode()
