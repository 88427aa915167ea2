"""P6: trying every number of a district against everything that the log holds finds nobody.

A NIK has so few possible values (district, birthday, serial) that any value made of one without a
secret is as good as the number itself: the attacker makes it for all of them and looks which
occurs. He knows every formula of docs/verify.md, and whom he looks for lived through the log.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from audit import trace
from audit.canonical import encode
from audit.entry import parse_entry
from broker.demo.population import InventedPerson
from broker.demo.prepare import Prepared
from broker.problems import Problem
from consent.parts import person_binding
from keys.pseudonym import subject
from tests.world import World, copy_world

CANDIDATES = 20_000

Guess = Callable[[bytes], bytes]

LABELS = (b"", b"izin/v1/", b"izin/v1/nik/", b"izin/v1/tag/", b"izin/v1/given/", b"izin.demo")
BARE: dict[str, Guess] = {
    "md5": lambda nik: hashlib.md5(nik).digest(),
    "sha1": lambda nik: hashlib.sha1(nik).digest(),
    "sha256": lambda nik: hashlib.sha256(nik).digest(),
    "sha256 of the leaf": lambda nik: hashlib.sha256(b"\0" + nik).digest(),
    "sha256 twice": lambda nik: hashlib.sha256(hashlib.sha256(nik).digest()).digest(),
    "sha512": lambda nik: hashlib.sha512(nik).digest(),
    "blake2b": lambda nik: hashlib.blake2b(nik, digest_size=32).digest(),
}


@pytest.fixture(scope="module")
def lived(
    template: tuple[Path, Prepared, list[InventedPerson]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Return a world in which people consented, were asked about, withdrew and were refused."""
    home, prepared, made = template
    world = copy_world(home, tmp_path_factory.mktemp("lived") / "world", prepared, made)
    for person in world.people[:6]:
        grant = world.consent(person, without=person.declined)
        world.ask(grant, request_id=f"request-{grant.grant_id}")
        if person.kind == "withdraws":
            world.broker.grants.withdraw(grant.grant_id, grant.person_id)
            with pytest.raises(Problem):
                world.ask(grant, request_id="after-she-withdrew-01")
    yield world
    world.close()


def _candidates(people: list[InventedPerson]) -> Iterator[bytes]:
    """Yield numbers of the district, the true ones among them, as an attacker lists them."""
    for person in people:
        yield person.nik.encode()
    # The first serials of each of her possible birthdays: how numbers are really guessed.
    made = (
        f"351099{day:02d}{month:02d}{year:02d}{serial:04d}".encode()
        for serial, year, month, day in itertools.product(
            range(1, 7), range(58, 68), range(1, 13), (*range(1, 29), *range(41, 69))
        )
    )
    yield from itertools.islice(made, CANDIDATES - len(people))


def _values(world: World) -> set[bytes]:
    """Return every binary value of every entry in the broker's and the gateways' logs."""
    logs = [world.broker.log, *(gateway.log for gateway in world.gateways.values())]
    found: set[bytes] = set()
    for log in logs:
        for index in range(log.size):
            for value in parse_entry(log.entry(index)).members.values():
                found.update(_binary(value))
    return found


def _binary(value: object) -> Iterator[bytes]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and len(each) in (32, 64):
            yield bytes.fromhex(each)[:16]


def test_the_log_holds_values_to_be_tried(lived: World) -> None:
    """Without values the attacks below would pass on an empty log."""
    assert len(_values(lived)) > 100


@pytest.mark.parametrize("name", BARE)
def test_no_bare_hash_of_a_number_is_in_any_log(lived: World, name: str) -> None:
    """Would succeed against an entry that names a person by the hash of her number."""
    values, guess = _values(lived), BARE[name]
    for nik in _candidates(lived.people):
        for label in LABELS:
            assert guess(label + nik)[:16] not in values
            assert guess(nik + label)[:16] not in values


def test_no_hash_of_number_and_public_members_is_in_any_log(lived: World) -> None:
    """Would succeed against a salt that stands beside it: a day, a programme, another member."""
    values = _values(lived)
    days = (lived.clock().date().isoformat(), f"{lived.clock():%Y-%m-%dT%H:00:00Z}")
    texts = [text.encode() for text in (*days, "pkh", "bpnt", "eligibility", "polri", "izin.demo")]
    beside = sorted(values)[:20]
    for nik in _candidates(lived.people[:6]):
        for salt in (*texts, *beside):
            assert hashlib.sha256(salt + nik).digest()[:16] not in values
            assert hashlib.sha256(nik + salt).digest()[:16] not in values


def test_no_tag_is_made_of_what_an_attacker_can_know(lived: World) -> None:
    """Would succeed against tags under the number, or under a key made of it."""
    values = _values(lived)
    day = lived.clock().date()
    for nik in _candidates(lived.people[:6]):
        key = hashlib.sha256(nik).digest()
        for made in _tags(key, day):
            assert made not in values
        assert hmac.digest(nik, day.isoformat().encode() + b"/0", "sha256")[:16] not in values


def test_no_commitment_of_a_grant_is_made_of_the_number(lived: World) -> None:
    """Would succeed where `g`, `w` or the digest start from the person instead of her secret."""
    values = _values(lived)
    for nik in _candidates(lived.people[:6]):
        key = hashlib.sha256(nik).digest()
        for n in range(2):
            gid = trace.gid(key, n)
            for made in (
                trace.given_commitment(gid),
                trace.withdrawn_commitment(gid),
                person_binding(gid, nik.decode()).encode(),
                hashlib.sha256(encode({"nik": nik.decode(), "n": n})).digest(),
            ):
                assert made[:16] not in values


def test_no_pseudonym_falls_to_a_list_of_numbers(lived: World) -> None:
    """Would succeed against a pseudonym that is the number under the programme's name."""
    grants = lived.broker.grants
    # The programmes know the pseudonyms, so an attacker may as well.
    person_id = lived.person_id(lived.person("eligible"))
    subjects = {record.subject for record in grants.of_person(person_id)}
    assert subjects
    for nik in _candidates(lived.people[:6]):
        key = hashlib.sha256(nik).digest()
        for programme in ("pkh", "bpnt"):
            assert subject(key, programme) not in subjects


def _tags(key: bytes, day: date) -> Iterator[bytes]:
    """Yield the first tags of a key that somebody made of a number."""
    for agency in (trace.IZIN, "polri"):
        share = trace.share(key, agency)
        for k in range(2):
            yield trace.tag(share, day, k)
