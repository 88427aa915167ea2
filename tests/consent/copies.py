"""Copies of a whole database, as a backup or a thief would take one, and putting one back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
from sqlmodel import SQLModel

from tests.consent.world import World


def copy_database(world: World, to: Path) -> None:
    """Copy the whole database to the file `to`."""
    if world.engine.dialect.name == "postgresql":
        _copy_from_server(world, to)
        return
    with world.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{to}'")
        connection.exec_driver_sql("BEGIN")


def restore_database(world: World, copy: Path) -> World:
    """Put a copy back in the place of the database, and open the world again."""
    if world.engine.dialect.name == "postgresql":
        _copy_to_server(world, copy)
        return world.restart()
    world.close()
    database = Path(world.url.removeprefix("sqlite:///"))
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, database)
    return world.restart()


def _copy_from_server(world: World, to: Path) -> None:
    """Write each table as a line that names it, and its rows as PostgreSQL sends them."""
    with psycopg.connect(_address(world)) as connection, to.open("wb") as file:
        for table in _tables(connection):
            rows = bytearray()
            with connection.cursor().copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as copy:
                for chunk in copy:
                    rows += chunk
            file.write(json.dumps({"table": table, "bytes": len(rows)}).encode() + b"\n" + rows)


def _copy_to_server(world: World, copied: Path) -> None:
    with psycopg.connect(_address(world)) as connection, copied.open("rb") as file:
        names = ", ".join(f'"{table}"' for table in _tables(connection))
        connection.execute(f"TRUNCATE {names}")
        while line := file.readline():
            header = json.loads(line)
            statement = f'COPY "{header["table"]}" FROM STDIN (FORMAT binary)'
            with connection.cursor().copy(statement) as copy:
                copy.write(file.read(header["bytes"]))


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the tables that there are, those that others refer to first."""
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema")
    there = {row[0] for row in found}
    return [table.name for table in SQLModel.metadata.sorted_tables if table.name in there]


def _address(world: World) -> str:
    return world.url.replace("postgresql+psycopg://", "postgresql://", 1)
