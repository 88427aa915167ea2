"""Migrations: each tree brings an empty database to what its tables say, and is then done."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData
from sqlmodel import SQLModel

from broker.db import open_engine
from broker.gateway.store import GatewayTable
from broker.migrate import BROKER, GATEWAY, PROGRAMME, WITNESS, is_current, upgrade
from broker.programme.store import ProgrammeTable
from broker.witness.store import WitnessTable
from keys.store import KeyRow
from tests import databases

TREES = {
    "broker": (BROKER, SQLModel.metadata),
    "gateway": (GATEWAY, GatewayTable.metadata),
    "programme": (PROGRAMME, ProgrammeTable.metadata),
    "witness": (WITNESS, WitnessTable.metadata),
}


@pytest.fixture(params=databases.KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty database of each kind."""
    with databases.database(request.param, tmp_path) as made:
        yield made


@pytest.mark.parametrize("name", TREES)
def test_migrations_make_exactly_the_tables_of_the_code(name: str, url: str) -> None:
    folder, own = TREES[name]
    expected = MetaData()
    # Everybody has a keyring, whose table is the keys package's.
    for table in {*own.tables.values(), KeyRow.__table__}:  # type: ignore[attr-defined]
        table.to_metadata(expected)
    engine = open_engine(url)
    upgrade(engine, folder)
    upgrade(engine, folder)  # nothing is left to do
    with engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), expected)
    engine.dispose()


def bring_up_to_date(url: str, barrier: Any) -> None:
    barrier.wait(30)
    engine = open_engine(url, at_once=True)
    upgrade(engine, BROKER)
    engine.dispose()


def test_programs_that_start_together_bring_a_database_up_to_date_once(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    programs = [context.Process(target=bring_up_to_date, args=(url, barrier)) for _ in range(3)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert [0, 0, 0] == [program.exitcode for program in programs]
    engine = open_engine(url)
    assert is_current(engine, BROKER)
    engine.dispose()
