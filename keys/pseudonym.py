"""Names for a person that do not give the person away.

Pure. A NIK has so few possible values that a plain hash of one falls in minutes for a whole
district, and a PIN in less; everything here is therefore keyed. What is derived for the index,
for a programme and for a PIN never meets: each has a label of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from keys import base64url
from keys.errors import KeysError

PIN_HASH_BYTES = 33
_PIN_VERSION = b"\x01"
_MIN_SALT_BYTES = 16


@dataclass(frozen=True)
class Cost:
    """What one Argon2id hash costs (RFC 9106)."""

    memory_kib: int
    passes: int
    lanes: int


PIN_COST = Cost(memory_kib=19_456, passes=2, lanes=1)
"""About 30 ms and 19 MiB: a busy counter must not run out of memory, and the pepper, not the
cost, is what a thief of the database lacks. One lane, since OpenSSL's threads for several lanes
wait for each other for ever when several hashes are made at once. Fixed with version 1 of a PIN's
hash."""


def blind_index(pepper: bytes, nik: str) -> bytes:
    """Return the 32 bytes under which a NIK is found again by whoever has the pepper."""
    return _mac(pepper, "nik", nik)


def subject(person_key: bytes, programme: str) -> str:
    """Return the programme's pseudonym for a person: 43 characters of base64url.

    Two programmes cannot join theirs, and once `person_key` is destroyed nobody can remake one.
    """
    return base64url.encode(_mac(person_key, "subject", programme))


def pin_hash(pepper: bytes, pin: str, salt: bytes) -> bytes:
    """Return the stored form of a PIN: version byte, then 32 bytes.

    A six-digit PIN falls to whoever holds salt and hash, however slow the hash is; the pepper,
    kept outside the database, is what a thief of the database lacks.
    """
    return stretch(_mac(pepper, "pin", pin), salt)


def pin_matches(pepper: bytes, pin: str, salt: bytes, expected: bytes) -> bool:
    """Whether `pin` is the one behind `expected`, in time independent of the answer."""
    return hmac.compare_digest(pin_hash(pepper, pin, salt), expected)


def stretch(peppered: bytes, salt: bytes, *, cost: Cost = PIN_COST) -> bytes:
    """Return version byte || Argon2id of a PIN that a KEK provider has already peppered.

    peppered: `kek.mac("pin", pin)`, for providers whose pepper never leaves them.
    salt: at least 16 random bytes, one per person.
    """
    if len(salt) < _MIN_SALT_BYTES:
        raise KeysError("a PIN's salt has at least 16 bytes")
    return _PIN_VERSION + argon2id(peppered, salt, cost=cost)


def argon2id(secret: bytes, salt: bytes, *, cost: Cost, length: int = 32) -> bytes:
    """Return the Argon2id hash (RFC 9106) of `secret`."""
    return Argon2id(
        salt=salt,
        length=length,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive(secret)


def _mac(key: bytes, label: str, text: str) -> bytes:
    if len(key) < 32:
        raise KeysError("a pseudonym's key has at least 32 bytes")
    return hmac.digest(key, f"izin/v1/{label}/{text}".encode(), hashlib.sha256)
