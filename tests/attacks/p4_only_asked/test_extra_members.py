"""P4: whatever was not asked for in the fixed form is refused, not ignored.

A naive parser ignores members that it does not know: a broker and an agency that agree on one
more member would have a channel past the person, the catalogue and the log.
"""

from __future__ import annotations

from typing import Any

import pytest

from broker.problems import Problem
from broker.requests import parse_verification
from keys import base64url
from tests.attacks.p4_only_asked.raw import seal_raw
from tests.broker.gateway.parties import Person
from tests.broker.gateway.world import World as GatewayWorld
from tests.broker.gateway.world import reason
from tests.world import World


@pytest.mark.parametrize(
    "extra",
    [
        {"fields": ["balance"]},
        {"name": "wanted"},
        {"questions": [{"question": "has_account", "fields": ["balance"]}]},
        {"questions": [{"question": "has_account", "params": {"rupiah": 5_000_000}}]},
        {"questions": [{"question": "*"}]},
        {"questions": [{"question": "has_account"}] * 2},
        {"questions": []},
        {"nik": ["3510990101800001", "3510990101800002"]},
    ],
    ids=repr,
)
def test_a_question_with_more_than_the_form_is_refused(
    gateway_world: GatewayWorld, extra: dict[str, Any]
) -> None:
    """Would succeed against a gateway whose registry is handed what the message says."""
    payload = gateway_world.access(gateway_world.give(Person()))
    message = seal_raw(gateway_world, payload, extra)
    item = gateway_world.post(message)[0]
    assert "unreadable" == reason(item) or "not_the_logged_question" == reason(item)


def test_a_verification_with_another_member_is_refused(world: World) -> None:
    """Would succeed against an API that ignores what it does not know."""
    grant = world.consent(world.person("eligible"))
    for member in ("nik", "fields", "trace_key", "subject", "name"):
        extra: Any = {member: "3510990101800001"}
        with pytest.raises(Problem) as wrong:
            world.verification_request(grant, **extra)
        assert "malformed" == wrong.value.name


def test_a_question_with_another_member_is_refused(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    identity = world.identities[grant.programme]
    body = {
        "grant_id": grant.grant_id,
        "answer_key": identity.answer.public.jwk(),
        "answer_key_statement": identity.answer_statement,
        "request_id": base64url.encode(b"\x01" * 16),
        "questions": [{"agency": "polri", "question": "owns_car", "fields": ["plate"]}],
    }
    with pytest.raises(Problem) as wrong:
        parse_verification(body)
    assert "malformed" == wrong.value.name
