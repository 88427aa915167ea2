"""`grant_management_action` and `grant_id` in an authorization request.

Grant Management for OAuth 2.0 (OpenID FAPI WG), section 5. `create` makes a new grant, which is
also what happens without an action; `merge` asks for what a grant holds and more; `replace` asks
for something else instead. A grant is one entry in the log and is never changed: merging and
replacing end it and give a new one, under a new grant_id, once the person has answered all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidRequestError

from consent.deps import ConsentDeps
from consent.grants import GrantRecord
from consent.oauth.errors import InvalidAuthorizationDetailsError, InvalidGrantIdError
from policies.ask import Request
from policies.catalogue import Fault

CREATE: Final = "create"
MERGE: Final = "merge"
REPLACE: Final = "replace"
ACTIONS: Final = (CREATE, MERGE, REPLACE)
PARAMETERS: Final = ("grant_management_action", "grant_id")


@dataclass(frozen=True)
class Change:
    """What a request does to an earlier grant, if to any."""

    action: str
    grant_id: str | None


def read_change(parameters: Mapping[str, Any]) -> Change:
    """Return what an authorization request wants done; raises OAuth2Error."""
    action, grant_id = (parameters.get(name) for name in PARAMETERS)
    if action is not None and action not in ACTIONS:
        raise InvalidRequestError("grant_management_action must be create, merge or replace")
    if action in (MERGE, REPLACE) and grant_id is None:
        raise InvalidRequestError("grant_id is missing")
    if action not in (MERGE, REPLACE) and grant_id is not None:
        raise InvalidRequestError("grant_id needs grant_management_action merge or replace")
    return Change(action or CREATE, grant_id)


def find_changed(
    change: Change, client_id: str, deps: ConsentDeps, *, person_id: str | None = None
) -> GrantRecord | None:
    """Return the grant to change, or None where there is none; raises InvalidGrantIdError.

    person_id: who is signed in, once that is known: nobody changes another person's grant.
    """
    if change.grant_id is None:
        return None
    grant = deps.grants.find(change.grant_id)
    if grant is None or grant.client_id != client_id or not grant.is_live(at=deps.clock()):
        raise InvalidGrantIdError
    if person_id is not None and grant.person_id != person_id:
        raise InvalidGrantIdError
    return grant


def changed_request(change: Change, wanted: Request, old: GrantRecord) -> Request:
    """Return what the person is to be asked: of a merge, all that the new grant would hold.

    Raises InvalidAuthorizationDetailsError where the two cannot be one grant.
    """
    for name in ("programme", "purpose"):
        if getattr(wanted, name) != getattr(old, name):
            fault = Fault(name, "is not that of the grant")
            raise InvalidAuthorizationDetailsError.of([fault])
    if change.action == REPLACE:
        return wanted
    asked = {item.of for item in wanted.items}
    # Where both name a question, the new request says with which value.
    kept = tuple(item for item in old.granted if item.of not in asked)
    return replace(wanted, items=kept + wanted.items)
