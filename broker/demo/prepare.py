"""Make every home folder of the demo: broker, gateways, portal, registries, witnesses.

Each is made by the very functions that an institution would use; only that one person runs them
all, and that the log's first entries are dated two days back, as if it had been set up then:
a formula must be known for 24 hours before it decides about anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from broker.db import open_engine
from broker.demo.population import InventedPerson, Resident
from broker.demo.registries.seed import AGENCIES, registry_toml, seed_registries
from broker.demo.witnesses import POLICY_NAME, prepare_witnesses
from broker.gateway.setup import SETTINGS_NAME as GATEWAY_SETTINGS
from broker.gateway.setup import GatewayIdentity, prepare_gateway
from broker.programme.settings import SETTINGS_NAME as PROGRAMME_SETTINGS
from broker.programme.settings import load_files
from broker.programme.setup import (
    PreparedProgramme,
    open_identities,
    prepare_programme,
)
from broker.programme.statements import formula_statement
from broker.reach import DEMO_ORIGIN as ORIGIN
from broker.settings import Settings, load_settings
from broker.setup import initialise
from broker.wiring import Broker, build
from consent.persons import Clock
from keys import trust
from keys.providers.file import FileKek
from keys.sign_in_trust import site_of
from keys.trust import BrokerTrust, TrustFile

CLIENTS: Final[Mapping[str, str]] = {"pkh": "perlinsos-pkh", "bpnt": "perlinsos-bpnt"}
SET_UP_BEFORE: Final = timedelta(hours=50)


@dataclass(frozen=True)
class Plan:
    """Where everything will be: the home folder, and each program's URL without a slash."""

    home: Path
    broker: str
    portal: str
    gateways: Mapping[str, str]
    witnesses: Mapping[str, str] = field(default_factory=dict)

    @property
    def broker_home(self) -> Path:
        """Return the broker's IZIN_HOME."""
        return self.home / "broker"

    @property
    def portal_home(self) -> Path:
        """Return the portal's folder."""
        return self.home / "portal"

    def gateway_home(self, agency: str) -> Path:
        """Return the folder of an agency's gateway."""
        return self.home / "agencies" / agency

    def witness_home(self, name: str) -> Path:
        """Return the folder of a witness."""
        return self.home / "witnesses" / name


@dataclass(frozen=True)
class Prepared:
    """What the demo needs to know of what was made. witnesses: the vkey of each."""

    settings: Settings
    vkey: str
    agencies: Mapping[str, GatewayIdentity]
    programmes: Sequence[PreparedProgramme]
    witnesses: Mapping[str, str] = field(default_factory=dict)


def prepare(
    plan: Plan,
    applicants: Sequence[InventedPerson],
    background: Sequence[Resident],
    *,
    clock: Clock,
    reader_token_sha256: str = "",
) -> Prepared:
    """Make everything that can be made before any program runs."""
    before: Clock = lambda: clock() - SET_UP_BEFORE  # noqa: E731 - a clock is a function
    made = initialise(
        plan.broker_home,
        issuer=plan.broker,
        origin=ORIGIN,
        port=_port(plan.broker),
        clock=before,
        open_entries=True,
        entries_token_sha256=reader_token_sha256,
        demo=True,
    )
    quorum, witnesses = _witnesses(plan, made.vkey, clock=before)
    settings = load_settings({"IZIN_HOME": str(plan.broker_home)})
    registries = plan.home / "registries"
    seed_registries(registries, [*applicants, *background], today=clock().date())
    agencies = {agency: _gateway(plan, agency, registries, before) for agency in AGENCIES}
    programmes = [
        prepare_programme(plan.portal_home, programme, client_id, clock=before)
        for programme, client_id in CLIENTS.items()
    ]
    _write(plan.portal_home / PROGRAMME_SETTINGS, _portal_toml(plan))
    broker = build(settings, clock=before)
    try:
        _write_trust(plan, broker, made.vkey, quorum, agencies, programmes)
        _register_programmes(plan, broker, programmes, clock=before)
        for person in applicants:
            broker.persons.enrol(person.nik, person.pin, person.name, person.village_code)
    finally:
        broker.close()
    return Prepared(settings, made.vkey, agencies, programmes, witnesses)


def register_agencies(broker: Broker, prepared: Prepared, plan: Plan) -> None:
    """Register the agencies with the broker; their gateways must be running."""
    for agency, identity in prepared.agencies.items():
        broker.add_agency(agency, url=plan.gateways[agency], root=identity.root.jwk())


def _gateway(plan: Plan, agency: str, registries: Path, clock: Clock) -> GatewayIdentity:
    url = plan.gateways[agency]
    settings = (
        "[gateway]\n"
        f'agency = "{agency}"\n'
        f'origin = "{agency}.{ORIGIN}"\n'
        f'url = "{url}"\n'
        f"port = {_port(url)}\n"
        "open_entries = true\n\n"
    )
    home = plan.gateway_home(agency)
    _write(home / GATEWAY_SETTINGS, settings + registry_toml(agency, registries))
    return prepare_gateway(home, clock=clock)


def _witnesses(plan: Plan, vkey: str, *, clock: Clock) -> tuple[str, Mapping[str, str]]:
    """Make the plan's witnesses and have the broker ask them; return policy and vkeys."""
    if not plan.witnesses:
        return "", {}
    homes = {name: plan.witness_home(name) for name in plan.witnesses}
    policy, vkeys = prepare_witnesses(homes, plan.witnesses, log_vkey=vkey, clock=clock)
    _write(plan.broker_home / POLICY_NAME, policy)
    with (plan.broker_home / "izin.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'witnesses = "{POLICY_NAME}"\n')
    return policy, vkeys


def _portal_toml(plan: Plan) -> str:
    return (
        "[portal]\n"
        f'issuer = "{plan.broker}"\n'
        f'url = "{plan.portal}"\n'
        f"port = {_port(plan.portal)}\n"
        'trace_page = "/trace"\n'
    )


def _write_trust(
    plan: Plan,
    broker: Broker,
    vkey: str,
    quorum: str,
    agencies: Mapping[str, GatewayIdentity],
    programmes: Sequence[PreparedProgramme],
) -> None:
    text = trust.format(
        TrustFile(
            broker=BrokerTrust(
                origin=ORIGIN,
                log_vkey=vkey,
                log_url=f"{plan.broker}/log",
                consent_keys=(broker.keys.consent.public,),
                root=broker.keys.root.public,
            ),
            programmes={each.programme: each.root for each in programmes},
            agencies={agency: identity.root for agency, identity in agencies.items()},
            quorum=quorum,
            passkeys=site_of(plan.broker),
        )
    )
    for home in (plan.portal_home, *(plan.gateway_home(agency) for agency in agencies)):
        _write(home / "trust.toml", text)


def _register_programmes(
    plan: Plan, broker: Broker, programmes: Sequence[PreparedProgramme], *, clock: Clock
) -> None:
    """Register the clients, and commit every formula of the policy."""
    for each in programmes:
        broker.add_client(
            each.client_id,
            programme=each.programme,
            jwks=each.jwks,
            redirect_uris=(f"{plan.portal}/return",),
            root=each.root_jwk,
        )
    files = load_files(plan.portal_home)
    kek = FileKek.open(files.kek_path)
    engine = open_engine(files.database_url)
    try:
        identities = open_identities(engine, kek, clock=clock)
    finally:
        engine.dispose()
    valid_from = _next_hour(clock() + timedelta(hours=24))
    commitments = broker.commitments()
    for formulas in broker.policy.formulas.values():
        for formula in formulas:
            commitments.formula(
                formula_statement(formula, identities[formula.programme], valid_from=valid_from)
            )


def _next_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
