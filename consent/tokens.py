"""Access tokens: JWTs (RFC 9068) bound to the client's DPoP key (RFC 9449), ES256.

Pure but for the randomness inside an ECDSA signature. It must not ask whether the grant is still
live: a token only says what was granted when it was issued.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from consent import es256
from consent.errors import TokenError
from keys import base64url

ALGORITHM: Final = "ES256"
TYP: Final = "at+jwt"
MAX_LIFE_SECONDS: Final = 300
FUTURE_SECONDS: Final = 10
"""How far the clock of another of our processes may run ahead."""
MAX_TOKEN_CHARS: Final = 32_768
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_PUBLIC_MEMBERS: Final = ("kty", "crv", "x", "y")
_CLAIMS: Final = {
    "iss": str,
    "aud": str,
    "sub": str,
    "client_id": str,
    "grant_id": str,
    "authorization_details": list,
    "cnf": dict,
    "jti": str,
    "iat": int,
    "exp": int,
}


@dataclass(frozen=True)
class AccessToken:
    """What an access token says. subject: the programme's pseudonym. jkt: of the DPoP key.

    jti: the token's family, a dot and something of its own (`revocation`).
    """

    subject: str
    client_id: str
    grant_id: str
    authorization_details: tuple[Mapping[str, Any], ...]
    jkt: str
    jti: str
    iat: int
    exp: int


@dataclass(frozen=True)
class TokenVerifyKey:
    """The public half of a token key."""

    _key: ECKey = field(repr=False)

    @cached_property
    def kid(self) -> str:
        """The RFC 7638 thumbprint."""
        return str(self._key.thumbprint())

    def jwk(self) -> dict[str, str]:
        """Return the public JWK as `/oauth/jwks` publishes it."""
        public = self._key.as_dict(private=False)
        members = {name: str(public[name]) for name in _PUBLIC_MEMBERS}
        return {**members, "alg": ALGORITHM, "use": "sig", "kid": self.kid}

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, str]) -> TokenVerifyKey:
        """Return the key in a JWK as `jwk` writes it; other members are left out."""
        try:
            wanted: dict[str, str | list[str]] = {name: jwk[name] for name in _PUBLIC_MEMBERS}
            key = ECKey.import_key(wanted)
            if key.curve_name != "P-256":
                raise TokenError("the JWK is not a P-256 key")
            return cls(key)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TokenError("the JWK is not a P-256 key") from error


@dataclass(frozen=True)
class TokenKey:
    """A P-256 key that signs access tokens."""

    _key: ECKey = field(repr=False)

    @classmethod
    def from_secret(cls, secret: bytes) -> TokenKey:
        """Return the key that follows from a secret of at least 32 random bytes.

        384 bits are reduced modulo the group's order less one, so that no scalar is favoured
        (FIPS 186-5, appendix A.2.1).
        """
        if len(secret) < 32:
            raise TokenError("a token key needs a secret of at least 32 bytes")
        wide = hashlib.sha384(b"izin/v1/token-key/" + secret).digest()
        scalar = int.from_bytes(wide) % (_P256_ORDER - 1) + 1
        return cls(ECKey.import_key(ec.derive_private_key(scalar, ec.SECP256R1())))

    @cached_property
    def public(self) -> TokenVerifyKey:
        """The public half."""
        public = self._key.as_dict(private=False)
        wanted: dict[str, str | list[str]] = {n: str(public[n]) for n in _PUBLIC_MEMBERS}
        return TokenVerifyKey(ECKey.import_key(wanted))

    @cached_property
    def header(self) -> str:
        """The protected header of every token under this key."""
        header = {"alg": ALGORITHM, "typ": TYP, "kid": self.public.kid}
        return base64url.encode(json.dumps(header, separators=(",", ":")).encode())

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """The private half, as `es256` wants it."""
        key = self._key.private_key
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TokenError("the token key has no private half")
        return key


class _Registry(jws.JWSRegistry):
    """joserfc caps headers at 512 bytes, payloads at what a granted request may pass."""

    max_header_length = 2_048
    max_payload_length = MAX_TOKEN_CHARS


_REGISTRY: Final = _Registry(algorithms=[ALGORITHM])


def issue(token: AccessToken, key: TokenKey, *, issuer: str) -> str:
    """Return the signed token; `iss` and `aud` are the issuer itself.

    Raises TokenError if it would live longer than 300 seconds.
    """
    if not 0 < token.exp - token.iat <= MAX_LIFE_SECONDS:
        raise TokenError("an access token lives for at most 300 seconds")
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": token.subject,
        "client_id": token.client_id,
        "grant_id": token.grant_id,
        "authorization_details": [dict(each) for each in token.authorization_details],
        "cnf": {"jkt": token.jkt},
        "jti": token.jti,
        "iat": token.iat,
        "exp": token.exp,
    }
    return sign_claims(claims, key)


def sign_claims(claims: Mapping[str, Any], key: TokenKey) -> str:
    """Return the claims as a signed JWT of the type of access tokens."""
    payload = json.dumps(claims, separators=(",", ":")).encode()
    signed = f"{key.header}.{base64url.encode(payload)}"
    return f"{signed}.{base64url.encode(es256.sign(signed.encode(), key.private))}"


def check(text: str, keys: Iterable[TokenVerifyKey], *, issuer: str, at: int) -> AccessToken:
    """Return what a genuine token says; raises TokenError.

    keys: the ones that may still verify (old ones for 300 s after a rotation). The caller must
    then check the DPoP proof against `jkt` with this very text, and that the grant is live.
    """
    claims = checked_claims(verified_claims(text, keys), _CLAIMS, issuer=issuer, at=at)
    details = claims["authorization_details"]
    if not all(isinstance(each, dict) for each in details):
        raise TokenError("the access token's authorization_details are not of their form")
    return AccessToken(
        subject=claims["sub"],
        client_id=claims["client_id"],
        grant_id=claims["grant_id"],
        authorization_details=tuple(details),
        jkt=claims["cnf"]["jkt"],
        jti=claims["jti"],
        iat=claims["iat"],
        exp=claims["exp"],
    )


def checked_claims(
    claims: dict[str, Any], wanted: Mapping[str, type], *, issuer: str, at: int
) -> dict[str, Any]:
    """Return the claims if they are exactly the wanted ones, and true at `at`.

    Raises TokenError. What every kind of our access tokens has in common is checked here.
    """
    if claims.keys() != wanted.keys():
        raise TokenError("the access token has other claims than ours")
    for name, kind in wanted.items():
        if type(claims[name]) is not kind:
            raise TokenError(f"the access token's {name} is not of its form")
    if claims["iss"] != issuer or claims["aud"] != issuer:
        raise TokenError("the access token is of or for somebody else")
    iat, exp = claims["iat"], claims["exp"]
    if not 0 < exp - iat <= MAX_LIFE_SECONDS:
        raise TokenError("the access token lives longer than ours do")
    if at >= exp:
        raise TokenError("the access token has expired")
    if iat > at + FUTURE_SECONDS:
        # A clock that was put back would lengthen the life of every token.
        raise TokenError("the access token comes from the future")
    jkt = claims["cnf"].get("jkt")
    if claims["cnf"].keys() != {"jkt"} or not isinstance(jkt, str):
        # A token that is bound to nothing would be a bearer token.
        raise TokenError("the access token is bound to no key")
    return claims


def verified_claims(text: str, keys: Iterable[TokenVerifyKey]) -> dict[str, Any]:
    """Return what one of our keys signed as an access token; raises TokenError."""
    if len(text) > MAX_TOKEN_CHARS:
        raise TokenError("the access token is too long")
    try:
        parsed = jws.extract_compact(text.encode("ascii"), registry=_REGISTRY)
        header = parsed.headers()
        # Exactly ours: `typ` keeps an ID token or a client's assertion from passing (RFC 9068).
        if header.keys() != {"alg", "typ", "kid"}:
            raise TokenError("the access token has other header members than ours")
        if header["alg"] != ALGORITHM or header["typ"] != TYP:
            raise TokenError("the access token is of another type or algorithm")
        key = next((key for key in keys if key.kid == header["kid"]), None)
        if key is None:
            raise TokenError("none of our keys signed the access token")
        if not jws.validate_compact(parsed, key._key, registry=_REGISTRY):
            raise TokenError("the access token's signature does not verify")
        claims = json.loads(parsed.payload)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TokenError("the access token cannot be read") from error
    if not isinstance(claims, dict):
        raise TokenError("the access token holds no claims")
    return claims
