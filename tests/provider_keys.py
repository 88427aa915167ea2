"""A login provider's signing key in tests, and the ID tokens that it, or a forger, writes."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from keys import base64url
from keys.sign_in_trust import LoginProvider

ISSUER = "https://login.example"
CLIENT_ID = "izin"


@dataclass
class Provider:
    """Signs as the provider does."""

    issuer: str = ISSUER
    alg: str = "ES256"
    key: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.key is None:
            made = ECKey.generate_key("P-256") if self.alg == "ES256" else RSAKey.generate_key(2048)
            self.key = made

    @property
    def jwk(self) -> dict[str, str]:
        public = self.key.as_dict(private=False)
        return {**{name: str(text) for name, text in public.items()}, "kid": "one", "use": "sig"}

    @property
    def trusted(self) -> Mapping[str, LoginProvider]:
        """What a trust file says of it."""
        return {self.issuer: LoginProvider(self.issuer, CLIENT_ID, "nik", (self.jwk,))}

    def claims(self, nik: str, nonce: str, at: int, /, **changed: Any) -> dict[str, Any]:
        return {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "somebody",
            "nik": nik,
            "nonce": nonce,
            "iat": at,
            "exp": at + 600,
            "auth_time": at - 5,
            **changed,
        }

    def token(self, nik: str, nonce: str, at: int, /, **changed: Any) -> str:
        claims = self.claims(nik, nonce, at, **changed)
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.alg, "kid": "one"}
        return jws.serialize_compact(
            header, json.dumps(kept).encode(), self.key, algorithms=[self.alg]
        )


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return a token of `alg` none."""
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def macced(claims: Mapping[str, Any], secret: bytes) -> str:
    """Return a token MACed with what everybody may read: the provider's public key."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64url.encode(mac)}"


def _part(members: Mapping[str, Any]) -> str:
    return base64url.encode(json.dumps(members).encode())
