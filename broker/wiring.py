"""Put the broker together from its settings. The only file that knows every part by name.

Nothing is decided here: open what is stored and give each part what it needs. The routes are
`app`'s.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
from sqlalchemy import Engine

from audit.cosigning import Cosigning
from audit.errors import PolicyFileError
from audit.log import Log
from audit.quorum import WitnessPolicy, parse_policy
from broker.agencies import Agencies
from broker.asking import Asking
from broker.auditing import Audits
from broker.commitments import Commitments
from broker.db import open_engine
from broker.errors import BrokerError
from broker.highwater import BehindError, HighWater, Promising
from broker.identity import BrokerKeys, open_keyring
from broker.keybook import KeyBook
from broker.migrate import BROKER, upgrade
from broker.outcomes import Outcomes
from broker.programmes import Programmes
from broker.reach import url_fault
from broker.refusals import Refusals
from broker.requests import Verifications
from broker.settings import Settings, SettingsError, load_settings
from broker.witnessing import Witnessing
from consent.clients import Client, Clients
from consent.key_urls import key_url_fault
from consent.login_client import CALLBACK, LoginClient
from consent.openings import Openings
from consent.persons import Clock, Persons
from consent.receipts import Receipts
from consent.replay import Replays
from consent.service import Grants
from consent.tagging import TagBook
from consent.trace_keys import TraceKeys
from keys.kek import RandomBytes
from keys.providers.file import FileKek
from keys.signing import VerifyKey
from policies.load import PILOT, load
from policies.policy import Policy


def now() -> datetime:
    """Return the moment, aware, in UTC: the broker's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Broker:
    """The opened parts of a broker."""

    settings: Settings
    engine: Engine
    keys: BrokerKeys
    log: Log
    cosigning: Cosigning | None
    policy: Policy
    persons: Persons
    grants: Grants
    clients: Clients
    programmes: Programmes
    agencies: Agencies
    keybook: KeyBook
    tags: TagBook
    openings: Openings
    replays: Replays
    asking: Asking
    clock: Clock
    random: RandomBytes
    login: LoginClient | None

    def add_client(
        self,
        client_id: str,
        *,
        programme: str,
        jwks: Any = None,
        jwks_uri: str | None = None,
        redirect_uris: tuple[str, ...],
        root: Any | None,
    ) -> None:
        """Register a programme's OAuth client and, if given, the programme's root key (a JWK).

        jwks: the client's keys; or jwks_uri: where they stand.
        """
        known = self.policy.programmes.get(programme)
        if known is None:
            names = ", ".join(sorted(self.policy.programmes))
            raise BrokerError(f"there is no programme {programme}; the policy has {names}")
        if (jwks is None) == (jwks_uri is None):
            raise BrokerError("name the client's keys or where they stand, one of the two")
        if jwks_uri is None:
            _check_keys(jwks)
        else:
            fault = key_url_fault(jwks_uri, issuer=self.settings.issuer)
            if fault is not None:
                raise BrokerError(f"the URL of the client's keys {fault}")
        for uri in redirect_uris:
            fault = url_fault("redirect-uri", uri)
            if fault is not None:
                raise BrokerError(fault)
        client = Client(client_id, programme, jwks or {}, redirect_uris, known.name, jwks_uri)
        self.clients.put(client)
        if root is not None:
            self.programmes.add(programme, VerifyKey.from_jwk(root))

    def add_agency(self, agency: str, *, url: str, root: Any) -> None:
        """Register an agency, and log the keys that its root vouches for. root: a JWK."""
        if agency not in self.policy.catalogue.agencies:
            names = ", ".join(sorted(self.policy.catalogue.agencies))
            raise BrokerError(f"there is no agency {agency}; the catalogue has {names}")
        fault = url_fault("url", url)
        if fault is not None:
            raise BrokerError(fault)
        key = VerifyKey.from_jwk(root)
        route = self.agencies.add(agency, url=url, root=key, at=int(self.clock().timestamp()))
        self.keybook.note(route.keys.seal_statement, key)
        self.keybook.note(route.keys.sign_statement, key)

    def commitments(self) -> Commitments:
        """Return what takes programmes' formulas and decisions into the log."""
        return Commitments(
            self.engine,
            self.log,
            self.policy,
            self.programmes,
            self.persons,
            self.asking.verifications,
            self.tags,
            self.clock,
        )

    def audits(self) -> Audits:
        """Return what opens samples of accesses to auditors."""
        return Audits(
            self.engine,
            self.log,
            self.openings,
            self.grants,
            self.persons,
            clock=self.clock,
            random=self.random,
        )

    def receipts(self) -> Receipts:
        """Return what hands out digital receipts, and says later whether one still holds."""
        return Receipts.open(
            self.settings.issuer,
            self.engine,
            self.log,
            self.keys.consent,
            clock=self.clock,
            random=self.random,
        )

    def close(self) -> None:
        """Let what is under way end, and close the files."""
        self.asking.pool.shutdown(wait=True, cancel_futures=True)
        self.asking.http.close()
        self.asking.refusals.flush()
        self.log.close()
        self.engine.dispose()


def _check_keys(jwks: Any) -> None:
    """Raise BrokerError unless `jwks` is a set of public keys."""
    if not isinstance(jwks, dict) or not isinstance(jwks.get("keys"), list) or not jwks["keys"]:
        raise BrokerError('the JWKS file must be {"keys": [...]} with at least one public key')
    if any("d" in key or "priv" in key for key in jwks["keys"]):
        raise BrokerError("the JWKS file holds a private key; register the public ones only")


def read_witnesses(settings: Settings) -> WitnessPolicy:
    """Return who must cosign a checkpoint before a question is sent; raises SettingsError."""
    path = settings.witnesses_path
    if path is None:
        return WitnessPolicy()
    try:
        return parse_policy(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, PolicyFileError) as error:
        raise SettingsError(f"the setting witnesses names no tlog-policy file: {error}") from error


def open_login(
    settings: Settings, http: httpx2.Client, *, clock: Clock, random: RandomBytes
) -> LoginClient | None:
    """Return the broker as its login provider's client, if it has one; raises SettingsError."""
    if not settings.login_issuer:
        return None
    secret = ""
    if settings.login_secret is not None:
        try:
            secret = (settings.home / settings.login_secret).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError("the setting login_secret names no readable file") from error
    return LoginClient(
        issuer=settings.login_issuer,
        client_id=settings.login_client_id,
        claim=settings.login_claim,
        name=settings.login_name,
        redirect_uri=settings.issuer + CALLBACK,
        http=http,
        clock=lambda: int(clock().timestamp()),
        random=random,
        secret=secret,
        scope=settings.login_scope,
    )


@contextmanager
def open_broker(
    settings: Settings | None = None, *, clock: Clock = now, random: RandomBytes = os.urandom
) -> Iterator[Broker]:
    """Open a broker for a command, and close it after."""
    broker = build(settings or load_settings(), clock=clock, random=random)
    try:
        yield broker
    finally:
        broker.close()


def build(
    settings: Settings,
    *,
    clock: Clock = now,
    random: RandomBytes = os.urandom,
    http: httpx2.Client | None = None,
) -> Broker:
    """Open everything that `settings` names."""
    kek = FileKek.open(settings.kek_path)
    engine = open_engine(settings.database_url, at_once=True)
    upgrade(engine, BROKER)
    keyring = open_keyring(engine, kek, settings, clock=clock)
    keyring.ensure("cosign")  # homes made before there was such a key get it now
    keys = BrokerKeys.open(keyring)
    policy = load(settings.policies_path or PILOT)
    log = Log(settings.log_place, keys.log_signer, clock=clock, also=keys.log_also)
    high_water = HighWater(settings.high_water_path, log.origin)
    try:
        high_water.check(log)
    except BehindError:
        log.close()
        engine.dispose()
        raise
    persons = Persons(engine, keyring, kek, clock=clock, random=random)
    tags = TagBook(engine, persons)
    openings = Openings(engine, persons, random=random)
    promising = Promising(log, high_water)
    grants = Grants(
        engine, persons, tags, openings, promising, policy, keys.consent, clock=clock, random=random
    )
    trace_keys = TraceKeys(
        engine,
        persons,
        grants,
        tags,
        openings,
        promising,
        policy,
        keys.consent,
        clock=clock,
        random=random,
    )
    http = http or httpx2.Client(timeout=settings.deadline_seconds, follow_redirects=False)
    agencies = Agencies(engine, http)
    programmes = Programmes(engine)
    keybook = KeyBook(engine, log)
    if keys.log_statement is not None:  # once; a rotation that a crash cut off is logged now
        keybook.note(keys.log_statement, keys.root.public)
    outcomes = Outcomes(log, tags, openings, clock=clock, random=random)
    asking = Asking(
        issuer=settings.issuer,
        log=log,
        policy=policy,
        grants=grants,
        trace_keys=trace_keys,
        persons=persons,
        programmes=programmes,
        keybook=keybook,
        tags=tags,
        openings=openings,
        outcomes=outcomes,
        refusals=Refusals(outcomes, clock=clock),
        verifications=Verifications(engine),
        agencies=agencies,
        sender=keys.sender,
        http=http,
        pool=ThreadPoolExecutor(max_workers=4 * settings.threads, thread_name_prefix="agency"),
        deadline_seconds=settings.deadline_seconds,
        witnessing=Witnessing(read_witnesses(settings), log, http, high_water, clock=clock),
        clock=clock,
        random=random,
    )
    return Broker(
        settings=settings,
        engine=engine,
        keys=keys,
        log=log,
        cosigning=Cosigning(log, keys.cosigner, newest=asking.witnessing.shown)
        if keys.cosigner
        else None,
        policy=policy,
        persons=persons,
        grants=grants,
        clients=Clients(engine),
        programmes=programmes,
        agencies=agencies,
        keybook=keybook,
        tags=tags,
        openings=openings,
        replays=Replays(engine),
        asking=asking,
        clock=clock,
        random=random,
        login=open_login(settings, http, clock=clock, random=random),
    )
