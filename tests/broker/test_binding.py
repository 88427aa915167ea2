"""Attacks on `cb`: other members, outside other than inside, too early, too late."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.binding import grant_commitment
from broker.errors import MessageError
from tests.broker.forging import (
    AT,
    BROKER,
    Forger,
    b64,
    question_cb,
)
from tests.broker.sealed import (
    ANSWER_CB,
    CB,
    answer,
    json_values,
    opened,
    opened_answer,
    question,
    refusal,
)

# cb


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2),
        ("v", True),
        ("v", "1"),
        ("iss", ""),
        ("iss", "Izin Example"),
        ("iss", "x" * 65),
        ("iss", 1),
        ("aud", "a\n"),
        ("jti", "short"),
        ("jti", "=" * 22),
        ("jti", "A" * 21 + "B"),  # stray last bits: a second spelling of one id
        ("jti", 1),
        ("iat", -1),
        ("iat", True),
        ("iat", str(AT)),
        ("exp", AT),
        ("exp", AT - 1),
        ("exp", AT + 301),
        ("answer_by", AT - 1),
        ("answer_by", AT + 86_401),
        ("cid", b64(b"c" * 31)),
        ("ckpt", {}),
        ("ckpt", {"size": 41}),
        ("ckpt", {"size": -1, "root": b64(b"r" * 32)}),
        ("ckpt", {"size": 41, "root": "00" * 32}),
        ("ckpt", {"size": 41, "root": b64(b"r" * 32), "origin": "x"}),
        ("rj", b64(b"q" * 16)),
        ("extra", 1),
    ],
)
def test_a_binding_that_we_would_not_write_is_refused(name: str, value: Any) -> None:
    """Outside and inside say the same wrong thing, well signed and sealed."""
    text = refusal(Forger(cb={**question_cb(), name: value}).message())
    assert f"cb.{name}" in text or "exactly its members" in text


@pytest.mark.parametrize("name", [*question_cb(), "ph"])
def test_a_binding_lacks_nothing(name: str) -> None:
    def without(header: dict[str, Any]) -> dict[str, Any]:
        cb = {key: value for key, value in header["cb"].items() if key != name}
        return {**header, "cb": cb}

    assert "cb does not have exactly its members" in refusal(Forger(header=without).message())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jti", b64(b"J" * 16)),
        ("iat", AT + 1),
        ("exp", AT + 299),
        ("answer_by", AT + 3_601),
        ("cid", b64(b"C" * 32)),
        ("ckpt", {"size": 42, "root": b64(b"r" * 32)}),
        ("ckpt", {"size": 41, "root": b64(b"R" * 32)}),
    ],
)
def test_the_binding_outside_cannot_differ_from_the_one_inside(name: str, value: Any) -> None:
    """Who may open a message can seal its content again under another header; not under ours."""

    def changed(header: dict[str, Any]) -> dict[str, Any]:
        return {**header, "cb": {**header["cb"], name: value}}

    assert refusal(Forger(header=changed).message()) == "cb inside and outside differ"


def test_a_binding_inside_with_true_for_one_differs() -> None:
    def changed(members: dict[str, Any]) -> dict[str, Any]:
        changed = {**members, "cb": {**members["cb"], "v": True}}
        return {**changed, "pad": changed["pad"][3:]}

    assert refusal(Forger(members=changed).message()) == "cb inside and outside differ"


def test_the_hash_of_the_content_must_be_that_of_what_is_sealed() -> None:
    def changed(header: dict[str, Any]) -> dict[str, Any]:
        return {**header, "cb": {**header["cb"], "ph": b64(b"p" * 32)}}

    assert "cb.ph is not the hash" in refusal(Forger(header=changed).message())


# Times


@pytest.mark.parametrize("at", [AT - 10, AT, AT + 299])
def test_a_message_is_accepted_from_ten_seconds_before_until_it_expires(at: int) -> None:
    assert opened(question(), at=at).cb == CB


@pytest.mark.parametrize(
    ("at", "why"), [(AT - 11, "future"), (AT + 300, "expired"), (AT + 10_000, "expired")]
)
def test_a_message_from_the_future_or_the_past_is_refused(at: int, why: str) -> None:
    assert why in refusal(question(), at=at)


def test_an_answer_that_the_broker_held_is_good_until_answer_by() -> None:
    message = answer({"said": "yes"})
    assert opened_answer(message, at=AT + 3_599, held=True).cb == ANSWER_CB
    with pytest.raises(MessageError, match="expired"):
        opened_answer(message, at=AT + 3_599)
    with pytest.raises(MessageError, match="expired"):
        opened_answer(message, at=AT + 3_600, held=True)


def test_a_question_is_never_accepted_late() -> None:
    assert "expired" in refusal(question(), at=AT + 300, held=True)


@pytest.mark.parametrize("change", [{"exp": AT + 301}, {"exp": AT}, {"answer_by": AT + 86_401}])
def test_a_sender_does_not_seal_what_would_be_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MessageError, match="cb"):
        question(cb=dataclasses.replace(CB, **change))


@given(st.dictionaries(st.sampled_from([*question_cb(), "rj"]), json_values, min_size=1))
def test_any_member_of_the_binding_is_right_or_refused_by_our_error(
    changes: dict[str, Any],
) -> None:
    try:
        result = opened(Forger(cb={**question_cb(), **changes}).message())
    except MessageError:
        return
    except (UnicodeEncodeError, OverflowError):  # the forging sender cannot even write it
        return
    assert result.cb.iss == BROKER


def test_the_commitment_of_the_grant_differs_from_message_to_message() -> None:
    gid = b"g" * 32
    jti = b64(b"j" * 16)
    assert grant_commitment(jti, gid) == b64(hashlib.sha256(jti.encode() + gid).digest())
    assert grant_commitment(jti, gid) != grant_commitment(b64(b"k" * 16), gid)
