"""What the gateway may raise, and every reason for which it refuses a question.

A refusal is raised, not returned: the checks run one after another, and none of them can be
forgotten by a caller who does not look at a result. No text here says whose data it was.
"""

from __future__ import annotations

from typing import Final

from broker.errors import BrokerError

REASONS: Final = {
    # The message.
    "unreadable": "the message does not open as a question of the broker to this agency",
    "replayed": "this message, or another question for the same entry, came before",
    # The log.
    "stale_checkpoint": "the question or its checkpoint is too old",
    "not_witnessed": "the quorum of witnesses has not cosigned the log within ten minutes",
    "inconsistent_log": "the log's checkpoint contradicts one that was verified before",
    "log_unavailable": "the log's tiles could not be read, so the checkpoint is unverified",
    "no_proof": "the access is not proven to be in the log",
    "access_too_old": "the access was logged more than 24 hours ago",
    "not_the_logged_question": "the entry in the log is about another question",
    # The grant.
    "grant_not_in_log": "the grant is not proven to be in the log before the access",
    "grant_not_bound": "the grant in the log does not cover this part for this person",
    "grant_expired": "the grant's last day is over",
    "grant_withdrawn": "the grant was withdrawn",
    "withdrawals_unknown": "the log's withdrawals could not be read for ten minutes",
    "question_not_granted": "the person did not allow this question with this value",
    "evidence_too_weak": "the evidence of the grant is weaker than the question asks for",
    "answer_key_unvouched": "no statement of the programme's root key covers the answer key",
    # The person's trace.
    "trace_not_committed": "the grant does not commit to this trace share",
    "tag_wrong": "the entry's tag is not one that the person's trace key finds",
    "tag_seen": "the entry's tag was used for another question",
    "trace_changed": "the trace share is not the one pinned for this person",
    "subject_changed": "the pseudonym is not the one pinned for this person and programme",
    "passkey_changed": "the grant is not shown by the passkey pinned for this person",
    "too_many_new_people": "too many people were asked about for the first time today",
    # How often.
    "frequency_spent": "the person allowed no further access within this period",
    "too_many_values": "the question was already asked with two other values in 12 months",
    "answer_time_over": "the time to answer this question is over",
}


class GatewayError(BrokerError):
    """The gateway cannot do what it should."""


class GatewayRefusal(GatewayError):  # noqa: N818  # a refusal is an answer, not a fault
    """A question that is not answered. `reason` is a key of REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


class GatewaySettingsError(GatewayError):
    """A setting of the gateway is missing or cannot be used as it stands."""
