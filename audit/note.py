"""Signed notes: a text, an empty line, and lines of signatures over the text.

Source: C2SP signed-note (sections "Format", "Signatures", "Verifier keys") and, for lines of a
cosigner, C2SP tlog-cosignature ("Format": 0x04, cosignature/v1; 0x06, ML-DSA-44).

This file must not know what a text says, and it never holds a private key: a `Signer` is passed
in. Every Ed25519 verdict is PyNaCl's.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Final, Protocol

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from audit.encoding import decode_base64
from audit.errors import NoteError
from audit.mldsa import ML_DSA_44, check_cosigned

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
TIMED = frozenset({COSIGNATURE_V1, ML_DSA_44})
"""The algorithms of cosigners, whose signatures begin with eight bytes of time."""

KEY_BYTES: Final = {ED25519: 32, COSIGNATURE_V1: 32, ML_DSA_44: 1_312}
SIGNATURE_BYTES: Final = {ED25519: 64, COSIGNATURE_V1: 8 + 64, ML_DSA_44: 8 + 2_420}

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100  # as sumdb; C2SP asks for at least 16

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH = "— "  # EM DASH and a space begin each signature line


class Signer(Protocol):
    """Who signs: a name without white space or plus, an Ed25519 public key, and the act."""

    @property
    def name(self) -> str:
        """The key's name, for a log its origin."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""

    def sign(self, message: bytes, /) -> bytes:
        """Return the 64 bytes of the Ed25519 signature over `message`."""


@dataclass(frozen=True)
class Verifier:
    """A public key that a reader trusts under a name.

    key_id: four bytes, SHA-256(name LF algorithm key)[:4]. earlier: keys of the same name that it
        replaced, each with the size of the log up to which it counts.
    """

    name: str
    key_id: bytes
    algorithm: int
    key: bytes
    earlier: tuple[EarlierKey, ...] = ()

    def counts_at(self, size: int) -> set[bytes]:
        """Return the ids of the keys that may sign for a log of `size` entries."""
        known = {one.verifier.key_id for one in self.earlier if one.counts_at(size)}
        return {self.key_id, *known}


@dataclass(frozen=True)
class EarlierKey:
    """A key that a log signed with before. last_size: None while it still signs beside the new."""

    verifier: Verifier
    last_size: int | None

    def counts_at(self, size: int) -> bool:
        """Whether the key may sign for a log of `size` entries."""
        return self.last_size is None or size <= self.last_size


@dataclass(frozen=True)
class GoodSignature:
    """A signature that was checked and holds.

    at: Unix seconds of a cosignature; None for a plain Ed25519 signature.
    """

    name: str
    key_id: bytes
    at: int | None = None


@dataclass(frozen=True)
class OpenedNote:
    """A note's text, with its last line feed, and which known keys signed it."""

    text: str
    signatures: tuple[GoodSignature, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys whose signatures hold, in the note's order."""
        return tuple(signature.name for signature in self.signatures)


@lru_cache(maxsize=64)  # a log signs with one key, thousands of times
def key_id(name: str, algorithm: int, key: bytes) -> bytes:
    """Return the four bytes that tell keys of one name apart (signed-note, "Signatures")."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + key).digest()[:4]


def format_vkey(name: str, public_key: bytes) -> str:
    """Return the verifier key of an Ed25519 key (signed-note, "Verifier keys")."""
    _check_name(name)
    if len(public_key) != 32:
        raise NoteError("an Ed25519 public key has 32 bytes")
    known = base64.b64encode(bytes([ED25519]) + public_key).decode()
    return f"{name}+{key_id(name, ED25519, public_key).hex()}+{known}"


def parse_vkey(text: str) -> Verifier:
    """Return the verifier that `text` names; Ed25519, cosignature/v1 and ML-DSA-44 keys only."""
    parts = text.split("+", 2)  # base64 may hold a plus, a name may not
    if len(parts) != 3:
        raise NoteError("a verifier key is name+id+key")
    name, hex_id, encoded = parts
    _check_name(name)
    raw = decode_base64(encoded)
    if not raw or KEY_BYTES.get(raw[0]) != len(raw) - 1:
        raise NoteError("a verifier key of an unknown algorithm")
    found = key_id(name, raw[0], raw[1:])
    if found.hex() != hex_id:
        raise NoteError("a verifier key whose id is not its own")
    return Verifier(name, found, raw[0], raw[1:])


def with_earlier(verifier: Verifier, earlier: Iterable[tuple[str, int | None]]) -> Verifier:
    """Return `verifier` with the keys that it replaced. earlier: (vkey, last size or None)."""
    keys: list[EarlierKey] = []
    for vkey, last_size in earlier:
        old = parse_vkey(vkey)
        if (old.name, old.algorithm) != (verifier.name, verifier.algorithm):
            raise NoteError("an earlier key of another log, or of another kind")
        if old.key == verifier.key or any(old.key == one.verifier.key for one in keys):
            raise NoteError("a log's keys, newest and earlier, are each given once")
        keys.append(EarlierKey(old, last_size))
    return replace(verifier, earlier=tuple(keys))


def sign_note(text: str, *signers: Signer) -> str:
    """Return `text` as a note with one Ed25519 signature line for each signer, in order."""
    _check_text(text)
    return f"{text}\n{''.join(_signed_line(text, signer) for signer in signers)}"


def _signed_line(text: str, signer: Signer) -> str:
    _check_name(signer.name)
    signature = signer.sign(text.encode())
    if len(signature) != 64:
        raise NoteError("an Ed25519 signature has 64 bytes")
    raw = key_id(signer.name, ED25519, signer.public_key) + signature
    return f"{_DASH}{signer.name} {base64.b64encode(raw).decode()}\n"


def open_note(note: str, verifiers: Iterable[Verifier]) -> OpenedNote:
    """Return the text of `note` and the known keys that signed it, at least one.

    A line of an unknown key is ignored; a line of a known key that fails rejects the whole note
    (signed-note, "Signatures"): whoever tampers must not be able to hide behind a second, good
    line. Two verifiers of one name and id would make the verdict ambiguous and are refused.
    A verifier's earlier keys are known too; whether one still counts is for who reads the text.
    """
    known: dict[tuple[str, bytes], Verifier] = {}
    given = list(verifiers)
    for verifier in [*given, *(old.verifier for one in given for old in one.earlier)]:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise NoteError("two known keys share a name and an id")
    text, lines = _split(note)
    good: list[GoodSignature] = []
    seen: set[tuple[str, bytes]] = set()
    for line in lines:
        name, raw = _parse_line(line)
        who = (name, raw[:4])
        verifier_ = known.get(who)
        if verifier_ is None or who in seen:
            continue
        seen.add(who)
        good.append(_check_signature(text, raw[4:], verifier_))
    if not good:
        raise NoteError("no signature of a known key")
    return OpenedNote(text, tuple(good))


def _check_signature(text: str, signature: bytes, verifier: Verifier) -> GoodSignature:
    """Return the signature if it holds, or raise NoteError."""
    if len(signature) != SIGNATURE_BYTES.get(verifier.algorithm):
        raise NoteError("a signature of another length")
    message = text.encode()
    at: int | None = None
    if verifier.algorithm in TIMED:
        # tlog-cosignature: eight bytes of time, then the signature, which covers the time too.
        at = time = int.from_bytes(signature[:8], "big")
        signature = signature[8:]
        if time >= 2**63:
            raise NoteError("a cosignature of an impossible time")
        if verifier.algorithm == ML_DSA_44:
            check_cosigned(verifier.key, signature, name=verifier.name, text=text, at=time)
            return GoodSignature(verifier.name, verifier.key_id, time)
        message = b"cosignature/v1\ntime %d\n" % time + message
    try:
        VerifyKey(verifier.key).verify(message, signature)
    except (CryptoError, ValueError, TypeError) as exc:
        raise NoteError("the signature of a known key does not hold") from exc
    return GoodSignature(verifier.name, verifier.key_id, at)


def _split(note: str) -> tuple[str, list[str]]:
    """Return the text with its last line feed, and the signature lines."""
    if len(note) > MAX_NOTE_BYTES:
        raise NoteError("a note too long to be one")
    # The last empty line: a text may hold empty lines itself (signed-note, "Format").
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n"):
        raise NoteError("a note is a text, an empty line and signature lines")
    text, tail = note[: cut + 1], note[cut + 2 :]
    _check_text(text)
    lines = tail.split("\n")[:-1]
    if not lines:
        raise NoteError("a note without signatures")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("a note with too many signatures")
    return text, lines


def _parse_line(line: str) -> tuple[str, bytes]:
    """Return a signature line's key name and bytes: key id, then signature."""
    if not line.startswith(_DASH):
        raise NoteError("a signature line begins with an em dash and a space")
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not space:
        raise NoteError("a signature line is a name and a signature")
    _check_name(name)
    raw = decode_base64(encoded)
    if len(raw) < 5:
        raise NoteError("a signature too short to be one")
    return name, raw


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("a note's text ends with a line feed")
    if _CONTROL.search(text):
        raise NoteError("a note's text holds no control characters")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise NoteError("a note's text is UTF-8") from exc


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() for char in name):
        raise NoteError("a key's name is not empty and has no white space or plus")
    if any(char < " " or "\ud800" <= char <= "\udfff" for char in name):
        raise NoteError("a key's name holds no control characters")
