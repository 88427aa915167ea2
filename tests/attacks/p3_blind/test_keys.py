"""P3, the broker cannot read answers: swapped keys, forged and exchanged answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from broker.binding import Cb
from broker.envelope import parse_message, seal_message
from broker.question import Answered
from keys import base64url
from keys.signing import SigningKey
from keys.xwing import SealingKey
from tests.attacks import honest
from tests.attacks.rogue import AGENCY, Rogue, Victim, reason, vouch

BROKERS_OWN = SealingKey.from_seed(b"\x51" * 32)
STRANGER = SigningKey.from_seed(b"\x52" * 32)


def test_a_swapped_answer_key(rogue: Rogue, victim: Victim) -> None:
    """Would work where the answer is sealed to whatever key the question brings."""
    own = BROKERS_OWN.public.jwk()
    payload = rogue.access(rogue.give(victim), answer_key=own)
    assert reason(rogue.send(payload)) == "answer_key_unvouched"


FORGED: Mapping[str, Mapping[str, Any]] = {
    "by the broker's root": {},
    "for another programme": {"owner": "bpnt", "programme_root": True},
    "for another use": {"use": "seal", "programme_root": True},
    "over": {"seconds": 80_000, "programme_root": True},
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED.keys())
def test_a_statement_that_is_not_the_programme_s_for_this_key_now(
    rogue: Rogue, victim: Victim, change: Mapping[str, Any]
) -> None:
    """Would work where a statement is carried and not checked, or only half of it is.

    Three of the four let the attacker use the programme's root, as if an old or another statement
    of it had been found: even so it must be for this key, owner, use and time.
    """
    change = {**change}
    root = _programme_root(rogue) if change.pop("programme_root", False) else rogue.broker.keys.root
    said = {"use": "answer", "owner": "pkh", "root": root, **change}
    statement = vouch(BROKERS_OWN.thumbprint, at=rogue.at, **said)
    payload = rogue.access(
        rogue.give(victim), answer_key=BROKERS_OWN.public.jwk(), answer_key_statement=statement
    )
    assert reason(rogue.send(payload)) == "answer_key_unvouched"


def test_a_programme_that_no_agreement_names(rogue: Rogue, victim: Victim) -> None:
    """Would work where the broker can introduce a programme of its own to an agency."""
    root = SigningKey.from_seed(b"\x53" * 32)
    statement = vouch(BROKERS_OWN.thumbprint, "answer", owner="pkb", root=root, at=rogue.at)
    held = rogue.give(victim, part_changes={"programme": "pkb"}, entry={"programme": "pkb"})
    payload = rogue.access(
        held,
        programme="pkb",
        answer_key=BROKERS_OWN.public.jwk(),
        answer_key_statement=statement,
    )
    assert reason(rogue.send(payload)) == "answer_key_unvouched"


def test_answers_that_the_broker_writes_itself(rogue: Rogue, victim: Victim) -> None:
    """Would work where whoever seals to the programme's public key is believed.

    The broker seals "no" to the programme, signed by a key for which it has any statement but one
    by the agency's root.
    """
    grant = honest.consent(rogue, victim)
    found = honest.ask(rogue, grant)
    programme = rogue.stage.identities[grant.programme]
    true = honest.read(rogue, grant, found.items)
    assert true.faults == ()
    item = next(each for each in found.items if each["agency"] == AGENCY)
    said, opened = _opened(rogue, item, grant.programme)
    lie = replace(
        said, answers=tuple(Answered(a.question, a.params, "unknown") for a in said.answers)
    )
    origin, root = rogue.broker.keys.sender.origin, rogue.broker.keys.root
    sealed = rogue.broker.agencies.routes()[AGENCY].keys
    for statement in (
        vouch(STRANGER.public.thumbprint, "sign", owner=AGENCY, root=root, at=rogue.at),
        vouch(STRANGER.public.thumbprint, "sign", owner=origin, root=root, at=rogue.at),
        sealed.sign_statement,
    ):
        forged = seal_message(
            lie.to_members(),
            replace(opened, jti=base64url.encode(os.urandom(16))),
            kind="answer",
            recipient=programme.answer.public,
            signer=STRANGER,
            statement=statement,
            randomness=os.urandom,
        )
        items = [
            {**each, "answer": forged.members()} if each["agency"] == AGENCY else each
            for each in found.items
        ]
        reading = honest.read(rogue, grant, items)
        assert [(fault.agency, fault.reason) for fault in reading.faults] == [
            (AGENCY, "answer_not_genuine")
        ]
        assert not [key for key in reading.answers if key[0] == AGENCY]


def test_a_swapped_agency_key(rogue: Rogue, victim: Victim) -> None:
    """Would work where gateways' keys are learnt without the root of the paper agreement.

    The broker puts itself between: it tells itself, or a programme, another signing key.
    """
    from broker.agencies import AgencyError, _parse_keys

    routes = rogue.broker.agencies.routes()
    told = rogue.stage.http.get(f"{routes[AGENCY].url}/v1/keys").json()
    good = _parse_keys(told, agency=AGENCY, root=routes[AGENCY].root, at=rogue.at)
    assert good.sign.thumbprint == routes[AGENCY].keys.sign.thumbprint
    own = {
        "seal": (BROKERS_OWN.public.jwk(), BROKERS_OWN.thumbprint),
        "sign": (STRANGER.public.jwk(), STRANGER.public.thumbprint),
    }
    for use, (jwk, thumbprint) in own.items():
        keys = [
            {
                **key,
                "jwk": jwk,
                "statement": vouch(
                    thumbprint, use, owner=AGENCY, root=rogue.broker.keys.root, at=rogue.at
                ),
            }
            if key["use"] == use
            else key
            for key in told["keys"]
        ]
        with pytest.raises(AgencyError):
            _parse_keys(
                {**told, "keys": keys}, agency=AGENCY, root=routes[AGENCY].root, at=rogue.at
            )


def test_the_answer_about_another_person(rogue: Rogue, victim: Victim) -> None:
    """Would work where a genuine answer is enough: the rich neighbour's, handed out as hers."""
    other = rogue.victim(himbara=None)
    hers, his = honest.consent(rogue, victim), honest.consent(rogue, other)
    mine, theirs = honest.ask(rogue, hers), honest.ask(rogue, his)
    swapped = [
        next(each for each in theirs.items if each["agency"] == AGENCY)
        if item["agency"] == AGENCY
        else item
        for item in mine.items
    ]
    reading = honest.read(rogue, hers, swapped)
    assert [fault.agency for fault in reading.faults] == [AGENCY]
    assert reading.faults[0].reason in {"answer_of_another", "answer_not_genuine"}


def test_the_answer_to_an_earlier_request(rogue: Rogue, victim: Victim) -> None:
    """Would work where last month's answer serves again: the person's lot may have changed."""
    grant = honest.consent(rogue, victim)
    found = honest.ask(rogue, grant)
    again = honest.read(rogue, grant, found.items, request_id="another-request-01234")
    assert {fault.reason for fault in again.faults} == {"answer_of_another"}
    assert again.answers == {}


def test_one_agency_s_answer_for_another_s(rogue: Rogue, victim: Victim) -> None:
    """Would work where an answer does not say whose it is."""
    grant = honest.consent(rogue, victim)
    found = honest.ask(rogue, grant)
    by_agency = {item["agency"]: item for item in found.items}
    first, second = "polri", AGENCY
    items = [
        {**item, "answer": by_agency[second]["answer"]} if item["agency"] == first else item
        for item in found.items
    ]
    reading = honest.read(rogue, grant, items)
    assert (first, "answer_not_genuine") in {(f.agency, f.reason) for f in reading.faults}


def _opened(rogue: Rogue, item: Mapping[str, Any], programme: str) -> tuple[Any, Cb]:
    parse_message(item["answer"])
    said, opened = rogue.opened({"message": item["answer"]}, programme)
    return said, opened.cb


def _programme_root(rogue: Rogue) -> SigningKey:
    """Return the root key of `pkh`, which no broker has."""
    from broker.db import open_engine
    from broker.programme.settings import load_files
    from keys.keyring import Keyring
    from keys.providers.file import FileKek

    files = load_files(rogue.stage.home / "portal")
    engine = open_engine(files.database_url)
    try:
        kek = FileKek.open(files.kek_path)
        return Keyring(engine, kek, owner="pkh", clock=rogue.stage.clock).signing("root")
    finally:
        engine.dispose()
