"""Two processes that want the same things at the same moment, each through connections of its own.

Whatever they use up is named by its number; they go through the numbers together, and wait for
each other before each one, so that every number is a race.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import date
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import Engine

from broker.db import open_engine
from consent.attempts import Attempts
from consent.codes import Codes
from consent.grant_rows import GrantRows
from consent.pushed import PushedRequests
from consent.replay import Replays
from consent.tagging import TagBook
from tests.consent.world import CLIENT, counted_random

RACERS = 2
NOW = 1_800_000_000


def race(url: str, what: Callable[..., Any], each: list[Any]) -> list[list[Any]]:
    """Return what each racer got for each of `each`: a list a racer, in order.

    what: a function of this module, called with engine and one of `each`.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(RACERS)
    results = context.SimpleQueue()
    racers = [
        context.Process(target=_run, args=(url, what, each, barrier, results))
        for _ in range(RACERS)
    ]
    for racer in racers:
        racer.start()
    found = [results.get() for _ in racers]
    for racer in racers:
        racer.join()
    return found


def _run(
    url: str, what: Callable[..., Any], each: list[Any], barrier: Barrier, results: Any
) -> None:
    engine = open_engine(url, at_once=True)
    got: list[Any] = []
    try:
        for one in each:
            barrier.wait(30)
            got.append(what(engine, one))
    finally:
        results.put(got)
        engine.dispose()


def use_id(engine: Engine, number: int) -> bool:
    """Use a proof's id."""
    return Replays(engine).first_use("dpop", str(number), NOW)


def use_code(engine: Engine, text: str) -> bool:
    """Use a code; whether this was its first use."""
    codes = Codes(engine, random=counted_random(0))
    with engine.begin() as connection:
        code = codes.consume(connection, text, CLIENT, at=NOW)
    return code is not None and not code.second_use


def use_request(engine: Engine, uri: str) -> bool:
    """Use a pushed request."""
    return PushedRequests(engine, random=counted_random(0)).use(uri, CLIENT, at=NOW) is not None


def draw_tags(engine: Engine, wanted: tuple[str, dict[str, int], date]) -> list[tuple[str, int]]:
    """Draw tags: person's id, how many of each agency, day; returns (agency, k) of each."""
    counts = TagBook(engine, None)._next(*wanted)  # type: ignore[arg-type]  # opens nobody
    return [(agency, k) for agency, ks in counts.items() for k in ks]


def next_number(engine: Engine, person_id: str) -> int:
    """Take the person's next grant number."""
    return GrantRows(engine).next_number(person_id)


def activate(engine: Engine, grant_id: str) -> bool:
    """Make a prepared grant live."""
    return GrantRows(engine).activate(grant_id, index=7)


def attempt(engine: Engine, nik_index: bytes) -> bool:
    """Count one attempt to sign in; whether it may succeed."""
    return Attempts(engine).begin(nik_index, at=NOW)
