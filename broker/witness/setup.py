"""A witness's first start: its KEK and its key. Safe to repeat: what exists is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine

from audit.cosignature import format_cosigner_vkey
from broker.db import open_engine
from broker.migrate import WITNESS, upgrade
from broker.witness.desk import WitnessDesk
from broker.witness.settings import WitnessSettings
from keys.kek import RandomBytes
from keys.keyring import Keyring
from keys.providers.file import FileKek
from keys.signing import NamedSigner

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the moment, aware, in UTC."""
    return datetime.now(UTC)


def prepare_witness(
    settings: WitnessSettings, *, clock: Clock = now, random: RandomBytes = os.urandom
) -> str:
    """Make the witness's key if there is none; return its verifier key, for policies."""
    if not settings.kek_path.exists():
        FileKek.create(settings.kek_path, random=random)
    engine, signer = _open(settings, clock=clock, make=True)
    engine.dispose()
    return format_cosigner_vkey(signer.name, signer.public_key)


def open_witness(settings: WitnessSettings, *, clock: Clock = now) -> WitnessDesk:
    """Return a witness that is ready; `prepare_witness` must have run once."""
    engine, signer = _open(settings, clock=clock, make=False)
    return WitnessDesk(engine, signer, settings.logs, clock=clock)


def _open(settings: WitnessSettings, *, clock: Clock, make: bool) -> tuple[Engine, NamedSigner]:
    kek = FileKek.open(settings.kek_path)
    engine = open_engine(settings.database_url)
    upgrade(engine, WITNESS)
    keyring = Keyring(engine, kek, owner=settings.name, clock=clock)
    if make:
        keyring.ensure("witness")
    return engine, NamedSigner(settings.name, keyring.signing("witness"))
