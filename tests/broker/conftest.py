"""Fixtures of the messages' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keys.profiles import PROFILES
from tests.broker.forging import EitherKey


@pytest.fixture(scope="module", params=list(PROFILES))
def profile(request: pytest.FixtureRequest) -> Iterator[str]:
    """Have every sealing key of `forging` be of this algorithm while the test runs."""
    EitherKey.algorithm_now = request.param
    yield request.param
    EitherKey.algorithm_now = "HPKE-9-KE"
