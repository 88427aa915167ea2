"""Keys of either algorithm, side by side: each message goes by its recipient's registered key."""

from __future__ import annotations

import orjson
import pytest

from broker.db import open_engine
from broker.demo.prepare import register_agencies
from broker.gateway.settings import load_settings
from broker.gateway.setup import SETTINGS_NAME, prepare_gateway
from broker.programme.settings import load_files
from broker.programme.setup import prepare_programme
from keys import base64url
from keys.keyring import Keyring
from keys.profiles import PROFILES
from keys.providers.file import FileKek
from tests.world import World

OTHER = "ECDH-ES"


def _change_agency(world: World, agency: str) -> None:
    """Have an agency's gateway take questions under the other algorithm, as its operator would."""
    path = world.plan.gateway_home(agency) / SETTINGS_NAME
    text = path.read_text("utf-8")
    path.write_text(text.replace("[gateway]\n", f'[gateway]\nsealing = "{OTHER}"\n'), "utf-8")
    before = load_settings(path)
    assert before.sealing == OTHER
    prepare_gateway(path.parent, clock=world.clock)
    prepare_gateway(path.parent, clock=world.clock)  # safe to repeat: no third key


def _change_programme(world: World, programme: str) -> None:
    """Give a programme an answer key of the other algorithm."""
    files = load_files(world.plan.portal_home)
    engine = open_engine(files.database_url)
    kek = FileKek.open(files.kek_path)
    Keyring(engine, kek, owner=programme, clock=world.clock).generate("answer", OTHER)
    engine.dispose()
    client_id = world.identities[programme].client_id
    prepare_programme(world.plan.portal_home, programme, client_id, clock=world.clock)


@pytest.mark.parametrize("programme_too", [False, True])
def test_a_verification_over_keys_of_both_kinds(world: World, programme_too: bool) -> None:
    person = world.person("eligible")
    _change_agency(world, "polri")
    if programme_too:
        _change_programme(world, person.programme)
    world.restart()
    register_agencies(world.broker, world.prepared, world.plan)
    grant = world.consent(person)
    world.network.carried.clear()
    found = world.ask(grant)

    assert found.status == "complete"
    assert world.read(grant, found).faults == ()
    answers = {_algorithm(item["answer"]["jwe"]) for item in found.items}
    assert answers == ({OTHER} if programme_too else {"HPKE-9-KE"})
    asked = {
        url: _algorithm(orjson.loads(sent)["messages"][0]["jwe"])
        for url, sent, _ in world.network.carried
        if url.endswith("/v1/questions")
    }
    polri = f"{world.plan.gateways['polri']}/v1/questions"
    assert asked.pop(polri) == OTHER
    assert set(asked.values()) == {"HPKE-9-KE"}


def _algorithm(jwe: dict[str, str]) -> str:
    header = orjson.loads(base64url.decode(jwe["protected"]))
    assert header["alg"] in PROFILES
    assert ("encrypted_key" in jwe) == (header["alg"] == "HPKE-9-KE")
    return str(header["alg"])
