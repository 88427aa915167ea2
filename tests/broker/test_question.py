"""What is inside the seal: parsed strictly, committed to, and equal in size whatever it says."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.closing import Closing
from broker.errors import MessageError
from broker.question import (
    Asked,
    QuestionPayload,
    q_digest,
)
from tests.broker.forging import (
    PROGRAMME_SEALING,
    b64,
    jcs,
)
from tests.broker.sealed import NIK, json_values

QUESTION = QuestionPayload(
    question_id=b64(b"q" * 16),
    nik=NIK,
    gid=b"g" * 32,
    share=b"s" * 32,
    salt=b"t" * 32,
    request_id="request-0000000001",
    subject=b64(b"u" * 32),
    programme="pkh",
    purpose="eligibility",
    questions=(Asked("has_account"), Asked("balance_above", {"rupiah": 5_000_000})),
    grant_entry='{"kind":"grant.given"}',
    grant_proof="c2sp.org/tlog-proof@v1\n",
    access_entry='{"kind":"access.sent"}',
    access_proof="c2sp.org/tlog-proof@v1\n",
    part="a.b.c",
    others=("b" * 64, "a" * 64),
    evidence={"kind": "broker-attested"},
    answer_key=PROGRAMME_SEALING.public.jwk(),
    answer_key_statement="a.b.c",
)


def changed_question(**changes: Any) -> dict[str, Any]:
    return {**QUESTION.to_members(), **changes}


# There and back


def test_a_question_reads_back_as_it_was_written_in_its_one_order() -> None:
    read = QuestionPayload.from_members(json.loads(jcs(QUESTION.to_members())))
    assert [asked.question for asked in read.questions] == ["balance_above", "has_account"]
    assert read.others == ("a" * 64, "b" * 64)
    assert (
        dataclasses.replace(read, questions=QUESTION.questions, others=QUESTION.others) == QUESTION
    )


def test_no_repr_shows_a_person() -> None:
    assert NIK not in repr(QUESTION)


def test_a_question_brings_the_closings_of_earlier_trace_keys() -> None:
    closings = (Closing("{}", "c2sp.org/tlog-proof@v1\n", b"o" * 32),)
    payload = dataclasses.replace(QUESTION, closed=closings)
    read = QuestionPayload.from_members(payload.to_members())
    assert read.closed == closings
    assert "closed" not in QUESTION.to_members()


# What would not be written is not read

CLOSED = {"entry": "{}", "proof": "c2sp.org/tlog-proof@v1\n", "share": b64(b"o" * 32)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("question_id", "short"),
        ("nik", "511099000000001"),
        ("nik", "51109900000000012"),
        ("nik", 5110990000000001),  # a number would be rounded by other parsers
        ("nik", "５１１０９９００００００００００１"[:16]),
        ("nik", NIK + "\n"),
        ("gid", b64(b"g" * 31)),
        ("gid", "g" * 64),
        ("share", b64(b"s" * 33)),
        ("salt", ""),
        ("salt", 1),
        ("request_id", "short"),
        ("request_id", "x" * 65),
        ("request_id", "request/0000000001"),
        ("subject", b64(b"u" * 16)),
        ("programme", "PKH"),
        ("purpose", ""),
        ("questions", []),
        ("questions", {}),
        ("questions", [{"question": "owns_car"}] * 2),
        ("questions", [{"question": "b"}, {"question": "a"}]),
        ("questions", [{"question": name} for name in "abcd"]),
        ("questions", [{"question": "owns car"}]),
        ("questions", [{"question": "owns_car", "params": {}}]),
        ("questions", [{"question": "owns_car", "optional": True}]),
        ("questions", [{"params": {"count": 1}}]),
        ("questions", ["owns_car"]),
        ("questions", [{"question": "a", "params": {"count": True}}]),
        ("questions", [{"question": "a", "params": {"count": -1}}]),
        ("questions", [{"question": "a", "params": {"count": 1.5}}]),
        ("questions", [{"question": "a", "params": {"count": 2**53}}]),
        ("questions", [{"question": "a", "params": {"count": None}}]),
        ("questions", [{"question": "a", "params": {"Count": 1}}]),
        ("questions", [{"question": "a", "params": {"area": "x" * 33}}]),
        ("questions", [{"question": "a", "params": {"area": "a'; --"}}]),
        ("questions", [{"question": "a", "params": dict.fromkeys("abcde", 1)}]),
        ("questions", [{"question": "a", "params": [1]}]),
        ("grant_entry", ""),
        ("grant_proof", None),
        ("access_entry", "\ud800"),
        ("access_proof", "x" * 16_385),
        ("part", 1),
        ("others", "a" * 64),
        ("others", ["A" * 64]),
        ("others", ["b" * 64, "a" * 64]),
        ("others", ["a" * 64] * 2),
        ("others", ["a" * 63]),
        ("others", [f"{number:064x}" for number in range(65)]),
        ("evidence", {}),
        ("evidence", {"kind": "PIN"}),
        ("evidence", {"kind": "pin", "strength": 0.5}),
        ("evidence", {"kind": "pin", 1: "x"}),
        ("evidence", "broker-attested"),
        ("answer_key", {}),
        ("answer_key", "x"),
        ("answer_key", {**PROGRAMME_SEALING.public.jwk(), "alg": "ECDH-ES"}),
        ("answer_key", {**PROGRAMME_SEALING.public.jwk(), "priv": "x"}),
        ("answer_key_statement", ""),
        ("agency", "polri"),
        ("closed", []),  # then the member is absent
        ("closed", {}),
        ("closed", [CLOSED] * 4),
        ("closed", [{**CLOSED, "share": b64(b"s" * 31)}]),
        ("closed", [{**CLOSED, "entry": ""}]),
        ("closed", [{**CLOSED, "proof": None}]),
        ("closed", [{**CLOSED, "agency": "polri"}]),
    ],
)
def test_a_question_that_we_would_not_write_is_refused(name: str, value: Any) -> None:
    with pytest.raises(MessageError) as caught:
        QuestionPayload.from_members(changed_question(**{name: value}))
    assert NIK not in str(caught.value)


NEEDED = [field.name for field in dataclasses.fields(QuestionPayload) if field.name != "closed"]


@pytest.mark.parametrize("name", NEEDED)
def test_a_question_lacks_nothing(name: str) -> None:
    members = changed_question()
    del members[name]
    with pytest.raises(MessageError, match="exactly its members"):
        QuestionPayload.from_members(members)


def test_a_payload_that_would_be_refused_is_not_written() -> None:
    with pytest.raises(MessageError, match="nik"):
        dataclasses.replace(QUESTION, nik="1").to_members()


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in dataclasses.fields(QuestionPayload)]),
        json_values,
        min_size=1,
    )
)
def test_any_question_is_read_or_refused_by_our_error(changes: dict[str, Any]) -> None:
    try:
        read = QuestionPayload.from_members(changed_question(**changes))
    except MessageError:
        return
    assert QuestionPayload.from_members(read.to_members()) == read


@given(json_values)
def test_anything_else_is_refused_by_our_error(value: object) -> None:
    with pytest.raises(MessageError):
        QuestionPayload.from_members(value)


# q


def test_q_is_the_hash_that_the_design_says() -> None:
    committed = {
        "question_id": QUESTION.question_id,
        "gid": b64(QUESTION.gid),
        "request_id": QUESTION.request_id,
        "subject": QUESTION.subject,
        "programme": "pkh",
        "agency": "himbara",
        "purpose": "eligibility",
        "questions": [
            {"question": "balance_above", "params": {"rupiah": 5_000_000}},
            {"question": "has_account"},
        ],
    }
    expected = hashlib.sha256(b"izin/v1/question/" + QUESTION.salt + jcs(committed)).digest()
    assert expected == QUESTION.commitment(agency="himbara")


@pytest.mark.parametrize(
    "change",
    [
        {"question_id": b64(b"Q" * 16)},
        {"gid": b"G" * 32},
        {"request_id": "request-0000000002"},
        {"subject": b64(b"U" * 32)},
        {"programme": "bpnt"},
        {"agency": "polri"},
        {"purpose": "objection"},
        {"questions": [Asked("has_account")]},
        {"questions": [Asked("has_account"), Asked("balance_above", {"rupiah": 5_000_001})]},
        {"questions": [Asked("has_account"), Asked("balance_above", {"rupiah": "5000000"})]},
    ],
)
def test_q_commits_to_every_member(change: dict[str, Any]) -> None:
    members: dict[str, Any] = {
        "question_id": QUESTION.question_id,
        "gid": QUESTION.gid,
        "request_id": QUESTION.request_id,
        "subject": QUESTION.subject,
        "programme": QUESTION.programme,
        "agency": "himbara",
        "purpose": QUESTION.purpose,
        "questions": QUESTION.questions,
    }
    q = q_digest(QUESTION.salt, **members)
    assert q != q_digest(QUESTION.salt, **{**members, **change})
    assert q != q_digest(b"T" * 32, **members)
    reordered = {**members, "questions": QUESTION.questions[::-1]}
    assert q == q_digest(QUESTION.salt, **reordered)
