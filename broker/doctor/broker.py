"""`izin doctor` for a broker."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime

import httpx2
from sqlalchemy import Engine

from broker.agencies import Agencies, AgencyRoute
from broker.doctor import machine, others
from broker.doctor.finding import Finding, check
from broker.errors import BrokerError
from broker.highwater import HighWater
from broker.identity import BrokerKeys, open_keyring
from broker.migrate import BROKER
from broker.programmes import Programmes
from broker.settings import Settings, load_settings
from broker.wiring import open_login, read_witnesses
from keys.errors import KeysError
from keys.providers.file import PASSPHRASE_FILE
from keys.statements import read_statement
from policies.load import PILOT, load
from policies.policy import Policy


def examine(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield every finding, in the order in which things should be mended."""
    yield from machine.versions()
    try:
        settings = load_settings(environment)
    except BrokerError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, f"{settings.home / 'izin.toml'} is complete")
    yield _variables(environment)
    yield check("policy", lambda: _policy(settings))
    yield check("witnesses", lambda: _witnesses(settings))
    yield check("login", lambda: _login(settings))
    yield check("home", lambda: machine.folder(settings.home))
    yield check("disk", lambda: machine.disk(settings.home))
    stores = yield from machine.open_stores(
        settings.kek_path, settings.database_url, BROKER, keys_by=None, tables_by="izin serve"
    )
    if stores is None:
        return
    engine = stores.engine
    try:
        keyring = open_keyring(engine, stores.kek, settings, clock=lambda: datetime.now(UTC))
        try:
            keys = BrokerKeys.open(keyring)
        except KeysError as error:
            yield Finding("keys", False, str(error))
            return
        yield Finding("keys", True, "every key opens")
        mark = HighWater(settings.high_water_path, settings.origin)
        yield check(
            "log",
            lambda: machine.log(settings.log_place, keys.log_signer, promised=mark.check),
        )
        yield from _programmes(engine, load(settings.policies_path or PILOT))
        yield from _agencies(engine)
        is_https = settings.issuer.startswith("https")
        yield check("port", lambda: machine.port(settings.host, settings.port, is_https=is_https))
    finally:
        engine.dispose()


def _variables(environment: Mapping[str, str]) -> Finding:
    known = {f"IZIN_{one.name.upper()}" for one in fields(Settings)} | {PASSPHRASE_FILE}
    # Those of a gateway, a portal or a witness in the same shell are not ours to judge.
    ours = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("IZIN_GATEWAY_", "IZIN_PORTAL_", "IZIN_WITNESS_"))
    }
    return machine.variables(ours, known, "IZIN_")


def _policy(settings: Settings) -> str:
    found = load(settings.policies_path or PILOT)
    return f"{len(found.catalogue.questions)} questions of {len(found.catalogue.agencies)} agencies"


def _witnesses(settings: Settings) -> str:
    found = read_witnesses(settings)
    if not found.witnesses:
        return "none; whoever holds the log's key alone could show two histories"
    return f"{len(found.witnesses)}, the quorum is {found.quorum}"


def _login(settings: Settings) -> str:
    with httpx2.Client(timeout=machine.LOOK_SECONDS) as http:
        login = open_login(settings, http, clock=lambda: datetime.now(UTC), random=os.urandom)
        if login is None:
            return "no provider; people sign in with NIK and PIN, or a passkey"
        login.begin()
    return f"{login.issuer} answers; its redirect URI for us must be {login.redirect_uri}"


def _programmes(engine: Engine, policy: Policy) -> Iterator[Finding]:
    known = Programmes(engine).roots()
    if not known:
        yield Finding("programmes", False, "none is registered; see `izin programme add`")
    else:
        gone = sorted(set(known) - set(policy.programmes))
        words = f"{', '.join(gone)} is not in the policy" if gone else ", ".join(sorted(known))
        yield Finding("programmes", not gone, words)


def _agencies(engine: Engine) -> Iterator[Finding]:
    with httpx2.Client(timeout=machine.LOOK_SECONDS) as http:
        agencies = Agencies(engine, http)
        routes = agencies.routes()
        if not routes:
            yield Finding("agencies", False, "none is registered; see `izin agency add`")
        for route in routes.values():
            yield check(f"agency {route.id}", lambda one=route: _agency(one, agencies, http))  # type: ignore[misc]


def _agency(route: AgencyRoute, agencies: Agencies, http: httpx2.Client) -> str:
    others.gateway(route.url, http)
    at = int(datetime.now(UTC).timestamp())
    keys = agencies.ask_keys(route.id, url=route.url, root=route.root, at=at)
    again = f"run `izin agency add {route.id}` again"
    if keys != route.keys:
        raise BrokerError(f"its keys or their statements are new; {again}")
    until = min(
        read_statement(text, route.root).until
        for text in (keys.seal_statement, keys.sign_statement)
    )
    lasting = machine.lasting(
        until, at=at, mend=f"its operator runs `izin gateway init`, then {again}"
    )
    return f"answers at {route.url}, its keys are {lasting}"
