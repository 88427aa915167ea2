"""A client for the token endpoints of both servers: private_key_jwt, DPoP, PKCE, all ES256."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey

from keys import base64url

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VERIFIER = "v" * 43


class _Registry(jws.JWSRegistry):
    """joserfc caps headers at 512 bytes; a DPoP proof carries its key in the header."""

    max_header_length = 2_048


_REGISTRY = _Registry(algorithms=["ES256"])
_numbers = count()


def challenge() -> str:
    """Return the S256 challenge of VERIFIER."""
    return base64url.encode(hashlib.sha256(VERIFIER.encode()).digest())


@dataclass(frozen=True)
class OAuthClient:
    """One client of one issuer. nonces: the last that the server gave, by `learn`."""

    client_id: str
    issuer: str
    key: ECKey = field(repr=False)
    dpop_key: ECKey = field(repr=False)
    kid: str
    nonces: dict[str, str] = field(default_factory=dict, repr=False)

    def learn(self, response: httpx2.Response) -> None:
        """Keep the nonce that a response brings, if it brings one."""
        if "DPoP-Nonce" in response.headers:
            self.nonces["nonce"] = response.headers["DPoP-Nonce"]

    def form(self, url: str, members: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return a signed form and its headers, to be sent to `url` once and soon."""
        at = int(time.time())
        assertion = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "jti": f"bench-assertion-{next(_numbers)}",
            "iat": at,
            "exp": at + 120,
        }
        proof = {
            "jti": f"bench-proof-{next(_numbers)}",
            "htm": "POST",
            "htu": url,
            "iat": at,
            **self.nonces,
        }
        public = {name: self.dpop_key.as_dict(private=False)[name] for name in _PUBLIC}
        signed = _sign({"typ": "JWT", "kid": self.kid}, assertion, self.key)
        authentication = {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signed,
        }
        header = {"DPoP": _sign({"typ": "dpop+jwt", "jwk": public}, proof, self.dpop_key)}
        return {**members, **authentication}, header

    def post(self, http: httpx2.Client, url: str, members: dict[str, str]) -> httpx2.Response:
        """Send a form and return the response, which must be a good one."""
        data, headers = self.form(url, members)
        response = http.post(url, data=data, headers=headers)
        self.learn(response)
        response.raise_for_status()
        return response


_PUBLIC = ("kty", "crv", "x", "y")


def _sign(header: dict[str, Any], claims: dict[str, Any], key: ECKey) -> str:
    return jws.serialize_compact(
        {"alg": "ES256", **header}, json.dumps(claims), key, registry=_REGISTRY
    )
