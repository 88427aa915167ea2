"""A broker's home whose database and log are moved to a server, row by row, for tests of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Engine, insert, inspect, select
from sqlmodel import SQLModel

from audit.opening import open_store
from audit.store import Rows
from broker.db import open_engine
from broker.migrate import BROKER, upgrade
from broker.settings import Settings


def move_to_server(settings: Settings, url: str) -> Settings:
    """Return the settings of the same broker in the empty schema that `url` names."""
    old, new = open_engine(settings.database_url), open_engine(url)
    upgrade(new, BROKER)
    _copy_rows(old, new)
    for engine in (old, new):
        engine.dispose()
    _copy_log(settings.log_path, url)
    return replace(settings, database=url, log=url)


def _copy_rows(old: Engine, new: Engine) -> None:
    there = set(inspect(old).get_table_names())
    with old.begin() as reading, new.begin() as writing:
        for table in SQLModel.metadata.sorted_tables:
            rows = (
                [dict(row) for row in reading.execute(select(table)).mappings()]
                if (table.name in there)
                else []
            )
            if rows:
                writing.execute(insert(table), rows)


def _copy_log(path: Path, url: str) -> None:
    with closing(open_store(path)) as old:
        head = old.head()
        entries = old.rows(0, head.size)
        size, note = old.note()
        with closing(open_store(url, origin=old.origin, empty_root=head.root)) as new:
            with new.lock_head() as locked:
                locked.write(Rows(entries, *_others(path)), head.root, head.at)
            new.keep_note(size, note)


def _others(path: Path) -> Iterator[list[Any]]:
    with closing(sqlite.connect(str(path))) as connection:
        for table in ("node", "mark", "withdrawal"):
            yield connection.execute(f"SELECT * FROM {table}").fetchall()
