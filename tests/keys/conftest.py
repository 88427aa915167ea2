"""Keys and databases that the tests of keys/ share. All seeds are made up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pysqlite3
import pytest
from sqlalchemy import Engine, create_engine
from sqlmodel import SQLModel

from keys.kek import LocalKek
from keys.signing import SigningKey
from keys.store import KeyRow, KeyStore


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.from_seed(b"\x01" * 32)


@pytest.fixture
def other_key() -> SigningKey:
    return SigningKey.from_seed(b"\x02" * 32)


@pytest.fixture
def random_bytes() -> Callable[[int], bytes]:
    """Return a source of bytes that never repeats and is the same in every run."""
    calls = iter(range(1, 256))
    return lambda count: bytes([next(calls)]) * count


@pytest.fixture
def kek(random_bytes: Callable[[int], bytes]) -> LocalKek:
    return LocalKek(b"\x07" * 32, random=random_bytes)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an engine whose database has the table of keys, and nothing in it."""
    if request.param == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path / 'keys.db'}", module=pysqlite3.dbapi2)
    else:
        url = os.environ.get("DATABASE_URL_TEST")
        if not url:
            pytest.skip("lacks DATABASE_URL_TEST, a PostgreSQL database to test on")
        engine = create_engine(url)
    tables = [KeyRow.__table__]
    SQLModel.metadata.drop_all(engine, tables=tables)
    KeyStore(engine).create_table()
    yield engine
    SQLModel.metadata.drop_all(engine, tables=tables)
    engine.dispose()
