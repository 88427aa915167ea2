"""An OpenID provider's ID token: who signed in there, and to which nonce (OpenID Connect Core).

Pure: no I/O. Used where people sign in, with the keys that the provider publishes, and where
agencies' gateways check evidence, with those of the trust file.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from consent.errors import LoginError
from consent.jwt_text import read_unverified
from keys.sign_in_trust import LoginProvider

ALGORITHMS: Final[Mapping[str, str]] = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
"""Signature algorithm -> kind of key. Neither `none` nor a MAC: a public key is no secret."""

MOST_CHARS: Final = 8_192
SKEW_SECONDS: Final = 60
ANEW_SECONDS: Final = 600
"""How long before its ID token a login may lie that counts as made for it."""

_NIK = re.compile(r"[0-9]{16}", re.ASCII)


class _Registry(jws.JWSRegistry):
    """joserfc's own limits are too low for some providers' tokens."""

    max_header_length = 4_096
    max_payload_length = MOST_CHARS


_REGISTRY: Final = _Registry(algorithms=list(ALGORITHMS))


@dataclass(frozen=True)
class Login:
    """Who signed in at which provider. auth_time: when she proved who she is, if it says so."""

    issuer: str
    nik: str = field(repr=False)
    auth_time: int | None = None
    issued_at: int = 0

    @property
    def is_anew(self) -> bool:
        """Whether she proved who she is for this login: signing in at dawn is not consent at dusk.

        A provider that does not say when she did has not shown it.
        """
        return self.auth_time is not None and self.issued_at - self.auth_time <= ANEW_SECONDS


def check_id_token(
    token: str,
    *,
    providers: Mapping[str, LoginProvider],
    nonce: str,
    since: int,
    until: int,
) -> Login:
    """Return who signed in; raises LoginError.

    providers: by issuer, with the keys that are believed. nonce: what the token must carry.
    since, until: Unix seconds; the token must have been valid at some moment between them.
    """
    header, claims = _read(token)
    # 1. an issuer that we believe; 2. its own key, of the kind that the algorithm needs
    provider = providers.get(str(claims.get("iss")))
    if provider is None:
        raise LoginError("the token is of no provider that is believed")
    _verify(token, header, provider)
    # 3. made for us, and for nobody else beside us
    audience = claims.get("aud")
    if audience not in (provider.client_id, [provider.client_id]):
        raise LoginError("the token is for another client")
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise LoginError("the token was issued to another client")
    # 4. in time
    issued_at, expires = claims.get("iat"), claims.get("exp")
    if type(issued_at) is not int or type(expires) is not int:
        raise LoginError("the token does not say when it holds")
    if not (issued_at <= until + SKEW_SECONDS and expires > since - SKEW_SECONDS):
        raise LoginError("the token does not hold at this moment")
    # 5. the answer to what was asked, and to nothing else
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise LoginError("the token carries another nonce")
    # 6. about one person
    nik = claims.get(provider.claim)
    if not isinstance(nik, str) or not _NIK.fullmatch(nik):
        raise LoginError("the token names no NIK")
    auth_time = claims.get("auth_time")
    return Login(provider.issuer, nik, auth_time if type(auth_time) is int else None, issued_at)


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        return read_unverified(token, most_chars=MOST_CHARS)
    except ValueError:
        raise LoginError("the token is not a signed JWT") from None


def _verify(token: str, header: Mapping[str, Any], provider: LoginProvider) -> None:
    alg, kid = header.get("alg"), header.get("kid")
    kty = ALGORITHMS.get(alg) if isinstance(alg, str) else None
    if kty is None or "crit" in header:
        raise LoginError("the token's algorithm is not one of ours")
    fitting = [
        key
        for key in provider.jwks
        if key["kty"] == kty
        and key.get("alg", alg) == alg
        and (kid is None or key.get("kid") == kid)
    ]
    # Without a `kid` there must be nothing to choose from.
    if len(fitting) != 1:
        raise LoginError("the token is signed by no key that is believed")
    try:
        imported = (RSAKey if kty == "RSA" else ECKey).import_key({**fitting[0]})
        jws.deserialize_compact(token, imported, algorithms=[str(alg)], registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, KeyError):
        raise LoginError("the token's signature does not verify") from None
