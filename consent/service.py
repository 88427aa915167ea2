"""Grants as they are given and ended: the order of database and log.

Giving: 1. prepare the row, 2. append `grant.given`, 3. activate the row. A crash after 1 leaves
a row that nobody may use; after 2, an honest entry, and a row that `reconcile` makes live.
Ending: 1. append `grant.withdrawn` with the grant's `w`, 2. change the row. A crash in between
leaves a log that says withdrawn, which every access is checked against, and a row that
`reconcile` (or the person's next try) changes. The log always leads; no row is believed over it.
Replacing: both entries in one batch or none. The log takes a `w` once, so of two that would
replace one grant at the same moment, the second gives nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from audit.canonical import JsonInput
from audit.checkpoint import parse_checkpoint
from audit.entry import Draft, draft, parse_entry, salted_digest
from audit.errors import EntryError
from audit.log import Appended
from audit.proof import parse_proof
from audit.trace import IZIN, given_commitment
from audit.trace import gid as grant_gid
from consent.allowing import check_allowed
from consent.appending import Appender, Clock, append_tagged, today
from consent.building import (
    Proposal,
    build_grant,
    given_members,
    given_opening,
    grant_challenge,
    request_opening,
    share_traces,
)
from consent.clients import Clients
from consent.errors import ChangedError, StateError, UnknownGrantError
from consent.evidence import attest
from consent.grant_rows import GrantRows
from consent.grants import GrantRecord, GrantState, Reconciled
from consent.notice import write_notice
from consent.notices import Notices
from consent.openings import Openings
from consent.persons import Person, Persons, RandomBytes
from consent.tagging import TagBook
from keys import base64url
from keys.pseudonym import subject
from keys.signing import SigningKey
from policies.ask import Request
from policies.policy import Policy

UNKNOWN_PROGRAMME: Final = "unknown"
PREPARED_FOR: Final = timedelta(minutes=10)
"""How long a prepared row without an entry may still be somebody's grant in the making."""

SALT_BYTES: Final = 32
_KINDS: Final = {
    GrantState.WITHDRAWN: "grant.withdrawn",
    GrantState.EXPIRED: "grant.expired",
}


class Grants:
    """Gives, ends and finds grants."""

    def __init__(
        self,
        engine: Engine,
        persons: Persons,
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
        self._rows = GrantRows(engine)
        self._notices = Notices(engine)
        self._clients = Clients(engine)
        self._persons = persons
        self._tags = tags
        self._openings = openings
        self._log = log
        self._policy = policy
        self._key = consent_key
        self._clock = clock
        self._random = random

    def requested(self, person_id: str, client_id: str, request: Request) -> None:
        """Log that the signed-in person saw a request."""
        digest = self._commit(person_id, request_opening(client_id, request))

        def make(day: date) -> list[Draft]:
            members = {**self._head(person_id, request, day), "digest": digest}
            return [draft("grant.requested", members, day=day)]

        append_tagged(self._log, make, clock=self._clock)

    def give(
        self,
        person_id: str,
        client_id: str,
        request: Request,
        allowed: Collection[int],
        notice_digest: str,
        lang: str = "id",
        *,
        replaces: GrantRecord | None = None,
    ) -> GrantRecord:
        """Make a live grant of the items whose indexes the person allowed.

        notice_digest: of the words she was shown, hex; lang: in which language. replaces: her live
        grant that ends with this. Raises NothingAllowedError (then nothing is written: the log has
        `grant.requested` only), RequestError, and ChangedError where `replaces` has ended
        meanwhile.
        """
        proposal = self._build(person_id, client_id, request, allowed, notice_digest, lang)
        evidence = attest(proposal.challenge, self._key)
        record, now = replace(proposal.record, evidence=evidence), self._clock()
        self._rows.prepare(record, at=now)  # 1
        return self._give(record, proposal, replaces, at=now)

    def propose(
        self,
        person_id: str,
        client_id: str,
        request: Request,
        allowed: Collection[int],
        notice_digest: str,
        lang: str = "id",
    ) -> Proposal:
        """Prepare a grant of what the person allowed, for her to give evidence of.

        It lapses after PREPARED_FOR. Nothing is logged, and nobody may use it, until `confirm`.
        Raises NothingAllowedError and RequestError.
        """
        proposal = self._build(person_id, client_id, request, allowed, notice_digest, lang)
        now = self._clock()
        self._rows.discard_unconfirmed(person_id, before=now - PREPARED_FOR)
        self._rows.prepare(proposal.record, at=now)
        return proposal

    def proposal(self, grant_id: str, person_id: str) -> Proposal:
        """Return what was proposed to this person and not confirmed; raises UnknownGrantError."""
        record = self._rows.find(grant_id)
        if (
            record is None
            or record.person_id != person_id
            or record.state is not GrantState.PREPARED
            or record.evidence
        ):
            raise UnknownGrantError("there is no such proposal")
        person = self._persons.open(person_id)
        gid = grant_gid(person.trace_key, record.n)
        traces = share_traces(gid, person.trace_key, self._policy.catalogue.agencies)
        return Proposal(record, traces, grant_challenge(record, traces))

    def confirm(
        self,
        proposal: Proposal,
        evidence: Mapping[str, str] | None = None,
        *,
        replaces: GrantRecord | None = None,
        keeps_id: bool = False,
    ) -> GrantRecord:
        """Make the proposed grant live, once, on evidence that the caller has checked.

        evidence: as it is kept; None: the broker attests. replaces: her live grant that ends with
        this. keeps_id: under that one's id, so that the programme's tokens go on. Raises
        StateError where the proposal has lapsed or was confirmed before, and ChangedError where
        `replaces` has ended meanwhile.
        """
        if evidence is None:
            evidence = attest(proposal.challenge, self._key)
        now = self._clock()
        record = replace(proposal.record, evidence=evidence)
        if not self._rows.add_evidence(record, at=now, since=now - PREPARED_FOR):  # 1
            raise StateError("the proposal has lapsed, or was confirmed before")
        return self._give(record, proposal, replaces, keeps_id=keeps_id, at=now)

    def withdraw(self, grant_id: str, person_id: str) -> Appended:
        """End a grant at once, provably; again and again gives the same entry.

        Raises UnknownGrantError for another person's grant, or one that was never given.
        """
        record = self._rows.find(grant_id)
        if record is None or record.person_id != person_id:
            raise UnknownGrantError("there is no such grant of this person")
        if record.state is GrantState.PREPARED:
            index = self._log.find_mark(bytes.fromhex(record.g))
            if index is None:
                raise UnknownGrantError("the grant was never given")
            self._rows.activate(grant_id, index=index)
        return self._end(record, GrantState.WITHDRAWN)

    def find(self, grant_id: str) -> GrantRecord | None:
        """Return the grant, whatever its state."""
        return self._rows.find(grant_id)

    def find_in(self, connection: Connection, grant_id: str) -> GrantRecord | None:
        """Do the same in the caller's transaction."""
        return self._rows.find_in(connection, grant_id)

    def of_person(self, person_id: str) -> list[GrantRecord]:
        """Return the person's grants, newest first; what was only prepared is not one."""
        found = self._rows.of_person(person_id)
        return [record for record in found if record.state is not GrantState.PREPARED]

    def programme_of(self, client_id: str) -> str:
        """Return the programme of a client, or `unknown`."""
        client = self._clients.find(client_id)
        return UNKNOWN_PROGRAMME if client is None else client.programme

    def expire_due(self) -> int:
        """End every live grant whose last day is over; return how many."""
        due = self._rows.live_until_before(today(self._clock))
        for record in due:
            self._end(record, GrantState.EXPIRED)
        return len(due)

    def reconcile(self) -> Reconciled:
        """Apply what the log has and the database missed: after a crash, or an old copy of it.

        Called at start, before anything is asked. Every grant that might be used is looked up,
        so a database restored from before a withdrawal does not revive the grant.
        """
        activated, ended, unproven = 0, 0, 0
        missing: list[str] = []
        for record in self._rows.in_states(GrantState.PREPARED, GrantState.LIVE):
            index = self._log.find_mark(bytes.fromhex(record.g))
            if record.state is GrantState.LIVE:
                unproven += index is None or index != record.index
            elif index is None:
                missing.append(record.grant_id)
            else:
                activated += self._rows.activate(record.grant_id, index=index)
            index = self._log.find_mark(bytes.fromhex(record.w))
            if index is not None:
                self._finish(record, self._proven(index))
                ended += 1
        before = self._clock() - PREPARED_FOR
        discarded = self._rows.discard_prepared(missing, before=before)
        return Reconciled(activated, ended, discarded, unproven)

    def _build(
        self,
        person_id: str,
        client_id: str,
        request: Request,
        allowed: Collection[int],
        notice_digest: str,
        lang: str = "id",
    ) -> Proposal:
        check_allowed(
            request,
            allowed,
            self._policy,
            client_programme=self.programme_of(client_id),
            today=today(self._clock),
        )
        # Before any entry commits to the digest: its words must never be missing later.
        self._notices.keep(notice_digest, request, write_notice(request, self._policy))
        person = self._persons.open(person_id)
        agencies = tuple(self._policy.catalogue.agencies)
        record = build_grant(
            grant_id=base64url.encode(self._random(16)),
            nik=person.nik,
            trace_key=person.trace_key,
            person_id=person_id,
            client_id=client_id,
            request=request,
            allowed=allowed,
            notice_digest=notice_digest,
            lang=lang,
            n=self._number(person),
            subject=subject(person.person_key, request.programme),
            key=self._key,
        )
        traces = share_traces(grant_gid(person.trace_key, record.n), person.trace_key, agencies)
        return Proposal(record, traces, grant_challenge(record, traces))

    def _give(
        self,
        record: GrantRecord,
        proposal: Proposal,
        old: GrantRecord | None,
        *,
        keeps_id: bool = False,
        at: datetime,
    ) -> GrantRecord:
        """Log a prepared grant and make it live; end `old` in the same batch."""
        grant_id = old.grant_id if keeps_id and old is not None else record.grant_id
        opening = given_opening(replace(record, grant_id=grant_id))
        digest = self._commit(record.person_id, opening)

        def make(day: date) -> list[Draft]:
            ends = [] if old is None else [self._ending(old, GrantState.WITHDRAWN, day)]
            head = self._head(record.person_id, record, day)
            members = given_members(record, proposal.traces, proposal.challenge)
            return [*ends, draft("grant.given", {**head, **members, "digest": digest}, day=day)]

        try:
            appended = append_tagged(self._log, make, clock=self._clock)  # 2
        except EntryError:
            if old is None or self._log.find_mark(bytes.fromhex(old.w)) is None:
                raise
            # Nothing was appended, so the row is nobody's grant and never will be.
            self._rows.discard_prepared([record.grant_id], before=at + PREPARED_FOR)
            raise ChangedError("the grant that this would replace has ended") from None
        index = appended.entries[-1].index
        if old is not None and not (
            keeps_id and self._rows.give_again(grant_id, record.grant_id, index=index, at=at)
        ):
            self._finish(old, appended)
            grant_id = record.grant_id
        self._rows.activate(grant_id, index=index)  # 3
        found = self._rows.find(grant_id)
        if found is None or found.state is not GrantState.LIVE:
            # `reconcile` elsewhere gave up waiting for us: the entry stands, no grant does.
            raise StateError("the grant was discarded while it was being logged")
        gid = grant_gid(self._persons.open(record.person_id).trace_key, record.n)
        if given_commitment(gid).hex() != record.g:
            # Replaced meanwhile: under the old key she would not be looking any more.
            self.withdraw(grant_id, record.person_id)
            raise StateError("the trace key was replaced while the grant was being logged")
        return found

    def _number(self, person: Person) -> int:
        """Return the next number whose grant the log does not know.

        A database restored from a backup counts from where it was then; a number used again
        would be the `gid` of an old grant, perhaps a withdrawn one.
        """
        while True:
            n = self._rows.next_number(person.id)
            gid = grant_gid(person.trace_key, n)
            if self._log.find_mark(given_commitment(gid)) is None:
                return n

    def _end(self, record: GrantRecord, state: GrantState) -> Appended:
        mark = bytes.fromhex(record.w)
        index = self._log.find_mark(mark)
        if index is None:

            def make(day: date) -> list[Draft]:
                return [self._ending(record, state, day)]

            try:
                appended = append_tagged(self._log, make, clock=self._clock)
            except EntryError:
                # Repeated mark: another thread or process ended the same grant just now.
                index = self._log.find_mark(mark)
                if index is None:
                    raise
                appended = self._proven(index)
        else:
            appended = self._proven(index)
        self._finish(record, appended)
        return appended

    def _ending(self, record: GrantRecord, state: GrantState, day: date) -> Draft:
        members = {**self._head(record.person_id, record, day), "w": record.w}
        return draft(_KINDS[state], members, day=day)

    def _finish(self, record: GrantRecord, appended: Appended) -> None:
        """Bring the row to what the log says."""
        entry = parse_entry(appended.entries[0].entry)
        state = next(state for state, kind in _KINDS.items() if kind == entry.kind)
        # The entry knows the hour only; of the exact moment, the row keeps what is known.
        now = self._clock().astimezone(UTC)
        same_hour = now.replace(minute=0, second=0, microsecond=0) == entry.at
        self._rows.end(record.grant_id, state, at=now if same_hour else _later(record, entry.at))

    def _proven(self, index: int) -> Appended:
        """Return an entry that stands in the log already as if it had just been appended."""
        logged = self._log.prove(index)
        note = parse_proof(logged.proof).checkpoint
        text = note.rpartition("\n\n")[0] + "\n"
        return Appended((logged,), parse_checkpoint(text), note)

    def _head(self, person_id: str, what: Request | GrantRecord, day: date) -> dict[str, JsonInput]:
        tag = self._tags.draw(person_id, IZIN, day).hex()
        return {"programme": what.programme, "purpose": what.purpose, "tag": tag}

    def _commit(self, person_id: str, opening: dict[str, JsonInput]) -> str:
        salt = self._random(SALT_BYTES)
        digest = salted_digest(salt, opening)
        self._openings.keep(person_id, digest, salt, opening)
        return digest


def _later(record: GrantRecord, at: datetime) -> datetime:
    return at if record.given_at is None else max(at, record.given_at)
