"""A disk that fills up: the operating system refuses, in the middle of whatever is written."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from audit.log import Log


@contextmanager
def no_file_grows() -> Iterator[None]:
    """Refuse every write that would make any file of this process larger than a few bytes.

    What is written inside files that exist is refused as well: SQLite gets an I/O error or "disk
    full" wherever it stands, in databases and logs alike.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def log_refusing(log: Log) -> Iterator[None]:
    """Let one log's writes fail, as on a disk that went read-only."""
    connection = log._store._writer
    connection.execute("PRAGMA query_only = 1")
    try:
        yield
    finally:
        connection.execute("PRAGMA query_only = 0")
