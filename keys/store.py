"""The table of kept keys, each wrapped under the KEK.

Private to this package and the wiring. It stores and finds rows; it never sees an unwrapped key.
"""

from __future__ import annotations

from typing import Literal, cast, get_args

from sqlalchemy import BigInteger, Connection, Engine, Index, LargeBinary, Table, text
from sqlalchemy import update as sqlalchemy_update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, select, update

from keys.errors import KeysError
from keys.record import KeyRecord, State

_IS_ACTIVE = text("state = 'active'")


class KeyRow(SQLModel, table=True):
    """One kept key. Times are integer Unix seconds."""

    __tablename__ = "key"
    __table_args__ = (
        # Two processes that rotate at once must not both win.
        Index(
            "key_one_active",
            "owner",
            "use",
            unique=True,
            sqlite_where=_IS_ACTIVE,
            postgresql_where=_IS_ACTIVE,
        ),
    )

    kid: str = Field(primary_key=True, max_length=43)
    use: str = Field(max_length=16)
    owner: str = Field(max_length=253)
    created: int = Field(sa_type=BigInteger)
    state: str = Field(max_length=16)
    retired: int | None = Field(default=None, sa_type=BigInteger)
    wrapped: bytes = Field(sa_type=LargeBinary)

    def __repr__(self) -> str:
        return f"KeyRow(kid={self.kid!r}, use={self.use!r}, state={self.state!r})"

    __str__ = __repr__


_TABLE = cast("Table", KeyRow.__table__)  # type: ignore[attr-defined]  # set by SQLModel


class KeyStore:
    """Rows in, records out; a short session for each operation."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of the database that has the table."""
        self._engine = engine

    def create_table(self) -> None:
        """Make the table where no migration does: gateways, programmes, tests."""
        SQLModel.metadata.create_all(self._engine, tables=[_TABLE])

    def add_active(
        self, record: KeyRecord, wrapped: bytes, *, old: Literal["leaving", "retired"] = "retired"
    ) -> None:
        """Keep a key as the active one of its owner and use; the one that was becomes `old`.

        One transaction: a crash leaves the old key active or the new one, never neither.
        """
        with Session(self._engine) as session:
            session.exec(
                update(KeyRow)
                .where(
                    col(KeyRow.owner) == record.owner,
                    col(KeyRow.use) == record.use,
                    col(KeyRow.state) == "active",
                )
                .values(state=old, retired=record.created if old == "retired" else None)
            )
            session.add(
                KeyRow(
                    kid=record.kid,
                    use=record.use,
                    owner=record.owner,
                    created=record.created,
                    state=record.state,
                    wrapped=wrapped,
                )
            )
            try:
                session.commit()
            except IntegrityError:
                # Not chained: the driver's message quotes the statement's parameters.
                raise KeysError("the key is kept already, or another was added just now") from None

    def retire(self, owner: str, kid: str, *, at: int) -> None:
        """Make an active or leaving key a retired one; nothing happens to a retired one."""
        with Session(self._engine) as session:
            row = session.get(KeyRow, kid)
            if row is None or row.owner != owner:
                raise KeysError("no such key")
            if row.state != "retired":
                row.state, row.retired = "retired", at
                session.add(row)
                session.commit()

    def find(self, owner: str, use: str, kid: str | None) -> tuple[KeyRecord, bytes] | None:
        """Return record and wrapped key of `kid`, or of the active key if `kid` is None."""
        wanted = select(KeyRow).where(KeyRow.owner == owner, KeyRow.use == use)
        if kid is None:
            wanted = wanted.where(KeyRow.state == "active")
        else:
            wanted = wanted.where(KeyRow.kid == kid)
        with Session(self._engine) as session:
            row = session.exec(wanted).one_or_none()
            return None if row is None else (_record(row), row.wrapped)

    def hand_over(
        self, connection: Connection, kid: str, wrapped: bytes, *, old: str, new: str
    ) -> None:
        """Make a key another owner's, in the caller's transaction. wrapped: for that owner."""
        connection.execute(
            sqlalchemy_update(_TABLE)
            .where(_TABLE.c.kid == kid, _TABLE.c.owner == old)
            .values(owner=new, wrapped=wrapped)
        )

    def records(self, owner: str) -> tuple[KeyRecord, ...]:
        """Return all of an owner's records, by use and then age."""
        wanted = (
            select(KeyRow)
            .where(KeyRow.owner == owner)
            .order_by(col(KeyRow.use), col(KeyRow.created), col(KeyRow.kid))
        )
        with Session(self._engine) as session:
            return tuple(_record(row) for row in session.exec(wanted))


def _record(row: KeyRow) -> KeyRecord:
    if row.state not in get_args(State):
        raise KeysError("a key is in an unknown state")
    state = cast("State", row.state)
    return KeyRecord(row.kid, row.use, row.owner, row.created, state, row.retired)
