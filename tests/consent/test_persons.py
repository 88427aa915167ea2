"""Enrolment, sign-in and its lock-out, and that nothing tells who is enrolled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session, col, select, update

import keys.pseudonym
from audit.trace import reader_token
from consent.attempts import Attempts
from consent.errors import ConsentError, EnrolmentError, PersonExistsError, UnknownPersonError
from consent.persons import Persons
from consent.store import PersonRow, PinAttemptRow
from tests.consent.world import NAME, NIK, PIN, VILLAGE, World

UNKNOWN = "3510994107909999"
WRONG = "135790"


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by one with each Argon2id hash."""
    calls: list[int] = []
    real = keys.pseudonym.argon2id

    def counted(secret: bytes, salt: bytes, **options: object) -> bytes:
        calls.append(1)
        return real(secret, salt, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(keys.pseudonym, "argon2id", counted)
    return calls


def test_an_enrolled_person_opens_as_she_was_enrolled(world: World, person_id: str) -> None:
    person = world.persons.open(person_id)

    assert (person.id, person.nik, person.name, person.village) == (person_id, NIK, NAME, VILLAGE)
    assert len(person.trace_key) == len(person.person_key) == 32
    assert person.trace_key != person.person_key
    assert world.log.size == 0


def test_a_person_shows_her_id_only(world: World, person_id: str) -> None:
    assert repr(world.persons.open(person_id)) == f"Person(id='{person_id}')"


def test_a_nik_enrols_once(world: World, person_id: str) -> None:
    with pytest.raises(PersonExistsError) as caught:
        world.persons.enrol(NIK, PIN, NAME, VILLAGE)
    assert NIK not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("nik", "pin", "name"),
    [
        ("351099410790000", PIN, NAME),
        ("35109941079000011", PIN, NAME),
        ("351099410790000x", PIN, NAME),
        ("٣٥١٠٩٩٤١٠٧٩٠٠٠٠١", PIN, NAME),
        (NIK + "\n", PIN, NAME),
        (NIK, "12345", NAME),
        (NIK, "12345x", NAME),
        (NIK, PIN, ""),
    ],
)
def test_what_is_no_nik_pin_or_name_is_refused(world: World, nik: str, pin: str, name: str) -> None:
    with pytest.raises(EnrolmentError) as caught:
        world.persons.enrol(nik, pin, name, VILLAGE)
    assert nik not in str(caught.value)


def test_an_unknown_person_does_not_open(world: World) -> None:
    with pytest.raises(UnknownPersonError):
        world.persons.open("A" * 22)


@pytest.mark.parametrize("column", ["key", "nik_sealed", "trace_key_sealed"])
def test_sealed_columns_cannot_be_moved_to_another_person(
    world: World, person_id: str, column: str
) -> None:
    other = world.persons.enrol(UNKNOWN, PIN, "Somebody Else", VILLAGE)
    with Session(world.engine) as session:
        value = session.exec(select(getattr(PersonRow, column)).where(PersonRow.id == other)).one()
        session.exec(
            update(PersonRow).where(col(PersonRow.id) == person_id).values({column: value})
        )
        session.commit()

    with pytest.raises(ConsentError, match="cannot be opened"):
        world.persons.open(person_id)


def test_a_person_survives_a_new_epoch_key(world: World, person_id: str) -> None:
    world.keyring.generate("epoch")

    assert world.persons.open(person_id).nik == NIK


def test_a_destroyed_epoch_key_is_forgotten_within_a_minute(world: World, person_id: str) -> None:
    world.persons.open(person_id)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM key WHERE use = 'epoch'")
    world.clock.forward(seconds=60)

    with pytest.raises(ConsentError, match="cannot be opened"):
        world.persons.open(person_id)


def test_subjects_differ_by_programme_and_stay(world: World, person_id: str) -> None:
    pkh = world.persons.subject(person_id, "pkh")

    assert pkh == world.persons.subject(person_id, "pkh")
    assert pkh != world.persons.subject(person_id, "bpnt")


def test_only_a_persons_own_reader_token_is_known(world: World, person_id: str) -> None:
    token = reader_token(world.persons.open(person_id).trace_key)

    assert world.persons.knows_reader(token)
    assert not world.persons.knows_reader(token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert not world.persons.knows_reader("\ud800")


# Sign-in


def test_nik_and_pin_sign_in(world: World, person_id: str) -> None:
    assert world.persons.sign_in(NIK, PIN) == person_id


def test_a_wrong_pin_or_unknown_nik_does_not(world: World, person_id: str) -> None:
    assert world.persons.sign_in(NIK, WRONG) is None
    assert world.persons.sign_in(UNKNOWN, PIN) is None


def test_five_failures_lock_even_the_right_pin(world: World, person_id: str) -> None:
    for _ in range(5):
        assert world.persons.sign_in(NIK, WRONG) is None
    assert world.persons.sign_in(NIK, PIN) is None

    world.clock.forward(minutes=14)
    assert world.persons.sign_in(NIK, PIN) is None
    world.clock.forward(minutes=2)
    assert world.persons.sign_in(NIK, PIN) == person_id


def test_four_failures_do_not_lock_and_success_forgets_them(world: World, person_id: str) -> None:
    for _ in range(3):
        for _ in range(4):
            world.persons.sign_in(NIK, WRONG)
        assert world.persons.sign_in(NIK, PIN) == person_id


def test_a_lock_survives_a_restart(world: World, person_id: str) -> None:
    for _ in range(5):
        world.persons.sign_in(NIK, WRONG)
    restarted = world.restart()

    assert restarted.persons.sign_in(NIK, PIN) is None
    restarted.close()


def test_attempts_sent_at_once_are_all_counted(world: World, person_id: str) -> None:
    attempts = Attempts(world.engine)
    with ThreadPoolExecutor(16) as pool:
        allowed = list(pool.map(lambda _: attempts.begin(b"index", at=1000), range(32)))

    assert sum(allowed) == 5


def test_made_up_niks_do_not_fill_the_table(world: World) -> None:
    for number in range(10):
        world.persons.sign_in(f"351099410790{number:04}", PIN)
    world.clock.forward(minutes=16)
    world.persons.sign_in(UNKNOWN, PIN)

    with Session(world.engine) as session:
        assert len(session.exec(select(PinAttemptRow)).all()) == 1


@pytest.mark.parametrize(
    ("nik", "pin", "before"),
    [
        (NIK, PIN, 0),
        (NIK, WRONG, 0),
        (UNKNOWN, PIN, 0),
        ("not a NIK", "", 0),
        (NIK, PIN, 5),
        (UNKNOWN, PIN, 5),
    ],
)
def test_every_sign_in_costs_one_hash(
    world: World, person_id: str, hashes: list[int], nik: str, pin: str, before: int
) -> None:
    """Right, wrong, unknown, malformed, locked: time tells nothing about who is enrolled."""
    for _ in range(before):
        world.persons.sign_in(nik, WRONG)
    hashes.clear()
    world.persons.sign_in(nik, pin)

    assert len(hashes) == 1


def test_no_transaction_is_open_while_a_pin_is_hashed(
    world: World, person_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's one write lock held for a hash would stop everybody else."""
    seen: list[int] = []
    real = Persons._pin_hash

    def watched(self: Persons, pin: str, salt: bytes) -> bytes:
        seen.append(world.engine.pool.checkedout())  # type: ignore[attr-defined]
        return real(self, pin, salt)

    monkeypatch.setattr(Persons, "_pin_hash", watched)
    world.persons.sign_in(NIK, PIN)

    assert seen == [0]
