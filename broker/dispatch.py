"""Seal a logged access to its agency and carry it there: step 6 of a request's path.

What goes out is closed to everybody but the agency, and what comes back is closed to the broker.
All agencies of one verification are asked at once, under one deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

import httpx2
import orjson
import structlog

from broker.accesses import LoggedAccess
from broker.agencies import AgencyRoute
from broker.binding import (
    ACCEPT_SECONDS,
    Cb,
    SeenCheckpoint,
    check_parties,
    check_times,
    grant_commitment,
)
from broker.envelope import Message, check_receipt, parse_message, seal_message
from broker.errors import MessageError
from broker.fetching import FetchError, TooMuchError, TooSlowError, fetch
from broker.gateway.errors import REASONS
from broker.members import read_list, read_object, read_version
from broker.question import QuestionPayload
from consent.persons import Clock
from keys.kek import RandomBytes
from keys.signing import SigningKey

ANSWER_LIMIT_BYTES: Final = 65_536
REFUSED_TYPE: Final = "/problems/refused"

_log = structlog.get_logger()


@dataclass(frozen=True)
class Sender:
    """Who the broker is in a sealed message: origin, signing key and the key's statement."""

    origin: str
    key: SigningKey = field(repr=False)
    statement: str = field(repr=False)


@dataclass(frozen=True)
class SealedQuestion:
    """One sealed question, and the logged access that allows it to leave."""

    access: LoggedAccess
    message: Message = field(repr=False)
    cb: Cb


@dataclass(frozen=True)
class Answered:
    """An agency's sealed answer, whose receipt the blind broker has verified."""

    message: Message = field(repr=False)


@dataclass(frozen=True)
class Failed:
    """No answer came. reason: an id; refused: whether the agency said no, rather than nothing."""

    reason: str
    refused: bool = False


Reply = Answered | Failed


def seal_question(
    access: LoggedAccess,
    payload: QuestionPayload,
    *,
    gid: bytes,
    route: AgencyRoute,
    sender: Sender,
    jti: str,
    at: int,
    randomness: RandomBytes,
) -> SealedQuestion:
    """Seal `payload` to the agency of a logged access.

    jti: this message's id, fresh for every attempt. at: Unix seconds.
    """
    checkpoint = access.checkpoint
    cb = Cb(
        iss=sender.origin,
        aud=route.id,
        jti=jti,
        iat=at,
        exp=at + ACCEPT_SECONDS,
        answer_by=at + ACCEPT_SECONDS,
        cid=grant_commitment(jti, gid),
        ckpt=SeenCheckpoint(checkpoint.size, checkpoint.root),
    )
    message = seal_message(
        payload.to_members(),
        cb,
        kind="question",
        recipient=route.keys.seal,
        signer=sender.key,
        statement=sender.statement,
        randomness=randomness,
    )
    return SealedQuestion(access, message, cb)


def send(
    sealed: SealedQuestion,
    access: LoggedAccess,
    *,
    route: AgencyRoute,
    http: httpx2.Client,
    still_allowed: Callable[[], bool],
    timeout_seconds: float,
    clock: Clock,
) -> Reply:
    """Carry one sealed question to its agency and return what came back.

    access: the logged access; asked for again so that nothing unlogged can be passed here.
    still_allowed: whether the log still holds no withdrawal of the grant.
    """
    if sealed.access is not access:
        raise MessageError("the sealed question is of another access")
    # The entry is in the log, but she may have withdrawn since: look again before every attempt.
    if not still_allowed():
        return Failed("grant_withdrawn", refused=True)
    try:
        response = fetch(
            http,
            "POST",
            f"{route.url}/v1/questions",
            content=orjson.dumps({"v": 1, "messages": [sealed.message.members()]}),
            headers={"Content-Type": "application/json"},
            limit_bytes=ANSWER_LIMIT_BYTES,
            deadline_seconds=timeout_seconds,
        )
    except TooSlowError:
        return Failed("agency_too_slow")
    except TooMuchError:
        return Failed("agency_error")
    except FetchError:
        return Failed("agency_unreachable")
    if response.status != 200:
        return Failed("agency_error")
    return read_reply(response.body, sealed, route=route, at=int(clock().timestamp()))


def read_reply(body: bytes, sealed: SealedQuestion, *, route: AgencyRoute, at: int) -> Reply:
    """Return what an agency's response body says, as far as a blind broker can tell.

    An answer counts only if the agency signed for it: for this question, grant and programme, now.
    at: Unix seconds.
    """
    try:
        item = _only_item(body)
        if "problem" in item:
            return _failed(item["problem"])
        message = parse_message(item.get("message"))
        cb = check_receipt(message, kind="answer", sender=route.keys.sign)
        check_times(cb, at=at)
        programme = sealed.access.prepared.permit.ask.programme
        check_parties(cb, sender=route.id, audience=programme)
    except MessageError:
        return Failed("agency_answer_unreadable")
    if cb.rj != sealed.cb.jti or cb.cid != sealed.cb.cid:
        return Failed("agency_answer_of_another")
    return Answered(message)


def send_all(
    sends: Sequence[Callable[[], Reply]], *, pool: ThreadPoolExecutor, deadline_seconds: float
) -> list[Reply]:
    """Run all `sends` at once and return their replies in order, late ones as failed."""
    futures = [pool.submit(each) for each in sends]
    wait(futures, timeout=deadline_seconds)
    replies: list[Reply] = []
    for future in futures:
        if future.done():
            replies.append(_result(future))
        else:
            # One that has not begun must not leave after we said that it failed.
            future.cancel()
            replies.append(Failed("agency_too_slow"))
    return replies


def _result(future: Future[Reply]) -> Reply:
    try:
        return future.result()
    except Exception as error:
        # Our mistake with one agency must not cost the other agencies' answers, or the outcome of
        # an access that stands in the log. The text may quote a person: only the kind is written.
        _log.error("dispatch.failed", error=type(error).__name__)
        return Failed("internal")


def _only_item(body: bytes) -> dict[str, object]:
    """Return the one item of a gateway's response; raises MessageError."""
    try:
        told = read_object(orjson.loads(body), {"v", "answers"}, "the response")
    except orjson.JSONDecodeError:
        raise MessageError("the response is not JSON") from None
    read_version(told["v"], "v of the response")
    (item,) = read_list(told["answers"], "answers", most=1)
    return read_object(item, (), "the answer", optional=("message", "problem"))


def _failed(problem: object) -> Failed:
    """Return what a gateway's problem says: a refusal, or that it could not answer now.

    The reason is one of those that we know, since it goes into the log: a gateway knows the person,
    and must not be able to write her there.
    """
    told = problem if isinstance(problem, dict) else {}
    if told.get("type") != REFUSED_TYPE:
        return Failed("agency_error")
    reason = told.get("reason")
    if not isinstance(reason, str) or reason not in REASONS:
        reason = "agency_refused"
    return Failed(reason, refused=True)
