"""One real login provider for all tests here, and a consent server that is its client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from consent.login_client import CALLBACK, LoginClient
from tests.consent.oauth_fixtures import ISSUER, Site, open_site
from tests.consent.world import NIK, World, counted_random, open_world
from tests.openid.running import (
    CLIENT_ID,
    SECRET,
    NoProviderError,
    RunningProvider,
    running_provider,
)

LOGINS = {"sulastri": NIK, "stranger": "3510990101809999", "nameless": "none"}


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """Return the provider; skip where it cannot run."""
    folder: Path = tmp_path_factory.mktemp("openid")
    try:
        with running_provider(folder, back=ISSUER + CALLBACK, niks=LOGINS) as found:
            yield found
    except NoProviderError as error:
        pytest.skip(str(error))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a consent server at the present: the provider's clock is the machine's."""
    found = open_world(tmp_path)
    found.clock.now = datetime.now(UTC)
    yield found
    found.close()


def client_of(provider: RunningProvider, world: World, **changed: object) -> LoginClient:
    members = {
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "claim": "nik",
        "name": "Masuk Daerah",
        "redirect_uri": provider.back,
        "http": httpx2.Client(timeout=10),
        "clock": lambda: int(datetime.now(UTC).timestamp()),
        "random": counted_random(70_000_000),
        "secret": SECRET,
        **changed,
    }
    return LoginClient(**members)  # type: ignore[arg-type]  # as a test wants them


@pytest.fixture
def site(provider: RunningProvider, world: World) -> Site:
    """Return the pages of that consent server."""
    person_id = world.enrol()
    return open_site(world, person_id, login=client_of(provider, world))
