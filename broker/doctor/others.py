"""What the other institutions' programs say of themselves, and whether their clocks agree."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx2

from audit.checkpoint import open_checkpoint
from broker.errors import BrokerError
from broker.log_keys import trusted_log
from keys.trust import BrokerTrust

MOST_SKEW_SECONDS: Final = 10
"""A question may be at most ten seconds from the future."""


def broker_log(known: BrokerTrust, http: httpx2.Client) -> str:
    """Return that the broker's log answers, signed with the key of the trust file."""
    response = _get(http, f"{known.log_url}/checkpoint", "the broker's log")
    if response.status_code != 200:
        raise BrokerError(f"the log at {known.log_url} has no checkpoint; ask the broker")
    checkpoint = open_checkpoint(response.text, trusted_log(known))
    check_clock(response)
    return f"{checkpoint.size} entries at {known.log_url}, signed with the trusted key"


def gateway(url: str, http: httpx2.Client) -> None:
    """Raise BrokerError unless a gateway answers at `url`, well and at our hour."""
    response = _get(http, f"{url}/healthz", "a gateway")
    if response.status_code != 200:
        raise BrokerError(f"the gateway at {url} is not well; ask its operator")
    check_clock(response)


def issuer(url: str, http: httpx2.Client) -> str:
    """Return that the broker answers at its public URL, under that name."""
    address = f"{url}/.well-known/oauth-authorization-server"
    response = _get(http, address, "a broker")
    try:
        told = response.json()["issuer"] if response.status_code == 200 else None
    except (ValueError, KeyError, TypeError):
        told = None
    if told != url:
        raise BrokerError(f"no broker of that name answers at {url}; check the setting issuer")
    check_clock(response)
    return f"answers at {url}"


def check_clock(response: httpx2.Response) -> None:
    """Raise BrokerError when the other side's clock and ours are too far apart."""
    told = response.headers.get("Date")
    if told is None:
        return
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return
    skew = abs((datetime.now(UTC) - moment).total_seconds())
    if skew > MOST_SKEW_SECONDS:
        raise BrokerError(f"its clock and ours are {skew:.0f} s apart; set both by NTP")


def _get(http: httpx2.Client, url: str, who: str) -> httpx2.Response:
    try:
        return http.get(url)
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise BrokerError(
            f"{who} does not answer at {url}; start it, or check address, proxy and firewall"
        ) from None
