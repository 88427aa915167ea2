"""Right messages of the three parties, and how a test opens or refuses them."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
from typing import Any

import pytest
from hypothesis import strategies as st

from broker.binding import Cb, SeenCheckpoint
from broker.envelope import (
    Message,
    Opened,
    open_message,
    seal_message,
)
from broker.errors import MessageError
from tests.broker.forging import (
    AGENCY,
    AGENCY_KEY,
    AGENCY_ROOT,
    AGENCY_SEALING,
    AT,
    BROKER,
    BROKER_KEY,
    BROKER_ROOT,
    PROGRAMME,
    PROGRAMME_SEALING,
    b64,
    vouch,
)

NIK = "5110990000000001"
CB = Cb(
    iss=BROKER,
    aud=AGENCY,
    jti=b64(b"j" * 16),
    iat=AT,
    exp=AT + 300,
    answer_by=AT + 3_600,
    cid=b64(b"c" * 32),
    ckpt=SeenCheckpoint(41, b"r" * 32),
)
ANSWER_CB = dataclasses.replace(
    CB, iss=AGENCY, aud=PROGRAMME, jti=b64(b"a" * 16), rj=CB.jti, exp=AT + 120
)


def counted_randomness() -> Any:
    """Return a source that never gives the same bytes twice, and the same ones in every run."""
    count = itertools.count()
    return lambda size: hashlib.shake_256(next(count).to_bytes(8, "big")).digest(size)


def question(payload: dict[str, Any] | None = None, cb: Cb = CB) -> Message:
    return seal_message(
        {"secret": NIK} if payload is None else payload,
        cb,
        kind="question",
        recipient=AGENCY_SEALING.public,
        signer=BROKER_KEY,
        statement=vouch(),
        randomness=counted_randomness(),
    )


def answer(payload: dict[str, Any], cb: Cb = ANSWER_CB) -> Message:
    return seal_message(
        payload,
        cb,
        kind="answer",
        recipient=PROGRAMME_SEALING.public,
        signer=AGENCY_KEY,
        statement=vouch(AGENCY_KEY, root=AGENCY_ROOT, owner=AGENCY),
        randomness=counted_randomness(),
    )


def opened(message: Message, **changes: Any) -> Opened:
    arguments: dict[str, Any] = {
        "kind": "question",
        "recipient": AGENCY_SEALING,
        "sender_root": BROKER_ROOT.public,
        "sender": BROKER,
        "audience": AGENCY,
        "at": AT,
    }
    return open_message(message, **{**arguments, **changes})


def opened_answer(message: Message, **changes: Any) -> Opened:
    arguments: dict[str, Any] = {
        "kind": "answer",
        "recipient": PROGRAMME_SEALING,
        "sender_root": AGENCY_ROOT.public,
        "sender": AGENCY,
        "audience": PROGRAMME,
    }
    return opened(message, **{**arguments, **changes})


def refusal(message: Message, **changes: Any) -> str:
    """Return why a message is refused; the text must not hold anything of what was sealed."""
    with pytest.raises(MessageError) as caught:
        opened(message, **changes)
    text = str(caught.value)
    assert NIK not in text
    assert "secret" not in text
    return text


def flipped(text: str, place: int) -> str:
    """Return `text` with one character replaced by another one of base64url."""
    other = "A" if text[place] != "A" else "Q"
    return text[:place] + other + text[place + 1 :]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@functools.cache
def fixed(_algorithm: str) -> Message:
    """Return one right message of a profile, made once."""
    return question()
