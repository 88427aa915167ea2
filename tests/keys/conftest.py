"""Keys and databases that the tests of keys/ share. All seeds are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pysqlite3
import pytest
from sqlalchemy import Engine, create_engine

from keys.kek import LocalKek
from keys.signing import SigningKey
from keys.store import KeyStore
from tests import databases


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


@pytest.fixture(params=databases.KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an engine of each kind whose database has the table of keys, and nothing in it."""
    with databases.database(request.param, tmp_path) as url:
        engine = (
            create_engine(url, module=pysqlite3.dbapi2)
            if request.param == "sqlite"
            else create_engine(url)
        )
        KeyStore(engine).create_table()
        yield engine
        engine.dispose()
