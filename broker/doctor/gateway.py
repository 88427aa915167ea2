"""`izin doctor --gateway FILE`, for an agency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from audit.opening import is_server
from broker.doctor import machine, others
from broker.doctor.finding import Finding, check
from broker.errors import BrokerError
from broker.gateway.registry.config import RegistryConfig
from broker.gateway.registry.sql import Registry, SourceFault
from broker.gateway.settings import GatewaySettings, load_settings
from broker.gateway.setup import open_identity, open_keyring
from broker.gateway.wiring import read_trust
from broker.migrate import GATEWAY
from keys.errors import KeysError
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
    known = {f"IZIN_GATEWAY_{one.name.upper()}" for one in fields(GatewaySettings)}
    # IZIN_GATEWAY_CONFIG is how a main process names the file to its worker.
    yield machine.variables(environment, known | {"IZIN_GATEWAY_CONFIG"}, "IZIN_GATEWAY_")
    yield check("registry", lambda: _registry(settings))
    yield check("home", lambda: machine.folder(settings.home))
    yield check("disk", lambda: machine.disk(settings.home))
    yield from _keys(settings)
    yield from _trust(settings)
    is_https = settings.url.startswith("https")
    yield check("port", lambda: machine.port(settings.host, settings.port, is_https=is_https))


def _registry(settings: GatewaySettings) -> str:
    catalogue = load(settings.policies_path or PILOT).catalogue
    questions = {each.id: tuple(each.params) for each in catalogue.of_agency(settings.agency)}
    if not questions:
        raise BrokerError(f"the catalogue has no agency {settings.agency}")
    config = RegistryConfig.parse(settings.registry, agency=settings.agency, catalogue=questions)
    faults: list[SourceFault] = []
    registry = Registry(config, report=faults.append)
    try:
        as_of = registry.as_of()
    finally:
        registry.close()
    if faults:
        raise BrokerError(
            f"the source {faults[0].source} does not say how old it is ({faults[0].error}); "
            "check its url and as_of"
        )
    left = f"; unknown to all: {', '.join(config.unprepared)}" if config.unprepared else ""
    return f"{len(config.questions)} of {len(questions)} questions, as of {as_of}{left}"


def _keys(settings: GatewaySettings) -> Iterator[Finding]:
    stores = yield from machine.open_stores(
        settings.kek_path,
        settings.database_url,
        GATEWAY,
        keys_by="izin gateway init",
        tables_by="izin gateway init",
    )
    if stores is None:
        return
    engine = stores.engine
    try:
        keyring = open_keyring(settings, engine, stores.kek, clock=lambda: datetime.now(UTC))
        try:
            identity = open_identity(settings, engine, keyring)
            root = keyring.signing("root").public
        except (BrokerError, KeysError) as error:
            yield Finding("keys", False, str(error))
            return
        until = min(
            read_statement(text, root).until
            for text in (identity.sign_statement, identity.seal_statement)
        )
        at = int(datetime.now(UTC).timestamp())
        mend = "run `izin gateway init`, then have the broker add the agency again"
        yield check("keys", lambda: machine.lasting(until, at=at, mend=mend))
        place = settings.log_place
        if is_server(place) or settings.log_path.exists():
            yield check("log", lambda: machine.log(place, identity.log_signer))
        else:
            yield Finding("log", True, "not begun; `izin gateway serve` begins it")
    finally:
        engine.dispose()


def _trust(settings: GatewaySettings) -> Iterator[Finding]:
    try:
        trusted = read_trust(settings)
    except (BrokerError, KeysError) as error:
        yield Finding("trust", False, str(error))
        return
    names = ", ".join(sorted(trusted.programmes))
    words = f"programmes: {names}" if names else "no programme, so nothing is ever answered"
    yield Finding("trust", bool(names), words)
    with httpx2.Client(timeout=machine.LOOK_SECONDS, trust_env=False) as http:
        yield check("broker", lambda: others.broker_log(trusted.broker, http))
