"""A new origin for a log that lost entries: the new log, what is carried to it, the settings.

In this order, each step safe to repeat; `izin serve` goes on with the old origin until the last:

1. find the last checkpoint that was promised (`promised`); nothing is written;
2. keys for the new log, kept under the new name;
3. the new log, at a place of its own; entry 0 commits to the old checkpoint;
4. closings, ends of grants and live grants, written to it (`consent.carrying`);
5. one transaction: the broker's other keys and the grants' rows are the new log's;
6. the agencies' keys, written to the new log; then izin.toml.

A crash up to 4 leaves a log that nobody has heard of, and the old settings; after 5, settings that
name a log whose keys are gone: no start, until this has been run again. The old log is only read.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
from sqlalchemy import Engine
from sqlmodel import delete

from audit.continued import continue_from, continued_in
from audit.entry import Entry, draft, parse_entry
from audit.log import Log
from audit.note import Verifier, format_vkey, parse_vkey, with_earlier
from audit.source import open_source
from audit.state import write_whole
from audit.tiles import read_entries
from audit.verify import open_newest, verify
from broker.agencies import Agencies
from broker.db import open_engine
from broker.errors import BrokerError
from broker.highwater import HighWater
from broker.identity import BrokerKeys, open_keyring
from broker.keybook import KeyBook
from broker.migrate import BROKER, upgrade
from broker.papers import broker_lines
from broker.promised import Promised, last_promised
from broker.reach import DEMO_ORIGIN, is_demo
from broker.serving import check_port_free
from broker.settings import Settings, parse_settings
from broker.settings_file import with_values
from broker.setup import SETTINGS_NAME
from broker.store import FormulaRow, PostedRow
from broker.wiring import read_witnesses
from consent.carrying import Carried, Carrying, OldLog
from consent.openings import Openings
from consent.persons import Clock, Persons
from consent.tagging import TagBook
from keys.kek import RandomBytes
from keys.keyring import Keyring
from keys.providers.file import FileKek
from keys.signing import NamedSigner
from policies.load import PILOT, load

_STAY: Final = frozenset({"log", "cosign"})
"""The uses of the keys that belong to the old log; all others go on under the new name."""


class ContinuingError(BrokerError):
    """The log cannot, or need not, be continued under a new origin."""


@dataclass(frozen=True)
class Wanted:
    """What the operator asks for. place: of the new log; None = a file beside the old one.

    checkpoints: signed notes. copy: where a whole copy of the old log is. anyway: even if nothing
    is lost.
    """

    origin: str
    place: str | None = None
    checkpoints: Sequence[str] = ()
    copy: str | None = None
    anyway: bool = False


@dataclass(frozen=True)
class Renewed:
    """What came of it. promised, carried, lost: None where an earlier run had come so far.

    lost: first and last entry of the old log that this machine has no more. lines: of the paper
    agreement.
    """

    origin: str
    vkey: str
    old_vkey: str
    lines: tuple[str, ...]
    promised: Promised | None = None
    carried: Carried | None = None
    lost: tuple[int, int] | None = None


def new_origin(
    settings: Settings,
    wanted: Wanted,
    *,
    clock: Clock,
    http: httpx2.Client,
    random: RandomBytes = os.urandom,
    is_stopped: Callable[[str, int], object] = check_port_free,
) -> Renewed:
    """Continue the log of a stopped broker under another name.

    is_stopped: raises where the broker's port is taken. Raises BrokerError, AuditError, KeysError.
    """
    text, renewed = _settings(settings, wanted)
    is_stopped(settings.host, settings.port)
    engine = open_engine(settings.database_url)
    try:
        upgrade(engine, BROKER)
        kek = FileKek.open(settings.kek_path)
        old = open_keyring(engine, kek, settings, clock=clock)
        new = open_keyring(engine, kek, renewed, clock=clock)
        return _Continuing(
            settings, renewed, text, wanted, engine, kek, old, new, clock, random, http
        ).run()
    finally:
        engine.dispose()


@dataclass(frozen=True)
class _Continuing:
    settings: Settings
    renewed: Settings
    text: str
    wanted: Wanted
    engine: Engine
    kek: FileKek
    old: Keyring
    new: Keyring
    clock: Clock
    random: RandomBytes
    http: httpx2.Client

    def run(self) -> Renewed:
        verifier = _verifier(self.old)
        if self.old.active("root") is None and self.new.active("root") is not None:
            # An earlier run was cut short between 5 and 6.
            return self._finish(verifier)
        place = self.settings.log_place
        signer = NamedSigner(self.old.owner, self.old.signing("log"))
        # A log that is gone would begin itself, empty, when it is opened.
        if isinstance(place, Path) and not place.exists():
            return self._from(None, verifier)
        with closing(Log(place, signer, clock=self.clock)) as log:
            return self._from(log, verifier)

    def _from(self, log: Log | None, verifier: Verifier) -> Renewed:
        promised = last_promised(  # 1
            verifier,
            log=log,
            mark=HighWater(self.settings.high_water_path, verifier.name),
            given=self.wanted.checkpoints,
            agencies={each.id: each.url for each in self._agencies().routes().values()},
            witnesses=read_witnesses(self.settings),
            http=self.http,
            clock=self.clock,
        )
        old = None
        if self.wanted.copy is not None:
            # It may reach further than anything that was known.
            promised, old = _copied(self.wanted.copy, verifier, promised)
        held = 0 if log is None else log.size
        lost = (held, promised.checkpoint.size - 1) if held < promised.checkpoint.size else None
        if lost is None and not self.wanted.anyway:
            raise ContinuingError(
                f"nothing is lost: the log holds {held} entries, and no more were promised; start "
                "it as it is (--anyway gives it a new name all the same)"
            )
        if log is not None and lost is None:
            _check_history(log, promised)
        old = old or _kept(log, whole=lost is None)
        for use in _STAY:
            self.new.ensure(use)  # 2
        with self._new_log() as fresh:
            self._begin(fresh, promised, verifier)  # 3
            carrying = self._carrying(fresh)
            carried = carrying.carry(old)  # 4
        # Before the transaction: a file's database has one writer, and it waits for nobody.
        wrapped = self.old.wrapped_for(self.new.owner, keep=_STAY)
        with self.engine.begin() as connection:  # 5
            self.old.hand_over(connection, self.new.owner, wrapped)
            carrying.finish_in(connection, carried, at=self.clock())
            # What these rows remember is where something stands in the old log.
            connection.execute(delete(PostedRow))
            connection.execute(delete(FormulaRow))
        return self._finish(verifier, promised=promised, carried=carried, lost=lost)  # 6

    def _begin(self, fresh: Log, promised: Promised, verifier: Verifier) -> None:
        if not fresh.size:
            policy = load(self.settings.policies_path or PILOT)
            first = continue_from(promised.note, verifier)
            fresh.append([first, draft("policy.changed", {"policy": policy.digest})])
            return
        found = continued_in(parse_entry(fresh.entry(0)))
        if found is None or found.checkpoint != promised.checkpoint:
            raise ContinuingError(
                "the place of the new log holds another one, or one that an earlier run began from "
                "another checkpoint; nobody has been shown it: take it away and run this again"
            )

    def _finish(
        self,
        verifier: Verifier,
        *,
        promised: Promised | None = None,
        carried: Carried | None = None,
        lost: tuple[int, int] | None = None,
    ) -> Renewed:
        keys = BrokerKeys.open(self.new)
        with self._new_log() as log:
            book = KeyBook(self.engine, log)
            book.note(keys.sender.statement, keys.root.public)
            for route in self._agencies().routes().values():
                book.note(route.keys.seal_statement, route.root)
                book.note(route.keys.sign_statement, route.root)
            vkey = log.vkey
        write_whole(self.settings.home / SETTINGS_NAME, self.text.encode())
        lines = broker_lines(
            self.new.owner, root=keys.root.public, consent=(keys.consent.public,), vkey=vkey
        )
        old_vkey = format_vkey(verifier.name, verifier.key)
        return Renewed(self.new.owner, vkey, old_vkey, tuple(lines), promised, carried, lost)

    def _new_log(self) -> closing[Log]:
        signer = NamedSigner(self.new.owner, self.new.signing("log"))
        return closing(Log(self.renewed.log_place, signer, clock=self.clock))

    def _agencies(self) -> Agencies:
        return Agencies(self.engine, self.http)

    def _carrying(self, fresh: Log) -> Carrying:
        persons = Persons(self.engine, self.old, self.kek, clock=self.clock, random=self.random)
        policy = load(self.settings.policies_path or PILOT)
        return Carrying(
            self.engine,
            persons,
            TagBook(self.engine, persons),
            Openings(self.engine, persons, random=self.random),
            fresh,
            policy.catalogue.agencies,
            clock=self.clock,
            random=self.random,
        )


def _settings(settings: Settings, wanted: Wanted) -> tuple[str, Settings]:
    """Return izin.toml as it will be, and what it says."""
    origin = wanted.origin
    if origin == settings.origin:
        raise ContinuingError("the log has that name; choose one that it never had")
    if is_demo(settings.origin) and not is_demo(origin):
        # Its keys are public knowledge, near enough: a new name must not free them.
        raise ContinuingError(f"the demo's keys stay the demo's: name it 2.{DEMO_ORIGIN}")
    place = wanted.place
    if place is None:
        if not isinstance(settings.log_place, Path):
            raise ContinuingError("name another database or schema for the new log with --log")
        place = f"log-{origin}.db"
    values = {"origin": origin, "log": place, "high_water": f"high-water-{origin}.json"}
    if place == settings.log:
        raise ContinuingError("the new log needs a place of its own; the old one stays as it is")
    text = with_values((settings.home / SETTINGS_NAME).read_text("utf-8"), values)
    try:
        table = tomllib.loads(text)["broker"]
    except (tomllib.TOMLDecodeError, KeyError):
        raise ContinuingError("izin.toml cannot be changed by a program as it stands") from None
    found = parse_settings(table, home=settings.home, environment=os.environ)
    if {name: str(getattr(found, name)) for name in values} != values:
        raise ContinuingError(
            "izin.toml or the environment (IZIN_ORIGIN, IZIN_LOG, IZIN_HIGH_WATER) names origin, "
            "log or high_water in a way that cannot be changed here"
        )
    return text, found


def _verifier(keyring: Keyring) -> Verifier:
    """Return the verifier of the old log: all keys that it ever had."""
    name = keyring.owner
    newest = format_vkey(name, keyring.signing("log").public.raw)
    others = [one for one in keyring.list() if one.use == "log" and one.state != "active"]
    vkeys = [format_vkey(name, keyring.signing("log", one.kid).public.raw) for one in others]
    return with_earlier(parse_vkey(newest), [(vkey, None) for vkey in vkeys])


def _check_history(log: Log, promised: Promised) -> None:
    checkpoint = promised.checkpoint
    if log.root_at(checkpoint.size) != checkpoint.root:
        raise ContinuingError(
            f"the log here is not the one that was promised: its first {checkpoint.size} entries "
            "differ"
        )


def _kept(log: Log | None, *, whole: bool) -> OldLog:
    def given(g: bytes) -> Entry | None:
        index = None if log is None else log.find_mark(g)
        return None if log is None or index is None else parse_entry(log.entry(index))

    def ended(w: bytes) -> bool:
        return log is not None and log.find_mark(w) is not None

    return OldLog(whole, given, ended)


def _copied(text: str, verifier: Verifier, promised: Promised) -> tuple[Promised, OldLog]:
    """Return what a whole copy of the old log says, verified, and the checkpoint that it has."""
    source = open_source(text)
    opened = open_newest(source, verifier)
    if opened.checkpoint.size < promised.checkpoint.size:
        raise ContinuingError(
            f"the copy holds {opened.checkpoint.size} entries, but {promised.checkpoint.size} were "
            "promised; a copy that is not whole proves no grant: leave it out"
        )
    verify(source, verifier, since=promised.checkpoint, opened=opened)
    given: dict[bytes, Entry] = {}
    ended: set[bytes] = set()
    # Of a pruned log no body is gone that this looks for.
    for raw in filter(None, read_entries(source.read, opened.checkpoint.size)):
        entry = parse_entry(raw)
        if entry.kind == "grant.given":
            given[bytes.fromhex(str(entry.members["g"]))] = entry
        elif "w" in entry.members:
            ended.add(bytes.fromhex(str(entry.members["w"])))
    best = Promised(opened.checkpoint, opened.note, promised.silent)
    return best, OldLog(True, given.get, ended.__contains__)
