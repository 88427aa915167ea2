"""A full disk, for database and log at once: refused clearly, nothing lost, usable afterwards."""

from __future__ import annotations

import resource
from typing import Any

import pytest

from audit.entry import parse_entry
from audit.note import parse_vkey
from audit.source import open_source
from audit.verify import verify
from broker.demo.population import InventedPerson
from broker.verification import settle_interrupted
from tests.faults.broken_agency import Altered
from tests.faults.full_disk import no_file_grows
from tests.faults.parties import Caller, assert_problem, assert_silent, entries_after
from tests.world import World


def test_a_full_disk_asks_nobody_and_loses_nothing(
    world: World, caller: Caller, person: InventedPerson, lines: list[str]
) -> None:
    first = caller.ask(questions=caller.granted("pln"))
    before = [world.broker.log.entry(index) for index in range(world.broker.log.size)]
    world.network.carried.clear()
    with no_file_grows():
        response = caller.ask(questions=caller.granted("polri"))
    assert_problem(response, 503, "storage-unavailable")
    assert [] == world.network.carried
    assert_silent(world, person, [response.text, *lines])

    assert before == [world.broker.log.entry(index) for index in range(len(before))]
    again = caller.ask(questions=caller.granted("polri"))
    assert "complete" == again.get_json()["status"]
    path = f"/v1/verifications/{first.get_json()['verification_id']}"
    kept = caller.client.get(path, headers=caller.headers(path, htm="GET"))
    assert first.get_json() == kept.get_json()
    _assert_verifies(world)


def test_a_proof_that_could_not_be_remembered_does_not_count_as_new(caller: Caller) -> None:
    """Fail closed: without the table of proofs a replay could not be told from a first use."""
    headers = caller.headers()
    with no_file_grows():
        assert_problem(caller.ask(headers), 503, "storage-unavailable")


def test_a_disk_that_fills_while_agencies_answer_leaves_an_honest_log(
    world: World, caller: Caller, person: InventedPerson, lines: list[str]
) -> None:
    """The access is in the log; its outcome could not be written; a restart closes it as failed."""
    url = world.plan.gateways["polri"]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(told: Any) -> Any:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, limit[1]))
        return told

    world.network.apps[url] = Altered(world.network.apps[url], fill)
    size = world.broker.log.size
    try:
        response = caller.ask(
            questions=caller.granted("polri"), request_id="request-on-a-full-disk"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert 503 == response.status_code
    assert "answer" not in response.get_json()
    assert ["access.sent"] == [entry.kind for entry in entries_after(world, size)]
    assert_silent(world, person, [response.text, *lines])

    world.restart()
    assert 1 == settle_interrupted(world.broker.asking)
    sent, failed = entries_after(world, size)
    assert ("access.sent", "access.failed") == (sent.kind, failed.kind)
    assert ["interrupted"] == failed.members["reasons"]
    after = Caller(world, caller.grant, caller.key)
    found = after.ask(
        questions=after.granted("polri"), request_id="request-on-a-full-disk"
    ).get_json()
    assert "partial" == found["status"]
    _assert_verifies(world)


def test_a_gateway_on_a_full_disk_answers_nothing_and_goes_on(
    world: World, caller: Caller, lines: list[str], person: InventedPerson
) -> None:
    url = world.plan.gateways["polri"]
    inner = world.network.apps[url]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    class Full(Altered):
        def handle_request(self, request: Any) -> Any:
            resource.setrlimit(resource.RLIMIT_FSIZE, (16, limit[1]))
            try:
                return super().handle_request(request)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    world.network.apps[url] = Full(inner, lambda told: told)
    (item,) = caller.ask(questions=caller.granted("polri")).get_json()["items"]
    assert ("unavailable", "agency_error") == (item["status"], item["reason"])
    assert 0 == world.gateways["polri"].log.size
    assert_silent(world, person, lines)

    world.network.apps[url] = inner
    other = world.consent(next(each for each in world.people if each.programme == "bpnt"))
    again = Caller(world, other)
    (item,) = again.ask(questions=again.granted("polri")).get_json()["items"]
    assert "answered" == item["status"]


def test_pages_and_oauth_say_that_it_is_not_now(
    world: World, caller: Caller, person: InventedPerson, lines: list[str]
) -> None:
    """A person gets a page in plain words, a machine an error of RFC 6749."""
    origin = world.broker.settings.issuer
    with no_file_grows():
        page = caller.client.post("/login", data={"nik": person.nik}, base_url=origin)
        pushed = caller.client.post("/oauth/par", data={"client_id": "x"}, base_url=origin)
    assert page.status_code in {403, 503}
    assert page.content_type.startswith("text/html")
    assert pushed.status_code in {400, 401, 503}
    assert "error" in pushed.get_json()
    assert_silent(world, person, [page.text, pushed.text, *lines])


def test_an_oversized_form_is_an_error_for_a_machine_and_a_page_for_a_person(
    world: World, caller: Caller
) -> None:
    origin = world.broker.settings.issuer
    form = {"client_id": "x" * 70_000}
    for path in ("/oauth/par", "/oauth/token"):
        response = caller.client.post(path, data=form, base_url=origin)
        assert 413 == response.status_code
        assert {"error"} <= response.get_json().keys()
    page = caller.client.post("/login", data={"nik": "1" * 70_000}, base_url=origin)
    assert 413 == page.status_code
    assert page.content_type.startswith("text/html")


@pytest.mark.parametrize("path", ["/oauth/par", "/oauth/token", "/.well-known/nothing"])
def test_a_machine_s_address_never_answers_with_a_page(caller: Caller, path: str) -> None:
    assert "html" not in caller.client.get(path).content_type


def _assert_verifies(world: World) -> None:
    source = open_source(str(world.broker.settings.log_path))
    found = verify(source, parse_vkey(world.prepared.vkey))
    assert world.broker.log.size == found.size
    kinds = [parse_entry(world.broker.log.entry(index)).kind for index in range(found.size)]
    assert kinds.count("access.sent") == kinds.count("access.answered") + kinds.count(
        "access.failed"
    )
