"""What becomes of a grant stands in its later receipts, and in its signed status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from audit.canonical import encode
from consent.errors import DigitalReceiptError
from consent.grant_rows import GrantRows
from consent.receipts import Receipts
from consent.status_check import STATUS_TYP, CheckedStatus, check_status
from keys import base64url
from keys.jws import sign_compact
from tests.consent.digital import (
    OTHER_KEY,
    changed,
    check,
    consent,
    issued,
    members,
    receipts_of,
    step,
)
from tests.consent.oauth_fixtures import ALL_YES, DETAILS, Site, site
from tests.consent.world import World

__all__ = ["site"]

Ending = Callable[[World, str, str], object]


def withdraw(world: World, grant_id: str, person_id: str) -> object:
    return world.grants.withdraw(grant_id, person_id)


def expire(world: World, _grant_id: str, _person_id: str) -> object:
    world.clock.forward(days=120)
    return world.grants.expire_due()


def let_lapse(world: World, _grant_id: str, _person_id: str) -> object:
    """The last day is over, and nobody has written that down yet."""
    return world.clock.forward(days=120)


def take_the_place(world: World, grant_id: str, person_id: str) -> object:
    world.trace_keys.replace(person_id)
    return grant_id


ENDINGS: list[tuple[Ending, str]] = [
    (withdraw, "withdrawn"),
    (expire, "expired"),
    (let_lapse, "expired"),
    (take_the_place, "replaced"),
]


@pytest.fixture
def receipts(world: World) -> Receipts:
    return receipts_of(world)


def status_of(receipts: Receipts, text: str) -> str:
    found = receipts.status(members(text)["dct:identifier"])
    assert found is not None
    return found


def checked_status(world: World, text: str, status: str) -> CheckedStatus:
    return check_status(status, check(world, text), world.verifier)


def test_a_live_grant_s_status_is_signed_and_dated(
    world: World, person_id: str, receipts: Receipts
) -> None:
    text = issued(world, consent(world, person_id))
    world.clock.forward(hours=2)
    said = checked_status(world, text, status_of(receipts, text))
    assert ("live", "2026-11-24T14:00:30Z", 1) == (said.state, said.at, said.size)


@pytest.mark.parametrize(("ending", "state"), ENDINGS)
def test_an_ended_grant_s_old_receipt_has_a_status_that_proves_the_end(
    world: World, person_id: str, receipts: Receipts, ending: Ending, state: str
) -> None:
    record = consent(world, person_id)
    text = issued(world, record)
    ending(world, record.grant_id, person_id)
    assert "live" == check(world, text).state
    assert state == checked_status(world, text, status_of(receipts, text)).state


@pytest.mark.parametrize(("ending", "state"), ENDINGS)
def test_a_receipt_that_is_made_later_tells_the_end_with_its_proof(
    world: World, person_id: str, ending: Ending, state: str
) -> None:
    record = consent(world, person_id)
    reference = members(issued(world, record))["dct:identifier"]
    ending(world, record.grant_id, person_id)
    found = GrantRows(world.engine).find_given(record.g)
    assert found is not None
    text = issued(world, found)
    assert state == check(world, text).state
    assert reference == members(text)["dct:identifier"]


def test_a_withdrawal_that_the_database_missed_counts(
    world: World, person_id: str, receipts: Receipts
) -> None:
    """The log leads, as everywhere."""
    record = consent(world, person_id)
    text = issued(world, record)
    world.grants.withdraw(record.grant_id, person_id)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE grant_record SET state = 'live', withdrawn_at = NULL")
    assert "withdrawn" == checked_status(world, text, status_of(receipts, text)).state


def test_hiding_or_exchanging_the_end_is_noticed(world: World, person_id: str) -> None:
    other = consent(world, person_id)
    record = consent(world, person_id)
    for each in (other, record):
        world.grants.withdraw(each.grant_id, person_id)
    mine, others = (
        issued(world, found)
        for each in (record, other)
        if (found := world.grants.find(each.grant_id)) is not None
    )
    end = members(others)["izin:ended"]
    changes: list[Callable[[Any], object]] = [
        lambda d: d["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"].pop(),
        lambda d: d.pop("izin:ended"),
        lambda d: d.update({"izin:ended": end}),
        lambda d: d.update({"izin:ended": d["izin:given"]}),
        lambda d: d["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"][1].update(
            {"@type": ["dpv:ConsentExpired"]}
        ),
        lambda d: d["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"][1].update(
            {"dpv:isIndicatedAtTime": "2026-11-24T13:00:00Z"}
        ),
    ]
    assert ["ended"] * len(changes) == [
        step(world, changed(mine, change, world.consent_key)) for change in changes
    ]


def test_a_status_that_lies_is_noticed(world: World, person_id: str, receipts: Receipts) -> None:
    other = consent(world, person_id)
    record = consent(world, person_id)
    others, mine = issued(world, other), issued(world, record)
    live = status_of(receipts, mine)
    for each in (other, record):
        world.grants.withdraw(each.grant_id, person_id)
    ended, another = (status_of(receipts, each) for each in (mine, others))
    assert "withdrawn" == checked_status(world, mine, ended).state
    said, theirs = members(ended), members(another)
    lies: list[dict[str, object]] = [
        {**said, "state": "live"},
        {**said, "state": "expired"},
        {**said, "receipt": theirs["receipt"]},
        {**said, "grant": theirs["grant"]},
        {**said, "entry": theirs["entry"], "proof": theirs["proof"]},
        {**said, "proof": theirs["proof"]},
        {**said, "at": "2026-11-24T11:00:00Z"},
        {**said, "valid_until": "2030-01-01"},
        {**said, "more": 1},
        {**members(live), "state": "withdrawn"},
        {**members(live), "checkpoint": "nothing\n"},
    ]
    texts = [sign_compact(encode(lie), world.consent_key, typ=STATUS_TYP) for lie in lies]
    texts += [another, sign_compact(encode(said), OTHER_KEY, typ=STATUS_TYP), mine, "", "a.b.c"]
    for number, lie in enumerate(texts):
        with pytest.raises(DigitalReceiptError):
            pytest.fail(f"lie {number}: {checked_status(world, mine, lie)}")


def test_an_unknown_reference_costs_what_a_known_one_does(
    world: World, person_id: str, receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: statements asked, marks looked for, texts signed."""
    text = issued(world, consent(world, person_id))
    work: list[str] = []
    event.listen(
        world.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: work.append(statement),
    )
    key = world.consent_key
    counted = replace(receipts, key=_Counting(key, work))  # type: ignore[arg-type]
    assert counted.status(members(text)["dct:identifier"]) is not None
    known, work[:] = list(work), []
    assert counted.status(base64url.encode(bytes(16))) is None
    assert known == work
    assert "signed" in work


class _Counting:
    """A signing key that notes each use."""

    def __init__(self, key: Any, work: list[str]) -> None:
        self.public = key.public
        self._key, self._work = key, work

    def sign(self, message: bytes) -> bytes:
        self._work.append("signed")
        return bytes(self._key.sign(message))


def test_a_grant_that_a_changed_request_replaced_says_so(site: Site) -> None:
    """Narrowed by the programme's own wish, with her answer: a withdrawal and a new grant."""
    programme = site.programme()
    code, browser = site.code(programme)
    text = browser.get("/grants/1/receipt.jws").text
    grant_id = programme.redeem(code).get_json()["grant_id"]
    narrower = [{**DETAILS[0], "questions": DETAILS[0]["questions"][:1]}]
    pushed = programme.push(narrower, grant_management_action="replace", grant_id=grant_id)
    browser.ask(pushed.get_json()["request_uri"])
    browser.answer({"item-0": "yes"})
    status = status_of(site.deps.receipts, text)
    assert "replaced" == checked_status(site.world, text, status).state
    new = browser.get("/grants/2/receipt.jws").text
    assert "live" == check(site.world, new).state


def test_the_page_offers_the_receipt_as_a_file(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    browser.answer(ALL_YES)
    assert 'href="/grants/1/receipt.jws"' in browser.get("/grants/1").text
    response = browser.get("/grants/1/receipt.jws")
    assert "application/jose" == response.mimetype
    assert 'attachment; filename="izin-1.jws"' == response.headers["Content-Disposition"]
    assert "no-store" in response.headers["Cache-Control"]
    assert "live" == check(site.world, response.text).state
    assert 404 == browser.get("/grants/2/receipt.jws").status_code
    stranger = site.browser().get("/grants/1/receipt.jws")
    assert (303, "application/jose") != (stranger.status_code, stranger.mimetype)
    assert "/login" in stranger.headers["Location"]
