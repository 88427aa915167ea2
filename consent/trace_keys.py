"""A person's trace key, replaced: the order of database and log.

1. prepare: the new key, and her grants as they are given again, as rows that nobody may use;
2. append, in one batch or not at all: `trace.closed` for every agency, tagged under the old share
   so that the old key finds it; `grant.withdrawn` for what is live; `grant.given` under the new;
3. finish, in one transaction: the new key is hers.
A crash after 1 leaves a change that her next try, or the next start, takes up again with the same
key; after 2, a log that says closed, under which no access of the old key is made any more (the
log holds each old grant's `w`), and a change that only needs step 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from sqlalchemy import Engine

from audit.canonical import JsonInput
from audit.entry import Draft, draft, salted_digest
from audit.errors import EntryError
from audit.trace import IZIN, given_commitment, share, share_pin, tag
from audit.trace import gid as grant_gid
from consent.appending import Appender, Clock, append_tagged, today
from consent.building import (
    build_grant,
    given_members,
    given_opening,
    grant_challenge,
    share_traces,
)
from consent.errors import StateError, TagsSpentError
from consent.evidence import BROKER_ATTESTED, attest
from consent.grant_rows import GrantRows
from consent.grants import GrantRecord, GrantState
from consent.openings import Openings
from consent.persons import KEY_BYTES, Person, Persons, RandomBytes
from consent.receipts import ReceiptRows
from consent.service import SALT_BYTES, Grants
from consent.tagging import LAST_K, TagBook
from consent.trace_key_rows import Change, TraceKeyRows
from keys import base64url
from keys.signing import SigningKey
from policies.ask import Request, check_request
from policies.policy import Policy

TRIES: Final = 3


@dataclass(frozen=True)
class OldShare:
    """What an agency may still have pinned. closing: index of its `trace.closed` entry."""

    share: bytes = field(repr=False)
    closing: int


@dataclass(frozen=True)
class _Again:
    """A live grant and, where it is given again, how. old: its record under the old key."""

    old: GrantRecord
    new: GrantRecord | None


class TraceKeys:
    """Replaces trace keys, and knows those that were closed."""

    def __init__(
        self,
        engine: Engine,
        persons: Persons,
        grants: Grants,
        tags: TagBook,
        openings: Openings,
        log: Appender,
        policy: Policy,
        consent_key: SigningKey,
        *,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        """Take the stores, the log, the policy and the key that signs parts."""
        self._rows = TraceKeyRows(engine, random=random)
        self._grant_rows = GrantRows(engine)
        self._receipts = ReceiptRows(engine, random=random)
        self._persons = persons
        self._grants = grants
        self._tags = tags
        self._openings = openings
        self._log = log
        self._policy = policy
        self._key = consent_key
        self._clock = clock
        self._random = random

    def replace(self, person_id: str, *, printed: bool = False) -> None:
        """Close the person's trace key everywhere and make a new one hers.

        Her live grants end and are given again under the new key with the same choices, where
        that needs no more than her sign-in; one with stronger evidence just ends. printed: the new
        key is printed by somebody else, who thereby sees it.
        """
        person = self._persons.open(person_id)
        change = self._rows.under_way(person) or self._prepare(person, printed)  # 1
        self._go_on(person, change)

    def reconcile(self) -> int:
        """Take up the changes that a crash cut short, and return how many; called at start.

        Before `Grants.reconcile`, which would make the prepared grants live on their own.
        """
        found = self._rows.all_under_way()
        for person_id in found:
            person = self._persons.open(person_id)
            change = self._rows.under_way(person)
            if change is not None:
                self._go_on(person, change)
        return len(found)

    def was_printed(self, person_id: str) -> bool:
        """Whether somebody else printed the person's present key for her."""
        return self._rows.was_printed(person_id)

    def set_printed(self, person_id: str) -> None:
        """Remember that somebody else printed the person's present key for her."""
        self._rows.set_printed(person_id)

    def old_shares(self, person: Person, agencies: Sequence[str]) -> dict[str, list[OldShare]]:
        """Return for each agency what it may still have pinned of the person, oldest first.

        Nothing for an agency that has answered under her present key, and for nearly everybody.
        """
        closed = self._rows.closed(person)
        if not closed:
            return {}
        following = [each.key for each in closed[1:]] + [person.trace_key]
        found: dict[str, list[OldShare]] = {}
        for each, after in zip(closed, following, strict=True):
            for agency in agencies:
                index = self._log.find_mark(share_pin(share(after, agency)))
                if agency not in each.settled and index is not None:
                    found.setdefault(agency, []).append(OldShare(share(each.key, agency), index))
        return found

    def earlier(self, person: Person) -> list[bytes]:
        """Return the trace keys that were the person's, oldest first."""
        return [each.key for each in self._rows.closed(person)]

    def settle(self, person_id: str, agencies: Sequence[str]) -> None:
        """Remember that these agencies answered under her present key."""
        self._rows.settle(person_id, agencies)

    def _prepare(self, person: Person, printed: bool) -> Change:
        key = self._random(KEY_BYTES)
        again: dict[str, str] = {}
        for record in self._live(person.id):
            new = self._given_again(person, key, record)
            if new is not None:
                self._grant_rows.prepare(new, at=self._clock())
                again[record.grant_id] = new.grant_id
        change = Change(key, again, printed)
        if self._rows.begin(person, change):
            return change
        # Another process was faster; what we prepared stays without an entry and is discarded.
        found = self._rows.under_way(person)
        if found is None:
            raise StateError("the trace key was replaced meanwhile")
        return found

    def _go_on(self, person: Person, change: Change) -> None:
        if not self._is_closed(change):
            self._append(person, change)  # 2
        self._finish(person, change)  # 3

    def _append(self, person: Person, change: Change) -> None:
        for left in reversed(range(TRIES)):
            ends = self._to_end(person, change)
            digests = [
                None if each.new is None else self._commit(person, each.old, each.new)
                for each in ends
            ]

            def make(
                day: date,
                ends: list[_Again] = ends,
                digests: list[str | None] = digests,
            ) -> list[Draft]:
                return self._drafts(person, change, ends, digests, day)

            try:
                append_tagged(self._log, make, clock=self._clock)
                return
            except EntryError:
                # A repeated mark. Another process closed the same key, or a grant was withdrawn
                # just now: then it need not end here.
                if self._is_closed(change):
                    return
                if not left:
                    raise

    def _drafts(
        self,
        person: Person,
        change: Change,
        ends: Sequence[_Again],
        digests: Sequence[str | None],
        day: date,
    ) -> list[Draft]:
        renewed = replace(person, trace_key=change.key)
        drafts = [
            draft(
                "trace.closed",
                {
                    "tag": self._tag(person, agency, day),
                    "agency": agency,
                    # Only this share may follow: the entry frees the pin for no other.
                    "share": share_pin(share(change.key, agency)).hex(),
                },
                day=day,
            )
            for agency in sorted(self._policy.catalogue.agencies)
        ]
        for each in ends:
            members: dict[str, JsonInput] = {
                **_head(each.old),
                "tag": self._tag(person, IZIN, day),
                "w": each.old.w,
            }
            drafts.append(draft("grant.withdrawn", members, day=day))
        for each, digest in zip(ends, digests, strict=True):
            if each.new is not None and digest is not None:
                gid = grant_gid(change.key, each.new.n)
                traces = share_traces(gid, change.key, self._policy.catalogue.agencies)
                over = grant_challenge(each.new, traces)
                head = {**_head(each.new), "tag": self._tag(renewed, IZIN, day)}
                given = given_members(each.new, traces, over)
                members = {**head, **given, "digest": digest}
                drafts.append(draft("grant.given", members, day=day))
        return drafts

    def _finish(self, person: Person, change: Change) -> None:
        indexes: dict[str, int] = {}
        for grant_id, prepared in change.again.items():
            new = self._grant_rows.find(prepared)
            index = None if new is None else self._log.find_mark(bytes.fromhex(new.g))
            if index is not None:
                indexes[grant_id] = index
        self._rows.finish(person, change, indexes, at=self._clock())
        for prepared in change.again.values():
            new = self._grant_rows.find(prepared)
            if new is not None and new.g == _g(person.trace_key, new.n):
                # Under the id of what was prepared stands now what the grant was before.
                self._receipts.set_replaced(new.g)
            given = new is not None and new.state is GrantState.PREPARED
            if new is not None and given and self._log.find_mark(bytes.fromhex(new.g)) is not None:
                # She withdrew the grant while it was being given again: that counts.
                self._grants.withdraw(prepared, person.id)
        for record in self._live(person.id):
            # Given under the old key while it was being replaced, or ended for good by it.
            if record.g != _g(change.key, record.n):
                self._grants.withdraw(record.grant_id, person.id)

    def _to_end(self, person: Person, change: Change) -> list[_Again]:
        ends = []
        for record in self._live(person.id):
            # The row may say live where the log, which leads, has it withdrawn.
            if self._log.find_mark(bytes.fromhex(record.w)) is None:
                prepared = change.again.get(record.grant_id)
                new = None if prepared is None else self._grant_rows.find(prepared)
                ends.append(_Again(record, new))
        return ends

    def _live(self, person_id: str) -> list[GrantRecord]:
        found = self._grants.of_person(person_id)
        return [record for record in found if record.state is GrantState.LIVE]

    def _given_again(self, person: Person, key: bytes, record: GrantRecord) -> GrantRecord | None:
        """Return the grant under the new key, or None where it cannot be given on her behalf."""
        request = Request(
            programme=record.programme,
            purpose=record.purpose,
            items=(*record.granted, *record.declined),
            valid_until=record.valid_until,
            frequency=record.frequency,
            retention_days=record.retention_days,
        )
        day = today(self._clock)
        programme = self._grants.programme_of(record.client_id)
        if record.evidence.get("kind") != BROKER_ATTESTED or check_request(
            request, self._policy, client_programme=programme, today=day
        ):
            return None
        new = build_grant(
            grant_id=base64url.encode(self._random(16)),
            nik=person.nik,
            trace_key=key,
            person_id=person.id,
            client_id=record.client_id,
            request=request,
            allowed=range(len(record.granted)),
            notice_digest=record.notice,
            n=self._grant_rows.next_number(person.id),
            subject=record.subject,
            key=self._key,
            lang=record.lang,
        )
        traces = share_traces(grant_gid(key, new.n), key, self._policy.catalogue.agencies)
        return replace(new, evidence=attest(grant_challenge(new, traces), self._key))

    def _commit(self, person: Person, old: GrantRecord, new: GrantRecord) -> str:
        salt = self._random(SALT_BYTES)
        opening = given_opening(replace(new, grant_id=old.grant_id))
        digest = salted_digest(salt, opening)
        self._openings.keep(person.id, digest, salt, opening)
        return digest

    def _is_closed(self, change: Change) -> bool:
        agency = next(iter(self._policy.catalogue.agencies))
        return self._log.find_mark(share_pin(share(change.key, agency))) is not None

    def _tag(self, person: Person, agency: str, day: date) -> str:
        try:
            return self._tags.draw_many(person, [agency], day)[0].hex()
        except TagsSpentError:
            # To close a key must never fail for want of a tag, as a withdrawal must not.
            return tag(share(person.trace_key, agency), day, LAST_K).hex()


def _head(record: GrantRecord) -> dict[str, JsonInput]:
    return {"programme": record.programme, "purpose": record.purpose}


def _g(key: bytes, n: int) -> str:
    return given_commitment(grant_gid(key, n)).hex()
