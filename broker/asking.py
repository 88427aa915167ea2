"""What a verification works with. A frozen value, put together once in `broker.wiring`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2

from audit.log import Log
from broker.agencies import Agencies
from broker.dispatch import Sender
from broker.keybook import KeyBook
from broker.outcomes import Outcomes
from broker.programmes import Programmes
from broker.refusals import Refusals
from broker.requests import Verifications
from broker.witnessing import Witnessing
from consent.openings import Openings
from consent.persons import Clock, Persons
from consent.service import Grants
from consent.tagging import TagBook
from consent.trace_keys import TraceKeys
from keys.kek import RandomBytes
from policies.policy import Policy


@dataclass(frozen=True)
class Asking:
    """The parts that take a request along its path."""

    issuer: str
    log: Log
    policy: Policy
    grants: Grants
    trace_keys: TraceKeys
    persons: Persons
    programmes: Programmes
    keybook: KeyBook
    tags: TagBook
    openings: Openings
    outcomes: Outcomes
    refusals: Refusals
    verifications: Verifications
    agencies: Agencies
    sender: Sender
    http: httpx2.Client = field(repr=False)
    pool: ThreadPoolExecutor = field(repr=False)
    deadline_seconds: int
    witnessing: Witnessing
    clock: Clock
    random: RandomBytes
