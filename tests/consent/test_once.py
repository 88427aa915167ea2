"""What OAuth and login remember: used once, by whoever comes first, and kept as a hash."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlmodel import Session, select

from consent.clients import Client, Clients
from consent.codes import Code, Codes
from consent.pushed import URI_PREFIX, PushedRequest, PushedRequests
from consent.replay import Replays
from consent.sessions import LIFE_SECONDS, Sessions
from consent.store import AuthorizationCodeRow, PushedRequestRow, ReplayRow, WebSessionRow
from policies.words import Words
from tests.consent.world import CLIENT, NOTICE, REQUEST, World, counted_random

NOW = 1_800_000_000
PUSHED = PushedRequest(CLIENT, {"state": "x", "authorization_details": []}, None, NOW + 60)


# Replays


def test_only_the_first_use_is_one(world: World) -> None:
    replays = Replays(world.engine)

    assert replays.first_use("dpop", "a", NOW)
    assert not replays.first_use("dpop", "a", NOW + 999)
    assert replays.first_use("assertion", "a", NOW)
    assert replays.first_use("dpop", "b", NOW)


def test_kind_and_id_do_not_run_together(world: World) -> None:
    replays = Replays(world.engine)

    assert replays.first_use("a", "b:c", NOW)
    assert replays.first_use("a:b", "c", NOW)


def test_a_use_survives_a_restart(world: World) -> None:
    assert Replays(world.engine).first_use("dpop", "a", NOW)
    restarted = world.restart()

    assert not Replays(restarted.engine).first_use("dpop", "a", NOW)
    restarted.close()


def test_of_many_threads_one_is_first(world: World) -> None:
    replays = Replays(world.engine)
    with ThreadPoolExecutor(16) as pool:
        firsts = list(pool.map(lambda _: replays.first_use("dpop", "a", NOW), range(64)))

    assert sum(firsts) == 1


def test_only_what_is_too_old_is_forgotten(world: World) -> None:
    replays = Replays(world.engine)
    replays.first_use("dpop", "old", NOW - 1)
    replays.first_use("dpop", "new", NOW)

    assert replays.forget(at=NOW) == 1
    assert not replays.first_use("dpop", "new", NOW)


def test_ids_are_kept_as_hashes(world: World) -> None:
    Replays(world.engine).first_use("dpop", "an-id-of-somebody", NOW)
    with Session(world.engine) as session:
        assert len(session.exec(select(ReplayRow)).one().what) == 32


# Pushed requests


def pushed(world: World) -> PushedRequests:
    return PushedRequests(world.engine, random=counted_random(9_000))


def test_a_pushed_request_is_used_once_and_seen_often(world: World) -> None:
    requests = pushed(world)
    uri = requests.push(PUSHED)

    assert uri.startswith(URI_PREFIX)
    assert requests.peek(uri, CLIENT, at=NOW) == PUSHED
    assert requests.peek(uri, CLIENT, at=NOW) == PUSHED
    assert requests.use(uri, CLIENT, at=NOW) == PUSHED
    assert requests.use(uri, CLIENT, at=NOW) is None
    assert requests.peek(uri, CLIENT, at=NOW) is None


def test_another_client_or_time_does_not_get_it(world: World) -> None:
    requests = pushed(world)
    uri = requests.push(PUSHED)

    for taker in (requests.peek, requests.use):
        assert taker(uri, "another", at=NOW) is None
        assert taker(uri, CLIENT, at=NOW + 60) is None
        assert taker(uri + "x", CLIENT, at=NOW) is None
    assert requests.use(uri, CLIENT, at=NOW + 59) == PUSHED


@pytest.mark.parametrize("impossible", ["\x00", "a\x00", "\ud800"])
def test_a_client_that_no_database_can_hold_is_unknown(world: World, impossible: str) -> None:
    requests = pushed(world)
    uri = requests.push(PUSHED)

    assert Clients(world.engine).find(impossible) is None
    assert requests.peek(uri, impossible, at=NOW) is None
    assert requests.peek(impossible, CLIENT, at=NOW) is None


def test_of_many_authorizations_at_once_one_gets_it(world: World) -> None:
    requests = pushed(world)
    uri = requests.push(PUSHED)
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: requests.use(uri, CLIENT, at=NOW), range(32)))

    assert sum(each is not None for each in got) == 1


def test_the_dpop_key_of_a_push_is_remembered(world: World) -> None:
    requests = pushed(world)
    bound = replace(PUSHED, dpop_jkt="j" * 43)

    assert requests.peek(requests.push(bound), CLIENT, at=NOW) == bound


def test_expired_requests_are_forgotten(world: World) -> None:
    requests = pushed(world)
    requests.push(PUSHED)

    assert requests.forget(at=NOW) == 0
    assert requests.forget(at=NOW + 60) == 1


# Codes


def consume(codes: Codes, world: World, text: str, client_id: str, *, at: int) -> Code | None:
    with world.engine.begin() as connection:
        return codes.consume(connection, text, client_id, at=at)


def code_of(world: World) -> Code:
    person_id = world.enrol()
    record = world.grants.give(person_id, CLIENT, REQUEST, [0], NOTICE)
    return Code(CLIENT, {"redirect_uri": "x"}, record.grant_id, person_id, "c" * 43, NOW + 60)


def test_a_code_is_used_once_and_its_second_use_is_noticed(world: World) -> None:
    code = code_of(world)
    codes = Codes(world.engine, random=counted_random(9_000))
    text = codes.issue(code)

    assert consume(codes, world, text, CLIENT, at=NOW) == code
    second = consume(codes, world, text, CLIENT, at=NOW + 1000)
    assert second == replace(code, second_use=True)


def test_an_expired_code_is_worth_nothing(world: World) -> None:
    codes = Codes(world.engine, random=counted_random(9_000))
    text = codes.issue(code_of(world))

    assert consume(codes, world, text, CLIENT, at=NOW + 60) is None


def test_another_clients_code_is_unknown_and_stays_whole(world: World) -> None:
    code = code_of(world)
    codes = Codes(world.engine, random=counted_random(9_000))
    text = codes.issue(code)

    assert consume(codes, world, text, "another", at=NOW) is None
    assert consume(codes, world, "x" + text, CLIENT, at=NOW) is None
    assert consume(codes, world, text, CLIENT, at=NOW) == code


def test_of_many_uses_at_once_one_is_the_first(world: World) -> None:
    codes = Codes(world.engine, random=counted_random(9_000))
    text = codes.issue(code_of(world))
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: consume(codes, world, text, CLIENT, at=NOW), range(32)))

    assert sum(each is not None and not each.second_use for each in got) == 1


def test_codes_are_remembered_for_an_hour(world: World) -> None:
    codes = Codes(world.engine, random=counted_random(9_000))
    codes.issue(code_of(world))

    assert codes.forget(at=NOW + 60) == 0
    assert codes.forget(at=NOW + 3_660) == 1


# Sessions


def test_a_session_is_found_by_its_cookie_until_it_ends(world: World) -> None:
    sessions = Sessions(world.engine, random=counted_random(9_000))
    cookie = sessions.start({"person": "id"}, at=NOW)

    assert sessions.find(cookie, at=NOW) == {"person": "id"}
    assert sessions.find(cookie + "x", at=NOW) is None
    assert sessions.find(cookie, at=NOW + LIFE_SECONDS) is None
    sessions.end(cookie)
    assert sessions.find(cookie, at=NOW) is None


def test_a_change_lengthens_a_session_but_wakes_no_ended_one(world: World) -> None:
    sessions = Sessions(world.engine, random=counted_random(9_000))
    cookie = sessions.start({}, at=NOW)

    assert sessions.change(cookie, {"step": 2}, at=NOW + 100)
    assert sessions.find(cookie, at=NOW + LIFE_SECONDS) == {"step": 2}
    assert not sessions.change(cookie, {}, at=NOW + 100 + LIFE_SECONDS)
    assert sessions.forget(at=NOW + 100 + LIFE_SECONDS) == 1


# What a copy of the database gives away


def test_no_secret_is_kept_as_itself(world: World) -> None:
    code = code_of(world)
    uri = pushed(world).push(PUSHED)
    text = Codes(world.engine, random=counted_random(9_100)).issue(code)
    cookie = Sessions(world.engine, random=counted_random(9_200)).start({}, at=NOW)
    with Session(world.engine) as session:
        rows = [
            session.exec(select(row)).one().model_dump()
            for row in (PushedRequestRow, AuthorizationCodeRow, WebSessionRow)
        ]

    for secret in (uri, uri.removeprefix(URI_PREFIX), text, cookie):
        assert secret not in repr(rows)


# Clients


def test_a_client_is_found_as_put_and_replaced(world: World) -> None:
    clients = Clients(world.engine)
    client = Client("a", "pkh", {"keys": [{"kty": "EC"}]}, ("https://a.example",), Words("A", "B"))
    clients.put(client)
    assert clients.find("a") == client

    changed = replace(client, redirect_uris=("https://b.example",))
    clients.put(changed)
    assert clients.list() == (changed,)
    assert clients.find("b") is None


def test_a_change_by_another_process_counts_after_two_seconds(world: World) -> None:
    seconds = [0.0]
    clients, elsewhere = Clients(world.engine, clock=lambda: seconds[0]), Clients(world.engine)
    client = Client("a", "pkh", {"keys": []}, ("https://a.example",), Words("A", "B"))
    elsewhere.put(client)
    assert clients.find("a") == client
    changed = replace(client, redirect_uris=())
    elsewhere.put(changed)

    assert clients.find("a") == client
    seconds[0] = 2.0
    assert clients.find("a") == changed
