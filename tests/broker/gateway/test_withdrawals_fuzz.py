"""The log's list of withdrawals, which a broken or lying broker may send in any form."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import AuditError
from broker.gateway.withdrawals import parse_withdrawn
from tests.broker.sealed import json_values
from tests.broker.test_parsers_fuzz import changed, paths

DAY = date(2026, 11, 24)
RIGHT = {"v": 1, "day": "2026-11-24", "withdrawn": [[5, "ab" * 32], [7, "cd" * 32]]}


@given(st.binary(max_size=100))
def test_any_bytes_are_a_list_or_our_error(raw: bytes) -> None:
    with suppress(AuditError):
        parse_withdrawn(raw, DAY)


@given(paths, json_values)
def test_any_list_near_a_right_one_reads_back_or_is_our_error(path: list[int], new: Any) -> None:
    with suppress(AuditError, orjson.JSONEncodeError, TypeError):
        raw = orjson.dumps(changed(RIGHT, path, new))
        found = parse_withdrawn(raw, DAY)
        assert orjson.loads(raw)["withdrawn"] == [[index, w.hex()] for index, w in found]
