"""Fixtures that every folder of tests shares."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# Speed belongs in a benchmark: on a busy machine a deadline fails for no reason of ours.
settings.register_profile("izin", deadline=None)
settings.load_profile("izin")

VECTORS = Path(__file__).resolve().parents[2] / "shared" / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Return the folder of third-party test vectors, which is not part of the repository."""
    if not VECTORS.is_dir():
        pytest.skip("lacks the third-party test vectors (../shared/vectors)")
    return VECTORS
