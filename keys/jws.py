"""JSON Web Signatures (RFC 7515) in the one shape that Izin writes.

Pure. Ed25519 only, compact or detached; the protected header is canonical JSON with exactly
`alg`, `kid`, `typ` and the extra members that the caller declares. The verifier brings the key
and the type, so nothing in a message chooses how it is verified: not `alg`, not `kid`, and no
`jwk`, `jku` or `crit`, since an undeclared member is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from keys import base64url, canonical
from keys.errors import KeysError
from keys.signing import SigningKey, VerifyKey

ALGORITHM = "EdDSA"
MAX_HEADER_BYTES = 4_096
MAX_TEXT_CHARS = 131_072
_FIXED = frozenset({"alg", "kid", "typ"})
# Members that other libraries act on; a caller that declares one has made a mistake.
_RESERVED = frozenset({"b64", "crit", "cty", "enc", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u"})


def sign_compact(
    payload: bytes, key: SigningKey, *, typ: str, extra: Mapping[str, str] | None = None
) -> str:
    """Return the compact JWS `header.payload.signature`.

    extra: further members of the protected header; the verifier must declare the same names.
    """
    signed = f"{_header(key, typ, extra or {})}.{base64url.encode(payload)}"
    return f"{signed}.{base64url.encode(key.sign(signed.encode('ascii')))}"


def verify_compact(
    text: str, key: VerifyKey, *, typ: str, extra: Collection[str] = ()
) -> tuple[dict[str, str], bytes]:
    """Return (header, payload) of a compact JWS that `key` signed; raises KeysError otherwise.

    extra: names of the header members that must stand there besides `alg`, `kid`, `typ`.
    """
    header_text, payload_text, signature_text = _split(text)
    payload = base64url.decode(payload_text)
    header = _check(header_text, f"{header_text}.{payload_text}", signature_text, key, typ, extra)
    return header, payload


def sign_detached(
    payload: bytes, key: SigningKey, *, typ: str, extra: Mapping[str, str] | None = None
) -> str:
    """Return `header..signature`: a JWS whose payload travels elsewhere (RFC 7515 appendix F)."""
    header, _, signature = sign_compact(payload, key, typ=typ, extra=extra).split(".")
    return f"{header}..{signature}"


def verify_detached(
    text: str, payload: bytes, key: VerifyKey, *, typ: str, extra: Collection[str] = ()
) -> dict[str, str]:
    """Return the header of a detached JWS by `key` over `payload`; raises KeysError otherwise."""
    header_text, payload_text, signature_text = _split(text)
    if payload_text:
        raise KeysError("a detached JWS has no payload of its own")
    signed = f"{header_text}.{base64url.encode(payload)}"
    return _check(header_text, signed, signature_text, key, typ, extra)


def peek_header(text: str) -> dict[str, str]:
    """Return the header of a compact or detached JWS, NOT verified.

    Only for finding the key or statement to verify with; nothing else may rest on it.
    """
    header_text, _, _ = _split(text)
    return _parse_header(header_text)


def _header(key: SigningKey, typ: str, extra: Mapping[str, str]) -> str:
    if not set(extra).isdisjoint(_FIXED | _RESERVED):
        raise KeysError("an extra header member has a reserved name")
    if not all(isinstance(value, str) for value in extra.values()):
        raise KeysError("a JWS header holds text members only")
    raw = canonical.encode(
        {**extra, "alg": ALGORITHM, "kid": key.public.thumbprint, "typ": typ},
    )
    if len(raw) > MAX_HEADER_BYTES:
        raise KeysError("the JWS header is too long")
    return base64url.encode(raw)


def _split(text: str) -> tuple[str, str, str]:
    if len(text) > MAX_TEXT_CHARS:
        raise KeysError("the JWS is too long")
    parts = text.split(".")
    if len(parts) != 3:
        raise KeysError("a JWS has three parts")
    return parts[0], parts[1], parts[2]


def _parse_header(header_text: str) -> dict[str, str]:
    raw = base64url.decode(header_text)
    if len(raw) > MAX_HEADER_BYTES:
        raise KeysError("the JWS header is too long")
    header: dict[str, str] = {}
    for name, value in canonical.parse(raw).items():
        if not isinstance(value, str):
            raise KeysError("a JWS header holds text members only")
        header[name] = value
    if not set(header) >= _FIXED:
        raise KeysError("the JWS header lacks alg, kid or typ")
    if header["alg"] != ALGORITHM:
        raise KeysError("the JWS is not signed with EdDSA")
    return header


def _check(
    header_text: str,
    signed: str,
    signature_text: str,
    key: VerifyKey,
    typ: str,
    extra: Collection[str],
) -> dict[str, str]:
    header = _parse_header(header_text)
    if set(header) != _FIXED | set(extra):
        raise KeysError("the JWS header has other members than declared")
    # The type keeps a signature made for one purpose from being shown as another.
    if header["typ"] != typ:
        raise KeysError("the JWS has another type")
    if header["kid"] != key.thumbprint:
        raise KeysError("the JWS names another key")
    key.verify(signed.encode("ascii"), base64url.decode(signature_text))
    return header
