"""The keyring: keys come out by use, and a row moved or altered opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from keys.errors import KeysError
from keys.kek import LocalKek
from keys.keyring import KeyRecord, Keyring
from keys.mldsa import CosigningKey
from keys.record import SEALING_USES, SECRET_USES, SIGNING_USES, USES, wrap_context
from keys.signing import SigningKey
from keys.store import KeyRow
from keys.xwing import SealingKey

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
SEED = b"\x21" * 32
OTHER_SEED = b"\x22" * 32


@pytest.fixture
def keyring(engine: Engine, kek: LocalKek, random_bytes: Callable[[int], bytes]) -> Keyring:
    return Keyring(engine, kek, owner="izin.example/log", clock=lambda: AT, random=random_bytes)


def _rewrite(engine: Engine, kid: str, **values: object) -> None:
    """Change a row as somebody would who can write to the database but has no KEK."""
    with Session(engine) as session:
        row = session.exec(select(KeyRow).where(KeyRow.kid == kid)).one()
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
        session.commit()


def _wrapped(engine: Engine, kid: str) -> bytes:
    with Session(engine) as session:
        return session.exec(select(KeyRow.wrapped).where(KeyRow.kid == kid)).one()


@pytest.mark.parametrize("use", sorted(SIGNING_USES))
def test_a_signing_key_comes_out_as_it_went_in(keyring: Keyring, use: str) -> None:
    record = keyring.add(use, SEED)
    expected = SigningKey.from_seed(SEED).public
    assert expected == keyring.signing(use).public
    assert expected.thumbprint == record.kid


def test_a_cosigning_key_comes_out_as_it_went_in(keyring: Keyring) -> None:
    record = keyring.add("cosign", SEED)
    expected = CosigningKey.from_seed(SEED).public
    assert expected == keyring.cosigning().public
    assert expected.thumbprint == record.kid
    with pytest.raises(KeysError, match="another kind"):
        keyring.signing("cosign")


@pytest.mark.parametrize("use", sorted(SEALING_USES))
def test_a_sealing_key_comes_out_as_it_went_in(keyring: Keyring, use: str) -> None:
    record = keyring.add(use, SEED)
    expected = SealingKey.from_seed(SEED).public.thumbprint
    assert expected == keyring.sealing(use).public.thumbprint == record.kid


@pytest.mark.parametrize("use", sorted(SECRET_USES))
def test_a_secret_comes_out_as_it_went_in(keyring: Keyring, use: str) -> None:
    keyring.add(use, SEED)
    assert keyring.secret(use) == SEED


def test_a_record_says_what_is_kept(keyring: Keyring) -> None:
    record = keyring.add("log", SEED)
    kid = SigningKey.from_seed(SEED).public.thumbprint
    expected = KeyRecord(kid, "log", "izin.example/log", int(AT.timestamp()), "active")
    assert expected == record
    assert (expected,) == keyring.list()


def test_a_new_key_retires_the_old_one_which_still_opens(keyring: Keyring) -> None:
    old = keyring.add("epoch", SEED)
    new = keyring.add("epoch", OTHER_SEED)
    assert keyring.secret("epoch") == OTHER_SEED
    assert keyring.secret("epoch", old.kid) == SEED
    assert {old.kid: "retired", new.kid: "active"} == {r.kid: r.state for r in keyring.list()}


def test_a_key_of_one_use_does_not_come_out_as_another(keyring: Keyring) -> None:
    record = keyring.add("consent", SEED)
    with pytest.raises(KeysError):
        keyring.signing("log")
    with pytest.raises(KeysError):
        keyring.signing("log", record.kid)
    with pytest.raises(KeysError, match="another kind"):
        keyring.secret("consent")
    with pytest.raises(KeysError, match="another kind"):
        keyring.sealing("consent")


def test_owners_do_not_see_each_others_keys(
    engine: Engine, kek: LocalKek, keyring: Keyring
) -> None:
    record = keyring.add("sign", SEED)
    other = Keyring(engine, kek, owner="polri", clock=lambda: AT)
    assert other.list() == ()
    with pytest.raises(KeysError):
        other.signing("sign", record.kid)
    with pytest.raises(KeysError):
        other.retire(record.kid)


def test_a_retired_key_is_not_taken_for_new_work(keyring: Keyring) -> None:
    record = keyring.add("log", SEED)
    keyring.retire(record.kid)
    with pytest.raises(KeysError, match="no active log key"):
        keyring.signing("log")
    assert keyring.active("log") is None
    assert record.kid == keyring.signing("log", record.kid).public.thumbprint
    assert int(AT.timestamp()) == keyring.list()[0].retired


def test_a_rotated_key_signs_on_until_it_is_retired(keyring: Keyring) -> None:
    old = keyring.ensure("log")
    new = keyring.rotate("log")
    leaving = keyring.leaving("log")
    assert leaving is not None
    assert (old.kid, None) == (leaving.kid, leaving.retired)
    assert keyring.active("log") == new
    assert old.kid == keyring.signing("log", old.kid).public.thumbprint
    with pytest.raises(KeysError, match="retire it first"):
        keyring.rotate("log")
    keyring.retire(old.kid)
    assert keyring.leaving("log") is None
    assert {old.kid: "retired", new.kid: "active"} == {r.kid: r.state for r in keyring.list()}
    keyring.rotate("log")


def test_what_is_not_there_is_not_rotated(keyring: Keyring) -> None:
    with pytest.raises(KeysError, match="no active log key"):
        keyring.rotate("log")


def test_retiring_what_is_not_there_is_refused(keyring: Keyring) -> None:
    with pytest.raises(KeysError, match="no such key"):
        keyring.retire("nothing")


def test_a_key_is_kept_once(keyring: Keyring) -> None:
    keyring.add("log", SEED)
    with pytest.raises(KeysError):
        keyring.add("log", SEED)
    assert len(keyring.list()) == 1
    assert keyring.list()[0].state == "active"


def test_ensuring_makes_a_key_only_once(keyring: Keyring) -> None:
    assert keyring.ensure("log") == keyring.ensure("log")
    assert len(keyring.list()) == 1


def test_two_rows_of_one_use_cannot_both_be_active(engine: Engine, keyring: Keyring) -> None:
    """Two processes that rotate at once would otherwise sign under two keys."""
    old = keyring.add("log", SEED)
    keyring.add("log", OTHER_SEED)
    with pytest.raises(Exception, match=r"(?i)unique"):
        _rewrite(engine, old.kid, state="active")


def test_a_wrapped_key_moved_to_another_row_does_not_open(engine: Engine, keyring: Keyring) -> None:
    """Else whoever writes to the database could make the log sign with a key it knows."""
    consent = keyring.add("consent", SEED)
    log = keyring.add("log", OTHER_SEED)
    _rewrite(engine, log.kid, wrapped=_wrapped(engine, consent.kid))
    with pytest.raises(KeysError):
        keyring.signing("log")


def test_a_retired_key_does_not_open_in_the_active_keys_row(
    engine: Engine, keyring: Keyring
) -> None:
    """Else a key that was retired because it leaked could be put back to work."""
    old = keyring.add("log", SEED)
    new = keyring.add("log", OTHER_SEED)
    assert wrap_context(old) != wrap_context(new)
    _rewrite(engine, new.kid, wrapped=_wrapped(engine, old.kid))
    with pytest.raises(KeysError):
        keyring.signing("log")


def test_a_key_wrapped_under_anothers_name_does_not_come_out(
    engine: Engine, kek: LocalKek, keyring: Keyring
) -> None:
    record = keyring.add("log", SEED)
    _rewrite(engine, record.kid, wrapped=kek.wrap(OTHER_SEED, wrap_context(record)))
    with pytest.raises(KeysError, match="not the one its record names"):
        keyring.signing("log")


def test_a_row_whose_use_was_changed_does_not_open(engine: Engine, keyring: Keyring) -> None:
    consent = keyring.add("consent", SEED)
    _rewrite(engine, consent.kid, use="log")
    with pytest.raises(KeysError):
        keyring.signing("log")


def test_a_row_whose_owner_was_changed_does_not_open(
    engine: Engine, kek: LocalKek, keyring: Keyring
) -> None:
    record = keyring.add("sign", SEED)
    _rewrite(engine, record.kid, owner="polri")
    with pytest.raises(KeysError):
        Keyring(engine, kek, owner="polri", clock=lambda: AT).signing("sign")


def test_an_altered_row_does_not_open(engine: Engine, keyring: Keyring) -> None:
    record = keyring.add("log", SEED)
    _rewrite(engine, record.kid, wrapped=_wrapped(engine, record.kid)[:-1] + b"\x00\x00")
    with pytest.raises(KeysError):
        keyring.signing("log")


def test_another_kek_opens_nothing(engine: Engine, keyring: Keyring) -> None:
    keyring.add("log", SEED)
    thief = Keyring(
        engine, LocalKek(bytes(32), random=bytes), owner=keyring.owner, clock=lambda: AT
    )
    with pytest.raises(KeysError):
        thief.signing("log")


@pytest.mark.parametrize("use", sorted(USES))
def test_no_secret_stands_in_the_table_or_in_a_repr(
    engine: Engine, keyring: Keyring, use: str
) -> None:
    record = keyring.add(use, SEED)
    assert SEED not in _wrapped(engine, record.kid)
    with Session(engine) as session:
        row = session.exec(select(KeyRow)).one()
        shown = [repr(row), str(row), repr(keyring), repr(record)]
    for text in shown:
        assert repr(SEED)[2:-1] not in text
        assert repr(row.wrapped)[2:-1] not in text


@pytest.mark.parametrize(("use", "secret"), [("log", b"short"), ("epoch", b""), ("money", SEED)])
def test_other_uses_and_lengths_are_refused(keyring: Keyring, use: str, secret: bytes) -> None:
    with pytest.raises(KeysError):
        keyring.add(use, secret)
    assert keyring.list() == ()


@pytest.mark.parametrize("owner", ["", "UPPER", "a b", "a\n", "x" * 254])
def test_an_owner_is_an_id_or_an_origin(engine: Engine, kek: LocalKek, owner: str) -> None:
    with pytest.raises(KeysError):
        Keyring(engine, kek, owner=owner, clock=lambda: AT)


def test_keys_that_are_handed_over_open_for_their_new_owner_only(
    keyring: Keyring, engine: Engine, kek: LocalKek
) -> None:
    active, log = keyring.add("root", SEED), keyring.add("log", OTHER_SEED)
    wrapped = keyring.wrapped_for("second.example", keep={"log"})
    assert {active.kid} == set(wrapped)
    with engine.begin() as connection:
        keyring.hand_over(connection, "second.example", wrapped)
    new = Keyring(engine, kek, owner="second.example", clock=lambda: AT)
    assert SigningKey.from_seed(SEED).public == new.signing("root").public
    assert keyring.active("root") is None
    # What belongs to the old log stays with it.
    assert log == keyring.active("log")
    assert new.active("log") is None
