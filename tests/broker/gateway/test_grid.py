"""The timing grid."""

from __future__ import annotations

import pytest

from broker.gateway.grid import nanoseconds_until_release

MS = 1_000_000


@pytest.mark.parametrize(
    ("took_ms", "wait_ms"), [(0, 0), (1, 49), (49, 1), (50, 0), (51, 49), (120, 30)]
)
def test_release_is_at_the_next_multiple_since_receipt(took_ms: int, wait_ms: int) -> None:
    received = 123_456_789
    found = nanoseconds_until_release(received, received + took_ms * MS, 50)
    assert found == wait_ms * MS


def test_no_grid_waits_for_nothing() -> None:
    assert nanoseconds_until_release(0, 7, 0) == 0
