"""A log in memory, written the long way: the tests' independent picture of a good export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from nacl.signing import SigningKey

from audit.canonical import JsonInput
from audit.chain import GENESIS_PREV
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.entry import draft, format_entry
from audit.errors import MissingError
from audit.merkle import leaf_hash
from audit.note import Verifier, format_vkey, parse_vkey

START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FORMULA = "f0" * 32


class TestSigner:
    """An Ed25519 signer with a fixed key."""

    __test__ = False  # not a test, whatever its name says

    def __init__(self, name: str = "izin.example/log", seed: int = 7) -> None:
        self.name = name
        self._key = SigningKey(bytes([seed]) * 32)
        self.public_key = bytes(self._key.verify_key)

    def sign(self, message: bytes, /) -> bytes:
        return self._key.sign(message).signature

    @property
    def verifier(self) -> Verifier:
        return parse_vkey(format_vkey(self.name, self.public_key))


class MemoryLog:
    """The files of a log, by path; a LogSource."""

    def __init__(self, files: dict[str, bytes], size: int) -> None:
        self.files = files
        self.size = size

    def checkpoint(self) -> str:
        return self.read("checkpoint").decode()

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise MissingError("no such file")
        return self.files[path]

    def with_file(self, path: str, content: bytes | None) -> MemoryLog:
        """Return a copy in which one file differs, or is gone."""
        files = {name: raw for name, raw in self.files.items() if name != path}
        if content is not None:
            files[path] = content
        return MemoryLog(files, self.size)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def some_members(kind: str, number: int) -> dict[str, JsonInput]:
    """Return made-up members of a kind; hashes and tags differ with `number`."""

    def fresh(label: str) -> str:
        return sha256(f"{label}/{kind}/{number}".encode()).hexdigest()

    access: dict[str, JsonInput] = {
        "programme": "pkh",
        "agency": "polri",
        "purpose": "eligibility",
        # The same for an access and its outcome, which stand near each other.
        "questions": ["motorcycles_above", "owns_car"][number // 30 % 2 :],
        "tag": fresh("tag")[:32],
        "digest": fresh("digest"),
    }
    grant: dict[str, JsonInput] = {
        "programme": "pkh",
        "purpose": "eligibility",
        "tag": fresh("tag")[:32],
    }
    key: dict[str, JsonInput] = {
        "owner": "izin.example/log",
        "use": "sign",
        "thumbprint": fresh("thumbprint"),
    }
    members: Mapping[str, dict[str, JsonInput]] = {
        "grant.requested": {**grant, "digest": fresh("digest")},
        "grant.given": {
            **grant,
            "g": fresh("g"),
            "traces": sorted(fresh(f"trace{i}")[:32] for i in range(3)),
            "challenge": fresh("challenge"),
            "digest": fresh("digest"),
        },
        "grant.withdrawn": {**grant, "w": fresh("w")},
        "grant.expired": {**grant, "w": fresh("w")},
        "access.sent": {**access, "q": fresh("q")},
        "access.refused": {
            **access,
            "reasons": ["grant_live"],
            **({"count": number} if number % 3 == 1 else {}),
        },
        "access.answered": {**access, "outcome": "answered"},
        "access.failed": {**access, "outcome": "failed", "reasons": ["timeout"]},
        "trace.closed": {"tag": fresh("tag")[:32], "agency": "polri", "share": fresh("share")},
        "key.added": {
            **key,
            "from": 1_790_000_000,
            "until": 1_800_000_000,
            "statement": fresh("statement"),
        },
        "key.retired": key,
        "policy.changed": {"policy": fresh("policy")},
        "log.continued": {
            "origin": "izin.old.example",
            "size": 7 + number,
            "root": fresh("root"),
            "signature": fresh("signature") * 2 + "0badc0de",
        },
        "formula.committed": {
            "programme": "pkh",
            "area": "35.10.15.2004",
            "formula": FORMULA,
            "from": "2026-11-26T00:00:00Z",
            "statement": fresh("statement"),
        },
        "decision.made": {
            "programme": "pkh",
            "tag": fresh("tag")[:32],
            "formula": FORMULA,
            "digest": fresh("digest"),
        },
        "log.pruned": {"below": 256, "remain": number},
    }
    return members[kind]


def some_entries(
    size: int, kinds: Sequence[str] = ("access.sent", "access.answered")
) -> list[bytes]:
    """Return a good chain of entries, the kinds in turn, an hour for every hundred.

    With decisions an hour for every two, and another kind in their place until the formula is in
    force; so in the place of a `log.pruned` until there is a bundle before it.
    """
    begins = "log.continued" in kinds  # it stands in entry 0, or nowhere
    kinds = [kind for kind in kinds if kind != "log.continued"] or ["key.retired"]
    pace = 2 if "decision.made" in kinds else 100
    entries: list[bytes] = []
    written: list[str] = []
    prev = GENESIS_PREV
    for number in range(size):
        kind = kinds[number % len(kinds)] if number or not begins else "log.continued"
        at = START + timedelta(hours=number // pace)
        if kind == "decision.made" and number < 4 * 24:
            kind = "policy.changed"
        below = number // 256 * 256
        if kind == "log.pruned" and not below:
            kind = "policy.changed"
        written.append(kind)
        members = some_members(kind, number)
        if kind == "log.pruned":
            members = {"below": below, "remain": sum(map(stays, written[:below]))}
        raw = format_entry(draft(kind, members), at, prev)
        prev = leaf_hash(raw)
        entries.append(raw)
    return entries


def stays(kind: str) -> bool:
    """Return whether the bodies of a kind stay in a pruned log."""
    is_access = kind.startswith("access.")
    return not is_access and kind not in ("grant.requested", "decision.made")


def log_of(entries: Iterable[bytes], signer: TestSigner) -> MemoryLog:
    """Return the log of these entries as they are, good or bad, truly signed."""
    raws = list(entries)
    leaves = [sha256(b"\x00" + raw).digest() for raw in raws]
    checkpoint = Checkpoint(signer.name, len(raws), naive_root(leaves))
    files = {"checkpoint": sign_checkpoint(checkpoint, signer).encode()}
    bundle = [len(raw).to_bytes(2, "big") + raw for raw in raws]
    for path, parts in _cut("entries", bundle):
        files[path] = parts
    level = 0
    while leaves:
        for path, parts in _cut(str(level), leaves):
            files[path] = parts
        full = len(leaves) // 256
        leaves = [naive_root(leaves[256 * n : 256 * n + 256]) for n in range(full)]
        level += 1
    return MemoryLog(files, len(raws))


def _cut(name: str, parts: Sequence[bytes]) -> Iterable[tuple[str, bytes]]:
    for start in range(0, len(parts), 256):
        chunk = parts[start : start + 256]
        suffix = "" if len(chunk) == 256 else f".p/{len(chunk)}"
        yield f"tile/{name}/{start // 256:03d}{suffix}", b"".join(chunk)
