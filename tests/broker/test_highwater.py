"""The high-water mark: a log put back, or another one, is noticed before anything is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from audit.entry import draft
from audit.errors import EntryError, MissingError
from audit.log import Log
from broker.highwater import BehindError, HighWater, Promising
from tests.audit.logs import open_log


def grow(log: Log, count: int) -> None:
    for _ in range(count):
        log.append([draft("policy.changed", {"policy": os.urandom(32).hex()})])


def _folder(above: Path, name: str) -> Path:
    (above / name).mkdir()
    return above / name


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    found = open_log(_folder(tmp_path, "log"))
    yield found
    found.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "mark.json"


@pytest.fixture
def mark(log: Log, path: Path) -> HighWater:
    path.parent.mkdir()
    return HighWater(path, log.origin)


def test_a_log_without_a_mark_may_begin(log: Log, mark: HighWater) -> None:
    mark.check(log)


def test_a_log_that_grew_since_goes_on(log: Log, mark: HighWater, path: Path) -> None:
    grow(log, 5)
    mark.rise(*log.newest())
    grow(log, 7)
    HighWater(path, log.origin).check(log)


def test_a_shorter_log_is_an_older_copy(
    log: Log, mark: HighWater, path: Path, tmp_path: Path
) -> None:
    grow(log, 5)
    mark.rise(*log.newest())
    copy = open_log(_folder(tmp_path, "copy"))
    grow(copy, 4)
    with pytest.raises(BehindError, match="holds 4 entries, but proofs of 5 were given out"):
        HighWater(path, log.origin).check(copy)
    copy.close()


def test_another_log_of_the_same_name_and_length_is_refused(
    log: Log, mark: HighWater, path: Path, tmp_path: Path
) -> None:
    """Naive marks keep a size alone: a log that grew again after a restore would pass."""
    grow(log, 5)
    mark.rise(*log.newest())
    other = open_log(_folder(tmp_path, "other"))
    grow(other, 9)
    with pytest.raises(BehindError, match="first 5 entries differ"):
        HighWater(path, log.origin).check(other)
    other.close()


def test_the_mark_never_goes_back(log: Log, mark: HighWater, path: Path) -> None:
    grow(log, 2)
    early = log.newest()
    grow(log, 2)
    mark.rise(*log.newest())
    mark.rise(*early)
    assert 4 == orjson.loads(path.read_bytes())["size"]


def test_a_mark_that_cannot_be_written_stops_nothing(log: Log, mark: HighWater, path: Path) -> None:
    grow(log, 2)
    path.parent.rmdir()
    mark.rise(*log.newest())


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"origin":"x"}', b'{"origin":1,"size":"a","root":"zz"}', b"\xff"]
)
def test_what_is_no_mark_is_said_plainly(
    log: Log, mark: HighWater, path: Path, text: bytes
) -> None:
    path.write_bytes(text)
    with pytest.raises(BehindError, match="high-water mark"):
        mark.check(log)


def test_the_mark_of_another_log_is_refused(log: Log, mark: HighWater, path: Path) -> None:
    grow(log, 1)
    HighWater(path, "other.example/log").rise(*log.newest())
    with pytest.raises(BehindError, match=r"of the log other\.example/log"):
        mark.check(log)


def test_the_mark_keeps_its_checkpoint_as_signed(log: Log, mark: HighWater, path: Path) -> None:
    assert mark.promised() is None
    grow(log, 3)
    mark.rise(*log.newest())
    assert log.newest() == HighWater(path, log.origin).promised()


def test_a_mark_of_an_older_version_has_none(log: Log, mark: HighWater, path: Path) -> None:
    grow(log, 3)
    mark.rise(*log.newest())
    told = orjson.loads(path.read_bytes())
    del told["note"]
    path.write_bytes(orjson.dumps(told))
    assert (log.newest()[0], None) == mark.promised()
    mark.check(log)


def test_what_is_promised_to_a_person_raises_the_mark(log: Log, mark: HighWater) -> None:
    promising = Promising(log, mark)
    grow(log, 2)
    promising.append([draft("policy.changed", {"policy": "ab" * 32})])
    assert 3 == _promised(mark)
    grow(log, 2)
    proven = promising.prove(1)
    assert (1, log.entry(1)) == (proven.index, proven.entry)
    assert 5 == _promised(mark)


def test_what_fails_promises_nothing(log: Log, mark: HighWater) -> None:
    promising = Promising(log, mark)
    w = draft("grant.withdrawn", {"programme": "pkh", "purpose": "eligibility", "tag": "00" * 16,
                                  "w": "ab" * 32})  # fmt: skip
    promising.append([w])
    with pytest.raises(EntryError):
        promising.append([w])
    with pytest.raises(MissingError):
        promising.prove(7)
    assert 1 == _promised(mark)
    assert 0 == promising.find_mark(bytes.fromhex("ab" * 32))


def _promised(mark: HighWater) -> int | None:
    found = mark.promised()
    return None if found is None else found[0].size
