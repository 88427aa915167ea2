"""Whether a person may allow what she is about to allow: judged again at the moment she does.

Pure: no I/O. It must not know how a request came to her.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from consent.errors import NothingAllowedError, RequestError
from policies.ask import Request, check_request
from policies.policy import Policy


def check_allowed(
    request: Request,
    allowed: Collection[int],
    policy: Policy,
    *,
    client_programme: str,
    today: date,
) -> None:
    """Raise unless the request is within the policy now, whatever it was when pushed.

    allowed: indexes of items. client_programme: of the client whose request it is. Raises
    RequestError and NothingAllowedError.
    """
    faults = check_request(request, policy, client_programme=client_programme, today=today)
    if faults:
        raise RequestError(f"the request is not within the policy: {faults[0].member}")
    if not set(allowed) <= set(range(len(request.items))):
        raise RequestError("an allowed item is not one of the request")
    if not allowed:
        raise NothingAllowedError("nothing was allowed")
