"""What a kept key is called, what it is for, and where it is in its life.

Pure. Records hold no secret: they are what `izin keys list` may show.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final, Literal

from keys import base64url
from keys.errors import KeysError
from keys.mldsa import CosigningKey
from keys.profiles import DEFAULT, grow_key
from keys.signing import SigningKey

SECRET_BYTES: Final = 32
"""Every kept secret is 32 bytes: the seed of a signing or sealing key, or a symmetric key."""

SIGNING_USES: Final = frozenset({"log", "consent", "sign", "root", "witness"})
COSIGNING_USES: Final = frozenset({"cosign"})
SEALING_USES: Final = frozenset({"seal", "answer"})
SECRET_USES: Final = frozenset({"token", "epoch"})
USES: Final = SIGNING_USES | COSIGNING_USES | SEALING_USES | SECRET_USES

State = Literal["active", "leaving", "retired"]

_OWNER = re.compile(r"[a-z0-9._/-]{1,253}", re.ASCII)


@dataclass(frozen=True)
class KeyRecord:
    """One kept key, without its secret.

    kid: thumbprint of the public key, or a name derived from the secret (43 characters).
    created, retired: integer Unix seconds. An active key is the one of its owner and use that
    new work takes; a leaving one still signs beside it, until it is retired; a retired one still
    opens and verifies what was made with it.
    """

    kid: str
    use: str
    owner: str
    created: int
    state: State
    retired: int | None = None


def check_use(use: str) -> None:
    """Return if `use` is one of USES; raise KeysError otherwise."""
    if use not in USES:
        raise KeysError(f"not a use of a key: one of {', '.join(sorted(USES))}")


def check_owner(owner: str) -> None:
    """Return if `owner` is an id or a log's origin; raise KeysError otherwise."""
    if not _OWNER.fullmatch(owner):
        raise KeysError("a key's owner is not an id or origin")


def name_key(use: str, secret: bytes, algorithm: str = DEFAULT) -> str:
    """Return the kid of the key that `secret` (32 bytes) makes under `use`.

    algorithm: of a sealing key; the other uses have one each.
    """
    check_use(use)
    if len(secret) != SECRET_BYTES:
        raise KeysError("a kept secret has 32 bytes")
    if use in SIGNING_USES:
        return SigningKey.from_seed(secret).public.thumbprint
    if use in COSIGNING_USES:
        return CosigningKey.from_seed(secret).public.thumbprint
    if use in SEALING_USES:
        return grow_key(algorithm, secret).thumbprint
    return base64url.encode(hmac.digest(secret, b"izin/v1/kid", hashlib.sha256))


def wrap_context(record: KeyRecord) -> str:
    """Return what a wrapped key is bound to.

    Without it, whoever can write to the table could put the wrapped answer key in the row of the
    log's key, or a retired key in the row of the active one.
    """
    return f"key/{record.owner}/{record.use}/{record.kid}"
