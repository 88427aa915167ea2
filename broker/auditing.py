"""Opening a random sample of accesses to an auditor, and remembering that it was opened.

The draw is `audit.sample`'s: the auditor commits, we throw a coin, he shows his. What is opened
holds no NIK and no name (docs/formats/openings.md). Who was opened when stays in our own tables:
an audit of the audits, and what to tell a person who asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.entry import parse_entry
from audit.errors import AuditError, NoteError, PrunedError
from audit.log import Log
from audit.note import parse_vkey
from audit.sample import COIN_BYTES, MOST, commitment, draw
from audit.trace import gid as grant_gid
from broker.problems import Problem
from broker.store import AuditedRow, AuditRow
from consent.errors import ConsentError
from consent.openings import Openings
from consent.persons import Clock, Persons
from consent.service import Grants
from keys import base64url
from keys.errors import KeysError
from keys.kek import RandomBytes

AUDITS_A_DAY: Final = 20
"""How many audits one token may begin a day: else beginning again until a certain access is drawn
would be choosing it."""

REVEAL_SECONDS: Final = 3_600


class Audits:
    """Begins audits, and opens what they draw."""

    def __init__(
        self,
        engine: Engine,
        log: Log,
        openings: Openings,
        grants: Grants,
        persons: Persons,
        *,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._engine = engine
        self._log = log
        self._openings = openings
        self._grants = grants
        self._persons = persons
        self._clock = clock
        self._random = random

    def begin(self, reader: str, note: str, most: int, committed: bytes) -> tuple[str, bytes]:
        """Return (audit id, our coin); the audit is on record from here, finished or not.

        reader: the SHA-256 of the auditor's token, hex. note: a checkpoint of our log. most: how
        many accesses. committed: `sample.commitment` of the auditor's coin. Raises Problem.
        """
        checkpoint = self._own(note)
        if not 1 <= most <= MOST:
            raise Problem("malformed", f"n is from 1 to {MOST}", {"member": "n"})
        at = self._clock()
        since = int((at - timedelta(days=1)).timestamp())
        audit_id, coin = base64url.encode(self._random(16)), self._random(COIN_BYTES)
        with Session(self._engine) as session:
            begun = session.exec(
                select(func.count())
                .select_from(AuditRow)
                .where(AuditRow.reader == reader, AuditRow.begun_at > since)
            ).one()
            if begun >= AUDITS_A_DAY:
                raise Problem("too-many-requests", f"at most {AUDITS_A_DAY} audits a day")
            session.add(
                AuditRow(
                    id=audit_id,
                    reader=reader,
                    begun_at=int(at.timestamp()),
                    size=checkpoint.size,
                    root=checkpoint.root.hex(),
                    most=most,
                    commitment=committed.hex(),
                    coin=coin.hex(),
                )
            )
            session.commit()
        return audit_id, coin

    def reveal(self, reader: str, audit_id: str, nonce: bytes) -> list[Mapping[str, Any]]:
        """Return the openings of the sample that both coins draw, and record them.

        nonce: what the auditor committed to. Raises Problem. The same again gives the same, so
        that a lost connection costs no audit; after an hour the audit is over.
        """
        at = int(self._clock().timestamp())
        with Session(self._engine) as session:
            row = session.get(AuditRow, audit_id)
        if row is None or row.reader != reader or at > row.begun_at + REVEAL_SECONDS:
            raise Problem("unknown", "there is no such audit of this token, or it is over")
        if commitment(nonce).hex() != row.commitment:
            raise Problem("malformed", "not the nonce that was committed to", {"member": "nonce"})
        sample = draw(
            bytes.fromhex(row.root),
            nonce,
            bytes.fromhex(row.coin),
            size=row.size,
            most=row.most,
            is_access=self._is_access,
        )
        # Outside of any transaction: each opening reads the same database.
        opened = [self._open(index) for index in sample]
        owners = [person_id for person_id, _ in opened]
        self._record(audit_id, nonce, sample, owners, at=at)
        return [members for _, members in opened]

    def _record(
        self,
        audit_id: str,
        nonce: bytes,
        sample: Sequence[int],
        owners: Sequence[str | None],
        *,
        at: int,
    ) -> None:
        """Put on record what is about to leave; a crash after it leaves what nobody saw."""
        with Session(self._engine) as session:
            row = session.exec(select(AuditRow).where(AuditRow.id == audit_id)).one()
            row.nonce = nonce.hex()
            row.indexes = json.dumps(sample)
            row.opened_at = row.opened_at or at
            for index, person_id in zip(sample, owners, strict=True):
                session.merge(
                    AuditedRow(
                        audit_id=audit_id, index=index, person_id=person_id, at=row.opened_at
                    )
                )
            session.commit()

    def of_person(self, person_id: str) -> Sequence[tuple[int, int]]:
        """Return (Unix second, entry's index) of each access of a person that was opened."""
        with Session(self._engine) as session:
            rows = session.exec(
                select(AuditedRow)
                .where(AuditedRow.person_id == person_id)
                .order_by(col(AuditedRow.at), col(AuditedRow.index))
            ).all()
            return [(row.at, row.index) for row in rows]

    def _own(self, note: str) -> Checkpoint:
        try:
            checkpoint = open_checkpoint(note, parse_vkey(self._log.vkey))
        except NoteError as error:
            raise Problem(
                "malformed", "not a checkpoint that this log signed", {"member": "checkpoint"}
            ) from error
        if checkpoint.size > self._log.size:
            # Signed by us and ahead of us: a restored backup, which the log itself reports.
            raise Problem("log-unavailable", "the log does not have this size")
        return checkpoint

    def _is_access(self, index: int) -> bool:
        try:
            return b'"kind":"access.sent"' in self._log.entry(index)
        except PrunedError:
            return False  # as the auditor sees it, who cannot judge what he cannot read

    def _open(self, index: int) -> tuple[str | None, Mapping[str, Any]]:
        """Return (whose it is, the opening); what cannot be opened says so and nothing else."""
        try:
            entry = parse_entry(self._log.entry(index))
            salt, opening = self._openings.open(str(entry.members["digest"]))
            record = self._grants.find(str(opening["grant_id"]))
            if record is None or record.index is None:
                return None, {"index": index, "salt": salt.hex(), "opening": opening}
            given = parse_entry(self._log.entry(record.index))
            given_salt, given_opening = self._openings.open(str(given.members["digest"]))
            trace_key = self._persons.open(record.person_id).trace_key
        except (ConsentError, KeysError, AuditError, KeyError):
            return None, {"index": index}
        return record.person_id, {
            "index": index,
            "salt": salt.hex(),
            "opening": opening,
            "grant": {
                "salt": given_salt.hex(),
                "opening": given_opening,
                "gid": grant_gid(trace_key, record.n).hex(),
            },
        }
