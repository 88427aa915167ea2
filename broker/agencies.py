"""The agencies that the broker can ask: where each is, and the keys that its root vouches for.

The broker learns working keys from the gateway and checks their statements; it makes none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import orjson
from sqlalchemy import Engine
from sqlmodel import Session, select

from broker.errors import BrokerError
from broker.fetching import FetchError, fetch
from broker.store import AgencyRow
from keys import base64url
from keys.errors import KeysError
from keys.profiles import read_public_key
from keys.sealing import PublicKey
from keys.signing import VerifyKey
from keys.statements import check_statement, read_statement

KEYS_LIMIT_BYTES: Final = 65_536
KEYS_DEADLINE_SECONDS: Final = 10
KEPT_SECONDS: Final = 1


class AgencyError(BrokerError):
    """An agency is unknown, or what its gateway says of its keys does not hold."""


@dataclass(frozen=True)
class AgencyKeys:
    """An agency's working keys, each with the root's statement (compact JWS)."""

    seal: PublicKey
    seal_statement: str
    sign: VerifyKey
    sign_statement: str


@dataclass(frozen=True)
class AgencyRoute:
    """How to reach one agency and seal to it."""

    id: str
    url: str
    root: VerifyKey
    keys: AgencyKeys = field(repr=False)


class Agencies:
    """The registered agencies; a small table, kept in memory for a moment.

    `izin agency add` runs in a process of its own: a running broker sees it within a second.
    """

    def __init__(self, engine: Engine, http: httpx2.Client) -> None:
        self._engine = engine
        self._http = http
        self._lock = threading.Lock()
        self._routes: Mapping[str, AgencyRoute] | None = None
        self._read_at = 0.0

    def add(self, agency: str, *, url: str, root: VerifyKey, at: int) -> AgencyRoute:
        """Register (or move) an agency, learning its working keys from its gateway.

        root: from the paper agreement, never from the gateway. at: Unix seconds.
        Raises AgencyError.
        """
        told = self._fetch_keys(agency, url)
        keys = _parse_keys(told, agency=agency, root=root, at=at)
        with Session(self._engine) as session:
            row = session.get(AgencyRow, agency) or AgencyRow(id=agency, url=url, root="")
            row.url = url.rstrip("/")
            row.root = base64url.encode(bytes(root))
            row.keys = orjson.dumps(told).decode()
            session.add(row)
            session.commit()
        with self._lock:
            self._routes = None
        return AgencyRoute(agency, url.rstrip("/"), root, keys)

    def ask_keys(self, agency: str, *, url: str, root: VerifyKey, at: int) -> AgencyKeys:
        """Return the keys that the gateway names now, vouched for by `root`; keeps nothing.

        Raises AgencyError.
        """
        return _parse_keys(self._fetch_keys(agency, url), agency=agency, root=root, at=at)

    def routes(self) -> Mapping[str, AgencyRoute]:
        """Return every registered agency by its id."""
        with self._lock:
            now = time.monotonic()
            if self._routes is None or now - self._read_at > KEPT_SECONDS:
                self._routes, self._read_at = self._read(), now
            return self._routes

    def _read(self) -> Mapping[str, AgencyRoute]:
        with Session(self._engine) as session:
            rows = session.exec(select(AgencyRow).order_by(AgencyRow.id)).all()
            routes = {}
            for row in rows:
                root = VerifyKey(base64url.decode(row.root))
                keys = _parse_keys(orjson.loads(row.keys), agency=row.id, root=root, at=None)
                routes[row.id] = AgencyRoute(row.id, row.url, root, keys)
            return routes

    def _fetch_keys(self, agency: str, url: str) -> Any:
        address = f"{url.rstrip('/')}/v1/keys"
        try:
            response = fetch(
                self._http,
                "GET",
                address,
                limit_bytes=KEYS_LIMIT_BYTES,
                deadline_seconds=KEYS_DEADLINE_SECONDS,
            )
        except (FetchError, httpx2.InvalidURL) as error:
            raise AgencyError(f"the gateway of {agency} does not answer at {url}") from error
        if response.status != 200:
            raise AgencyError(f"the gateway of {agency} does not say its keys")
        try:
            return orjson.loads(response.body)
        except orjson.JSONDecodeError as error:
            raise AgencyError(f"the gateway of {agency} does not say its keys as JSON") from error


def _parse_keys(told: Any, *, agency: str, root: VerifyKey, at: int | None) -> AgencyKeys:
    """Return the keys that `told` names, each vouched for by `root`.

    at: when the statements must be valid; None: whenever (they were checked when learnt, and the
    recipients check them again at use).
    """
    try:
        if told["owner"] != agency:
            raise AgencyError(f"the gateway at this address is not that of {agency}")
        by_use = {key["use"]: (key["jwk"], key["statement"]) for key in told["keys"]}
        seal = read_public_key(by_use["seal"][0])
        sign = VerifyKey.from_jwk(by_use["sign"][0])
        for use, key in (("seal", seal), ("sign", sign)):
            text = by_use[use][1]
            if not isinstance(text, str):
                raise KeysError("a statement is not text")
            moment = read_statement(text, root).from_ if at is None else at
            check_statement(text, root, owner=agency, use=use, thumbprint=key.thumbprint, at=moment)
    except (KeyError, TypeError, IndexError) as error:
        raise AgencyError(f"the gateway of {agency} does not say its keys in our form") from error
    except KeysError as error:
        raise AgencyError(
            f"the root key of {agency} does not vouch for its keys: {error}"
        ) from error
    return AgencyKeys(seal, by_use["seal"][1], sign, by_use["sign"][1])
