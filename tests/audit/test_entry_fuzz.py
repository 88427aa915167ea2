"""Entries: any bytes, and right ones with an edit, read back exactly or raise our error."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import parse_at, parse_entry
from audit.errors import AuditError
from tests.audit.logs import access, open_log


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    home: Path = tmp_path_factory.mktemp("log")
    log = open_log(home)
    log.append([access()])
    raw = log.entry(0)
    log.close()
    return raw


@given(st.binary(max_size=300))
def test_any_bytes_are_an_entry_or_our_error(raw: bytes) -> None:
    with suppress(AuditError):
        assert raw == parse_entry(raw).raw


@given(st.integers(0, 600), st.integers(0, 3), st.binary(max_size=3))
def test_any_edit_of_an_entry_is_an_entry_or_our_error(
    entry: bytes, at: int, removed: int, inserted: bytes
) -> None:
    raw = entry[:at] + inserted + entry[at + removed :]
    with suppress(AuditError):
        assert raw == parse_entry(raw).raw


@given(st.text(max_size=25) | st.text(alphabet="0123456789-T:Z+.", max_size=25))
def test_any_text_is_a_full_hour_or_our_error(text: str) -> None:
    with suppress(AuditError):
        # Python writes the year 1 without its zeros.
        assert parse_at(text).strftime("%Y-%m-%dT%H:00:00Z").zfill(20) == text
