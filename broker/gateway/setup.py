"""A gateway's first start: its KEK, its keys, and its root's statements for them.

Safe to repeat: what exists is kept, and statements that end within 60 days are renewed. Serving
needs no root key: an agency that keeps its root elsewhere brings it back only for this.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session

from audit.note import format_vkey
from broker.db import open_engine
from broker.gateway.errors import GatewaySettingsError
from broker.gateway.identity import Identity
from broker.gateway.settings import GatewaySettings, load_settings
from broker.gateway.store import StatementRow
from broker.migrate import GATEWAY, upgrade
from keys.kek import KekProvider
from keys.keyring import Keyring
from keys.providers.file import FileKek
from keys.signing import NamedSigner, VerifyKey
from keys.statements import Statement, read_statement, sign_statement

SETTINGS_NAME: Final = "gateway.toml"
STATEMENT_SECONDS: Final = 365 * 86_400
RENEW_SECONDS: Final = 60 * 86_400

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class GatewayIdentity:
    """What others write into their trust files about this gateway."""

    agency: str
    root: VerifyKey
    log_vkey: str


def prepare_gateway(
    home: Path, *, clock: Clock | None = None, random: Callable[[int], bytes] = os.urandom
) -> GatewayIdentity:
    """Make what `home`/gateway.toml needs and is not there yet; return what may be published.

    Neither the trust file nor the registry needs to exist. clock: default, the system's.
    """
    settings = load_settings(home / SETTINGS_NAME)
    clock = clock or _now
    if not settings.kek_path.exists():
        FileKek.create(settings.kek_path, random=random)
    engine = open_engine(settings.database_url)
    try:
        upgrade(engine, GATEWAY)
        kek = FileKek.open(settings.kek_path, random=random)
        keyring = open_keyring(settings, engine, kek, clock=clock, random=random)
        for use in ("root", "log", "sign"):
            keyring.ensure(use)
        keyring.ensure("seal", settings.sealing)
        if keyring.sealing("seal").algorithm != settings.sealing:
            # The settings changed; `izin agency add` then tells the broker the new key.
            keyring.generate("seal", settings.sealing)
        for use in ("sign", "seal"):
            _vouch(engine, keyring, use, at=int(clock().timestamp()))
        log_key = keyring.signing("log").public
        return GatewayIdentity(
            settings.agency,
            keyring.signing("root").public,
            format_vkey(settings.origin, log_key.raw),
        )
    finally:
        engine.dispose()


def open_keyring(
    settings: GatewaySettings,
    engine: Engine,
    kek: KekProvider,
    *,
    clock: Clock,
    random: Callable[[int], bytes] = os.urandom,
) -> Keyring:
    """Return the agency's keyring."""
    return Keyring(engine, kek, owner=settings.agency, clock=clock, random=random)


def open_identity(settings: GatewaySettings, engine: Engine, keyring: Keyring) -> Identity:
    """Return the working keys with their statements; raises KeysError where one is missing."""
    signing, sealing = keyring.signing("sign"), keyring.sealing("seal")
    return Identity(
        agency=settings.agency,
        signing=signing,
        sign_statement=_statement(engine, signing.public.thumbprint),
        sealing=sealing,
        seal_statement=_statement(engine, sealing.thumbprint),
        log_signer=NamedSigner(settings.origin, keyring.signing("log")),
    )


def _vouch(engine: Engine, keyring: Keyring, use: str, *, at: int) -> None:
    """Have the root vouch for the active key, unless it does so for a while yet."""
    record = keyring.active(use)
    if record is None:
        raise GatewaySettingsError(f"there is no {use} key to vouch for")
    root = keyring.signing("root")
    with Session(engine) as session:
        row = session.get(StatementRow, record.kid)
        if row is not None and _until(row.statement, root.public) > at + RENEW_SECONDS:
            return
        statement = Statement(
            owner=keyring.owner,
            use=use,
            thumbprint=record.kid,
            from_=at,
            until=at + STATEMENT_SECONDS,
        )
        text = sign_statement(statement, root)
        session.merge(StatementRow(thumbprint=record.kid, use=use, statement=text))
        session.commit()


def _until(statement: str, root: VerifyKey) -> int:
    return read_statement(statement, root).until


def _statement(engine: Engine, thumbprint: str) -> str:
    with Session(engine) as session:
        row = session.get(StatementRow, thumbprint)
        if row is None:
            raise GatewaySettingsError(
                "a working key has no statement of the root; `izin gateway init` makes one"
            )
        return row.statement


def _now() -> datetime:
    return datetime.now(UTC)
