"""A programme's first start: its KEK, its keys, its root's statements, its OAuth client's keys.

Done once per programme and safe to repeat: what exists is kept, and statements that are about to
end are renewed. Several programmes may share one home and one portal; no key is shared.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine
from sqlmodel import Session, select

from broker.db import open_engine
from broker.migrate import PROGRAMME, upgrade
from broker.programme.errors import ProgrammeSettingsError
from broker.programme.identity import ProgrammeIdentity
from broker.programme.oauth_keys import ClientKeys
from broker.programme.settings import load_files
from broker.programme.store import ClientRow
from keys.errors import KeysError
from keys.kek import KekProvider, RandomBytes
from keys.keyring import Keyring
from keys.profiles import DEFAULT
from keys.providers.file import FileKek
from keys.signing import VerifyKey
from keys.statements import Statement, check_statement, sign_statement

Clock = Callable[[], datetime]

STATEMENT_SECONDS: Final = 365 * 86_400
RENEW_SECONDS: Final = 30 * 86_400
# `token` grows into both OAuth keys; `epoch` seals the programme's database.
_USES: Final = ("root", "sign", "answer", "token", "epoch")


@dataclass(frozen=True)
class PreparedProgramme:
    """What the broker is told of a programme; all of it is public.

    jwks: for `izin programme add --jwks`. root: for `--root-key` and for trust files.
    """

    programme: str
    client_id: str
    jwks: dict[str, Any]
    root: VerifyKey

    @property
    def root_jwk(self) -> dict[str, str]:
        """The root key as a JWK."""
        return self.root.jwk()


def prepare_programme(
    home: Path,
    programme: str,
    client_id: str,
    *,
    sealing: str = DEFAULT,
    clock: Clock | None = None,
    random: RandomBytes = os.urandom,
) -> PreparedProgramme:
    """Make what `programme` needs in `home` and is not there yet; return what to register.

    Neither settings nor trust file need exist. sealing: the algorithm of the answer key, when it
    is made. clock: default, the system's.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = load_files(home)
    clock = clock or now
    if not files.kek_path.exists():
        FileKek.create(files.kek_path, random=random)
    engine = open_engine(files.database_url)
    try:
        upgrade(engine, PROGRAMME)
        kek = FileKek.open(files.kek_path, random=random)
        keyring = Keyring(engine, kek, owner=programme, clock=clock, random=random)
        for use in _USES:
            keyring.ensure(use, sealing)
        _vouch(engine, keyring, client_id, at=int(clock().timestamp()))
        return PreparedProgramme(
            programme,
            client_id,
            ClientKeys.from_secret(keyring.secret("token")).jwks(),
            keyring.signing("root").public,
        )
    finally:
        engine.dispose()


def open_identities(
    engine: Engine, kek: KekProvider, *, clock: Clock, random: RandomBytes = os.urandom
) -> dict[str, ProgrammeIdentity]:
    """Return the programmes of this home by id; raises where there is none."""
    with Session(engine) as session:
        rows = session.exec(select(ClientRow).order_by(ClientRow.programme)).all()
    identities = {}
    for row in rows:
        keyring = Keyring(engine, kek, owner=row.programme, clock=clock, random=random)
        identities[row.programme] = ProgrammeIdentity(
            programme=row.programme,
            client_id=row.client_id,
            signing=keyring.signing("sign"),
            sign_statement=row.sign_statement,
            answer=keyring.sealing("answer"),
            answer_statement=row.answer_statement,
            client_keys=ClientKeys.from_secret(keyring.secret("token")),
            at_rest=keyring.secret("epoch"),
        )
    if not identities:
        raise ProgrammeSettingsError("no programme has been prepared in this home")
    return identities


def now() -> datetime:
    """Return the moment, aware, in UTC."""
    return datetime.now(UTC)


def _vouch(engine: Engine, keyring: Keyring, client_id: str, *, at: int) -> None:
    with Session(engine) as session:
        row = session.get(ClientRow, keyring.owner)
    sign = _statement(keyring, "sign", row.sign_statement if row else "", at=at)
    answer = _statement(keyring, "answer", row.answer_statement if row else "", at=at)
    with Session(engine) as session:
        session.merge(
            ClientRow(
                programme=keyring.owner,
                client_id=client_id,
                sign_statement=sign,
                answer_statement=answer,
            )
        )
        session.commit()


def _statement(keyring: Keyring, use: str, kept: str, *, at: int) -> str:
    """Return the kept statement if it holds for another month, else a new one."""
    root = keyring.signing("root")
    record = keyring.active(use)
    if record is None:
        raise ProgrammeSettingsError(f"there is no {use} key to vouch for")
    try:
        check_statement(
            kept,
            root.public,
            owner=keyring.owner,
            use=use,
            thumbprint=record.kid,
            at=at + RENEW_SECONDS,
        )
    except KeysError:
        statement = Statement(
            owner=keyring.owner,
            use=use,
            thumbprint=record.kid,
            from_=min(record.created, at),
            until=at + STATEMENT_SECONDS,
        )
        return sign_statement(statement, root)
    return kept
