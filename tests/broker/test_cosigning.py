"""The broker's log has a second key, made with the home or when an older home is opened."""

from __future__ import annotations

from sqlmodel import Session, col, delete

from audit.note import open_note, parse_vkey
from broker.app import web_app
from keys.store import KeyRow
from tests.world import World


def signers(world: World) -> list[bool]:
    """Return for each signature of the served checkpoint whether it names its time."""
    client = web_app(world.broker).test_client()
    keys = [parse_vkey(line) for line in client.get("/log/vkeys").text.split()]
    opened = open_note(client.get("/log/checkpoint").text, keys)
    assert {world.broker.log.origin} == set(opened.names)
    return [signature.at is not None for signature in opened.signatures]


def test_the_broker_serves_both_signatures(world: World) -> None:
    assert [False, True] == signers(world)


def test_a_home_from_before_gets_its_key_at_the_next_start(world: World) -> None:
    cosigning = world.broker.cosigning
    assert cosigning is not None
    before = cosigning.vkey
    with Session(world.broker.engine) as session:
        session.exec(delete(KeyRow).where(col(KeyRow.use) == "cosign"))
        session.commit()
    world.restart()
    assert [False, True] == signers(world)
    made = world.broker.cosigning
    assert made is not None
    assert before != made.vkey


def test_the_key_stays_the_same(world: World) -> None:
    assert world.broker.cosigning is not None
    before = world.broker.cosigning.vkey
    world.restart()
    assert before == world.broker.cosigning.vkey
