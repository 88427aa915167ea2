"""Whether a person may allow what she is about to allow: judged again at the moment she does.

Pure: no I/O. It must not know how a request came to her.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from consent.clients import Client
from consent.errors import NothingAllowedError, RequestError
from policies.ask import Request, check_request
from policies.policy import Policy


def check_allowed(
    client: Client | None,
    request: Request,
    allowed: Collection[int],
    policy: Policy,
    *,
    today: date,
) -> None:
    """Raise unless the request is within the policy now, whatever it was when pushed.

    client: whose request it is; None = not registered (any more). allowed: indexes of items.
    Raises RequestError and NothingAllowedError.
    """
    if client is None:
        raise RequestError("the client is not registered")
    faults = check_request(request, policy, client_programme=client.programme, today=today)
    if faults:
        raise RequestError(f"the request is not within the policy: {faults[0].member}")
    if not set(allowed) <= set(range(len(request.items))):
        raise RequestError("an allowed item is not one of the request")
    if not allowed:
        raise NothingAllowedError("nothing was allowed")
