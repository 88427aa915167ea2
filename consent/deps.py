"""What the web half of consent is given by whoever puts the broker together.

A frozen value and nothing else; opening any of it is the caller's work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from audit.log import Log
from consent.appending import Clock
from consent.clients import Clients
from consent.key_urls import KeyUrls
from consent.login_client import LoginClient
from consent.nonces import Nonces
from consent.openings import Openings
from consent.pauses import Pauses
from consent.persons import Persons, RandomBytes
from consent.receipts import Receipts
from consent.refresh import RefreshTokens
from consent.replay import Replays
from consent.service import Grants
from consent.tokens import TokenKey
from consent.trace_keys import TraceKeys
from keys.sign_in_trust import PasskeySite, site_of
from policies.policy import Policy


@dataclass(frozen=True)
class ConsentDeps:
    """The parts that the pages and the OAuth endpoints work with.

    issuer: the broker's public URL without a slash at its end. demo: everybody here is invented,
    and every page says so. most_requests: of one programme to one person in 30 days. login: the
    external login provider, if there is one. audited: which of a person's accesses were opened to
    an auditor, as (Unix second, entry's index).
    """

    issuer: str
    policy: Policy
    grants: Grants
    persons: Persons
    clients: Clients
    log: Log
    receipts: Receipts
    openings: Openings
    engine: Engine
    trace_keys: TraceKeys
    token_key: TokenKey
    nonces: Nonces
    replays: Replays
    refresh_tokens: RefreshTokens
    pauses: Pauses
    key_urls: KeyUrls
    clock: Clock
    random: RandomBytes
    demo: bool = False
    most_requests: int = 10
    login: LoginClient | None = None
    audited: Callable[[str], Sequence[tuple[int, int]]] = lambda _person_id: ()

    @property
    def site(self) -> PasskeySite | None:
        """Return the site that passkeys are for; None where browsers know none."""
        return site_of(self.issuer)

    def at(self) -> int:
        """Return the moment in Unix seconds."""
        return int(self.clock().timestamp())
