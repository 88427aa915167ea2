"""Which sealing algorithms there are. The one file that knows both, and where a third would go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from keys import ecdh_es, xwing
from keys.ecdh_es import EcdhKey, PublicEcdhKey
from keys.errors import KeysError
from keys.sealing import PrivateKey, PublicKey
from keys.xwing import PublicSealingKey, SealingKey


@dataclass(frozen=True)
class Profile:
    """One algorithm: the sizes that its messages have, and how its keys are made.

    read: the public key of a JWK. grow: the private key of 32 secret bytes.
    """

    algorithm: str
    ek_bytes: int
    encrypted_key_bytes: int
    read: Callable[[Mapping[str, object]], PublicKey]
    grow: Callable[[bytes], PrivateKey]


DEFAULT: Final = xwing.ALGORITHM
PROFILES: Final[Mapping[str, Profile]] = {
    profile.algorithm: profile
    for profile in (
        Profile(
            xwing.ALGORITHM,
            xwing.EK_BYTES,
            xwing.ENCRYPTED_KEY_BYTES,
            PublicSealingKey.from_jwk,
            SealingKey.from_seed,
        ),
        Profile(
            ecdh_es.ALGORITHM,
            ecdh_es.EK_BYTES,
            ecdh_es.ENCRYPTED_KEY_BYTES,
            PublicEcdhKey.from_jwk,
            EcdhKey.from_seed,
        ),
    )
}


def find_profile(algorithm: object) -> Profile:
    """Return the profile of an algorithm; raises KeysError."""
    found = PROFILES.get(algorithm) if isinstance(algorithm, str) else None
    if found is None:
        raise KeysError(f"a sealing key's algorithm is one of {', '.join(PROFILES)}")
    return found


def read_public_key(jwk: object) -> PublicKey:
    """Return the sealing key of a JWK, of the algorithm that the key itself names.

    Raises KeysError, also where `jwk` is not even an object. Whoever calls this has, or checks,
    the owner's statement for the key.
    """
    if not isinstance(jwk, Mapping):
        raise KeysError("a sealing key's JWK is an object")
    return find_profile(jwk.get("alg")).read(jwk)


def grow_key(algorithm: str, seed: bytes) -> PrivateKey:
    """Return the private key that 32 secret bytes make under an algorithm."""
    return find_profile(algorithm).grow(seed)


def grow_named(thumbprint: str, seed: bytes) -> PrivateKey | None:
    """Return the private key of this name that the 32 secret bytes make, if they make it.

    A kept key needs no note of its algorithm: its name is that of its public half.
    """
    for profile in PROFILES.values():
        key = profile.grow(seed)
        if key.thumbprint == thumbprint:
            return key
    return None
