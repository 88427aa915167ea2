"""The state of a verifier in a file: what `kept` holds, written whole or not at all.

Layout: the line `izin-audit-state/1`, a line of canonical JSON, the marks (32 bytes each, rising),
and the SHA-256 of all that. The digest finds a torn or mixed-up file; it is no signature. Whoever
can write the file can tell the verifier what it saw, so it belongs where the verifier's key does.
"""

from __future__ import annotations

import os
from binascii import Error as HexError
from collections.abc import Mapping
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from typing import Any

from audit.canonical import encode, parse
from audit.entry import KINDS, is_hour
from audit.errors import AuditError, StateError
from audit.formulas import Commit, Formulas
from audit.kept import Edge, Kept
from audit.merkle import HASH_BYTES
from audit.outcomes import Account, Accounts
from audit.pruned import missing_of
from audit.rules import Ended, Rules

_MAGIC = b"izin-audit-state/1\n"
_MOST_BYTES = 4 << 30


def format_state(kept: Kept) -> bytes:
    """Return the content of a state file."""
    rules = kept.rules
    head = encode(
        {
            "note": kept.note,
            "tails": [tail.hex() for tail in kept.edge.tails],
            "previous": kept.previous.hex(),
            "at": kept.at or "",
            "began": kept.began or "",
            "kinds": dict(kept.kinds),
            "seen": sorted(rules.kinds),
            "agency": rules.agency,
            "commits": [list(astuple(each)) for each in rules.formulas.commits],
            "used": sorted(rules.formulas.used),
            "accounts": [
                [list(key), each.old, each.answered, each.failed, dict(each.recent)]
                for key, each in rules.accounts.by_key.items()
            ],
            "ended": [list(astuple(each)) for each in rules.ended],
            "missing": rules.missing.as_json(),
        }
    )
    body = b"".join([_MAGIC, head, b"\n", *sorted(kept.marks)])
    return body + sha256(body).digest()


def parse_state(raw: bytes) -> Kept:
    """Return what `format_state` wrote, or raise StateError."""
    body, digest = raw[:-HASH_BYTES], raw[-HASH_BYTES:]
    if not body.startswith(_MAGIC) or sha256(body).digest() != digest:
        raise StateError("not a state of this version, or not a whole one")
    head, _, marks = body[len(_MAGIC) :].partition(b"\n")
    if len(marks) % HASH_BYTES:
        raise StateError("a state with a mark of another length")
    try:
        kept = _kept(parse(head), marks)
    except (AuditError, KeyError, TypeError, ValueError, HexError) as error:
        raise StateError("a state that no verifier wrote") from error
    kept.check()
    return kept


def read_state(path: Path) -> Kept | None:
    """Return the state in a file, None if there is no such file; raise StateError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise StateError("a file too long to be a state")
        return parse_state(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"the state cannot be read: {error.strerror}") from error


def write_state(path: Path, kept: Kept) -> None:
    """Write the state; a crash leaves the old one or the new one, never half of either."""
    write_whole(path, format_state(kept))


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place in one step; raise StateError where that cannot be done."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StateError(f"a file cannot be written: {error.strerror}") from error


def _kept(head: Mapping[str, Any], marks: bytes) -> Kept:
    at, began = head["at"] or None, head["began"] or None
    if (at is None) != (began is None) or not all(is_hour(hour) for hour in (at, began) if hour):
        raise ValueError
    if not set(head["kinds"]) <= KINDS.keys():
        raise ValueError
    rules = Rules(
        Formulas([Commit(*each) for each in head["commits"]], head["used"]),
        Accounts(
            {
                (key[0], key[1], key[2], key[3]): Account(old, answered, failed, dict(recent))
                for key, old, answered, failed, recent in head["accounts"]
            }
        ),
        [Ended(*each) for each in head["ended"]],
        head["seen"],
        agency=head["agency"],
        missing=missing_of(head.get("missing")),
    )
    cut = range(0, len(marks), HASH_BYTES)
    return Kept(
        note=head["note"],
        edge=Edge(tuple(map(bytes.fromhex, head["tails"]))),
        previous=bytes.fromhex(head["previous"]),
        at=at,
        began=began,
        kinds=head["kinds"],
        marks=frozenset(marks[start : start + HASH_BYTES] for start in cut),
        rules=rules,
    )
