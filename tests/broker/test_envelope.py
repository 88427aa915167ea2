"""A sealed message as a whole: what is right opens, for the right people, in one size."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.binding import check_parties, check_times
from broker.envelope import (
    MAX_MESSAGE_BYTES,
    Message,
    check_receipt,
    parse_message,
    parse_message_bytes,
)
from broker.errors import MessageError
from tests.broker.forging import (
    AGENCY,
    AGENCY_KEY,
    AGENCY_SEALING,
    AT,
    BROKER_KEY,
    PROGRAMME,
    STRANGER_KEY,
    STRANGER_SEALING,
    Forger,
    b64,
    unb64,
)
from tests.broker.sealed import (
    ANSWER_CB,
    CB,
    NIK,
    answer,
    fixed,
    flipped,
    json_values,
    opened,
    opened_answer,
    question,
    refusal,
)

pytestmark = pytest.mark.usefixtures("profile")  # every test for both algorithms

# What is right opens


def test_a_question_opens_for_its_agency() -> None:
    result = opened(question())
    assert result.payload == {"secret": NIK}
    assert result.cb == CB
    assert result.signer == BROKER_KEY.public.thumbprint


def test_an_answer_opens_for_its_programme() -> None:
    result = opened_answer(answer({"said": "unknown"}))
    assert result.payload == {"said": "unknown"}
    assert result.cb == ANSWER_CB


def test_a_message_written_from_the_document_alone_opens() -> None:
    """The forging sender with no hook is a second implementation of the format."""
    assert opened(Forger().message()).payload == {"secret": NIK}


def test_a_message_survives_the_way_over_json() -> None:
    message = question()
    assert opened(parse_message_bytes(message.to_bytes())).cb == CB
    assert opened(parse_message(json.loads(message.to_bytes()))).cb == CB


def test_no_repr_shows_what_was_sealed() -> None:
    message = question()
    assert NIK not in repr(opened(message))
    assert message.jwe["ciphertext"][:40] not in repr(message)


# Size says nothing


def test_all_questions_of_a_sender_have_one_length() -> None:
    lengths = {
        len(question({"secret": "x" * size}).to_bytes()) for size in (0, 1, 2, 3, 100, 9_000)
    }
    assert len(lengths) == 1


def test_every_answer_of_a_sender_has_one_length() -> None:
    words = ("yes", "no", "unknown")
    lengths = {len(answer({"said": word}).to_bytes()) for word in words}
    assert len(lengths) == 1


def test_a_message_is_never_longer_than_its_limit() -> None:
    assert len(question().to_bytes()) < MAX_MESSAGE_BYTES


@pytest.mark.parametrize(("kind", "size"), [("question", 16_384), ("answer", 1_024)])
def test_a_payload_that_does_not_fit_is_not_sent(kind: str, size: int) -> None:
    seal = question if kind == "question" else answer
    with pytest.raises(MessageError, match="does not fit"):
        seal({"secret": "x" * size})


def test_the_largest_payload_that_fits_opens_and_one_byte_more_does_not_seal() -> None:
    room = len(json.loads(unb64(Forger(payload={"secret": ""}).signed().split(".")[1]))["pad"])
    assert len(str(opened(question({"secret": "x" * room})).payload["secret"])) == room
    with pytest.raises(MessageError, match="does not fit"):
        question({"secret": "x" * (room + 1)})


@pytest.mark.parametrize("name", ["v", "cb", "pad"])
def test_a_payload_brings_none_of_the_envelopes_members(name: str) -> None:
    with pytest.raises(MessageError, match="does not bring"):
        question({name: "x"})


@pytest.mark.parametrize("value", [1.5, None, b"x", "\ud800"])
def test_a_payload_outside_canonical_json_is_not_sent(value: object) -> None:
    with pytest.raises(MessageError, match="canonical"):
        question({"secret": value})


# The wrong people


def test_nobody_else_can_open() -> None:
    assert "sealed to another key" in refusal(question(), recipient=STRANGER_SEALING)


def test_a_key_id_that_names_us_on_a_message_to_somebody_else_does_not_help() -> None:
    message = Forger(
        to=STRANGER_SEALING.public,
        header=lambda header: {**header, "kid": AGENCY_SEALING.thumbprint},
    ).message()
    assert refusal(message) == "the message does not open"


def test_an_agency_cannot_forward_a_question_to_another_agency() -> None:
    """It opened the question and seals the same signed content to a victim, under a new header."""
    original = Forger().signed()

    def to_victim(header: dict[str, Any]) -> dict[str, Any]:
        return {**header, "cb": {**header["cb"], "aud": "polri"}}

    forwarded = Forger(
        to=STRANGER_SEALING.public, inner=lambda _: original, header=to_victim
    ).message()
    assert "differ" in refusal(forwarded, recipient=STRANGER_SEALING, audience="polri")
    unchanged = Forger(to=STRANGER_SEALING.public).message()
    assert "another receiver" in refusal(unchanged, recipient=STRANGER_SEALING, audience="polri")


def test_a_message_of_another_sender_is_refused() -> None:
    assert "another sender" in refusal(question(), sender="other.example/log")


def test_a_programme_refuses_an_answer_made_for_another_programme() -> None:
    message = answer({"said": "yes"}, dataclasses.replace(ANSWER_CB, aud="bpnt"))
    with pytest.raises(MessageError, match="another receiver"):
        opened_answer(message)


def test_a_question_does_not_open_as_an_answer_nor_the_reverse() -> None:
    assert "not of the kind answer" in refusal(question(), kind="answer")
    with pytest.raises(MessageError, match="not of the kind question"):
        opened_answer(answer({}), kind="question")


def test_an_answer_names_its_question_and_a_question_none() -> None:
    with pytest.raises(MessageError, match=r"cb\.rj"):
        answer({}, CB)
    with pytest.raises(MessageError, match=r"cb\.rj"):
        question({}, ANSWER_CB)


# The receipt


def test_whoever_carries_a_message_can_check_who_sent_it() -> None:
    assert check_receipt(question(), kind="question", sender=BROKER_KEY.public) == CB
    carried = check_receipt(answer({}), kind="answer", sender=AGENCY_KEY.public)
    assert carried == ANSWER_CB
    check_times(carried, at=AT)
    check_parties(carried, sender=AGENCY, audience=PROGRAMME)


def test_the_carrier_refuses_a_receipt_of_another_key_kind_or_message() -> None:
    one, two = question({"secret": "1"}), question({"secret": "2"})
    with pytest.raises(MessageError, match="names another key"):
        check_receipt(one, kind="question", sender=STRANGER_KEY.public)
    with pytest.raises(MessageError, match="not of the kind"):
        check_receipt(one, kind="answer", sender=BROKER_KEY.public)
    with pytest.raises(MessageError, match="does not verify"):
        check_receipt(Message(one.jwe, two.receipt), kind="question", sender=BROKER_KEY.public)


@pytest.mark.parametrize("part", ["protected", "encrypted_key", "iv", "ciphertext", "tag"])
def test_the_carrier_sees_every_change_of_the_sealed_bytes(part: str) -> None:
    message = question()
    text = message.jwe.get(part, "")
    for place in (0, len(text) // 2, len(text) - 5) if text else ():
        changed = Message({**message.jwe, part: flipped(text, place)}, message.receipt)
        with pytest.raises(MessageError):
            check_receipt(changed, kind="question", sender=BROKER_KEY.public)


@pytest.mark.parametrize(
    "receipt",
    [
        lambda payload: {**payload, "v": 2},
        lambda payload: {**payload, "jwe": b64(b"x" * 32)},
        lambda payload: {**payload, "cb": {**payload["cb"], "jti": b64(b"J" * 16)}},
        lambda payload: {key: value for key, value in payload.items() if key != "cb"},
    ],
)
def test_a_receipt_over_anything_else_is_refused(receipt: Any) -> None:
    assert "receipt" in refusal(Forger(receipt=receipt).message())


def test_a_receipt_by_another_key_than_the_one_inside_is_refused() -> None:
    assert "receipt" in refusal(Forger(receipt_signer=STRANGER_KEY).message())


# Parsers raise our error only


@given(json_values)
def test_any_json_is_a_message_or_our_error(value: object) -> None:
    with pytest.raises(MessageError):
        parse_message(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_our_error(data: bytes) -> None:
    with pytest.raises(MessageError):
        parse_message_bytes(data)


@given(
    part=st.sampled_from(["protected", "encrypted_key", "iv", "ciphertext", "tag"]),
    value=json_values,
)
def test_any_value_of_a_part_is_refused_by_our_error(part: str, value: Any) -> None:
    right = fixed(AGENCY_SEALING.algorithm)
    message = Message({**right.jwe, part: value}, right.receipt)
    with pytest.raises(MessageError):
        opened(message)


@given(st.text(max_size=300))
def test_any_receipt_is_refused_by_our_error(receipt: str) -> None:
    with pytest.raises(MessageError):
        opened(Message(fixed(AGENCY_SEALING.algorithm).jwe, receipt))
