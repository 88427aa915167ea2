"""Puts the asking side together from its settings: the only file that knows all its parts.

The clock, the randomness and the HTTP client come in, so that tests drive the same programme.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import httpx2
from sqlalchemy import Engine

from audit.errors import AuditError
from broker.db import open_engine
from broker.log_keys import trusted_log
from broker.migrate import PROGRAMME, upgrade
from broker.programme.applications import Applications, Programme
from broker.programme.client import IzinClient, open_http
from broker.programme.errors import ProgrammeSettingsError
from broker.programme.records import Records
from broker.programme.settings import ProgrammeSettings
from broker.programme.setup import Clock, now, open_identities
from broker.programme.vault import Vault
from broker.reach import demo_fault
from keys import trust
from keys.kek import KekProvider, RandomBytes
from keys.providers.file import FileKek
from keys.trust import TrustFile
from policies.load import PILOT, load


@dataclass(frozen=True)
class AskingSide:
    """The opened parts of a programme's home."""

    settings: ProgrammeSettings
    engine: Engine
    kek: KekProvider = field(repr=False)
    http: httpx2.Client
    applications: Applications
    random: RandomBytes = field(repr=False)

    def close(self) -> None:
        """Close connections and files."""
        self.http.close()
        self.engine.dispose()


def open_asking_side(
    settings: ProgrammeSettings,
    *,
    http: httpx2.Client | None = None,
    clock: Clock = now,
    random: RandomBytes = os.urandom,
) -> AskingSide:
    """Open everything that `settings` names."""
    trusted = read_trust(settings)
    try:
        log = trusted_log(trusted.broker)
    except AuditError as error:
        raise ProgrammeSettingsError(f"the trust file's log_vkey: {error}") from error
    policy = load(settings.policies_path or PILOT)
    kek = FileKek.open(settings.files.kek_path, random=random)
    engine = open_engine(settings.files.database_url)
    upgrade(engine, PROGRAMME)
    identities = open_identities(engine, kek, clock=clock, random=random)
    for programme in identities:
        if programme not in policy.programmes:
            raise ProgrammeSettingsError(f"the policy has no programme {programme}")
    http = http or open_http()
    applications = Applications(
        programmes={
            name: Programme(
                identity,
                IzinClient(
                    http,
                    issuer=settings.issuer,
                    client_id=identity.client_id,
                    keys=identity.client_keys,
                    clock=clock,
                    random=random,
                ),
            )
            for name, identity in identities.items()
        },
        records=Records(
            engine,
            {name: Vault(each.at_rest, random=random) for name, each in identities.items()},
        ),
        policy=policy,
        log=log,
        agencies=trusted.agencies,
        redirect_uri=settings.redirect_uri,
        patience_seconds=settings.patience_seconds,
        clock=clock,
        random=random,
    )
    return AskingSide(settings, engine, kek, http, applications, random)


def read_trust(settings: ProgrammeSettings) -> TrustFile:
    """Return the trust file."""
    try:
        trusted = trust.parse(settings.trust_path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ProgrammeSettingsError(
            f"the trust file {settings.trust_path} cannot be read; put it there, "
            "as `izin trust make` prints it at the broker"
        ) from error
    urls = (settings.issuer, settings.url)
    fault = demo_fault(trusted.broker.origin, host=settings.host, urls=urls)
    if fault is not None:
        raise ProgrammeSettingsError(fault)
    return trusted
