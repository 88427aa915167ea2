"""What would give a person away, in every spelling in which it could lie about."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from broker.demo.population import Resident
from keys import base64url

HASHES = ("md5", "sha1", "sha256", "sha512")
# Opened answers, as they stand inside the seal.
ANSWERS = tuple(f'"answer":"{word}"'.encode() for word in ("yes", "no", "unknown"))


def spellings(raw: bytes) -> Iterator[bytes]:
    """Yield `raw` as text, in hex and in both alphabets of base64, and backwards."""
    yield raw
    yield raw[::-1]
    yield from encodings(raw)


def encodings(raw: bytes) -> Iterator[bytes]:
    """Yield `raw` in hex and in both alphabets of base64, without padding."""
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield base64.b64encode(raw).rstrip(b"=")
    yield base64url.encode(raw).encode()


def of_number(nik: str) -> Iterator[bytes]:
    """Yield a NIK's spellings, and its bare hashes as bytes and in theirs."""
    yield from spellings(nik.encode())
    for name in HASHES:
        digest = hashlib.new(name, nik.encode()).digest()
        yield digest
        # A hash cut short gives somebody away just as well.
        yield digest[:16]
        yield from encodings(digest)
        yield digest[:16].hex().encode()


def of_person(person: Resident) -> set[bytes]:
    """Return everything that names `person` or her family."""
    found = {*of_number(person.nik), *of_number(person.family_card)}
    found.update(spellings(person.name.encode()))
    return found


def files_below(folder: Path, *, but: Sequence[str] = ()) -> Iterator[Path]:
    """Yield every file below `folder` that is not below one of the named folders."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).parts[0] not in but:
            yield path


def found_in(raw: bytes, needles: set[bytes]) -> list[str]:
    """Return which needles stand in `raw`, in hex: a failing test names none of them in clear."""
    return [needle.hex() for needle in needles if needle in raw]
