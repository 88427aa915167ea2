"""The keyring: one owner's keys, kept wrapped under the KEK and handed out by use.

It unwraps at every call and remembers nothing, so that a key retired or destroyed by another
process is not used from memory here. Whoever needs one often keeps what it got.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine

from keys.errors import KeysError
from keys.kek import KekProvider, RandomBytes
from keys.mldsa import CosigningKey
from keys.profiles import DEFAULT, grow_named
from keys.record import (
    COSIGNING_USES,
    SEALING_USES,
    SECRET_BYTES,
    SECRET_USES,
    SIGNING_USES,
    USES,
    KeyRecord,
    check_owner,
    check_use,
    name_key,
    wrap_context,
)
from keys.sealing import PrivateKey
from keys.signing import SigningKey
from keys.store import KeyStore

__all__ = ["KeyRecord", "Keyring"]


class Keyring:
    """An owner's keys by use; the active one unless a `kid` is named."""

    def __init__(
        self,
        engine: Engine,
        kek: KekProvider,
        *,
        owner: str,
        clock: Callable[[], datetime],
        random: RandomBytes = os.urandom,
    ) -> None:
        """Take the database, the KEK, and whose keys these are (an id, or a log's origin)."""
        check_owner(owner)
        self.owner = owner
        self._store = KeyStore(engine)
        self._kek = kek
        self._clock = clock
        self._random = random

    def add(self, use: str, secret: bytes, algorithm: str = DEFAULT) -> KeyRecord:
        """Keep a key (32 bytes: a seed, or a symmetric key); it becomes the active one.

        algorithm: of a sealing key (`profiles`); the key's name says it from then on.
        """
        return self._add(use, secret, algorithm, old="retired")

    def _add(
        self, use: str, secret: bytes, algorithm: str, *, old: Literal["leaving", "retired"]
    ) -> KeyRecord:
        kid = name_key(use, secret, algorithm)
        record = KeyRecord(kid, use, self.owner, self._now(), "active")
        self._store.add_active(record, self._kek.wrap(secret, wrap_context(record)), old=old)
        return record

    def generate(self, use: str, algorithm: str = DEFAULT) -> KeyRecord:
        """Make a new key and keep it; it becomes the active one."""
        return self.add(use, self._random(SECRET_BYTES), algorithm)

    def ensure(self, use: str, algorithm: str = DEFAULT) -> KeyRecord:
        """Return the record of the active key, made now if there is none.

        algorithm: of a sealing key that is made; one that exists stays as it is.
        """
        found = self.active(use)
        if found is not None:
            return found
        try:
            return self.generate(use, algorithm)
        except KeysError:
            # Another process was first: its key is as good as ours.
            found = self.active(use)
            if found is None:
                raise
            return found

    def rotate(self, use: str) -> KeyRecord:
        """Make a new active key, beside which the old one goes on signing until it is retired.

        Raises KeysError while the one before is still leaving: three keys at once help nobody.
        """
        if self.active(use) is None:
            raise KeysError(f"no active {use} key")
        if self.leaving(use) is not None:
            raise KeysError(f"the {use} key before this one still signs: retire it first")
        return self._add(use, self._random(SECRET_BYTES), DEFAULT, old="leaving")

    def leaving(self, use: str) -> KeyRecord | None:
        """Return the record of the key that signs beside the active one, if there is one."""
        check_use(use)
        return next((one for one in self.list() if (one.use, one.state) == (use, "leaving")), None)

    def active(self, use: str) -> KeyRecord | None:
        """Return the record of the active key, if there is one."""
        check_use(use)
        found = self._store.find(self.owner, use, None)
        return found[0] if found else None

    def retire(self, kid: str) -> None:
        """Stop taking a key for new work; what was made with it still opens."""
        self._store.retire(self.owner, kid, at=self._now())

    def wrapped_for(self, to: str, *, keep: Collection[str]) -> Mapping[str, bytes]:
        """Return each key (kid -> wrapped) as `to` would keep it, but for the uses in `keep`.

        A key is wrapped for its owner, so each is opened and wrapped anew.
        """
        check_owner(to)
        found = {}
        for record in self.list():
            if record.use not in keep:
                _, secret = self._open(record.use, record.kid, USES)
                context = wrap_context(replace(record, owner=to))
                found[record.kid] = self._kek.wrap(secret, context)
        return found

    def hand_over(self, connection: Connection, to: str, wrapped: Mapping[str, bytes]) -> None:
        """Make keys `to`'s, as `wrapped_for` returned them, in the caller's transaction.

        `to` must have no active key of the same use.
        """
        for kid, each in wrapped.items():
            self._store.hand_over(connection, kid, each, old=self.owner, new=to)

    def list(self) -> tuple[KeyRecord, ...]:
        """Return the records of all keys, by use and then age."""
        return self._store.records(self.owner)

    def signing(self, use: str, kid: str | None = None) -> SigningKey:
        """Return an Ed25519 key: log, consent, sign, root or witness."""
        return SigningKey.from_seed(self._checked(use, kid, SIGNING_USES))

    def cosigning(self, use: str = "cosign", kid: str | None = None) -> CosigningKey:
        """Return an ML-DSA-44 key: cosign."""
        return CosigningKey.from_seed(self._checked(use, kid, COSIGNING_USES))

    def sealing(self, use: str, kid: str | None = None) -> PrivateKey:
        """Return a sealing key: seal or answer."""
        record, secret = self._open(use, kid, SEALING_USES)
        key = grow_named(record.kid, secret)
        if key is None:
            raise KeysError("a kept key is not the one its record names")
        return key

    def secret(self, use: str, kid: str | None = None) -> bytes:
        """Return a symmetric key of 32 bytes: token or epoch."""
        return self._checked(use, kid, SECRET_USES)

    def __repr__(self) -> str:
        return f"Keyring(owner={self.owner!r})"

    def _checked(self, use: str, kid: str | None, allowed: frozenset[str]) -> bytes:
        record, secret = self._open(use, kid, allowed)
        # The context says so already; a key under another's name would be worth this check.
        if name_key(use, secret) != record.kid:
            raise KeysError("a kept key is not the one its record names")
        return secret

    def _open(self, use: str, kid: str | None, allowed: frozenset[str]) -> tuple[KeyRecord, bytes]:
        check_use(use)
        if use not in allowed:
            raise KeysError(f"a {use} key is of another kind")
        found = self._store.find(self.owner, use, kid)
        if found is None:
            raise KeysError(f"no {'active ' if kid is None else 'such '}{use} key")
        record, wrapped = found
        return record, self._kek.unwrap(wrapped, wrap_context(record))

    def _now(self) -> int:
        return int(self._clock().timestamp())
