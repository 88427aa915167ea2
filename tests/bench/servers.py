"""A broker, six agencies' gateways and people who have consented, as real servers on loopback.

Made as the demo makes them; only that people are enrolled with a cheap PIN hash and consent by
function call, since neither is what is measured.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
from joserfc.jwk import ECKey

from broker.app import serve as serve_broker
from broker.db import open_engine
from broker.demo.population import people
from broker.demo.prepare import Plan, Prepared, prepare
from broker.demo.processes import Processes
from broker.demo.registries.seed import AGENCIES
from broker.gateway.app import serve as serve_gateway
from broker.identity import open_keyring
from broker.programme.client import IzinClient, Token
from broker.programme.oauth_keys import ClientKeys
from broker.programme.request import request_for
from broker.programme.settings import load_files
from broker.programme.setup import open_identities
from broker.serving import free_ports
from broker.wiring import Broker, now, open_broker
from consent import tokens
from consent.grants import GrantRecord
from consent.notice import write_notice
from consent.persons import Persons
from consent.tokens import AccessToken
from keys.providers.file import FileKek
from keys.pseudonym import Cost
from tests.bench.oauth_client import OAuthClient

HOST = "127.0.0.1"
ASKED = ("atr_bpn", "bpjs_tk", "dtsen", "dukcapil", "himbara", "polri")
CLIENT = "bench-client"
BACK = "http://127.0.0.1:1/back"
_CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
_SEED = 7


@dataclass
class Servers:
    """What runs, and what a programme needs to talk to it."""

    plan: Plan
    prepared: Prepared
    processes: Processes
    keys: ClientKeys
    jkt: str
    answer_key: dict[str, str]
    answer_statement: str
    tokens: list[Token] = field(default_factory=list)

    @property
    def broker_group(self) -> int:
        """Return the process group of the broker: its main process and its worker."""
        return self.processes.pids["broker"]

    def client(self, http: httpx2.Client) -> IzinClient:
        """Return the programme's client."""
        return IzinClient(
            http,
            issuer=self.plan.broker,
            client_id=CLIENT,
            keys=self.keys,
            clock=now,
            random=os.urandom,
        )

    def oauth_client(self) -> OAuthClient:
        """Return the same client, as the token endpoint sees it."""
        (jwk,) = self.keys.jwks()["keys"]
        client_key, dpop_key = self.keys._client, self.keys._dpop
        return OAuthClient(CLIENT, self.plan.broker, client_key, dpop_key, kid=str(jwk["kid"]))

    def body(self, token: Token, number: int) -> dict[str, object]:
        """Return a request about everything in ASKED that was granted."""
        questions = [
            {name: item[name] for name in ("agency", "question", "params") if name in item}
            for item in token.details[0]["questions"]
            if item["agency"] in ASKED
        ]
        return {
            "grant_id": token.grant_id,
            "questions": questions,
            "answer_key": self.answer_key,
            "answer_key_statement": self.answer_statement,
            "request_id": f"bench-request-{number:08}",
        }


@contextmanager
def running(home: Path, *, consenting: int) -> Iterator[Servers]:
    """Run a broker and the agencies of ASKED, with as many people who have just consented."""
    ports = free_ports(HOST, 1 + len(AGENCIES))
    plan = Plan(
        home,
        broker=f"http://localhost:{ports[0]}",
        portal=f"http://{HOST}:1",
        gateways={a: f"http://{HOST}:{p}" for a, p in zip(AGENCIES, ports[1:], strict=True)},
    )
    prepared = prepare(plan, people(1, _SEED), [], clock=now)
    client_key, dpop_key = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    files = load_files(plan.portal_home)
    engine = open_engine(files.database_url)
    identity = open_identities(engine, FileKek.open(files.kek_path), clock=now)["pkh"]
    engine.dispose()
    processes = Processes(home / "output")
    servers = Servers(
        plan,
        prepared,
        processes,
        ClientKeys(client_key, dpop_key),
        str(dpop_key.thumbprint()),
        identity.answer.public.jwk(),
        identity.answer_statement,
    )
    try:
        _start(servers)
        with open_broker(prepared.settings) as broker:
            for agency in ASKED:
                root = prepared.agencies[agency].root.jwk()
                broker.add_agency(agency, url=plan.gateways[agency], root=root)
            broker.add_client(
                CLIENT,
                programme="pkh",
                jwks=servers.keys.jwks(),
                redirect_uris=(BACK,),
                root=None,
            )
            servers.tokens += [
                _token(broker, servers, grant) for grant in _consent(broker, consenting)
            ]
        yield servers
    finally:
        processes.stop()


def _start(servers: Servers) -> None:
    plan, processes = servers.plan, servers.processes
    for agency in ASKED:
        config = plan.gateway_home(agency) / "gateway.toml"
        processes.start(agency, partial(serve_gateway, config))
    processes.start("broker", partial(serve_broker, servers.prepared.settings))
    urls = {agency: f"{plan.gateways[agency]}/healthz" for agency in ASKED}
    with httpx2.Client(timeout=2) as http:
        processes.wait_ready({**urls, "broker": f"{plan.broker}/readyz"}, http=http)


def _consent(broker: Broker, count: int) -> Sequence[GrantRecord]:
    """Enrol people and have each allow everything that the formula asks."""
    today = now().date()
    kek = FileKek.open(broker.settings.kek_path)
    keyring = open_keyring(broker.engine, kek, broker.settings, clock=now)
    persons = Persons(broker.engine, keyring, kek, clock=now, random=os.urandom, pin_cost=_CHEAP)
    formula = broker.policy.formula("pkh", "35.10.15.2004", on=today)
    if formula is None:
        raise AssertionError("the pilot has a formula")
    request = request_for(formula, broker.policy, today=today)
    notice = write_notice(request, broker.policy)
    everything = range(len(request.items))
    return [
        broker.grants.give(
            persons.enrol(f"351099{number:010}", "246813", "Invented", "35.10.15.2004"),
            CLIENT,
            request,
            everything,
            notice.digest,
        )
        for number in range(count)
    ]


def _token(broker: Broker, servers: Servers, grant: GrantRecord) -> Token:
    at = int(now().timestamp())
    details = [
        {
            "questions": [
                {"agency": item.agency, "question": item.question}
                | ({"params": dict(item.params)} if item.params else {})
                for item in grant.granted
            ]
        }
    ]
    issued = AccessToken(
        subject=grant.subject,
        client_id=CLIENT,
        grant_id=grant.grant_id,
        authorization_details=tuple(details),
        jkt=servers.jkt,
        jti=f"bench-{grant.grant_id}",
        iat=at,
        exp=at + tokens.MAX_LIFE_SECONDS,
    )
    text = tokens.issue(issued, broker.keys.token, issuer=servers.plan.broker)
    return Token(text, issued.exp, grant.grant_id, details)
