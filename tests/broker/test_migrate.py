"""Migrations: each tree brings an empty database to what its tables say, and is then done."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData
from sqlmodel import SQLModel

from broker.db import open_engine
from broker.gateway.store import GatewayTable
from broker.migrate import BROKER, GATEWAY, PROGRAMME, WITNESS, upgrade
from broker.programme.store import ProgrammeTable
from broker.witness.store import WitnessTable
from keys.store import KeyRow

TREES = {
    "broker": (BROKER, SQLModel.metadata),
    "gateway": (GATEWAY, GatewayTable.metadata),
    "programme": (PROGRAMME, ProgrammeTable.metadata),
    "witness": (WITNESS, WitnessTable.metadata),
}


@pytest.mark.parametrize("name", TREES)
def test_migrations_make_exactly_the_tables_of_the_code(name: str, tmp_path: Path) -> None:
    folder, own = TREES[name]
    expected = MetaData()
    # Everybody has a keyring, whose table is the keys package's.
    for table in {*own.tables.values(), KeyRow.__table__}:  # type: ignore[attr-defined]
        table.to_metadata(expected)
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    upgrade(engine, folder)
    upgrade(engine, folder)  # nothing is left to do
    with engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), expected)
    engine.dispose()
