"""Applications, verifications and decisions as rows: kept, found, and moved on exactly once.

I/O: the tables of `store`. No rule stands here but who of two at once goes on.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from broker.programme.store import ApplicationRow, DecisionRow, VerificationRow
from broker.programme.vault import Vault


@dataclass(frozen=True)
class Application:
    """One application. status: `begun`, `granted`, `denied` or `failed`.

    held: what is kept for it; the members of `applications.Held`.
    """

    ref: str
    programme: str
    area: str
    lang: str
    status: str
    held: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """One verification. status: `asking`, `answered`, `refused` or `faulty`."""

    request_id: str
    status: str
    result: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Decided:
    """One decision. status: `made`, `logged` or `not_in_force`; index: of its entry."""

    request_id: str
    programme: str
    formula: str
    digest: str
    status: str
    index: int | None
    content: Mapping[str, Any] = field(repr=False)


class Records:
    """The programme's database; one vault for each programme in it."""

    def __init__(self, engine: Engine, vaults: Mapping[str, Vault]) -> None:
        """Take the engine of the programme's own database."""
        self._engine = engine
        self._vaults = vaults

    # Applications

    def begin(self, application: Application, *, session: str, state: str, at: int) -> None:
        """Keep a new application, for the browser session that began it."""
        row = ApplicationRow(
            ref=application.ref,
            session=_stored(session),
            state=_stored(state),
            programme=application.programme,
            area=application.area,
            lang=application.lang,
            status=application.status,
            sealed=self._sealed(application),
            created=at,
        )
        with Session(self._engine) as database:
            database.add(row)
            database.commit()

    def find(self, ref: str, *, session: str) -> Application | None:
        """Return an application of this browser session; another's looks like none."""
        with Session(self._engine) as database:
            row = database.get(ApplicationRow, ref)
            if row is None or not hmac.compare_digest(row.session, _stored(session)):
                return None
            return self._application(row)

    def came_back(self, state: str, *, session: str) -> Application | None:
        """Return the application that waits for `state` in this session, once."""
        with Session(self._engine) as database:
            waiting = (
                col(ApplicationRow.state) == _stored(state),
                col(ApplicationRow.session) == _stored(session),
            )
            row = database.exec(select(ApplicationRow).where(*waiting)).one_or_none()
            if row is None:
                return None
            application = self._application(row)
            # Used up before the code is: a return that is loaded twice asks once.
            database.exec(update(ApplicationRow).where(*waiting).values(state=None))
            database.commit()
            return application

    def change(self, application: Application) -> None:
        """Keep a new status and what is held."""
        with Session(self._engine) as database:
            row = database.get_one(ApplicationRow, application.ref)
            row.status, row.sealed = application.status, self._sealed(application)
            database.add(row)
            database.commit()

    # Verifications

    def ask(self, ref: str, *, request_id: str, at: int) -> str:
        """Return the request_id to ask with: that of an unfinished request, else the new one."""
        with Session(self._engine) as database:
            earlier = database.exec(select(VerificationRow).where(VerificationRow.ref == ref)).all()
            for row in earlier:
                if row.status == "asking":
                    return row.request_id
            database.add(
                VerificationRow(
                    request_id=request_id,
                    ref=ref,
                    number=len(earlier),
                    status="asking",
                    created=at,
                )
            )
            database.commit()
            return request_id

    def finish(
        self,
        application: Application,
        asked: Asked,
        decided: Decided | None = None,
    ) -> bool:
        """Keep what came of a request and the decision that it led to, both or neither.

        Returns whether this call did: of two that ask the same at once, one decides.
        """
        vault = self._vaults[application.programme]
        sealed = vault.seal(dict(asked.result), row=f"verification/{asked.request_id}")
        with Session(self._engine) as database:
            first = database.exec(
                update(VerificationRow)
                .where(col(VerificationRow.request_id) == asked.request_id)
                .where(col(VerificationRow.status) == "asking")
                .values(status=asked.status, sealed=sealed)
            ).rowcount
            if first and decided is not None:
                database.add(
                    DecisionRow(
                        request_id=decided.request_id,
                        formula=decided.formula,
                        digest=decided.digest,
                        status=decided.status,
                        index=decided.index,
                        sealed=vault.seal(
                            dict(decided.content), row=f"decision/{decided.request_id}"
                        ),
                    )
                )
            database.commit()
            return bool(first)

    def verifications(self, application: Application) -> list[Asked]:
        """Return an application's verifications, oldest first."""
        vault = self._vaults[application.programme]
        with Session(self._engine) as database:
            rows = database.exec(
                select(VerificationRow)
                .where(VerificationRow.ref == application.ref)
                .order_by(col(VerificationRow.number))
            ).all()
        return [
            Asked(
                row.request_id,
                row.status,
                {}
                if row.sealed is None
                else vault.open(row.sealed, row=f"verification/{row.request_id}"),
            )
            for row in rows
        ]

    # Decisions

    def decisions(self, application: Application) -> dict[str, Decided]:
        """Return an application's decisions by request_id."""
        return {
            each.request_id: each
            for each in self._decisions(VerificationRow.ref == application.ref)
        }

    def unposted(self) -> list[Decided]:
        """Return every decision that is not in the log yet."""
        return self._decisions(DecisionRow.status == "made")

    def posted(self, request_id: str, *, status: str, index: int | None) -> None:
        """Keep what came of posting a decision."""
        with Session(self._engine) as database:
            row = database.get_one(DecisionRow, request_id)
            row.status, row.index = status, index
            database.add(row)
            database.commit()

    def _decisions(self, which: Any) -> list[Decided]:
        with Session(self._engine) as database:
            rows = database.exec(
                select(DecisionRow, ApplicationRow.programme)
                .join(
                    VerificationRow,
                    col(VerificationRow.request_id) == col(DecisionRow.request_id),
                )
                .join(ApplicationRow, col(ApplicationRow.ref) == col(VerificationRow.ref))
                .where(which)
            ).all()
        return [
            Decided(
                row.request_id,
                programme,
                row.formula,
                row.digest,
                row.status,
                row.index,
                self._vaults[programme].open(row.sealed, row=f"decision/{row.request_id}"),
            )
            for row, programme in rows
        ]

    def _application(self, row: ApplicationRow) -> Application:
        held = self._vaults[row.programme].open(row.sealed, row=f"application/{row.ref}")
        return Application(row.ref, row.programme, row.area, row.lang, row.status, held)

    def _sealed(self, application: Application) -> bytes:
        vault = self._vaults[application.programme]
        return vault.seal(dict(application.held), row=f"application/{application.ref}")


def _stored(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
