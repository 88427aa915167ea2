"""A working key counts only with its owner's statement, for that use and that while."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import canonical, jws
from keys.errors import KeysError
from keys.signing import SigningKey
from keys.statements import TYP, Statement, check_statement, read_statement, sign_statement

ROOT = SigningKey.from_seed(b"\x0b" * 32)
WORKING = SigningKey.from_seed(b"\x0c" * 32).public.thumbprint
STATEMENT = Statement("pkh", "answer", WORKING, 1_000, 2_000)
MEMBERS = {
    "v": 1, "owner": "pkh", "use": "answer", "thumbprint": WORKING, "from": 1_000, "until": 2_000,
}  # fmt: skip


def _check(
    text: str,
    *,
    root: SigningKey = ROOT,
    owner: str = "pkh",
    use: str = "answer",
    thumbprint: str = WORKING,
    at: int = 1_500,
) -> Statement:
    return check_statement(text, root.public, owner=owner, use=use, thumbprint=thumbprint, at=at)


def test_what_the_root_signed_is_read_back() -> None:
    text = sign_statement(STATEMENT, ROOT)
    assert _check(text) == STATEMENT
    assert canonical.encode(MEMBERS) == jws.verify_compact(text, ROOT.public, typ=TYP)[1]


@pytest.mark.parametrize(("at", "accepted"), [(999, 0), (1_000, 1), (1_999, 1), (2_000, 0)])
def test_it_counts_from_its_first_second_to_before_its_last(at: int, accepted: int) -> None:
    text = sign_statement(STATEMENT, ROOT)
    if accepted:
        _check(text, at=at)
    else:
        with pytest.raises(KeysError):
            _check(text, at=at)


def test_it_vouches_for_nothing_else() -> None:
    text = sign_statement(STATEMENT, ROOT)
    with pytest.raises(KeysError, match="another owner"):
        _check(text, owner="bpnt")
    with pytest.raises(KeysError, match="another use"):
        _check(text, use="sign")
    with pytest.raises(KeysError, match="another key"):
        _check(text, thumbprint=ROOT.public.thumbprint)


def test_another_root_key_cannot_vouch(other_key: SigningKey) -> None:
    """The broker, whose key signs much, cannot make a statement for a programme."""
    with pytest.raises(KeysError):
        _check(sign_statement(STATEMENT, other_key))


def test_a_signature_of_another_type_is_no_statement() -> None:
    text = jws.sign_compact(canonical.encode(MEMBERS), ROOT, typ="izin-formula+jws")
    with pytest.raises(KeysError):
        _check(text)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2}, {"v": True}, {"v": "1"}, {"use": "root"}, {"use": "epoch"}, {"use": 1},
        {"owner": ""}, {"owner": "PKH"}, {"owner": 1}, {"thumbprint": "AAAA"},
        {"thumbprint": WORKING + "="}, {"from": True}, {"from": "1000"}, {"from": 2_000},
        {"from": -1}, {"note": "x"},
    ],
)  # fmt: skip
def test_other_members_are_refused_though_they_are_signed(change: dict[str, object]) -> None:
    text = jws.sign_compact(canonical.encode({**MEMBERS, **change}), ROOT, typ=TYP)
    with pytest.raises(KeysError):
        read_statement(text, ROOT.public)


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_every_member_must_be_there(name: str) -> None:
    members = {key: value for key, value in MEMBERS.items() if key != name}
    text = jws.sign_compact(canonical.encode(members), ROOT, typ=TYP)
    with pytest.raises(KeysError):
        read_statement(text, ROOT.public)


def test_a_statement_that_nobody_could_use_cannot_be_made() -> None:
    with pytest.raises(KeysError):
        replace(STATEMENT, until=1_000)
    with pytest.raises(KeysError):
        replace(STATEMENT, use="everything")


@given(st.text(max_size=60))
def test_any_text_is_refused_with_our_error(text: str) -> None:
    with pytest.raises(KeysError):
        _check(text)


_JSON = (
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text("pkhansweril1_-", max_size=43)
)


@given(st.fixed_dictionaries({name: _JSON | st.just(value) for name, value in MEMBERS.items()}))
def test_any_signed_members_are_read_strictly_or_refused(members: dict[str, object]) -> None:
    text = jws.sign_compact(canonical.encode(members), ROOT, typ=TYP)
    try:
        statement = read_statement(text, ROOT.public)
    except KeysError:
        return
    assert text == sign_statement(statement, ROOT)
