"""What institutions compare on paper or by telephone: a short fingerprint of each key.

Pure. Files with keys travel as they like, by mail or on a stick; what makes them believed is that
both sides read out the same fingerprint, which stands in the signed agreement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from audit.note import parse_vkey
from keys.signing import VerifyKey
from keys.trust import TrustFile

# 160 bits: nobody finds a second key with the same ones.
_BYTES: Final = 20
_GROUP: Final = 4


def fingerprint(key: bytes) -> str:
    """Return SHA-256 of a public key in ten groups of four hexadecimal digits.

    Cut to them; key: 32 bytes, or what makes a login provider's key.
    """
    text = hashlib.sha256(key).digest()[:_BYTES].hex()
    return " ".join(text[i : i + _GROUP] for i in range(0, len(text), _GROUP))


def broker_lines(
    origin: str, *, root: VerifyKey, consent: tuple[VerifyKey, ...], vkey: str
) -> list[str]:
    """Return the broker's lines of an agreement. vkey: the log's, as C2SP writes it."""
    log = parse_vkey(vkey)
    return [
        _line("broker", origin, "root", root.raw),
        *(_line("broker", origin, "consent", key.raw) for key in consent),
        _line("broker", origin, "log", log.key),
    ]


def trust_lines(trust: TrustFile) -> list[str]:
    """Return one line for every key that a trust file believes."""
    known = trust.broker
    lines = broker_lines(
        known.origin, root=known.root, consent=known.consent_keys, vkey=known.log_vkey
    )
    for one in known.earlier_log_keys:
        until = "still signs" if one.last_size is None else f"up to {one.last_size} entries"
        lines.append(f"{_line('broker', known.origin, 'log', parse_vkey(one.vkey).key)} {until}")
    if known.continues is not None:
        old = known.continues
        root = fingerprint(bytes.fromhex(old.root))
        lines.append(f"continues  {old.origin} from {old.size} entries, {root}")
    for kind, roots in (("agency", trust.agencies), ("programme", trust.programmes)):
        lines += [_line(kind, owner, "root", key.raw) for owner, key in sorted(roots.items())]
    return lines


def sign_in_lines(trust: TrustFile) -> list[str]:
    """Return what a trust file says about how people sign in, as an agreement writes it."""
    site = trust.passkeys
    lines = [f"passkeys   {site.origin}" if site else "passkeys   none count as evidence"]
    for issuer, each in sorted(trust.logins.items()):
        lines.append(f"login      {issuer} as {each.client_id}, NIK in {each.claim}")
        lines += [f"login      key {_digest(key)}" for key in each.jwks]
    return lines


def _digest(jwk: Mapping[str, str]) -> str:
    """Return the fingerprint of a provider's key, over what makes it the key."""
    members = [f"{name}={jwk[name]}" for name in ("crv", "e", "kty", "n", "x", "y") if name in jwk]
    return fingerprint(" ".join(members).encode())


def root_line(kind: str, owner: str, root: VerifyKey) -> str:
    """Return an agency's or a programme's line of an agreement."""
    return _line(kind, owner, "root", root.raw)


def _line(kind: str, owner: str, use: str, key: bytes) -> str:
    return f"{kind:<10} {owner:<24} {use:<8} {fingerprint(key)}"
