"""Which witnesses must have seen a checkpoint before it counts.

Source: C2SP tlog-policy ("Policy file syntax and structure"). Pure; it neither knows the hour nor
asks anybody: the moment, and the signatures that hold, come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from audit.errors import NoteError, PolicyFileError
from audit.note import ED25519, TIMED, GoodSignature, Verifier, parse_vkey

NONE = "none"
MAX_LINES = 1_000
AHEAD_SECONDS = 60  # how far a witness's clock may run before ours

_SPACE = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Witness:
    """A witness of a policy. url: its submission prefix, or empty."""

    verifier: Verifier
    url: str = ""


@dataclass(frozen=True)
class Group:
    """A group has seen a checkpoint when at least `least` of its members have."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class WitnessPolicy:
    """A policy file. quorum: the name of a witness or group, or `none`.

    logs: origin -> (key, url). witnesses, groups: by the names of this file.
    """

    quorum: str = NONE
    logs: Mapping[str, tuple[Verifier, str]] = field(default_factory=dict)
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """Every witness's key."""
        return tuple(witness.verifier for witness in self.witnesses.values())

    def is_met(
        self, signatures: Iterable[GoodSignature], *, at: int, within_seconds: int | None = None
    ) -> bool:
        """Whether the quorum has cosigned, if wished within the last `within_seconds`.

        signatures: those of a note that hold (`note.open_note`). at: Unix seconds. A cosignature
        from the future is none: it would stay fresh for as long as somebody likes.
        """
        fresh = {
            signature.key_id + signature.name.encode()
            for signature in signatures
            if signature.at  # none, and time 0 with ML-DSA, say nothing about when
            and signature.at <= at + AHEAD_SECONDS
            and (within_seconds is None or signature.at >= at - within_seconds)
        }
        seen = {
            name
            for name, witness in self.witnesses.items()
            if witness.verifier.key_id + witness.verifier.name.encode() in fresh
        }
        return self.quorum == NONE or self._has_seen(self.quorum, seen)

    def _has_seen(self, name: str, seen: set[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in seen
        # Groups name only what stands before them, so this ends.
        return group.least <= sum(self._has_seen(member, seen) for member in group.members)


class _Reader:
    """Collects the lines of one policy file; each name and key may be given once."""

    def __init__(self) -> None:
        self.logs: dict[str, tuple[Verifier, str]] = {}
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.used: set[str] = set()
        self.quorum: str | None = None
        self._keys: set[tuple[bool, bytes]] = set()

    def log(self, *words: str) -> None:
        if len(words) not in (1, 2):
            raise PolicyFileError("write: log VKEY [URL]")
        verifier = self._key(words[0], is_log=True)
        self.logs[verifier.name] = (verifier, words[1] if len(words) == 2 else "")

    def witness(self, *words: str) -> None:
        if len(words) not in (2, 3):
            raise PolicyFileError("write: witness NAME VKEY [URL]")
        name = self._new(words[0])
        verifier = self._key(words[1], is_log=False)
        self.witnesses[name] = Witness(verifier, words[2] if len(words) == 3 else "")

    def group(self, *words: str) -> None:
        if len(words) < 3:
            raise PolicyFileError("write: group NAME all|any|NUMBER MEMBER ...")
        name, least, *members = words
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise PolicyFileError("a group names only what stands on a line before it")
            if member in self.used:
                # Else one witness could count twice on two ways.
                raise PolicyFileError("a name is a member of one group, once")
            self.used.add(member)
        self.groups[self._new(name)] = Group(_least(least, len(members)), tuple(members))

    def end(self, *words: str) -> None:
        if len(words) != 1 or self.quorum is not None:
            raise PolicyFileError("write one line: quorum NAME")
        if words[0] != NONE and words[0] not in self.witnesses and words[0] not in self.groups:
            raise PolicyFileError("the quorum names a witness or group of a line before it")
        self.quorum = words[0]

    def _new(self, name: str) -> str:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise PolicyFileError("a name is given once, and is not `none`")
        return name

    def _key(self, vkey: str, *, is_log: bool) -> Verifier:
        try:
            verifier = parse_vkey(vkey)
        except NoteError as exc:
            raise PolicyFileError(f"not a verifier key: {exc}") from exc
        if verifier.algorithm not in ({ED25519} if is_log else TIMED):
            raise PolicyFileError("a log signs with type 01, a witness with type 04 or 06")
        if (is_log, verifier.key) in self._keys:
            raise PolicyFileError("a key is given once, whatever its name")
        self._keys.add((is_log, verifier.key))
        return verifier


def parse_policy(text: str) -> WitnessPolicy:
    """Return the policy of a file's text; raises PolicyFileError with the line's number.

    An empty text is the policy of a place that has no witness yet: `quorum none`.
    """
    if not text.strip(" \t\n"):
        return WitnessPolicy()
    reader = _Reader()
    kinds = {
        "log": reader.log,
        "witness": reader.witness,
        "group": reader.group,
        "quorum": reader.end,
    }
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise PolicyFileError(f"a policy has at most {MAX_LINES} lines")
    for number, line in enumerate(lines, start=1):
        if any((char < " " and char != "\t") or char == "\x7f" for char in line):
            raise PolicyFileError(f"line {number}: holds a control character")
        words = [word for word in _SPACE.split(line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            kinds[words[0]](*words[1:])
        except KeyError:
            raise PolicyFileError(f"line {number}: begins with no known word") from None
        except PolicyFileError as exc:
            raise PolicyFileError(f"line {number}: {exc}") from exc
    if reader.quorum is None:
        raise PolicyFileError("a policy has exactly one line `quorum NAME`")
    return WitnessPolicy(reader.quorum, reader.logs, reader.witnesses, reader.groups)


def _least(word: str, members: int) -> int:
    if word in {"all", "any"}:
        return members if word == "all" else 1
    if not _COUNT.fullmatch(word) or int(word) > members:
        raise PolicyFileError("a group's number is from 1 to how many members it has")
    return int(word)
