"""The receipt: part A proves the grant, part B shows that the key is hers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import ReceiptError
from audit.note import parse_vkey
from audit.receipt import ProofText, check_receipt, format_proof_text, parse_proof_text
from audit.trace import format_trace_key
from consent.errors import ReceiptError as NoReceiptError
from consent.receipt import Receipt, make_receipt, receipt_members
from tests.consent.world import (
    ACCOUNT,
    BALANCE,
    CAR,
    CLIENT,
    NAME,
    NIK,
    NOTICE,
    ORIGIN,
    REQUEST,
    World,
)


@pytest.fixture
def receipt(world: World, person_id: str) -> Receipt:
    """Return part A for a grant of two items."""
    world.grants.give(person_id, CLIENT, REQUEST, [0], NOTICE)
    record = world.grants.give(person_id, CLIENT, REQUEST, [0, 1], NOTICE)
    assert record.index is not None
    logged = world.log.prove(record.index)
    return make_receipt(
        record,
        origin=ORIGIN,
        entry=logged.entry,
        proof=logged.proof,
        agencies=world.policy.catalogue.agencies,
    )


def check(world: World, text: str, trace_key: bytes) -> int:
    return check_receipt(text, trace_key, world.verifier).index


def test_part_a_says_what_was_allowed_and_declined(receipt: Receipt) -> None:
    assert receipt.allowed == (CAR, BALANCE)
    assert receipt.declined == (ACCOUNT,)
    assert (receipt.n, receipt.index) == (2, 1)


def test_part_a_names_nobody(world: World, person_id: str, receipt: Receipt) -> None:
    written = repr(receipt_members(receipt)) + repr(receipt)

    for secret in (NIK, NAME, person_id, format_trace_key(ORIGIN, bytes(32))[-43:]):
        assert secret not in written


def test_both_parts_together_check(world: World, person_id: str, receipt: Receipt) -> None:
    assert check(world, receipt.proof, world.persons.open(person_id).trace_key) == receipt.index


def test_another_key_on_paper_is_noticed(world: World, receipt: Receipt) -> None:
    """Somebody printed a key that is not the one committed: her list would stay empty."""
    with pytest.raises(ReceiptError, match="trace key and number"):
        check(world, receipt.proof, bytes(32))


def test_another_number_is_noticed(world: World, person_id: str, receipt: Receipt) -> None:
    text = receipt.proof.replace(f"{ORIGIN}:2:", f"{ORIGIN}:1:")
    with pytest.raises(ReceiptError, match="trace key and number"):
        check(world, text, world.persons.open(person_id).trace_key)


def test_a_changed_entry_is_noticed(world: World, person_id: str, receipt: Receipt) -> None:
    text = receipt.proof.replace('"programme":"pkh"', '"programme":"pkj"')
    with pytest.raises(ReceiptError, match="proof"):
        check(world, text, world.persons.open(person_id).trace_key)


def test_a_receipt_of_another_log_is_noticed(
    world: World, person_id: str, receipt: Receipt
) -> None:
    text = receipt.proof.replace("izin-receipt:2:izin.example/log", "izin-receipt:2:x.example/log")
    with pytest.raises(ReceiptError, match="another log"):
        check(world, text, world.persons.open(person_id).trace_key)


def test_an_agency_left_out_of_the_traces_is_noticed(
    world: World, person_id: str, receipt: Receipt
) -> None:
    verifier = parse_vkey(world.log.vkey)
    trace_key = world.persons.open(person_id).trace_key
    with pytest.raises(ReceiptError, match="shares"):
        check_receipt(receipt.proof, trace_key, verifier, agencies=["one_more"])


def test_an_entry_of_another_kind_is_no_receipt(
    world: World, person_id: str, receipt: Receipt
) -> None:
    world.grants.requested(person_id, CLIENT, REQUEST)
    logged = world.log.prove(2)
    text = format_proof_text(ProofText(ORIGIN, 1, logged.entry, logged.proof))
    with pytest.raises(ReceiptError, match="gives no grant"):
        check(world, text, world.persons.open(person_id).trace_key)


def test_an_ended_grant_has_no_new_receipt(world: World, person_id: str, receipt: Receipt) -> None:
    record = world.grants.of_person(person_id)[0]
    world.grants.withdraw(record.grant_id, person_id)
    ended = world.grants.find(record.grant_id)
    assert ended is not None
    with pytest.raises(NoReceiptError, match="live"):
        make_receipt(ended, origin=ORIGIN, entry=b"{}", proof="x", agencies=())


def test_the_text_fits_a_qr_code(receipt: Receipt) -> None:
    """2,953 bytes at the lowest level; a log of a thousand million entries adds 30 hashes."""
    assert len(receipt.proof) + 28 * 45 < 2_953


@given(st.text(max_size=80) | st.from_regex(r"izin-receipt:1:[a-z]+:[0-9]+\n.*\n.*"))
def test_the_parser_raises_only_our_error(text: str) -> None:
    try:
        parsed = parse_proof_text(text)
    except ReceiptError:
        return
    assert format_proof_text(parsed) == text
