"""The whole of Izin in one process: a broker, agencies' gateways and a programme's keys.

Made by the same functions as the demo, from real files; only the network is replaced, by calling
the gateways' and the broker's applications directly. No server, no sockets, a clock that we move.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from flask import Flask

from audit.note import Verifier, parse_vkey
from audit.web import log_blueprint
from broker.db import open_engine
from broker.demo.population import InventedPerson, background, people
from broker.demo.prepare import CLIENTS, Plan, Prepared, prepare, register_agencies
from broker.demo.registries.seed import AGENCIES
from broker.gateway.app import build_app
from broker.gateway.settings import load_settings as load_gateway_settings
from broker.gateway.setup import SETTINGS_NAME
from broker.gateway.wiring import Gateway, open_gateway
from broker.programme.answers import Believed, Reading, Wanted, read_answers
from broker.programme.identity import ProgrammeIdentity
from broker.programme.request import request_for
from broker.programme.settings import load_files
from broker.programme.setup import open_identities
from broker.requests import Verification, VerificationRequest, parse_verification
from broker.verification import verify
from broker.wiring import Broker, build
from consent.grants import GrantRecord
from consent.notice import write_notice
from consent.tokens import AccessToken
from keys import trust
from keys.providers.file import FileKek
from policies.ask import Item, Request
from tests.moving import move_to_server

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
SEED = 7


@dataclass
class MovableClock:
    """A clock that moves only when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Network(httpx2.BaseTransport):
    """Reaches applications by their host and port; counts what it carried."""

    def __init__(self) -> None:
        self.apps: dict[str, httpx2.BaseTransport] = {}
        self.carried: list[tuple[str, bytes, bytes]] = []

    def put(self, url: str, app: Flask) -> None:
        self.apps[url] = httpx2.WSGITransport(app=app)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = f"{request.url.scheme}://{request.url.host}:{request.url.port}"
        sent = request.read()
        transport = self.apps.get(url)
        if transport is None:
            raise httpx2.ConnectError("nobody listens there", request=request)
        response = transport.handle_request(request)
        if not isinstance(transport, httpx2.WSGITransport):
            return response  # a real connection, whose body may never end
        body = response.read()
        self.carried.append((str(request.url), sent, body))
        headers = response.headers.copy()
        headers.pop("Content-Encoding", None)  # `body` is unpacked, to be searched
        headers["Content-Length"] = str(len(body))
        return httpx2.Response(response.status_code, headers=headers, content=body, request=request)


def plan_in(home: Path) -> Plan:
    return Plan(
        home,
        "http://localhost:8000",
        "http://127.0.0.1:8001",
        {agency: f"http://127.0.0.1:{8002 + number}" for number, agency in enumerate(AGENCIES)},
    )


@dataclass
class World:
    """Everything, open. `people` are enrolled; nobody has consented to anything yet."""

    plan: Plan
    prepared: Prepared
    people: list[InventedPerson]
    clock: MovableClock = field(default_factory=MovableClock)
    network: Network = field(default_factory=Network)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    broker: Broker = field(init=False)
    identities: dict[str, ProgrammeIdentity] = field(init=False)

    def open(self) -> None:
        """Open broker and gateways from their files, as new processes would."""
        http = httpx2.Client(transport=self.network)
        self.broker = build(self.prepared.settings, clock=self.clock, http=http)
        log_app = Flask("log")
        log_app.register_blueprint(
            log_blueprint(self.broker.log, may_read_entries=lambda _token: True)
        )
        self.network.put(self.plan.broker, log_app)
        for agency, url in self.plan.gateways.items():
            settings = load_gateway_settings(self.plan.gateway_home(agency) / SETTINGS_NAME)
            gateway = open_gateway(
                settings, clock=self.clock, client=httpx2.Client(transport=self.network)
            )
            self.gateways[agency] = gateway
            self.network.put(url, build_app(gateway))
        files = load_files(self.plan.portal_home)
        engine = open_engine(files.database_url)
        self.identities = open_identities(engine, FileKek.open(files.kek_path), clock=self.clock)
        engine.dispose()

    def close(self) -> None:
        self.broker.close()
        for gateway in self.gateways.values():
            gateway.close()

    def restart(self) -> None:
        """Close everything and open it again from the same files."""
        self.close()
        self.open()

    @property
    def log_verifier(self) -> Verifier:
        return parse_vkey(self.prepared.vkey)

    def person(self, kind: str) -> InventedPerson:
        return next(person for person in self.people if person.kind == kind)

    def person_id(self, person: InventedPerson) -> str:
        found = self.broker.persons.sign_in(person.nik, person.pin)
        assert found is not None
        return found

    def request(self, person: InventedPerson) -> Request:
        """Return what the person's programme asks everybody for."""
        policy = self.broker.policy
        today = self.clock().date()
        formula = policy.formula(person.programme, person.village_code, on=today)
        assert formula is not None
        return request_for(formula, policy, today=today)

    def consent(
        self, person: InventedPerson, *, without: Sequence[tuple[str, str]] = ()
    ) -> GrantRecord:
        """Have the person allow everything but the (agency, question) items in `without`."""
        request = self.request(person)
        allowed = [
            number for number, item in enumerate(request.items) if item.of not in set(without)
        ]
        notice = write_notice(request, self.broker.policy)
        person_id = self.person_id(person)
        client = CLIENTS[person.programme]
        return self.broker.grants.give(person_id, client, request, allowed, notice.digest)

    def token(self, grant: GrantRecord) -> AccessToken:
        at = int(self.clock().timestamp())
        return AccessToken(
            subject=grant.subject,
            client_id=grant.client_id,
            grant_id=grant.grant_id,
            authorization_details=(),
            jkt="unused",
            jti="unused",
            iat=at,
            exp=at + 300,
        )

    def verification_request(
        self,
        grant: GrantRecord,
        *,
        request_id: str = "request-0123456789",
        questions: Sequence[Item] | None = None,
        **changed: object,
    ) -> VerificationRequest:
        identity = self.identities[grant.programme]
        body: dict[str, object] = {
            "grant_id": grant.grant_id,
            "answer_key": identity.answer.public.jwk(),
            "answer_key_statement": identity.answer_statement,
            "request_id": request_id,
        }
        if questions is not None:
            body["questions"] = [
                {"agency": item.agency, "question": item.question, "params": dict(item.params)}
                for item in questions
            ]
        return parse_verification({**body, **changed})

    def ask(
        self, grant: GrantRecord, *, request_id: str = "request-0123456789", **changed: object
    ) -> Verification:
        request = self.verification_request(grant, request_id=request_id, **changed)  # type: ignore[arg-type]
        return verify(self.broker.asking, self.token(grant), request)

    def read(
        self, grant: GrantRecord, found: Verification, *, request_id: str = "request-0123456789"
    ) -> Reading:
        """Open a verification as the programme does."""
        identity = self.identities[grant.programme]
        trusted = trust.parse((self.plan.portal_home / "trust.toml").read_text("utf-8"))
        return read_answers(
            list(found.items),
            Wanted(grant.programme, request_id, found.subject, grant.granted),
            Believed(self.log_verifier, trusted.agencies, identity.answer),
            at=int(self.clock().timestamp()),
        )


def build_template(home: Path) -> tuple[Prepared, list[InventedPerson]]:
    """Prepare a home once; each test then copies it."""
    made = people(12, SEED)
    prepared = prepare(plan_in(home), made, background(24, SEED), clock=MovableClock())
    return prepared, made


def copy_world(
    template: Path,
    home: Path,
    prepared: Prepared,
    made: list[InventedPerson],
    *,
    server: str | None = None,
) -> World:
    """Return a world of its own, opened, its agencies registered.

    server: the URL of an empty database that the broker's is moved to, with its log.
    """
    shutil.copytree(template, home)
    for path in home.rglob("*.toml"):
        path.write_text(path.read_text("utf-8").replace(str(template), str(home)), "utf-8")
    plan = plan_in(home)
    settings = replace(prepared.settings, home=plan.broker_home)
    if server is not None:
        settings = move_to_server(settings, server)
    world = World(plan, replace(prepared, settings=settings), made)
    world.open()
    register_agencies(world.broker, world.prepared, plan)
    return world
