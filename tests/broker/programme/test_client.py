"""The client at the HTTP edge: what of a broker's response it believes, and what it raises."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from audit.entry import draft
from audit.note import parse_vkey
from broker.programme.client import IzinClient, Token
from broker.programme.committed import check_committed
from broker.programme.errors import (
    IzinContradictionError,
    IzinRefusedError,
    IzinUnavailableError,
    ProgrammeError,
)
from broker.programme.oauth_keys import ClientKeys
from broker.programme.returning import Pending
from tests.broker.programme.asking_world import NOW, SUBJECT, World, random_source

ISSUER = "https://izin.example"
TOKEN = Token("token-1", 0, "g" * 22, [])
RIGHT = {"verification_id": "v" * 22, "subject": SUBJECT, "status": "complete", "items": []}
METADATA = {
    "issuer": ISSUER,
    "pushed_authorization_request_endpoint": f"{ISSUER}/oauth/par",
    "authorization_endpoint": f"{ISSUER}/oauth/authorize",
    "token_endpoint": f"{ISSUER}/oauth/token",
}


def client(*responses: httpx2.Response | Exception) -> IzinClient:
    """Return a client that gets these responses in turn."""
    rest = iter(responses)

    def answer(_request: httpx2.Request) -> httpx2.Response:
        response = next(rest)
        if isinstance(response, Exception):
            raise response
        return response

    return IzinClient(
        httpx2.Client(transport=httpx2.MockTransport(answer)),
        issuer=ISSUER,
        client_id="client",
        keys=ClientKeys.from_secret(b"s" * 32),
        clock=lambda: NOW,
        random=random_source(),
    )


def test_a_verification_is_read() -> None:
    verified = client(httpx2.Response(200, json=RIGHT)).verify(TOKEN, {})
    assert (verified.status, verified.subject) == ("complete", SUBJECT)


@pytest.mark.parametrize(
    "change", [{"status": "done"}, {"subject": "x"}, {"items": {}}, {"verification_id": "v"}]
)
def test_a_verification_of_another_form_is_not_believed(change: dict[str, Any]) -> None:
    with pytest.raises(IzinContradictionError):
        client(httpx2.Response(200, json={**RIGHT, **change})).verify(TOKEN, {})


def test_polling_returns_the_verification_that_was_asked_for() -> None:
    with pytest.raises(IzinContradictionError):
        client(httpx2.Response(200, json=RIGHT)).poll(TOKEN, "w" * 22)


def test_a_refusal_keeps_its_name_and_reasons_and_nothing_else() -> None:
    body = {
        "type": "/problems/grant-not-live",
        "title": "t",
        "detail": "about somebody",
        "reasons": ["grant_live", "Not an id", 4],
    }
    with pytest.raises(IzinRefusedError) as caught:
        client(httpx2.Response(403, json=body)).verify(TOKEN, {})
    assert (caught.value.problem, caught.value.reasons) == ("grant-not-live", ("grant_live",))
    assert "somebody" not in str(caught.value)


@pytest.mark.parametrize(
    "response", [httpx2.Response(503), httpx2.Response(429), httpx2.ConnectError("refused")]
)
def test_a_broker_that_cannot_answer_is_told_from_one_that_refuses(response: Any) -> None:
    with pytest.raises(IzinUnavailableError):
        client(response).verify(TOKEN, {})


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"", b"{" + b" " * (1 << 20)])
def test_a_response_that_is_no_json_object_is_not_believed(content: bytes) -> None:
    with pytest.raises(IzinContradictionError):
        client(httpx2.Response(200, content=content)).verify(TOKEN, {})


@pytest.mark.parametrize(
    "change", [{"issuer": "https://evil.example"}, {"token_endpoint": "https://evil.example/t"}]
)
def test_metadata_that_leads_elsewhere_is_not_believed(change: dict[str, str]) -> None:
    """Else the code and our assertion would go to whoever answered the discovery."""
    with pytest.raises(IzinContradictionError):
        client(httpx2.Response(200, json={**METADATA, **change})).authorize_url("urn:x")


def test_discovery_happens_once() -> None:
    one = client(
        httpx2.Response(200, json=METADATA), httpx2.Response(201, json={"request_uri": "urn:x"})
    )
    assert one.par([], Pending("s", "v"), redirect_uri="https://p.example/return") == "urn:x"
    assert one.authorize_url("urn:x") == (
        f"{ISSUER}/oauth/authorize?client_id=client&request_uri=urn%3Ax"
    )


def test_a_commitment_counts_only_with_its_proof(tmp_path: Any) -> None:
    world = World(tmp_path)
    members: dict[str, Any] = {"programme": "pkh", "formula": "f" * 64, "digest": "d" * 64}
    entries = [draft("decision.made", {**members, "tag": "0" * 32}) for _ in range(2)]
    first, second = world.log.append(entries).entries
    log = parse_vkey(world.log.vkey)

    def check(entry: str, proof: str, index: int, **changes: Any) -> None:
        check_committed(
            entry, proof, index, log, kind="decision.made", members={**members, **changes}
        )

    check(first.entry.decode(), first.proof, 0)
    for entry, proof, index, changes in (
        (second.entry.decode(), first.proof, 0, {}),
        (first.entry.decode(), second.proof, 0, {}),
        (first.entry.decode(), first.proof, 1, {}),
        (first.entry.decode(), "", 0, {}),
        ("{}", first.proof, 0, {}),
        (first.entry.decode(), first.proof, 0, {"digest": "e" * 64}),
    ):
        with pytest.raises(ProgrammeError):
            check(entry, proof, index, **changes)
