"""The token endpoint: a code for a DPoP-bound JWT, with private_key_jwt; CPU per request.

Ours keeps codes, used assertions and proofs on disk, durably; the peer keeps all of it in memory.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import httpx2
from sqlmodel import Session, select

from broker.db import open_engine
from broker.wiring import now
from consent.codes import LIFE_SECONDS, Code, Codes
from consent.store import GrantRow
from tests.bench import peer, servers
from tests.bench.oauth_client import VERIFIER, OAuthClient, challenge
from tests.bench.row import Row, Sizes, at_most, skipped
from tests.bench.timing import group_cpu_seconds, paired

TARGET = 0.8
WHAT = "token endpoint, private_key_jwt + DPoP, CPU a request"
_WARM_UP = 20


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Return the row of both servers, one process each."""
    try:
        with (
            peer.running(scratch) as other,
            servers.running(scratch / "izin", consenting=1) as ours,
        ):
            return [_row(sizes, ours, other)]
    except peer.NoPeerError as error:
        return [skipped(WHAT, f"<= {TARGET} x", str(error))]


def _row(sizes: Sizes, ours: servers.Servers, other: peer.Peer) -> Row:
    client = ours.oauth_client()
    each = max(50, sizes.tokens // sizes.repeats)

    def izin(number: int = each) -> float:
        codes = _codes(ours, client, number)
        url = f"{ours.plan.broker}/oauth/token"
        return _redeem(client, url, codes, servers.BACK, ours.broker_group) / number

    def node(number: int = each) -> float:
        codes = other.codes(number)
        return (
            _redeem(other.client, f"{other.issuer}/token", codes, peer.BACK, other.group) / number
        )

    izin(_WARM_UP)
    node(10 * _WARM_UP)  # until its just-in-time compiler has seen enough
    pair = paired(izin, node, sizes.repeats)
    return at_most(
        WHAT,
        f"{pair.figure * 1e3:.2f} ms",
        f"{pair.baseline * 1e3:.2f} ms oidc-provider 9",
        pair.ratio,
        TARGET,
        f"Node {other.node}; it keeps everything in memory, ours commits codes, used assertions "
        "and proofs to disk.",
    )


def _redeem(client: OAuthClient, url: str, codes: Sequence[str], back: str, group: int) -> float:
    """Redeem all codes and return the CPU seconds that the server's processes used."""
    with httpx2.Client(timeout=10) as http:
        # Refused, but with the nonce that the proofs need.
        data, headers = client.form(url, {"grant_type": "authorization_code", "code": "none"})
        client.learn(http.post(url, data=data, headers=headers))
    forms = [
        client.form(
            url,
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": back,
                "code_verifier": VERIFIER,
            },
        )
        for code in codes
    ]
    with httpx2.Client(timeout=10) as http:
        before = group_cpu_seconds(group)
        for data, headers in forms:
            http.post(url, data=data, headers=headers).raise_for_status()
        return group_cpu_seconds(group) - before


def _codes(ours: servers.Servers, client: OAuthClient, number: int) -> list[str]:
    """Return as many fresh codes for the one grant there is."""
    engine = open_engine(ours.prepared.settings.database_url)
    try:
        with Session(engine) as session:
            grant = session.exec(select(GrantRow)).one()
        codes = Codes(engine, random=os.urandom)
        code = Code(
            client_id=client.client_id,
            request={"redirect_uri": servers.BACK, "dpop_jkt": ours.jkt},
            grant_id=grant.grant_id,
            person_id=grant.person_id,
            code_challenge=challenge(),
            expires=int(now().timestamp()) + LIFE_SECONDS,
        )
        return [codes.issue(code) for _ in range(number)]
    finally:
        engine.dispose()
