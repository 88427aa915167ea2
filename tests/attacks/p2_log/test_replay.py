"""P2: one question per entry, ever: messages that come again, at once, later, after a restart."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from audit.entry import parse_entry
from broker.asked import Asked
from policies.ask import Frequency
from tests.attacks.rogue import HAS_ACCOUNT, Rogue, Victim, is_answered, reason
from tests.audit.logs import change

AT_ONCE = 6
RESTARTED = "pln"


def test_a_message_twice(rogue: Rogue, victim: Victim) -> None:
    """Would work where a message is good until it expires."""
    message = rogue.seal(rogue.access(rogue.give(victim)))
    assert is_answered(rogue.post(message)[0])
    assert reason(rogue.post(message)[0]) == "replayed"


def test_a_message_twice_in_one_batch(rogue: Rogue, victim: Victim) -> None:
    """Would work where a batch is checked before any of it is remembered."""
    message = rogue.seal(rogue.access(rogue.give(victim)))
    first, second = rogue.post(message, message)
    assert is_answered(first)
    assert reason(second) == "replayed"


def test_a_message_many_times_at_once(rogue: Rogue, victim: Victim) -> None:
    """Would work where looking and remembering are two steps."""
    message = rogue.seal(rogue.access(rogue.give(victim)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        items = list(pool.map(lambda _: rogue.post(message)[0], range(AT_ONCE)))
    told = Counter("answered" if "message" in item else reason(item) for item in items)
    assert told == {"answered": 1, "replayed": AT_ONCE - 1}


def test_many_questions_at_once(rogue: Rogue, victim: Victim) -> None:
    """Would work where the frequency is counted before a lock is held."""
    held = rogue.give(victim, frequency=Frequency("month", 2))
    messages = [rogue.seal(rogue.access(held)) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        items = list(pool.map(lambda message: rogue.post(message)[0], messages))
    told = Counter("answered" if "message" in item else reason(item) for item in items)
    assert told == {"answered": 2, "frequency_spent": AT_ONCE - 2}


def test_a_message_after_a_restart_of_the_gateway(rogue: Rogue, victim: Victim) -> None:
    """Would work where what was seen is kept in memory: here the real process ends and begins."""
    questions = [Asked("power_above", {"va": 1300})]
    held = rogue.give(victim, questions, agency=RESTARTED, frequency=Frequency("month", 1))
    payload = rogue.access(held, questions)
    message = rogue.seal(payload, RESTARTED)
    assert is_answered(rogue.post(message, agency=RESTARTED)[0])
    rogue.stage.restart_gateway(RESTARTED)
    assert reason(rogue.post(message, agency=RESTARTED)[0]) == "replayed"
    assert reason(rogue.ask(held, questions)) == "frequency_spent"
    # The same question in a new message is a retry, whose answer may have been lost.
    assert is_answered(rogue.send(payload, RESTARTED))


def test_one_tag_for_two_accesses(rogue: Rogue, victim: Victim) -> None:
    """Would work where tags may repeat: two accesses would show as one in her list."""
    held = rogue.give(victim)
    first = rogue.access(held)
    tag = parse_entry(first.access_entry.encode()).members["tag"]
    second = rogue.access(held, entry={"tag": tag})
    assert is_answered(rogue.send(first))
    assert reason(rogue.send(second)) == "tag_seen"


def test_a_question_after_its_time(rogue: Rogue, victim: Victim) -> None:
    """Would work where `answer_by` is the sender's note to itself."""
    payload = rogue.access(rogue.give(victim))
    at = rogue.at - 2
    sent = rogue.send(payload, iat=at, exp=at + 300, answer_by=at + 1)
    assert reason(sent) == "answer_time_over"


def test_a_message_that_is_kept_for_later(local: Rogue) -> None:
    """Would work where a signature is good for ever. In process: minutes pass."""
    message = local.seal(local.access(local.give(local.victim())))
    local.stage.wait(300)
    assert reason(local.post(message)[0]) == "unreadable"


def test_a_message_remembered_until_it_expires(local: Rogue) -> None:
    """Would work where the memory of messages is shorter than their life. In process."""
    payload = local.access(local.give(local.victim()))
    message = local.seal(payload)
    assert is_answered(local.post(message)[0])
    local.stage.wait(299)
    # Another message in between, at which a gateway tidies up.
    assert is_answered(local.ask(local.give(local.victim())))
    assert reason(local.post(message)[0]) == "replayed"


@pytest.mark.parametrize("ahead", [11, 3_600])
def test_a_message_from_the_future(rogue: Rogue, victim: Victim, ahead: int) -> None:
    """Would work where `iat` is not looked at: a message dated ahead lives longer."""
    payload = rogue.access(rogue.give(victim))
    at = rogue.at + ahead + 2
    sent = rogue.send(payload, iat=at, exp=at + 300, answer_by=at + 300)
    assert reason(sent) == "unreadable"


def test_an_old_question_id_under_a_new_entry(rogue: Rogue, victim: Victim) -> None:
    """Would work where a retry is known by its id alone, and so is never counted."""
    held = rogue.give(victim, frequency=Frequency("month", 1))
    first = rogue.access(held)
    assert is_answered(rogue.send(first))
    again = rogue.access(held, question_id=first.question_id, salt=first.salt[::-1])
    assert reason(rogue.send(again)) == "replayed"
    # Nor does the first entry serve under another id.
    other = replace(first, question_id=rogue.access(held).question_id)
    assert reason(rogue.send(other)) == "not_the_logged_question"
    assert HAS_ACCOUNT in first.questions


def test_one_question_under_two_entries(local: Rogue) -> None:
    """Would work where a log that lets `q` stand twice makes an access look like a retry.

    She would find two entries and the gateway count one. In process: the log's file is changed.
    """
    held = local.give(local.victim())
    first = local.access(held)
    assert is_answered(local.send(first))
    change(local.broker.settings.log_path, "DELETE FROM mark")
    same = {"question_id": first.question_id, "salt": first.salt, "request_id": first.request_id}
    second = local.access(held, **same)
    assert second.access_entry != first.access_entry
    assert reason(local.send(second)) == "replayed"
