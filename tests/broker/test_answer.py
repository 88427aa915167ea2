"""The payload of an answer: parsed strictly, one size whatever it says, to this request only."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.asked import MAX_QUESTIONS
from broker.binding import Cb, SeenCheckpoint
from broker.envelope import open_message, seal_message
from broker.errors import MessageError
from broker.question import (
    Answered,
    AnswerPayload,
    Asked,
    check_answer,
)
from tests.broker.forging import (
    AGENCY,
    AGENCY_KEY,
    AGENCY_ROOT,
    AT,
    PROGRAMME,
    PROGRAMME_SEALING,
    b64,
    jcs,
    vouch,
)
from tests.broker.sealed import NIK, json_values

ANSWER = AnswerPayload(
    salt=b"t" * 32,
    answers=(
        Answered("has_account", {}, "yes"),
        Answered("balance_above", {"rupiah": 5_000_000}, "no"),
    ),
    as_of="2026-11-24",
    request_id="request-0000000001",
    subject=b64(b"u" * 32),
    entry=b64(b"e" * 32),
)


ASKED = tuple(Asked(item.question, item.params) for item in ANSWER.answers)


def changed_answer(**changes: Any) -> dict[str, Any]:
    return {**ANSWER.to_members(), **changes}


def test_an_answer_reads_back_as_it_was_written_in_its_one_order() -> None:
    read = AnswerPayload.from_members(json.loads(jcs(ANSWER.to_members())))
    assert dataclasses.replace(read, answers=ANSWER.answers) == ANSWER
    assert [item.answer for item in read.answers] == ["no", "yes"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("salt", b64(b"t" * 16)),
        ("answers", []),
        ("answers", [{"question": "owns_car", "answer": "maybe"}]),
        ("answers", [{"question": "owns_car", "answer": True}]),
        ("answers", [{"question": "owns_car", "answer": "Yes"}]),
        ("answers", [{"question": "owns_car", "answer": ["yes"]}]),
        ("answers", [{"question": "owns_car", "answer": "yes", "plate": "P 1234 X"}]),
        ("answers", [{"question": "owns_car"}]),
        ("answers", [{"answer": "yes"}]),
        ("answers", [{"question": "a", "answer": "yes"}] * 2),
        ("answers", [{"question": name, "answer": "yes"} for name in "abcd"]),
        ("as_of", "2026-02-30"),
        ("as_of", "20261124"),
        ("as_of", "2026-W48-2"),
        ("as_of", 20261124),
        ("request_id", ""),
        ("subject", NIK),
        ("entry", b64(b"e" * 31)),
        ("balance", 5_000_000),
    ],
)
def test_an_answer_that_we_would_not_write_is_refused(name: str, value: Any) -> None:
    with pytest.raises(MessageError):
        AnswerPayload.from_members(changed_answer(**{name: value}))


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(AnswerPayload)])
def test_an_answer_lacks_nothing(name: str) -> None:
    members = changed_answer()
    del members[name]
    with pytest.raises(MessageError, match="exactly its members"):
        AnswerPayload.from_members(members)


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in dataclasses.fields(AnswerPayload)]),
        json_values,
        min_size=1,
    )
)
def test_any_answer_is_read_or_refused_by_our_error(changes: dict[str, Any]) -> None:
    try:
        read = AnswerPayload.from_members(changed_answer(**changes))
    except MessageError:
        return
    assert AnswerPayload.from_members(read.to_members()) == read


def test_no_repr_shows_an_answer() -> None:
    text = repr((ANSWER, ANSWER.answers))
    assert "yes" not in text
    assert "rupiah" not in text


def test_an_answer_that_would_be_refused_is_not_written() -> None:
    with pytest.raises(MessageError, match="as_of"):
        dataclasses.replace(ANSWER, as_of="today").to_members()


@given(json_values)
def test_anything_else_is_refused_by_our_error(value: object) -> None:
    with pytest.raises(MessageError):
        AnswerPayload.from_members(value)


# Sizes

LONGEST_CB = Cb(
    iss="bpjs_kes",
    aud=PROGRAMME,
    jti=b64(b"a" * 16),
    iat=AT,
    exp=AT + 300,
    answer_by=AT + 86_400,
    cid=b64(b"c" * 32),
    ckpt=SeenCheckpoint(2**53 - 1, b"r" * 32),
    rj=b64(b"j" * 16),
)


def sealed_answer(answers: tuple[Answered, ...]) -> tuple[int, AnswerPayload]:
    """Return the length of the whole message and what the programme reads from it."""
    payload = dataclasses.replace(ANSWER, answers=answers, request_id="r" * 64)
    message = seal_message(
        payload.to_members(),
        LONGEST_CB,
        kind="answer",
        recipient=PROGRAMME_SEALING.public,
        signer=AGENCY_KEY,
        statement=vouch(AGENCY_KEY, root=AGENCY_ROOT, owner=AGENCY),
        randomness=lambda size: b"k" * size,
    )
    opened = open_message(
        message,
        kind="answer",
        recipient=PROGRAMME_SEALING,
        sender_root=AGENCY_ROOT.public,
        sender=AGENCY,
        audience=PROGRAMME,
        at=AT,
    )
    return len(message.to_bytes()), AnswerPayload.from_members(opened.payload)


def test_three_of_the_longest_questions_fit_into_an_answer() -> None:
    """The catalogue's longest ids and parameters, though no single agency has all three."""
    answers = (
        Answered("affected_by_disaster_since", {"date": "2026-11-24"}, "unknown"),
        Answered("land_area_above", {"square_metres": 1_000_000_000}, "unknown"),
        Answered("motorcycles_above", {"count": 1_000_000_000}, "unknown"),
    )
    assert len(answers) == MAX_QUESTIONS
    assert sealed_answer(answers)[1].answers == answers


def test_every_answer_has_the_same_length_whatever_it_says() -> None:
    """Yes, no, unknown; one question or three; with parameters or without."""
    lengths = set()
    for word in ("yes", "no", "unknown"):
        lengths.add(sealed_answer((Answered("owns_car", {}, word),))[0])
        lengths.add(
            sealed_answer(
                (
                    Answered("lost_job_within", {"days": 90}, word),
                    Answered("wage_above", {"rupiah": 2_989_145}, word),
                )
            )[0]
        )
    assert len(lengths) == 1


# An answer to something else


def test_an_answer_to_this_request_is_taken() -> None:
    check_answer(
        ANSWER,
        questions=ASKED,
        request_id=ANSWER.request_id,
        subject=ANSWER.subject,
        entry=ANSWER.entry,
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"request_id": "request-0000000002"}, "another request"),
        ({"subject": b64(b"U" * 32)}, "another person"),
        ({"entry": b64(b"E" * 32)}, "another access"),
        ({"answers": ANSWER.answers[:1]}, "other questions"),
        ({"answers": (*ANSWER.answers, Answered("owns_car", {}, "no"))}, "other questions"),
        (
            {
                "answers": (
                    ANSWER.answers[0],
                    Answered("balance_above", {"rupiah": 10_000_000}, "no"),
                )
            },
            "other questions",
        ),
    ],
)
def test_a_genuine_answer_to_something_else_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(MessageError, match=why):
        check_answer(
            dataclasses.replace(ANSWER, **change),
            questions=ASKED,
            request_id=ANSWER.request_id,
            subject=ANSWER.subject,
            entry=ANSWER.entry,
        )
