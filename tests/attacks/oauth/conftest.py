"""A client of the demo's broker, and a person who consents to what it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.attacks.oauth.thief import Wire, second_broker, unique
from tests.attacks.stages import Demo, DemoStage
from tests.clients.landing import Landing, landing
from tests.consent.oauth_fixtures import public

NewWire = Callable[[], Wire]


@pytest.fixture(scope="session")
def processes(demo: Demo, stage: DemoStage) -> DemoStage:
    """Return the demo's real processes; attacks on the wire need them."""
    return stage


@pytest.fixture(scope="session")
def back() -> Iterator[Landing]:
    with landing() as found:
        yield found


@pytest.fixture
def new_wire(demo: Demo, processes: DemoStage, back: Landing) -> NewWire:
    """Return what registers a client with a person of its own."""

    def make() -> Wire:
        wire = Wire(processes, back, unique(), processes.crowd.somebody())
        processes.broker.add_client(
            wire.client_id,
            programme=wire.person.programme,
            jwks={"keys": [public(wire.key)]},
            redirect_uris=(back.redirect_uri,),
            root=None,
        )
        return wire

    return make


@pytest.fixture
def wire(demo: Demo, new_wire: NewWire) -> Wire:
    return new_wire()


@pytest.fixture(scope="session")
def twin(demo: Demo, processes: DemoStage) -> Iterator[str]:
    """Run a second broker on the same home."""
    with second_broker(processes) as url:
        yield url
