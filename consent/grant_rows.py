"""Grants as rows: a record in, a record out, and the updates that change its state.

I/O: the tables `grant_record` and `person.next_grant`. Each update says which state it expects,
so that of two processes that would change the same grant one does. It must not write the log or
decide what comes first (see `service`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, bindparam
from sqlalchemy import select as sqlalchemy_select
from sqlalchemy import update as sqlalchemy_update
from sqlmodel import Session, SQLModel, col, delete, select, update

from consent.errors import ConsentError, UnknownPersonError
from consent.given_again import give_again
from consent.grants import GrantRecord, GrantState
from consent.store import GrantRow, PersonRow
from policies.ask import Frequency, Item
from policies.frequency import parse_per

# A statement rather than a mapped object: it runs in every token request.
_TABLE: Final = SQLModel.metadata.tables["grant_record"]
_PERSONS: Final = SQLModel.metadata.tables["person"]
_ONE: Final = sqlalchemy_select(*_TABLE.columns).where(
    col(GrantRow.grant_id) == bindparam("wanted")
)
_NO_EVIDENCE = json.dumps({})


class GrantRows:
    """The stored grants."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine

    def next_number(self, person_id: str) -> int:
        """Return the person's next grant number; it is spent even if no grant follows."""
        with Session(self._engine) as session:
            mine = col(PersonRow.id) == person_id
            # The update locks the row until the commit: two calls never see the same number.
            session.exec(
                update(PersonRow).where(mine).values(next_grant=col(PersonRow.next_grant) + 1)
            )
            following = session.exec(select(PersonRow.next_grant).where(mine)).one_or_none()
            session.commit()
        if following is None:
            raise UnknownPersonError("there is no such person")
        return following - 1

    def prepare(self, record: GrantRecord, *, at: datetime) -> None:
        """Keep a prepared grant."""
        with Session(self._engine) as session:
            session.add(_row(record, at))
            session.commit()

    def add_evidence(self, record: GrantRecord, *, at: datetime, since: datetime) -> bool:
        """Give a prepared grant its evidence; False if it has some, or was prepared before `since`.

        Of two confirmations of one proposal, one gets True.
        """
        with Session(self._engine) as session:
            changed = session.exec(
                update(GrantRow)
                .where(col(GrantRow.grant_id) == record.grant_id)
                .where(col(GrantRow.state) == GrantState.PREPARED.value)
                .where(col(GrantRow.evidence) == _NO_EVIDENCE)
                .where(col(GrantRow.prepared_at) >= _seconds(since))
                .values(evidence=json.dumps(dict(record.evidence)), prepared_at=_seconds(at))
            )
            session.commit()
            return bool(changed.rowcount)

    def discard_unconfirmed(self, person_id: str, *, before: datetime) -> None:
        """Delete a person's proposals that are older than `before`.

        Without evidence nothing was logged of them, so the log need not be asked.
        """
        with Session(self._engine) as session:
            session.exec(
                delete(GrantRow)
                .where(col(GrantRow.person_id) == person_id)
                .where(col(GrantRow.state) == GrantState.PREPARED.value)
                .where(col(GrantRow.evidence) == _NO_EVIDENCE)
                .where(col(GrantRow.prepared_at) < _seconds(before))
            )
            session.commit()

    def activate(self, grant_id: str, *, index: int) -> bool:
        """Make a prepared grant live as of the moment it was prepared; False if it is not one."""
        with Session(self._engine) as session:
            changed = session.exec(
                update(GrantRow)
                .where(col(GrantRow.grant_id) == grant_id)
                .where(col(GrantRow.state) == GrantState.PREPARED.value)
                .values(state=GrantState.LIVE.value, idx=index, given_at=col(GrantRow.prepared_at))
            )
            session.commit()
            return bool(changed.rowcount)

    def give_again(self, grant_id: str, prepared: str, *, index: int, at: datetime) -> bool:
        """Let a live grant go on as what was prepared; see `consent.given_again`."""
        with Session(self._engine) as session:
            done = give_again(session, grant_id, prepared, index, at)
            session.commit()
            return done

    def end(self, grant_id: str, state: GrantState, *, at: datetime) -> bool:
        """Make a prepared or live grant a withdrawn or expired one; False if it has ended."""
        with Session(self._engine) as session:
            changed = session.exec(
                update(GrantRow)
                .where(col(GrantRow.grant_id) == grant_id)
                .where(col(GrantRow.state).in_([GrantState.PREPARED.value, GrantState.LIVE.value]))
                .values(state=state.value, withdrawn_at=_seconds(at))
            )
            session.commit()
            return bool(changed.rowcount)

    def carry_in(
        self,
        connection: Connection,
        indexes: Mapping[str, int],
        ended: Iterable[str],
        *,
        at: datetime,
    ) -> None:
        """Bring grants to a new log, in the caller's transaction.

        indexes: grant id -> index of its `grant.given` there. ended: ids of those that end.
        """
        for grant_id, index in indexes.items():
            connection.execute(
                sqlalchemy_update(_TABLE).where(_TABLE.c.grant_id == grant_id).values(idx=index)
            )
        for grant_id in ended:
            connection.execute(
                sqlalchemy_update(_TABLE)
                .where(_TABLE.c.grant_id == grant_id)
                .where(_TABLE.c.state == GrantState.LIVE.value)
                .values(state=GrantState.WITHDRAWN.value, withdrawn_at=_seconds(at))
            )

    def skip_numbers(self, connection: Connection, by: int) -> None:
        """Leave out the next `by` grant numbers of everybody, in the caller's transaction."""
        connection.execute(
            sqlalchemy_update(_PERSONS).values(next_grant=_PERSONS.c.next_grant + by)
        )

    def discard_prepared(self, grant_ids: Iterable[str], *, before: datetime) -> int:
        """Delete those of the prepared grants that are older than `before`; return how many."""
        with Session(self._engine) as session:
            gone = session.exec(
                delete(GrantRow)
                .where(col(GrantRow.grant_id).in_(list(grant_ids)))
                .where(col(GrantRow.state) == GrantState.PREPARED.value)
                .where(col(GrantRow.prepared_at) < _seconds(before))
            )
            session.commit()
            return gone.rowcount

    def find(self, grant_id: str) -> GrantRecord | None:
        """Return the grant, whatever its state."""
        with Session(self._engine) as session:
            row = session.get(GrantRow, grant_id)
            return None if row is None else _record(row)

    def find_in(self, connection: Connection, grant_id: str) -> GrantRecord | None:
        """Do the same in the caller's transaction."""
        row = connection.execute(_ONE, {"wanted": grant_id}).one_or_none()
        return None if row is None else _record(row)

    def find_given(self, g: str) -> GrantRecord | None:
        """Return the grant with this commitment (hex); a new trace key changes a grant's."""
        found = self._select([col(GrantRow.g) == g])
        return found[0] if found else None

    def of_person(self, person_id: str) -> list[GrantRecord]:
        """Return a person's grants, newest first, prepared ones included."""
        return self._select([col(GrantRow.person_id) == person_id])

    def in_states(self, *states: GrantState) -> list[GrantRecord]:
        """Return all grants in any of `states`."""
        return self._select([col(GrantRow.state).in_([state.value for state in states])])

    def live_until_before(self, day: date) -> list[GrantRecord]:
        """Return the live grants whose last day lies before `day`."""
        return self._select(
            [
                col(GrantRow.state) == GrantState.LIVE.value,
                # ISO dates sort as texts.
                col(GrantRow.valid_until) < day.isoformat(),
            ]
        )

    def _select(self, conditions: Sequence[object]) -> list[GrantRecord]:
        wanted = select(GrantRow).order_by(col(GrantRow.prepared_at).desc(), col(GrantRow.n).desc())
        for condition in conditions:
            wanted = wanted.where(condition)  # type: ignore[arg-type]  # an SQL expression
        with Session(self._engine) as session:
            return [_record(row) for row in session.exec(wanted)]


def _row(record: GrantRecord, prepared_at: datetime) -> GrantRow:
    return GrantRow(
        grant_id=record.grant_id,
        person_id=record.person_id,
        client_id=record.client_id,
        programme=record.programme,
        subject=record.subject,
        purpose=record.purpose,
        n=record.n,
        granted=_items_text(record.granted),
        declined=_items_text(record.declined),
        valid_until=record.valid_until.isoformat(),
        frequency_per=record.frequency.per,
        frequency_max=record.frequency.max,
        retention_days=record.retention_days,
        prepared_at=_seconds(prepared_at),
        given_at=None,
        withdrawn_at=None,
        idx=None,
        state=GrantState.PREPARED.value,
        parts=json.dumps(dict(record.parts)),
        evidence=json.dumps(dict(record.evidence)),
        g=record.g,
        w=record.w,
        notice=record.notice,
        lang=record.lang,
    )


def _record(row: GrantRow | Row[Any]) -> GrantRecord:
    per = parse_per(row.frequency_per)
    if per is None:
        raise ConsentError("a grant's row names no period")
    return GrantRecord(
        grant_id=row.grant_id,
        person_id=row.person_id,
        client_id=row.client_id,
        programme=row.programme,
        subject=row.subject,
        purpose=row.purpose,
        n=row.n,
        granted=_items(row.granted),
        declined=_items(row.declined),
        valid_until=date.fromisoformat(row.valid_until),
        frequency=Frequency(per=per, max=row.frequency_max),
        retention_days=row.retention_days,
        given_at=_moment(row.given_at),
        withdrawn_at=_moment(row.withdrawn_at),
        index=row.idx,
        state=GrantState(row.state),
        parts=json.loads(row.parts),
        evidence=json.loads(row.evidence),
        g=row.g,
        w=row.w,
        notice=row.notice,
        lang=row.lang,
    )


def _items_text(items: Iterable[Item]) -> str:
    return json.dumps(
        [[item.agency, item.question, dict(item.params), item.optional] for item in items]
    )


def _items(text: str) -> tuple[Item, ...]:
    return tuple(Item(*each) for each in json.loads(text))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
