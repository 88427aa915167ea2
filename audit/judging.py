"""Whether an opened access rested on a live, sufficient grant: what an auditor checks of each.

The broker's word counts for nothing here but as an opening of a digest that the log holds: of the
access, and of the `grant.given` that it rested on. The grant's `gid` ties it to its `g` and to the
`w` under which a withdrawal would stand.

Pure. What it cannot judge is written in docs/formats/openings.md: values, persons, answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from audit.canonical import Json
from audit.entry import Entry, parse_entry, salted_digest
from audit.errors import AuditError
from audit.flags import WINDOW_DAYS
from audit.trace import given_commitment, withdrawn_commitment

NOT_OPENED: Final = "not_opened"
OTHER_ACCESS: Final = "other_access"
NO_GRANT: Final = "no_grant"
GRANT_NOT_OPENED: Final = "grant_not_opened"
OTHER_GRANT: Final = "other_grant"
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"
OTHER_PURPOSE: Final = "other_purpose"
NOT_GRANTED: Final = "not_granted"
TOO_OFTEN: Final = "too_often"
WEAK_EVIDENCE: Final = "weak_evidence"
FAULTS: Final = (
    NOT_OPENED,
    OTHER_ACCESS,
    NO_GRANT,
    GRANT_NOT_OPENED,
    OTHER_GRANT,
    WITHDRAWN,
    EXPIRED,
    OTHER_PURPOSE,
    NOT_GRANTED,
    TOO_OFTEN,
    WEAK_EVIDENCE,
)

EVIDENCE: Final = ("broker-attested", "agent-passkey", "id-token", "passkey")
"""Kinds of evidence of a grant, weakest first, as in the catalogue."""

Least = Mapping[tuple[str, str], str]
"""For each (agency, question), the weakest kind of evidence that it accepts."""


@dataclass(frozen=True)
class Judged:
    """One access. faults: of FAULTS, none if it is good. grant: the index of its `grant.given`.

    known_policy: whether the log had named the rules that it was decided under.
    """

    index: int
    faults: tuple[str, ...]
    grant: int | None = None
    evidence: str = ""
    known_policy: bool = False


@dataclass
class Logbook:
    """What the log itself says, from all its entries, which somebody has verified."""

    raws: Sequence[bytes]
    accesses: list[int] = field(default_factory=list)
    _given: dict[str, int] = field(default_factory=dict)
    _ended: dict[str, int] = field(default_factory=dict)
    _policies: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, raw in enumerate(self.raws):
            # Canonical JSON has one spelling of a kind, so most entries need not be parsed.
            if not raw:
                continue  # pruned: no sample can draw it
            if b'"kind":"access.sent"' in raw:
                self.accesses.append(index)
            elif b'"kind":"access.' in raw:
                continue
            else:
                self._note(index, parse_entry(raw))

    def _note(self, index: int, entry: Entry) -> None:
        members = entry.members
        if entry.kind == "grant.given":
            self._given[str(members["g"])] = index
        elif entry.kind in ("grant.withdrawn", "grant.expired"):
            self._ended[str(members["w"])] = index
        elif entry.kind == "policy.changed":
            self._policies.setdefault(str(members["policy"]), index)

    def entry(self, index: int) -> Entry:
        """Return the entry at `index`."""
        return parse_entry(self.raws[index])

    def given(self, g: object) -> int | None:
        """Return the index of the grant whose commitment is `g` (hex)."""
        return self._given.get(str(g))

    def has_ended(self, gid: bytes, *, before: int) -> bool:
        """Whether the grant's end stands in front of the entry `before`."""
        ended = self._ended.get(withdrawn_commitment(gid).hex())
        return ended is not None and ended < before

    def knew_policy(self, policy: object, *, before: int) -> bool:
        """Whether the log named these rules in front of the entry `before`."""
        named = self._policies.get(str(policy))
        return named is not None and named < before


def judge_all(
    sample: Iterable[int], openings: object, book: Logbook, *, least: Least | None = None
) -> list[Judged]:
    """Return what is to be said of each access of the sample.

    openings: what the broker sent, parsed JSON, anything at all. least: from the catalogue, None
    where there is none to hold the evidence against.
    """
    opened = _by_index(openings)
    seen: dict[tuple[object, ...], list[datetime]] = defaultdict(list)
    judged: list[Judged] = []
    for index in sorted(sample):
        try:
            judged.append(_judge(index, opened.get(index), book, seen, least))
        except (AuditError, KeyError, TypeError, ValueError, IndexError):
            # An opening of another form opens nothing; what it holds is not repeated.
            judged.append(Judged(index, (NOT_OPENED,)))
    return judged


def _judge(
    index: int,
    opened: Mapping[str, Json] | None,
    book: Logbook,
    seen: dict[tuple[object, ...], list[datetime]],
    least: Least | None,
) -> Judged:
    if opened is None:
        return Judged(index, (NOT_OPENED,))
    access = book.entry(index)
    said = _content(opened, access)
    if said is None:
        return Judged(index, (OTHER_ACCESS,))
    evidence = str(said["evidence"])
    is_known = book.knew_policy(said["policy"], before=index)
    at = book.given(said["g"])
    if at is None or at >= index:
        return Judged(index, (NO_GRANT,), None, evidence, is_known)
    faults: list[str] = []
    shown = opened.get("grant")
    given = book.entry(at)
    if not isinstance(shown, dict):
        return Judged(index, (GRANT_NOT_OPENED,), at, evidence, is_known)
    grant = _content(shown, given)
    gid = bytes.fromhex(str(shown["gid"]))
    if grant is None or given_commitment(gid).hex() != said["g"]:
        return Judged(index, (OTHER_GRANT,), at, evidence, is_known)
    if grant["grant_id"] != said["grant_id"]:
        return Judged(index, (OTHER_GRANT,), at, evidence, is_known)
    if book.has_ended(gid, before=index):
        faults.append(WITHDRAWN)
    faults += _against(access, given, grant["granted"], seen, about=said["g"])
    if least is not None and not _suffices(access, evidence, least):
        faults.append(WEAK_EVIDENCE)
    return Judged(index, tuple(sorted(faults, key=FAULTS.index)), at, evidence, is_known)


def _against(
    access: Entry,
    given: Entry,
    granted: Json,
    seen: dict[tuple[object, ...], list[datetime]],
    *,
    about: Json,
) -> list[str]:
    """Return what the access asks beyond what was granted."""
    if not isinstance(granted, list) or not isinstance(granted[0], dict):
        raise AuditError("a grant's opening is of another form")
    details = granted[0]
    faults: list[str] = []
    for name in ("programme", "purpose"):
        if not access.members[name] == given.members[name] == details[name]:
            faults.append(OTHER_PURPOSE)
            break
    if access.at.date() > date.fromisoformat(str(details["valid_until"])):
        faults.append(EXPIRED)
    agency, asked = access.members["agency"], access.members["questions"]
    allowed = {
        each["question"]
        for each in _list(details["questions"])
        if isinstance(each, dict) and each["agency"] == agency
    }
    if not allowed.issuperset(map(str, _list(asked))):
        faults.append(NOT_GRANTED)
    if _is_too_often(access, details["frequency"], seen[(str(about), str(agency))]):
        faults.append(TOO_OFTEN)
    return faults


def _is_too_often(access: Entry, frequency: Json, moments: list[datetime]) -> bool:
    """Whether the sample alone shows too many accesses of this grant at this agency.

    Hours that leave a doubt do not count. A sample rarely holds two accesses of one grant, so this
    finds little; the gateway and the person's own list find the rest.
    """
    if not isinstance(frequency, dict):
        raise AuditError("a grant's frequency is of another form")
    most, per = frequency["max"], frequency["per"]
    window = timedelta(days=WINDOW_DAYS[str(per)]) - timedelta(hours=1)
    moments.append(access.at)
    within = [moment for moment in moments if access.at - moment <= window]
    return not isinstance(most, int) or len(within) > most


def _suffices(access: Entry, evidence: str, least: Least) -> bool:
    if evidence not in EVIDENCE:
        return False
    agency = str(access.members["agency"])
    for question in _list(access.members["questions"]):
        needed = least.get((agency, str(question)))
        if needed not in EVIDENCE or EVIDENCE.index(evidence) < EVIDENCE.index(str(needed)):
            return False
    return True


def _content(opened: Mapping[str, Json], entry: Entry) -> dict[str, Json] | None:
    """Return what the entry's digest commits to; None if this opening is of something else."""
    content = opened["opening"]
    if not isinstance(content, dict):
        return None
    digest = salted_digest(bytes.fromhex(str(opened["salt"])), content)
    return content if digest == entry.members["digest"] else None


def _by_index(openings: object) -> dict[int, dict[str, Json]]:
    if not isinstance(openings, list):
        return {}
    return {
        each["index"]: each
        for each in openings
        if isinstance(each, dict) and type(each.get("index")) is int and "opening" in each
    }


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise AuditError("a list was expected")
    return value
