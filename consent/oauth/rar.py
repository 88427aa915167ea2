"""Rich authorization requests (RFC 9396): judged before the person is bothered.

`consent.authorization_details` reads the form and `policies.ask` knows the ceilings; this file
only turns their findings into the specification's error.
"""

from __future__ import annotations

from consent.appending import today
from consent.authorization_details import Details, parse_details, read_details
from consent.clients import Client
from consent.deps import ConsentDeps
from consent.errors import DetailsError
from consent.oauth.errors import InvalidAuthorizationDetailsError
from policies.ask import Request, check_request
from policies.catalogue import Fault


def parse_wanted(text: str | None, client: Client, deps: ConsentDeps) -> Request:
    """Return what a client pushed in `authorization_details`.

    Raises InvalidAuthorizationDetailsError naming every member that is at fault.
    """
    if text is None:
        raise InvalidAuthorizationDetailsError.of([Fault("authorization_details", "is missing")])
    try:
        wanted = parse_details(text)
    except DetailsError as error:
        raise InvalidAuthorizationDetailsError.of([Fault(error.member, error.reason)]) from error
    check_wanted(wanted, client, deps)
    return wanted


def read_wanted(details: Details, client: Client, deps: ConsentDeps) -> Request:
    """Return a pushed request again, checked again: the policy may have changed since."""
    try:
        wanted = read_details(details)
    except DetailsError as error:
        raise InvalidAuthorizationDetailsError.of([Fault(error.member, error.reason)]) from error
    check_wanted(wanted, client, deps)
    return wanted


def check_wanted(wanted: Request, client: Client, deps: ConsentDeps) -> None:
    """Raise InvalidAuthorizationDetailsError unless the policy allows what is wanted, today."""
    faults = check_request(
        wanted, deps.policy, client_programme=client.programme, today=today(deps.clock)
    )
    if faults:
        raise InvalidAuthorizationDetailsError.of(faults)
