"""Puts a gateway together from its settings: the only file that knows all its parts.

The clock, the randomness, the HTTP client and the grid come in, so that tests drive the same
gateway that agencies run.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import structlog
from sqlalchemy import Engine

from audit.errors import PolicyFileError
from audit.log import Log
from audit.quorum import WitnessPolicy, parse_policy
from broker.db import open_engine
from broker.gateway.answering import Answering
from broker.gateway.broker_log import BrokerLog, open_client
from broker.gateway.carrying import carry_over
from broker.gateway.checkpoints import Checkpoints
from broker.gateway.desk import Desk, Rules
from broker.gateway.errors import GatewaySettingsError
from broker.gateway.grid import Grid
from broker.gateway.identity import Identity
from broker.gateway.journal import Journal
from broker.gateway.ledger import Ledger
from broker.gateway.registry.adapter import RegistryAdapter
from broker.gateway.registry.config import RegistryConfig
from broker.gateway.registry.sql import Registry, SourceFault
from broker.gateway.settings import GatewaySettings
from broker.gateway.setup import open_identity, open_keyring
from broker.gateway.withdrawals import Withdrawals
from broker.migrate import GATEWAY, upgrade
from broker.reach import url_fault
from consent.evidence import BROKER_ATTESTED, ID_TOKEN, PASSKEY
from keys import trust
from keys.providers.file import FileKek
from keys.trust import TrustFile
from policies.catalogue import Catalogue, evidence_suffices
from policies.load import PILOT, load

_log = structlog.get_logger()


@dataclass(frozen=True)
class Gateway:
    """A gateway that is ready to serve."""

    settings: GatewaySettings
    identity: Identity
    desk: Desk
    log: Log
    ledger: Ledger
    engine: Engine
    grid: Grid

    def close(self) -> None:
        """Close the log and the database."""
        self.log.close()
        self.engine.dispose()


def open_gateway(
    settings: GatewaySettings,
    *,
    clock: Callable[[], datetime] | None = None,
    random: Callable[[int], bytes] = os.urandom,
    client: httpx2.Client | None = None,
    registry: RegistryAdapter | None = None,
    grid: Grid | None = None,
) -> Gateway:
    """Return the gateway of these settings; `prepare_gateway` must have run once.

    client: reaches the broker's log. registry: default, the SQL registry of the settings.
    Raises GatewaySettingsError, KeysError, RegistryError, AuditError.
    """
    clock = clock or _now
    trusted = read_trust(settings)
    catalogue = load(settings.policies_path or PILOT).catalogue
    _check_against_catalogue(settings, catalogue, trusted)
    engine = open_engine(settings.database_url)
    upgrade(engine, GATEWAY)
    try:
        carry_over(engine, trusted.broker, at=int(clock().timestamp()))
    except GatewaySettingsError:
        engine.dispose()
        raise
    kek = FileKek.open(settings.kek_path, random=random)
    keyring = open_keyring(settings, engine, kek, clock=clock, random=random)
    identity = open_identity(settings, engine, keyring)
    log = Log(settings.log_place, identity.log_signer, clock=clock)
    journal = Journal(engine, log, agency=settings.agency, clock=clock, random=random)
    ledger = Ledger(engine, kek, newcomers=settings.newcomers)
    broker_log = BrokerLog(client or open_client(), trusted.broker.log_url)
    desk = Desk(
        Rules(settings, trusted, catalogue, read_witnesses(trusted)),
        identity,
        checkpoints=Checkpoints(engine, broker_log.read),
        withdrawals=Withdrawals(engine, broker_log.read),
        ledger=ledger,
        answering=Answering(
            registry or open_registry(settings, catalogue),
            journal,
            identity,
            clock=clock,
            random=random,
        ),
        journal=journal,
        clock=clock,
    )
    return Gateway(settings, identity, desk, log, ledger, engine, grid or Grid(settings.grid_ms))


def read_witnesses(trusted: TrustFile) -> WitnessPolicy:
    """Return the quorum of the trust file; raises GatewaySettingsError, naming the line."""
    try:
        policy = parse_policy(trusted.quorum)
    except PolicyFileError as error:
        raise GatewaySettingsError(f"the trust file's quorum: {error}") from error
    # The log cosigns its own checkpoints too; counted, the broker would vouch for itself.
    if any(verifier.name == trusted.broker.origin for verifier in policy.verifiers):
        raise GatewaySettingsError("the trust file's quorum: a log is no witness of itself")
    return policy


def read_trust(settings: GatewaySettings) -> TrustFile:
    """Return the trust file, which must be of the broker that the gateway was set up for."""
    try:
        trusted = trust.parse(settings.trust_path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise GatewaySettingsError(
            f"the trust file {settings.trust_path} cannot be read; put it there, "
            "as `izin trust make` prints it at the broker"
        ) from error
    # The gateway's own log keeps the name with which it began, whatever the broker's does; that
    # the one continues the other, `carry_over` holds against what was seen.
    is_first = trusted.broker.continues is None
    if is_first and settings.origin != f"{settings.agency}.{trusted.broker.origin}":
        raise GatewaySettingsError("the setting origin is not that of the trust file's broker")
    fault = url_fault("log_url", trusted.broker.log_url)
    if fault is not None:
        raise GatewaySettingsError(f"the trust file: {fault}")
    return trusted


def open_registry(settings: GatewaySettings, catalogue: Catalogue) -> Registry:
    """Return the SQL registry that the settings describe."""
    questions = {each.id: tuple(each.params) for each in catalogue.of_agency(settings.agency)}
    config = RegistryConfig.parse(settings.registry, agency=settings.agency, catalogue=questions)
    return Registry(config, report=_report)


def _check_against_catalogue(
    settings: GatewaySettings, catalogue: Catalogue, trusted: TrustFile
) -> None:
    if settings.agency not in catalogue.agencies:
        raise GatewaySettingsError("the setting agency is not an agency of the catalogue")
    strongest = PASSKEY if trusted.passkeys else ID_TOKEN if trusted.logins else BROKER_ATTESTED
    for question, least in settings.least_evidence.items():
        if catalogue.find(settings.agency, question) is None:
            # A misspelt one would be a demand that silently is not there.
            raise GatewaySettingsError(f"least_evidence.{question} is no question of the agency")
        if not evidence_suffices(strongest, least):
            raise GatewaySettingsError(
                f"least_evidence.{question} asks for more than {strongest}, which is the most that "
                "the trust file lets count; add [passkeys] or [logins] to it"
            )


def _report(fault: SourceFault) -> None:
    _log.warning("registry_failed", path=fault.source, reason=fault.question, error=fault.error)


def _now() -> datetime:
    return datetime.now(UTC)
