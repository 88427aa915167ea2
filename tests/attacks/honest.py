"""What an honest broker and an honest programme do, for attacks on what they leave behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.note import parse_vkey
from broker.programme.answers import Believed, Reading, Wanted, read_answers
from broker.programme.request import request_for
from broker.requests import Verification, parse_verification
from broker.verification import verify
from consent.grants import GrantRecord
from consent.notice import write_notice
from consent.tokens import AccessToken
from keys import trust
from policies.ask import Item
from tests.attacks.rogue import Rogue, Victim

CLIENTS = {"pkh": "perlinsos-pkh", "bpnt": "perlinsos-bpnt"}


def consent(
    rogue: Rogue, victim: Victim, *, without: Sequence[tuple[str, str]] = ()
) -> GrantRecord:
    """Have her allow everything that her programme asks but the items in `without`."""
    policy = rogue.broker.policy
    person = victim.invented
    formula = policy.formula(person.programme, person.village_code, on=rogue.today)
    assert formula is not None
    request = request_for(formula, policy, today=rogue.today)
    allowed = [number for number, item in enumerate(request.items) if item.of not in set(without)]
    digest = write_notice(request, policy).digest
    return rogue.broker.grants.give(
        victim.known.id, CLIENTS[person.programme], request, allowed, digest
    )


def token(rogue: Rogue, grant: GrantRecord, **changed: Any) -> AccessToken:
    members = {
        "subject": grant.subject,
        "client_id": grant.client_id,
        "grant_id": grant.grant_id,
        "authorization_details": (),
        "jkt": "unused",
        "jti": "unused",
        "iat": rogue.at,
        "exp": rogue.at + 300,
    }
    return AccessToken(**{**members, **changed})


def request_of(grant: GrantRecord) -> str:
    """Return the id of the one request that most attacks make of a grant."""
    return f"request-{grant.grant_id}"


def ask(
    rogue: Rogue,
    grant: GrantRecord,
    *,
    request_id: str | None = None,
    questions: Sequence[Item] | None = None,
    bearer: AccessToken | None = None,
    **changed: Any,
) -> Verification:
    """Verify through the broker's own code; its questions go to the stage's gateways."""
    identity = rogue.stage.identities[grant.programme]
    body: dict[str, Any] = {
        "grant_id": grant.grant_id,
        "answer_key": identity.answer.public.jwk(),
        "answer_key_statement": identity.answer_statement,
        "request_id": request_id or request_of(grant),
        **changed,
    }
    if questions is not None:
        body["questions"] = [
            {"agency": item.agency, "question": item.question, "params": dict(item.params)}
            for item in questions
        ]
    parsed = parse_verification(body)
    return verify(rogue.broker.asking, bearer or token(rogue, grant), parsed)


def read(
    rogue: Rogue,
    grant: GrantRecord,
    items: Sequence[Mapping[str, Any]],
    *,
    request_id: str | None = None,
    subject: str | None = None,
) -> Reading:
    """Read a verification's items as the programme does: with its own trust file and key."""
    home: Path = rogue.stage.home
    trusted = trust.parse((home / "portal" / "trust.toml").read_text("utf-8"))
    return read_answers(
        list(items),
        Wanted(
            grant.programme,
            request_id or request_of(grant),
            subject or grant.subject,
            grant.granted,
        ),
        Believed(
            parse_vkey(rogue.log.vkey),
            trusted.agencies,
            rogue.stage.identities[grant.programme].answer,
        ),
        at=rogue.at,
    )
