"""A whole consent server on real files: database, log, keys, and one invented person in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine

from audit.entry import Draft, Entry, parse_entry
from audit.log import Appended, Log, Logged
from audit.note import Verifier, parse_vkey
from broker.db import open_engine
from consent.clients import Client, Clients
from consent.openings import Openings
from consent.persons import Persons
from consent.service import Grants
from consent.store import create_tables
from consent.tagging import TagBook
from consent.trace_keys import TraceKeys
from keys.kek import LocalKek
from keys.keyring import Keyring
from keys.pseudonym import Cost
from keys.signing import NamedSigner, SigningKey
from keys.store import KeyStore
from policies.ask import Frequency, Item, Request
from policies.load import load
from policies.policy import Policy
from policies.words import Words

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
ORIGIN = "izin.example/log"
NIK = "3510994107900001"
PIN = "246813"
NAME = "Sulastri Invented"
VILLAGE = "35.10.15.2004"
CLIENT = "pkh-client"
NOTICE = sha256(b"the words shown").hexdigest()
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)

CAR = Item("polri", "owns_car")
BALANCE = Item("himbara", "balance_above", {"rupiah": 5_000_000})
ACCOUNT = Item("himbara", "has_account", optional=True)
REQUEST = Request(
    programme="pkh",
    purpose="eligibility",
    items=(CAR, BALANCE, ACCOUNT),
    valid_until=date(2027, 2, 28),
    frequency=Frequency("month", 1),
    retention_days=90,
)


@dataclass
class FakeClock:
    """A clock that moves only when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def counted_random(start: int) -> Callable[[int], bytes]:
    """Return a source whose bytes never repeat and are the same in every run."""
    numbers = itertools.count(start)
    return lambda size: sha256(b"test/%d" % next(numbers)).digest()[:size]


class Crash(RuntimeError):  # noqa: N818  # it stands for a power cut, not an error
    """The process died here."""


@dataclass
class CrashingLog:
    """The real log, behind a wrapper that can die before or after an append."""

    log: Log
    die: str = ""

    def append(self, drafts: Sequence[Draft], *, unless: Collection[bytes] = ()) -> Appended:
        if self.die == "before":
            raise Crash
        appended = self.log.append(drafts, unless=unless)
        if self.die == "after":
            raise Crash
        return appended

    def find_mark(self, value: bytes) -> int | None:
        return self.log.find_mark(value)

    def prove(self, index: int) -> Logged:
        return self.log.prove(index)


@dataclass
class World:
    """Everything, open; `restart` opens the same files again as a new process would."""

    folder: Path
    clock: FakeClock
    policy: Policy
    url: str
    starts: int = 0
    engine: Engine = field(init=False)
    log: Log = field(init=False)
    crashing: CrashingLog = field(init=False)
    keyring: Keyring = field(init=False)
    persons: Persons = field(init=False)
    tags: TagBook = field(init=False)
    openings: Openings = field(init=False)
    grants: Grants = field(init=False)
    trace_keys: TraceKeys = field(init=False)
    consent_key: SigningKey = field(init=False)

    def __post_init__(self) -> None:
        self.engine = open_engine(self.url, at_once=True)
        random = counted_random(self.starts * 1_000_000)
        kek = LocalKek(bytes(range(32)), random=random)
        create_tables(self.engine)
        KeyStore(self.engine).create_table()
        self.keyring = Keyring(self.engine, kek, owner=ORIGIN, clock=self.clock, random=random)
        self.keyring.ensure("epoch")
        signer = NamedSigner(ORIGIN, SigningKey.from_seed(bytes(32)))
        self.log = Log(self.folder / "log.sqlite", signer, clock=self.clock)
        self.crashing = CrashingLog(self.log)
        self.consent_key = SigningKey.from_seed(bytes([5]) * 32)
        self.persons = Persons(
            self.engine, self.keyring, kek, clock=self.clock, random=random, pin_cost=CHEAP
        )
        self.tags = TagBook(self.engine, self.persons)
        self.openings = Openings(self.engine, self.persons, random=random)
        self.grants = Grants(
            self.engine,
            self.persons,
            self.tags,
            self.openings,
            self.crashing,
            self.policy,
            self.consent_key,
            clock=self.clock,
            random=random,
        )
        self.trace_keys = TraceKeys(
            self.engine,
            self.persons,
            self.grants,
            self.tags,
            self.openings,
            self.crashing,
            self.policy,
            self.consent_key,
            clock=self.clock,
            random=random,
        )

    @property
    def verifier(self) -> Verifier:
        return parse_vkey(self.log.vkey)

    def enrol(self) -> str:
        Clients(self.engine).put(
            Client(CLIENT, "pkh", {"keys": []}, ("https://pkh.example/back",), Words("PKH", "PKH"))
        )
        return self.persons.enrol(NIK, PIN, NAME, VILLAGE)

    def entries(self) -> list[Entry]:
        return [parse_entry(self.log.entry(i)) for i in range(self.log.size)]

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries()]

    def close(self) -> None:
        self.log.close()
        self.engine.dispose()

    def restart(self) -> World:
        self.close()
        return World(self.folder, self.clock, self.policy, self.url, self.starts + 1)


def open_world(folder: Path, url: str | None = None) -> World:
    """Return an empty world in `folder`. url: of its database; None = a file there too."""
    return World(folder, FakeClock(), load(), url or f"sqlite:///{folder / 'izin.sqlite'}")
