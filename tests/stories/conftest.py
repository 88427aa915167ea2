"""Which stories are told on both databases."""

from __future__ import annotations

import pytest

from tests import databases

# Those that go through all of the broker's rows.
ON_BOTH = {"test_commitments", "test_verification"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of ON_BOTH that have a world once with each database."""
    if "world" in metafunc.fixturenames and metafunc.module.__name__.split(".")[-1] in ON_BOTH:
        metafunc.parametrize("world", databases.KINDS, indirect=True)
