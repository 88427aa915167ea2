"""P11, refusals are recorded too: attempts that failed, in the log, for her and for nobody else.

The attacker tries to leave no trace of having tried: at the broker, at the gateway, in a flood.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import Any

import pytest

from audit.entry import Entry, parse_entry
from audit.trace import TAGS_A_DAY, find, share, tag
from broker.admission import record_refusals
from broker.gateway.flood import SINGLE_ENTRIES
from broker.outcomes import RefusedAccess
from broker.problems import Problem
from broker.refusals import SINGLE_ENTRIES as AT_THE_BROKER
from policies.ask import Item
from tests.attacks import honest
from tests.attacks.rogue import AGENCY, HAS_ACCOUNT, Rogue, Victim, above, is_answered, reason
from tests.attacks.stages import IZIN, ROOT, Demo, WorldStage


def _hers(rogue: Rogue, victim: Victim) -> list[Entry]:
    """Return what her trace key finds in the broker's log."""
    entries = [rogue.log.entry(index) for index in range(rogue.log.size)]
    agencies = tuple(rogue.broker.policy.catalogue.agencies)
    return [one.entry for one in find(entries, victim.trace_key, agencies)]


def _reasons(rogue: Rogue, victim: Victim) -> Counter[str]:
    found = [entry for entry in _hers(rogue, victim) if entry.kind == "access.refused"]
    return Counter(str(name) for entry in found for name in entry.members["reasons"])  # type: ignore[union-attr]


def _entry_at(rogue: Rogue, index: int) -> Entry:
    """Return an entry of the gateway's own log, read over its public tiles."""
    url = f"{rogue.stage.gateways[AGENCY]}/log"
    text = rogue.stage.http.get(f"{url}/checkpoint").text
    size = int(text.split("\n")[1])
    bundle, offset = divmod(index, 256)
    width = min(256, size - bundle * 256)
    name = f"{bundle:03d}" if width == 256 else f"{bundle:03d}.p/{width}"
    raw = rogue.stage.http.get(f"{url}/tile/entries/{name}").content
    for _ in range(offset):
        raw = raw[2 + int.from_bytes(raw[:2], "big") :]
    return parse_entry(raw[2 : 2 + int.from_bytes(raw[:2], "big")])


def test_a_question_after_the_withdrawal(rogue: Rogue, victim: Victim) -> None:
    """Would work where a refusal is only an HTTP status: nobody would know that they tried."""
    grant = honest.consent(rogue, victim)
    rogue.broker.grants.withdraw(grant.grant_id, victim.known.id)
    with pytest.raises(Problem):
        honest.ask(rogue, grant)
    assert _reasons(rogue, victim)["grant_live"] == len(grant.agencies())


def test_a_question_that_she_declined(rogue: Rogue, victim: Victim) -> None:
    """Would work where only whole requests are refused and recorded."""
    grant = honest.consent(rogue, victim, without=[(AGENCY, "balance_above")])
    declined = next(item for item in grant.declined if item.agency == AGENCY)
    with pytest.raises(Problem):
        honest.ask(rogue, grant, questions=[declined])
    assert sum(_reasons(rogue, victim).values()) >= 1


def test_the_refused_half_of_a_request(rogue: Rogue, victim: Victim) -> None:
    """Would work where a partly permitted request hides what was refused of it."""
    grant = honest.consent(rogue, victim, without=[(AGENCY, "balance_above")])
    declined = next(item for item in grant.declined if item.agency == AGENCY)
    allowed = next(item for item in grant.granted if item.agency != AGENCY)
    found = honest.ask(rogue, grant, questions=[declined, allowed])
    assert {item["status"] for item in found.items} == {"answered", "refused"}
    assert sum(_reasons(rogue, victim).values()) >= 1


def test_another_client_s_token_for_her_grant(rogue: Rogue, victim: Victim) -> None:
    """Would work where only the token's owner hears of it: she must see who reached for her."""
    hers = honest.consent(rogue, victim)
    other = honest.consent(rogue, rogue.victim())
    with pytest.raises(Problem):
        honest.ask(rogue, hers, bearer=honest.token(rogue, other))
    assert _reasons(rogue, victim)["grant_of_another_token"] == 1


def test_a_grant_that_is_nobody_s(rogue: Rogue, victim: Victim) -> None:
    """Would work where guessing grant ids costs nothing and leaves nothing."""
    hers = honest.consent(rogue, victim)
    before = rogue.log.size
    with pytest.raises(Problem):
        honest.ask(rogue, hers, grant_id="A" * 21 + "Q", request_id="guessing-0123456789")
    kinds = [parse_entry(rogue.log.entry(index)).kind for index in range(before, rogue.log.size)]
    assert "access.refused" in kinds
    assert _reasons(rogue, victim)["grant_live"] == 0


def test_a_refusal_of_the_gateway(rogue: Rogue, victim: Victim) -> None:
    """Would work where the gateway tells only the broker: the broker would forget it.

    The entry is in the gateway's own log, under a tag that her key finds.
    """
    held = rogue.give(victim, [HAS_ACCOUNT])
    told = rogue.ask(held, [above(5_000_000)])
    assert reason(told) == "question_not_granted"
    entry = _entry_at(rogue, told["problem"]["entry"])
    assert entry.kind == "access.refused"
    assert entry.members["reasons"] == ["question_not_granted"]
    own = share(victim.trace_key, AGENCY)
    tags = {tag(own, rogue.today, k).hex() for k in range(TAGS_A_DAY)}
    assert entry.members["tag"] in tags


def test_a_phantom_key_shows_where_she_looks_at_the_agency(rogue: Rogue, victim: Victim) -> None:
    """Would work where a refused attempt is tagged with the attacker's key and kept nowhere else.

    `izin gateway about` lists it by her NIK, at the agency, without the broker.
    """
    import os

    assert is_answered(rogue.ask(rogue.give(victim)))
    hidden = rogue.give(victim, trace_key=os.urandom(32))
    assert reason(rogue.ask(hidden)) == "trace_changed"
    config = rogue.stage.home / "agencies" / AGENCY / "gateway.toml"
    told = subprocess.run(
        [*IZIN, "gateway", "about", "--config", str(config)],
        cwd=ROOT,
        input=victim.nik,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "trace_changed" in told.stdout
    assert victim.nik not in told.stdout + told.stderr


def test_garbage_is_recorded_about_nobody(rogue: Rogue) -> None:
    """Would work where what cannot be read is dropped: probing would go unseen."""
    url = f"{rogue.stage.gateways[AGENCY]}/v1/questions"
    body: dict[str, Any] = {"v": 1, "messages": [{"jwe": {}, "receipt": "x"}]}
    told = rogue.stage.http.post(url, json=body).json()["answers"][0]
    assert reason(told) == "unreadable"
    if "entry" in told["problem"]:
        entry = _entry_at(rogue, told["problem"]["entry"])
        assert entry.members["reasons"] == ["unreadable"]
        assert entry.members["programme"] == "unknown"


def test_garbage_by_the_thousand(local: Rogue) -> None:
    """Would work where each refusal is an entry: whoever can reach a gateway could fill its log.

    In process: a minute passes. All are counted; none is lost.
    """
    stage = local.stage
    assert isinstance(stage, WorldStage)
    url = f"{stage.gateways[AGENCY]}/v1/questions"
    body = {"v": 1, "messages": [{"jwe": {}, "receipt": "x"}] * 10}
    log = stage.world.gateways[AGENCY].log
    for _ in range(9):
        stage.http.post(url, json=body)
    assert log.size == SINGLE_ENTRIES
    stage.wait(60)
    stage.http.post(url, json={**body, "messages": body["messages"][:1]})  # type: ignore[index]
    assert parse_entry(log.entry(log.size - 1)).members["count"] == 90 - SINGLE_ENTRIES + 1


def test_an_attempt_hidden_in_a_flood(local: Rogue) -> None:
    """Would work where a flood is cut off: the one attempt that matters comes as the thousandth.

    In process: it takes a minute. Each person still finds an entry with the count about her.
    """
    flooded, hidden = local.victim(), local.victim()
    asking = local.broker.asking

    def refuse(victim: Victim) -> None:
        tried = RefusedAccess(
            person_id=victim.known.id,
            programme="pkh",
            purpose="eligibility",
            agency=AGENCY,
            questions=("has_account",),
            reasons=("grant_live",),
        )
        record_refusals(asking, "perlinsos-pkh", [tried])

    for _ in range(AT_THE_BROKER - 1):
        refuse(local.victim() if False else flooded)
    refuse(flooded)
    for victim in (flooded, hidden, flooded):
        with pytest.raises(Problem):
            refuse(victim)
    asking.refusals.flush()
    counts = [
        entry.members.get("count")
        for entry in _hers(local, hidden)
        if entry.kind == "access.refused"
    ]
    assert counts == [1]
    assert _reasons(local, flooded)["too_many_refusals"] == 1


def test_names_cannot_be_smuggled_into_refusals(rogue: Rogue, victim: Victim) -> None:
    """Would work where a refusal records what was asked as it was asked: a NIK as a question."""
    grant = honest.consent(rogue, victim)
    before = rogue.log.size
    with pytest.raises(Problem) as refused:
        honest.ask(rogue, grant, questions=[Item(AGENCY, victim.nik)])
    assert victim.nik not in str(refused.value) + str(refused.value.members)
    for index in range(before, rogue.log.size):
        assert victim.nik.encode() not in rogue.log.entry(index)


def test_she_sees_it_on_her_own_page(demo: Demo, rogue: Rogue) -> None:
    """The same for somebody without a command line: on Izin's page, after signing in."""
    from broker.demo.browser import Browser

    victim = rogue.victim()
    grant = honest.consent(rogue, victim)
    rogue.broker.grants.withdraw(grant.grant_id, victim.known.id)
    with pytest.raises(Problem):
        honest.ask(rogue, grant)
    browser = Browser()
    page = browser.open(f"{demo.ready['broker']}/trace")
    form = next(form for form in page.forms if form.action.split("?")[0].endswith("/login"))
    page = browser.send(page, form, {"nik": victim.nik, "pin": victim.invented.pin})
    if "/trace" not in page.url:
        page = browser.open(f"{demo.ready['broker']}/trace")
    browser.close()
    assert page.status == 200
    listed = page.text.casefold()
    assert "ditolak" in listed or "refused" in listed
