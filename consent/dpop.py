"""DPoP proofs: that whoever sends a request holds the key (RFC 9449, section 4.3).

Pure: no I/O. It must not remember proofs: the caller records each jti (`replay.Replays`) until
`iat` is too old to pass, knows which nonces it handed out, and compares `jkt` with the token's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from consent import es256
from consent.errors import DpopError, TokenError
from consent.jwt_text import read_unverified
from keys import base64url
from keys.errors import KeysError
from keys.signing import VerifyKey

TYP: Final = "dpop+jwt"
FUTURE_SECONDS: Final = 10
PAST_SECONDS: Final = 60
MAX_PROOF_CHARS: Final = 8_192
ALGORITHMS: Final = ("ES256", "EdDSA", "Ed25519")
"""What the server's metadata announces; the last two name the same thing (RFC 9864)."""

_EC_MEMBERS: Final = frozenset({"kty", "crv", "x", "y"})
_OKP_MEMBERS: Final = frozenset({"kty", "crv", "x"})
# Public members that a client may add to its key and that change nothing here.
_HARMLESS: Final = frozenset({"alg", "use", "kid", "key_ops", "ext"})
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class DpopProof(NamedTuple):
    """A proof that holds. jkt: the key's RFC 7638 thumbprint. nonce: as sent, not judged."""

    jkt: str
    jti: str
    nonce: str | None = None


def check(
    headers: Sequence[str], *, method: str, url: str, at: int, token: str | None = None
) -> DpopProof:
    """Return the key's thumbprint and the proof's id; raises DpopError.

    headers: every value of the request's `DPoP` header. url: this endpoint as the public knows
    it. token: the access token that came with the request; then `ath` must bind it.
    """
    # 1. exactly one header: two let a front end check one and us another.
    if len(headers) != 1 or "," in headers[0]:
        raise DpopError("there must be exactly one DPoP header")
    text = headers[0].strip()
    # 2. a well-formed JWT; 3. with the required claims
    header, claims = _read(text)
    # 4. typ; 5. an asymmetric algorithm of ours; no extension that we would have to understand
    if header.keys() != {"typ", "alg", "jwk"}:
        raise DpopError("the proof's header must hold exactly typ, alg and jwk")
    if header["typ"] != TYP:
        raise DpopError("the proof's typ is not dpop+jwt")
    # 6. the signature verifies under jwk; 7. jwk holds no private key
    jkt = _verify(text, header)
    # 8. htm; 9. htu
    if claims.get("htm") != method:
        raise DpopError("the proof is for another method")
    htu = claims.get("htu")
    if not isinstance(htu, str) or (htu != url and normalise_url(htu) != normalise_url(url)):
        raise DpopError("the proof is for another address")
    # 10. the nonce: the caller knows its own; 11. iat
    iat = claims.get("iat")
    if type(iat) is not int or not at - PAST_SECONDS <= iat <= at + FUTURE_SECONDS:
        raise DpopError("the proof's iat is not about now")
    # 12. ath
    if token is not None and claims.get("ath") != encode_ath(token):
        raise DpopError("the proof is for another access token")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 8 <= len(jti) <= 256:
        raise DpopError("the proof's jti is not 8 to 256 characters")
    nonce = claims.get("nonce")
    return DpopProof(jkt, jti, nonce if isinstance(nonce, str) else None)


def normalise_url(url: str) -> str:
    """Return a URL without query and fragment, in one spelling (RFC 3986, section 6.2.2 and 6.2.3).

    Scheme and host in lower case, no default port, `/` for an empty path, no needless escapes.
    Path segments `.` and `..` are refused rather than resolved.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        raise DpopError("the proof's htu is not a URL") from None
    if scheme not in _DEFAULT_PORTS or not host or parts.username is not None:
        raise DpopError("the proof's htu is not an http URL")
    path = _ESCAPE.sub(_plain, parts.path or "/")
    if any(segment in {".", ".."} for segment in path.split("/")):
        raise DpopError("the proof's htu has dot segments")
    name = f"[{host}]" if ":" in host else host
    where = name if port in (None, _DEFAULT_PORTS[scheme]) else f"{name}:{port}"
    return f"{scheme}://{where}{path}"


def _plain(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _read(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        return read_unverified(text, most_chars=MAX_PROOF_CHARS)
    except ValueError:
        raise DpopError("the proof is not a JWT") from None


def _verify(text: str, header: Mapping[str, Any]) -> str:
    alg, jwk = header["alg"], header["jwk"]
    if not isinstance(jwk, dict) or not all(isinstance(name, str) for name in jwk):
        raise DpopError("the proof's jwk is not a key")
    if alg == "ES256":
        return _verify_es256(text, _public(jwk, _EC_MEMBERS, "EC", "P-256"))
    if alg in ("EdDSA", "Ed25519"):
        return _verify_ed25519(text, _public(jwk, _OKP_MEMBERS, "OKP", "Ed25519"))
    raise DpopError("the proof's algorithm is not one of ES256, EdDSA, Ed25519")


def _public(jwk: Mapping[str, Any], wanted: frozenset[str], kty: str, crv: str) -> dict[str, str]:
    """Return the members that make the key; a private member is refused, not dropped."""
    if not wanted <= jwk.keys() or not jwk.keys() <= wanted | _HARMLESS:
        raise DpopError("the proof's jwk is not exactly a public key")
    if jwk["kty"] != kty or jwk["crv"] != crv:
        raise DpopError("the proof's jwk is not of its algorithm")
    if not all(isinstance(jwk[name], str) for name in wanted):
        raise DpopError("the proof's jwk is not a key")
    return {name: jwk[name] for name in wanted}


def _verify_es256(text: str, jwk: dict[str, str]) -> str:
    signed, _, signature = text.rpartition(".")
    try:
        key = es256.public_key(jwk["x"], jwk["y"])
        if not key.verifies(signed.encode("ascii"), base64url.decode(signature)):
            raise DpopError("the proof's signature does not verify")
    except (TokenError, KeysError, UnicodeEncodeError) as error:
        raise DpopError("the proof's signature does not verify") from error
    return key.thumbprint


def _verify_ed25519(text: str, jwk: dict[str, str]) -> str:
    # Every Ed25519 verdict is libsodium's, by way of keys.signing.
    signed, _, signature = text.rpartition(".")
    try:
        key = VerifyKey.from_jwk(jwk)
        key.verify(signed.encode("ascii"), base64url.decode(signature))
        return key.thumbprint
    except (KeysError, UnicodeEncodeError) as error:
        raise DpopError("the proof's signature does not verify") from error


def encode_ath(token: str) -> str:
    """Return the `ath` claim of a token (RFC 9449, section 4.2), as a client writes it."""
    return base64url.encode(hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest())
