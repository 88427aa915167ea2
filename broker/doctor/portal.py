"""`izin doctor --portal FILE`, for a programme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from sqlalchemy import Engine

from broker.doctor import machine, others
from broker.doctor.finding import Finding, check
from broker.errors import BrokerError
from broker.migrate import PROGRAMME
from broker.programme.settings import Files, ProgrammeSettings, load_settings
from broker.programme.setup import open_identities
from broker.programme.wiring import read_trust
from keys.errors import KeysError
from keys.kek import KekProvider
from keys.keyring import Keyring
from keys.statements import read_statement
from policies.load import PILOT, load


def examine(config: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield every finding, in the order in which things should be mended."""
    yield from machine.versions()
    try:
        settings = load_settings(config)
    except BrokerError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, f"{config} is complete")
    known = {
        f"IZIN_PORTAL_{one.name.upper()}"
        for kind in (ProgrammeSettings, Files)
        for one in fields(kind)
    }
    yield machine.variables(environment, known, "IZIN_PORTAL_")
    yield check("policy", lambda: _policy(settings))
    yield check("home", lambda: machine.folder(settings.home))
    yield check("disk", lambda: machine.disk(settings.home))
    yield from _keys(settings)
    yield from _trust(settings)
    is_https = settings.url.startswith("https")
    yield check("port", lambda: machine.port(settings.host, settings.port, is_https=is_https))


def _policy(settings: ProgrammeSettings) -> str:
    found = load(settings.policies_path or PILOT)
    return f"{sum(map(len, found.formulas.values()))} formulas"


def _keys(settings: ProgrammeSettings) -> Iterator[Finding]:
    stores = yield from machine.open_stores(
        settings.files.kek_path,
        settings.files.database_url,
        PROGRAMME,
        keys_by="izin programme init",
        tables_by="izin programme init",
    )
    if stores is None:
        return
    try:
        try:
            ends = _ends(stores.engine, stores.kek)
        except (BrokerError, KeysError) as error:
            yield Finding("keys", False, str(error))
            return
        yield from (_lasting(name, until) for name, until in ends.items())
    finally:
        stores.engine.dispose()


def _ends(engine: Engine, kek: KekProvider) -> dict[str, int]:
    """Return by programme when the first of its root's statements ends, in Unix seconds."""
    ends = {}
    for name, each in open_identities(engine, kek, clock=_now).items():
        root = Keyring(engine, kek, owner=name, clock=_now).signing("root").public
        texts = (each.sign_statement, each.answer_statement)
        ends[name] = min(read_statement(text, root).until for text in texts)
    return ends


def _lasting(programme: str, until: int) -> Finding:
    at, mend = int(_now().timestamp()), "run `izin programme init` again"
    return check(f"keys of {programme}", lambda: machine.lasting(until, at=at, mend=mend))


def _now() -> datetime:
    return datetime.now(UTC)


def _trust(settings: ProgrammeSettings) -> Iterator[Finding]:
    try:
        trusted = read_trust(settings)
    except (BrokerError, KeysError) as error:
        yield Finding("trust", False, str(error))
        return
    names = ", ".join(sorted(trusted.agencies))
    words = f"agencies: {names}" if names else "no agency, so no answer is ever believed"
    yield Finding("trust", bool(names), words)
    with httpx2.Client(timeout=machine.LOOK_SECONDS) as http:
        yield check("broker", lambda: others.issuer(settings.issuer, http))
        yield check("log", lambda: others.broker_log(trusted.broker, http))
