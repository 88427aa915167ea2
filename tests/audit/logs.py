"""Real logs for the tests of what does I/O: a signer, a clock that tests set, drafts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite

from audit.checkpoint import open_checkpoint
from audit.entry import Draft, draft
from audit.log import Appended, Log
from audit.note import Signer, Verifier, parse_vkey
from audit.proof import check_proof
from audit.verify import verify
from tests.audit.memory_log import TestSigner
from tests.audit.places import Place

START = datetime(2026, 11, 24, 13, 20, tzinfo=UTC)
_numbers = count(1)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.moment


def open_log(
    place: Path | Place, *, clock: Clock | None = None, signer: Signer | None = None
) -> Log:
    """Open the log at `place`, or in the folder `place`."""
    where = place.where if isinstance(place, Place) else place / "log.db"
    return Log(where, signer or TestSigner(), clock=clock or Clock())


def verifier(log: Log) -> Verifier:
    """Return the verifier of `log`."""
    return parse_vkey(log.vkey)


def unique(size: int) -> str:
    """Return hex of `size` bytes that no other draft of this run has."""
    return next(_numbers).to_bytes(size, "big").hex()


def access(*, q: str | None = None, day: date | None = None, tag: str | None = None) -> Draft:
    """Return a draft of an access."""
    return draft(
        "access.sent",
        {
            "programme": "pkh",
            "agency": "polri",
            "purpose": "eligibility",
            "questions": ["owns_car"],
            "tag": tag or unique(16),
            "q": q or unique(32),
            "digest": unique(32),
        },
        day=day,
    )


def withdrawal(w: bytes) -> Draft:
    """Return a draft of a grant's withdrawal."""
    members = {"programme": "pkh", "purpose": "eligibility", "tag": unique(16), "w": w.hex()}
    return draft("grant.withdrawn", members)


def in_threads(number: int, work: Callable[[int], None]) -> None:
    """Run `work` in `number` threads and raise what any of them raised."""
    failures: list[BaseException] = []

    def run(which: int) -> None:
        try:
            work(which)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def check_all(log: Log, appended: list[Appended]) -> None:
    """Assert that each caller has its own entry, provable, and that the log verifies."""
    known = verifier(log)
    for one in appended:
        assert open_checkpoint(one.note, known) == one.checkpoint
        for logged in one.entries:
            assert (logged.index, one.checkpoint) == check_proof(logged.proof, logged.entry, known)
    indexes = sorted(logged.index for one in appended for logged in one.entries)
    assert indexes == list(range(log.size))
    assert log.size == verify(log, known).size


def change(path: Path, *statements: str) -> None:
    """Change a log's file as somebody who owns it can: triggers first."""
    connection: Any = sqlite.connect(str(path), isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.close()
