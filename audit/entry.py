"""Entries: what the log may say, and the one way in which it says it.

An entry is canonical JSON with `v`, `at` (UTC, cut to the hour), `prev` (the leaf hash of the
entry before it), `kind`, and the members that the kind's row in KINDS lists: no more, no fewer.

This file must not let anything in that ties an entry to a person without her trace key: members
are ids of the published catalogue, hashes, tags and hours. There is no free text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias

from audit.canonical import Json, JsonInput, encode, parse
from audit.errors import CanonicalError, EntryError
from audit.merkle import HASH_BYTES

VERSION = 1
MAX_ENTRY_BYTES = 65_535  # the length prefix of C2SP tlog-tiles' entry bundles has 16 bits

SALT_BYTES = 32

# Sixteen digits in a row are refused: no id of ours has them, and a NIK has exactly that many.
_ID = re.compile(r"(?!.*[0-9]{16})[a-z0-9_.-]{1,64}")
_OWNER = re.compile(r"(?!.*[0-9]{16})[a-z0-9_.-]+(?:/[a-z0-9_.-]+)*")
_HASH = re.compile(r"[0-9a-f]{64}")
_TAG = re.compile(r"[0-9a-f]{32}")
_SIGNATURE = re.compile(r"[0-9a-f]{136}")
_HOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00Z")

Check: TypeAlias = Callable[[object], bool]


def is_id(value: object) -> bool:
    """Whether `value` is an id of a catalogue: programme, agency, purpose, question, area."""
    return type(value) is str and _ID.fullmatch(value) is not None


def is_owner(value: object) -> bool:
    """Whether `value` names a key's owner: an id or a log's origin."""
    return type(value) is str and len(value) <= 128 and _OWNER.fullmatch(value) is not None


def is_hash(value: object) -> bool:
    """Whether `value` is 32 bytes in lower-case hex."""
    return type(value) is str and _HASH.fullmatch(value) is not None


def is_tag(value: object) -> bool:
    """Whether `value` is 16 bytes in lower-case hex."""
    return type(value) is str and _TAG.fullmatch(value) is not None


def is_signature(value: object) -> bool:
    """Whether `value` is a note's signature in lower-case hex: key id (4 bytes), then Ed25519."""
    return type(value) is str and _SIGNATURE.fullmatch(value) is not None


def is_hour(value: object) -> bool:
    """Whether `value` is a moment of UTC, cut to the hour."""
    return type(value) is str and _hour(value) is not None


def _is_seconds(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 1


def _rising(one: Check) -> Check:
    """Return the check of a list of such values, each greater than the one before it."""

    def check(value: object) -> bool:
        return (
            type(value) is list and all(map(one, value)) and all(a < b for a, b in pairwise(value))
        )

    return check


is_ids = _rising(is_id)
is_traces = _rising(is_tag)


@dataclass(frozen=True)
class Word:
    """The check of a member that holds one fixed word."""

    word: str

    def __call__(self, value: object) -> bool:
        return value == self.word


_ACCESS: dict[str, Check] = {
    "programme": is_id,
    "agency": is_id,
    "purpose": is_id,
    "questions": is_ids,
    "tag": is_tag,
    "digest": is_hash,
}
_GRANT: dict[str, Check] = {"programme": is_id, "purpose": is_id, "tag": is_tag}
_KEY: dict[str, Check] = {"owner": is_owner, "use": is_id, "thumbprint": is_hash}

KINDS: Mapping[str, Mapping[str, Check]] = MappingProxyType(
    {
        "grant.requested": {**_GRANT, "digest": is_hash},
        "grant.given": {
            **_GRANT,
            "g": is_hash,
            "traces": is_traces,
            "challenge": is_hash,
            "digest": is_hash,
        },
        "grant.withdrawn": {**_GRANT, "w": is_hash},
        "grant.expired": {**_GRANT, "w": is_hash},
        "access.sent": {**_ACCESS, "q": is_hash},
        # `count` stands in the one entry that sums up a flood of refusals.
        "access.refused": {**_ACCESS, "reasons": is_ids, "count?": _is_count},
        "access.answered": {**_ACCESS, "outcome": Word("answered")},
        "access.failed": {**_ACCESS, "outcome": Word("failed"), "reasons": is_ids},
        # The tag is the old share's; `share` is the SHA-256 of the share that follows it.
        "trace.closed": {"tag": is_tag, "agency": is_id, "share": is_hash},
        "key.added": {**_KEY, "from": _is_seconds, "until": _is_seconds, "statement": is_hash},
        "key.retired": _KEY,
        "policy.changed": {"policy": is_hash},
        # Entry 0 only: the last checkpoint of the log that this one goes on for.
        "log.continued": {
            "origin": is_owner,
            "size": _is_count,
            "root": is_hash,
            "signature": is_signature,
        },
        "formula.committed": {
            "programme": is_id,
            "area": is_id,
            "formula": is_hash,
            "from": is_hour,
            "statement": is_hash,
        },
        "decision.made": {"programme": is_id, "tag": is_tag, "formula": is_hash, "digest": is_hash},
        # `below`: a minimum index; `remain`: how many entries under it keep their bodies.
        "log.pruned": {"below": _is_count, "remain": _is_seconds},
    }
)
"""The members of each kind and what each may hold; a name that ends in `?` may be absent."""

REQUIRED: Mapping[str, frozenset[str]] = {
    kind: frozenset(name for name in members if not name.endswith("?"))
    for kind, members in KINDS.items()
}
CHECKS: Mapping[str, Mapping[str, Check]] = {
    kind: {name.removesuffix("?"): check for name, check in members.items()}
    for kind, members in KINDS.items()
}
_HEAD = frozenset({"v", "at", "prev", "kind"})

MARKED = MappingProxyType(
    {
        "grant.given": "g",
        "grant.withdrawn": "w",
        "grant.expired": "w",
        "access.sent": "q",
        "trace.closed": "share",
    }
)


@dataclass(frozen=True)
class Draft:
    """An entry before the log gives it its hour and its place; made by `draft`.

    day: the UTC day that the entry's tag was drawn for, if any: the log refuses the draft when
        its own day is another, because nobody would then find the entry.
    """

    kind: str
    members: Mapping[str, Json]
    day: date | None = None


@dataclass(frozen=True)
class Entry:
    """An entry as read from the log.

    at: aware, UTC, a full hour. prev: 32 bytes. members: without v, at, prev and kind.
    raw: the bytes that the leaf hash covers.
    """

    at: datetime
    prev: bytes
    kind: str
    members: dict[str, Json]
    raw: bytes


def draft(kind: str, members: Mapping[str, JsonInput], *, day: date | None = None) -> Draft:
    """Return a draft of an entry, or raise EntryError naming the member that does not fit.

    Lists of ids and of traces come sorted and without repetition.
    """
    plain: dict[str, Json] = {
        name: list(value) if isinstance(value, list | tuple) else value  # type: ignore[misc]  # checked next
        for name, value in members.items()
    }
    check_members(kind, plain)
    return Draft(kind, MappingProxyType(plain), day)


def marks(draft: Draft) -> list[bytes]:
    """Return the commitments in `draft` that a log holds at most once.

    They are g, w, q and a closing's share:
    g twice would be two grants under one number, q twice two accesses for one question; a share
    follows another once, so that a key that was replaced cannot be made to come back.
    """
    return [bytes.fromhex(mark) for mark in marks_of(draft.kind, draft.members)]


def marks_of(kind: str, members: Mapping[str, object]) -> list[str]:
    """Return the same of an entry's members, in hex as they stand there."""
    name = MARKED.get(kind)
    return [] if name is None else [str(members[name])]


def format_entry(draft: Draft, at: datetime, prev: bytes) -> bytes:
    """Return the bytes of the entry that `draft` becomes.

    at: aware; only its UTC hour is kept (an exact time would tie the entry to whoever was seen at
        the counter). prev: the leaf hash of the entry before, or chain.GENESIS_PREV.
    """
    check_members(draft.kind, draft.members)
    return chain_entry(draft, at, prev)


def chain_entry(draft: Draft, at: datetime, prev: bytes) -> bytes:
    """Return the same for a draft whose members are checked, as those that `draft` makes are.

    For the log, which holds its lock meanwhile and has no time to check them again.
    """
    if at.tzinfo is None:
        raise EntryError("an entry's moment names its time zone")
    if len(prev) != HASH_BYTES:
        raise EntryError("an entry's prev is a leaf hash")
    head: dict[str, JsonInput] = {
        "v": VERSION,
        "at": format_at(at),
        "prev": prev.hex(),
        "kind": draft.kind,
    }
    raw = encode({**draft.members, **head})
    if len(raw) > MAX_ENTRY_BYTES:
        raise EntryError("an entry longer than a bundle can hold")
    return raw


def parse_entry(raw: bytes) -> Entry:
    """Return the entry that `raw` holds, or raise EntryError.

    Accepts only bytes that `format_entry` would have written.
    """
    if len(raw) > MAX_ENTRY_BYTES:
        raise EntryError("an entry longer than a bundle can hold")
    try:
        members = parse(raw)
    except CanonicalError as exc:
        raise EntryError(f"an entry is canonical JSON: {exc}") from exc
    if not members.keys() >= _HEAD:
        raise EntryError("an entry has v, at, prev and kind")
    version, at_text, prev_text, kind = (
        members.pop("v"),
        members.pop("at"),
        members.pop("prev"),
        members.pop("kind"),
    )
    if type(version) is not int or version != VERSION:
        raise EntryError("an entry of another version")
    at = _hour(at_text) if type(at_text) is str else None
    if at is None:
        raise EntryError("an entry's at is an hour of UTC")
    if type(prev_text) is not str or not is_hash(prev_text):
        raise EntryError("an entry's prev is a leaf hash in hex")
    if type(kind) is not str:
        raise EntryError("an entry's kind is a word")
    check_members(kind, members)
    return Entry(at, bytes.fromhex(prev_text), kind, members, raw)


def check_members(kind: str, members: Mapping[str, object]) -> None:
    """Raise EntryError unless `members` are exactly what `kind` asks for.

    The message names the member, never its value.
    """
    checks = CHECKS.get(kind)
    if checks is None:
        raise EntryError("an entry of an unknown kind")
    if missing := REQUIRED[kind] - members.keys():
        raise EntryError(f"{kind} lacks {', '.join(sorted(missing))}")
    for name, value in members.items():
        check = checks.get(name)
        if check is None:
            # The name itself could be somebody's secret, so it is not repeated.
            raise EntryError(f"{kind} has a member that it does not know")
        if not check(value):
            raise EntryError(f"{kind} has a {name} that does not fit")


@lru_cache(maxsize=64)  # all entries of an hour have the same one
def format_at(at: datetime) -> str:
    """Return the UTC hour that holds `at`, as entries write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z").zfill(20)


def parse_at(text: str) -> datetime:
    """Return the moment that `format_at` wrote, or raise EntryError."""
    at = _hour(text)
    if at is None:
        raise EntryError("not an hour of UTC")
    return at


def salted_digest(salt: bytes, opening: Mapping[str, JsonInput]) -> str:
    """Return the `digest` member that commits to `opening`, in hex.

    salt: 32 random bytes, new for each entry and kept with the opening: without it, a hash of
    members that anybody can enumerate would be as good as the members themselves.
    """
    if len(salt) != SALT_BYTES:
        raise EntryError("a digest's salt has 32 bytes")
    return sha256(b"izin/v1/digest/" + salt + encode(opening)).hexdigest()


@lru_cache(maxsize=1024)  # a log names each hour thousands of times
def _hour(text: str) -> datetime | None:
    if not _HOUR.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text[:-1] + "+00:00")
    except ValueError:
        return None
