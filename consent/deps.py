"""What the web half of consent is given by whoever puts the broker together.

A frozen value and nothing else; opening any of it is the caller's work.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from audit.log import Log
from consent.appending import Clock
from consent.clients import Clients
from consent.openings import Openings
from consent.persons import Persons, RandomBytes
from consent.replay import Replays
from consent.service import Grants
from consent.tokens import TokenKey
from consent.trace_keys import TraceKeys
from policies.policy import Policy


@dataclass(frozen=True)
class ConsentDeps:
    """The parts that the pages and the OAuth endpoints work with.

    issuer: the broker's public URL without a slash at its end. demo: everybody here is invented,
    and every page says so.
    """

    issuer: str
    policy: Policy
    grants: Grants
    persons: Persons
    clients: Clients
    log: Log
    openings: Openings
    engine: Engine
    trace_keys: TraceKeys
    token_key: TokenKey
    replays: Replays
    clock: Clock
    random: RandomBytes
    demo: bool = False

    def at(self) -> int:
        """Return the moment in Unix seconds."""
        return int(self.clock().timestamp())
