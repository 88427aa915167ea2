"""What binds a message to its place: `cb`, which stands on the envelope and again in the seal.

Without it a sealed question could be forwarded to another agency, or an old answer handed out for
a new question. Pure: it must not read the clock, and it does not know which (issuer, jti) were
seen before; the receiver remembers those until `exp` + 60 s.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from audit.canonical import Json
from broker.errors import MessageError
from broker.members import read_binary, read_matching, read_object, read_version, read_whole
from keys import base64url

Kind = Literal["question", "answer"]

ACCEPT_SECONDS = 300  # longest time between `iat` and `exp`
ANSWER_SECONDS = 86_400  # longest time between `iat` and `answer_by`
AHEAD_SECONDS = 10  # how far a sender's clock may run before ours

IDENTITY = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}")


@dataclass(frozen=True, slots=True)
class SeenCheckpoint:
    """The checkpoint that the sender's proof or entry stands in; root: 32 bytes."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Cb:
    """A message's binding; times in Unix seconds.

    iss, aud: who sends and who may open. A broker is its log's origin, all others are their id.
    jti: this message's id, 16 random bytes in base64url; rj: in an answer, the question's `jti`.
    exp: until when it is accepted; answer_by: until when the question may be answered.
    cid: `grant_commitment` of the question's jti and the grant, the same in question and answer.
    ckpt: in a question, of the broker's log; in an answer, of the gateway's own log.
    """

    iss: str
    aud: str
    jti: str
    iat: int
    exp: int
    answer_by: int
    cid: str
    ckpt: SeenCheckpoint
    rj: str | None = None


def read_id(value: object, what: str) -> str:
    """Return `value`, an id that one of us drew: the base64url of 16 bytes."""
    return base64url.encode(read_binary(value, what, size=16))


def grant_commitment(jti: str, gid: bytes) -> str:
    """Return `cid`: it differs in every message, so that a bridge cannot join a person's."""
    return base64url.encode(hashlib.sha256(jti.encode("ascii") + gid).digest())


def cb_members(cb: Cb) -> dict[str, Json]:
    """Return the JSON members of `cb`, without `ph`; refuses what `parse_cb` would."""
    _check(cb)
    return _members(cb)


def _members(cb: Cb) -> dict[str, Json]:
    members: dict[str, Json] = {
        "v": 1,
        "iss": cb.iss,
        "aud": cb.aud,
        "jti": cb.jti,
        "iat": cb.iat,
        "exp": cb.exp,
        "answer_by": cb.answer_by,
        "cid": cb.cid,
        "ckpt": {"size": cb.ckpt.size, "root": base64url.encode(cb.ckpt.root)},
    }
    if cb.rj is not None:
        members["rj"] = cb.rj
    return members


@lru_cache(maxsize=64)  # sealing or opening one message writes its binding three times
def _check(cb: Cb) -> None:
    parse_cb(_members(cb), kind="question" if cb.rj is None else "answer")


def parse_cb(value: object, *, kind: Kind) -> Cb:
    """Return the binding that these JSON members say (without `ph`), or raise MessageError."""
    wanted = {"v", "iss", "aud", "jti", "iat", "exp", "answer_by", "cid", "ckpt"}
    if kind == "answer":
        wanted.add("rj")
    members = read_object(value, wanted, "cb")
    read_version(members["v"], "cb.v")
    ckpt = read_object(members["ckpt"], {"size", "root"}, "cb.ckpt")
    cb = Cb(
        iss=read_matching(members["iss"], IDENTITY, "cb.iss"),
        aud=read_matching(members["aud"], IDENTITY, "cb.aud"),
        jti=read_id(members["jti"], "cb.jti"),
        iat=read_whole(members["iat"], "cb.iat"),
        exp=read_whole(members["exp"], "cb.exp"),
        answer_by=read_whole(members["answer_by"], "cb.answer_by"),
        cid=base64url.encode(read_binary(members["cid"], "cb.cid", size=32)),
        ckpt=SeenCheckpoint(
            size=read_whole(ckpt["size"], "cb.ckpt.size"),
            root=read_binary(ckpt["root"], "cb.ckpt.root", size=32),
        ),
        rj=read_id(members["rj"], "cb.rj") if kind == "answer" else None,
    )
    if not cb.iat < cb.exp <= cb.iat + ACCEPT_SECONDS:
        raise MessageError(f"cb.exp is not within {ACCEPT_SECONDS} s after cb.iat")
    if not cb.iat <= cb.answer_by <= cb.iat + ANSWER_SECONDS:
        raise MessageError(f"cb.answer_by is not within {ANSWER_SECONDS} s after cb.iat")
    return cb


def check_times(cb: Cb, *, at: int, held: bool = False) -> None:
    """Raise MessageError unless the message is to be accepted at `at`.

    held: the message is an answer that the broker kept for a programme that had not asked for it
    yet; it is good until `answer_by`. It cannot be replayed for another question, since `rj` and
    `request_id` name the one that it answers.
    """
    if cb.iat > at + AHEAD_SECONDS:
        raise MessageError("the message comes from the future")
    if at >= (max(cb.exp, cb.answer_by) if held and cb.rj is not None else cb.exp):
        raise MessageError("the message has expired")


def check_parties(cb: Cb, *, sender: str, audience: str) -> None:
    """Raise MessageError unless `cb` names this sender and this receiver."""
    if cb.iss != sender:
        raise MessageError("cb.iss is another sender")
    if cb.aud != audience:
        raise MessageError("cb.aud is another receiver")
