"""Grants and closed trace keys, carried from a log to the one that continues it.

What is carried is what the old log proves: a grant whose `given` it holds and whose `w` it does
not, as far as it had been promised. Where entries of the old log are lost, a withdrawal may be
among them, so no grant is carried, whatever the database says: people consent anew. A grant that
is not carried ends in the new log, by its `w`: no older copy of the database revives it there.

Everything is keyed by marks of the new log, so that whoever was cut short begins again and writes
each entry once. The rows change last, in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, Engine

from audit.canonical import JsonInput
from audit.entry import Draft, Entry, draft, salted_digest
from audit.trace import IZIN, share, share_pin, tag
from consent.appending import Appender, Clock, append_tagged, today
from consent.building import given_opening
from consent.evidence import ID_TOKEN
from consent.grant_rows import GrantRows
from consent.grants import GrantRecord, GrantState
from consent.openings import Openings
from consent.persons import Persons, RandomBytes
from consent.service import SALT_BYTES
from consent.tagging import LAST_K, TagBook
from consent.trace_key_rows import TraceKeyRows

SKIPPED_NUMBERS: Final = 64
"""By how much everybody's next grant number rises: more than an old copy can have missed."""

_WHERE_ENDED: Final = (GrantState.WITHDRAWN, GrantState.EXPIRED)


@dataclass(frozen=True)
class OldLog:
    """What is left of the old log. whole: nothing that was promised is missing.

    given: the entry that holds a `g`, None if there is none. ended: whether it holds a `w`.
    """

    whole: bool
    given: Callable[[bytes], Entry | None]
    ended: Callable[[bytes], bool]


@dataclass(frozen=True)
class Carried:
    """What there is to do to the rows, and what to tell the operator.

    indexes: grant id -> its index in the new log. unproven, by_login: ids of live grants that end
    because the old log does not prove them any more, or because their login token only shows a
    consent of that hour. ended: ids of those that the old log had ended.
    """

    indexes: dict[str, int]
    unproven: tuple[str, ...]
    by_login: tuple[str, ...]
    ended: tuple[str, ...]


class Carrying:
    """Writes to the new log what goes on, and what must not."""

    def __init__(
        self,
        engine: Engine,
        persons: Persons,
        tags: TagBook,
        openings: Openings,
        log: Appender,
        agencies: Collection[str],
        *,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        """Take the stores and the new log. agencies: all of the catalogue."""
        self._rows = GrantRows(engine)
        self._keys = TraceKeyRows(engine, random=random)
        self._persons = persons
        self._tags = tags
        self._openings = openings
        self._log = log
        self._agencies = tuple(sorted(agencies))
        self._clock = clock
        self._random = random

    def carry(self, old: OldLog) -> Carried:
        """Write closings, ends and grants to the new log; safe to repeat."""
        self._closings()
        indexes: dict[str, int] = {}
        unproven, by_login, ended = [], [], []
        day = today(self._clock)
        # Oldest first, as they were given.
        for record in reversed(self._rows.in_states(GrantState.LIVE, *_WHERE_ENDED)):
            if record.valid_until < day:
                continue  # nobody can show it any more; a live row expires at the next start
            given = old.given(bytes.fromhex(record.g))
            if record.state in _WHERE_ENDED or old.ended(bytes.fromhex(record.w)):
                ended.append(record.grant_id)
                self._end(record)
            elif not old.whole or given is None:
                unproven.append(record.grant_id)
                self._end(record)
            elif record.evidence.get("kind") == ID_TOKEN:
                by_login.append(record.grant_id)
                self._end(record)
            else:
                indexes[record.grant_id] = self._give(record, given)
        return Carried(indexes, tuple(unproven), tuple(by_login), tuple(ended))

    def finish_in(self, connection: Connection, carried: Carried, *, at: datetime) -> None:
        """Change the rows to what the new log says, in the caller's transaction."""
        ends = (*carried.unproven, *carried.by_login, *carried.ended)
        self._rows.carry_in(connection, carried.indexes, ends, at=at)
        # What the database forgot, the old log may know: a number that was used there would be
        # the `gid` of a grant that may be withdrawn.
        self._rows.skip_numbers(connection, SKIPPED_NUMBERS)

    def _give(self, record: GrantRecord, given: Entry) -> int:
        known = self._log.find_mark(bytes.fromhex(record.g))
        if known is not None:
            return known
        # As they were, whatever the catalogue is today: her evidence is over this challenge.
        members = {name: given.members[name] for name in ("g", "traces", "challenge")}
        salt = self._random(SALT_BYTES)
        opening = given_opening(record)
        digest = salted_digest(salt, opening)
        self._openings.keep(record.person_id, digest, salt, opening)
        return self._append(record, "grant.given", {**members, "digest": digest})

    def _end(self, record: GrantRecord) -> None:
        if self._log.find_mark(bytes.fromhex(record.w)) is None:
            self._append(record, "grant.withdrawn", {"w": record.w})

    def _append(self, record: GrantRecord, kind: str, members: Mapping[str, JsonInput]) -> int:
        def make(day: date) -> list[Draft]:
            drawn = self._tags.draw(record.person_id, IZIN, day).hex()
            head = {"programme": record.programme, "purpose": record.purpose, "tag": drawn}
            return [draft(kind, {**head, **members}, day=day)]

        return append_tagged(self._log, make, clock=self._clock).entries[0].index

    def _closings(self) -> None:
        """Write again the closings that some agency has not followed yet.

        An agency follows only to a grant that came after the closing: so these come first.
        """
        for person_id in self._keys.all_closed():
            person = self._persons.open(person_id)
            closed = self._keys.closed(person)
            following = [each.key for each in closed[1:]] + [person.trace_key]
            for each, after in zip(closed, following, strict=True):
                left = [agency for agency in self._agencies if agency not in each.settled]
                self._close(each.key, after, left)

    def _close(self, key: bytes, after: bytes, agencies: Sequence[str]) -> None:
        for agency in agencies:
            pin = share_pin(share(after, agency))
            if self._log.find_mark(pin) is not None:
                continue

            def make(day: date, agency: str = agency, pin: bytes = pin) -> list[Draft]:
                # The last tag of the day, as where all are spent: the old key finds it.
                old = tag(share(key, agency), day, LAST_K).hex()
                members: dict[str, JsonInput] = {"tag": old, "agency": agency, "share": pin.hex()}
                return [draft("trace.closed", members, day=day)]

            append_tagged(self._log, make, clock=self._clock)
